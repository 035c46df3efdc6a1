"""The stand-in for TensorFlow and the guard over config.yml."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.errors import StartError
from bot.nlu.without_tensorflow import check_config, needs_tensorflow
from bot.settings import ROOT


def _config(tmp_path: Path, component: str, policy: str = "RulePolicy") -> Path:
    file = tmp_path / "config.yml"
    file.write_text(f"recipe: default.v1\npipeline:\n- name: {component}\npolicies:\n- name: {policy}\n", encoding="utf-8")
    return file


def test_the_projects_own_configuration_is_accepted() -> None:
    check_config(ROOT / "config.yml")


@pytest.mark.parametrize("component", ["DIETClassifier", "ResponseSelector", "ConveRTFeaturizer", "LanguageModelFeaturizer"])
def test_a_component_that_needs_tensorflow_is_refused(tmp_path: Path, component: str) -> None:
    with pytest.raises(StartError, match=f"{component}, which needs TensorFlow") as refused:
        check_config(_config(tmp_path, component))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("policy", ["TEDPolicy", "UnexpecTEDIntentPolicy", "rasa.core.policies.ted_policy.TEDPolicy"])
def test_a_policy_that_needs_tensorflow_is_refused(tmp_path: Path, policy: str) -> None:
    with pytest.raises(StartError, match="needs TensorFlow"):
        check_config(_config(tmp_path, "bot.nlu.encoder.SentenceEncoder", policy))


def test_a_descendant_of_a_refused_component_is_refused_too() -> None:
    from rasa.nlu.classifiers.diet_classifier import DIETClassifier

    class Ours(DIETClassifier):
        """Says nothing of TensorFlow itself."""

    assert needs_tensorflow(Ours)


def test_an_unknown_component_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"no\.such\.Thing"):
        check_config(_config(tmp_path, "no.such.Thing"))


@pytest.mark.parametrize("content", ["recipe: default.v1\n", "pipeline: []\npolicies: []\n", "pipeline: [", "pipeline:\n- 3\n"])
def test_a_configuration_that_rasa_would_complete_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "config.yml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(StartError):
        check_config(file)


def test_the_stand_in_can_be_named_annotated_with_and_subclassed() -> None:
    stand_in: Any = importlib.import_module("tensorflow.keras.layers")

    class Layer(stand_in.Dense):  # type: ignore[misc]
        def call(self, value: stand_in.Tensor | None) -> stand_in.Tensor | None:
            return value

    assert not isinstance(3, stand_in.Dense)
    assert Layer.__name__ == "Layer"


def test_using_the_stand_in_fails_loudly() -> None:
    stand_in: Any = importlib.import_module("tensorflow")
    with pytest.raises(StartError, match=r"tensorflow\.math\.add was called"):
        stand_in.math.add(1, 2)


def test_a_part_of_a_package_can_be_left_out_and_the_rest_stays() -> None:
    script = (
        "from bot.nlu import without_tensorflow; without_tensorflow.install(['scipy.stats']);"
        "import scipy.sparse, scipy.stats;"
        "print(type(scipy.stats).__name__, type(scipy.sparse).__name__)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["_AbsentModule", "module"]
