"""What the component reports for a message, with weights and thresholds set by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.classifier import TopicClassifier
from bot.nlu.decisions import Thresholds
from bot.nlu.encoder import ENCODED, Encoded
from bot.nlu.encodings import DIMENSIONS
from bot.nlu.linear import Linear

_CLASSES = ["cancel", "fee", "out_of_scope", "photo_spec", "tax"]


@pytest.fixture
def classifier(tmp_path: Path) -> TopicClassifier:
    config = {**TopicClassifier.get_default_config(), "gram_dimensions": 8, "not_offered": ["cancel", "out_of_scope"]}
    component = TopicClassifier(config, LocalModelStorage(tmp_path), Resource("classifier"))
    weights = np.zeros((DIMENSIONS + 8, len(_CLASSES)), dtype=np.float32)
    weights[: len(_CLASSES)] = np.eye(len(_CLASSES))
    component._classes = _CLASSES
    component._linear = Linear(weights, np.zeros(len(_CLASSES), dtype=np.float32))
    component._thresholds = Thresholds(temperature=1.0, answer_from=0.6, decline_below=0.3, strangers_from=0.4)
    return component


def _understand(classifier: TopicClassifier, **probabilities: float) -> dict[str, Any]:
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    rest = (1 - sum(probabilities.values())) / (len(_CLASSES) - len(probabilities))
    vector[: len(_CLASSES)] = np.log([probabilities.get(name, rest) for name in _CLASSES])
    message = Message({"text": "x", ENCODED: Encoded("", vector)})
    classifier.process([message])
    return dict(message.as_dict(only_output_properties=True))


def test_a_sure_message_has_its_topic_as_intent(classifier: TopicClassifier) -> None:
    understood = _understand(classifier, fee=0.8)
    assert (understood["decision"], understood["intent"]["name"]) == ("answer", "fee")
    assert understood["intent"]["confidence"] == pytest.approx(0.8, abs=0.01)


def test_an_unsure_message_is_a_fallback_that_keeps_the_ranking_and_offers_candidates(classifier: TopicClassifier) -> None:
    understood = _understand(classifier, fee=0.5, tax=0.3)
    assert (understood["decision"], understood["intent"]["name"]) == ("ask", "nlu_fallback")
    assert understood["intent"]["confidence"] == pytest.approx(0.5, abs=0.01)
    assert [entry["name"] for entry in understood["intent_ranking"][:2]] == ["fee", "tax"]
    assert understood["candidates"] == ["fee", "tax"]


def test_a_third_candidate_is_offered_when_it_is_nearly_as_likely(classifier: TopicClassifier) -> None:
    assert _understand(classifier, fee=0.4, tax=0.3, photo_spec=0.2)["candidates"] == ["fee", "tax", "photo_spec"]


def test_topics_that_make_no_question_are_not_offered(classifier: TopicClassifier) -> None:
    understood = _understand(classifier, cancel=0.5, fee=0.2, tax=0.2)
    assert understood["intent_ranking"][0]["name"] == "cancel"
    assert understood["candidates"][:2] == ["fee", "tax"]


def test_a_message_like_nothing_known_is_declined(classifier: TopicClassifier) -> None:
    understood = _understand(classifier, fee=0.21)
    assert (understood["decision"], understood["intent"]["name"]) == ("decline", "nlu_fallback")


@pytest.mark.parametrize(
    ("text", "intent", "decision"), [("/fee", None, "answer"), ("", "nlu_fallback", "decline"), ("  ", "nlu_fallback", "decline")]
)
def test_what_is_not_encoded_has_an_empty_ranking(classifier: TopicClassifier, text: str, intent: str | None, decision: str) -> None:
    message = Message({"text": text})
    classifier.process([message])
    assert (message.get("intent")["name"], message.get("intent_ranking"), message.get("decision")) == (intent, [], decision)


def test_the_model_keeps_everything_without_pickled_objects(classifier: TopicClassifier, tmp_path: Path) -> None:
    classifier._persist(0.9)
    with np.load(tmp_path / "classifier" / "classifier.npz", allow_pickle=False) as stored:
        assert all(stored[name].dtype != object for name in stored.files)
    loaded = TopicClassifier.load(classifier._config, classifier._storage, classifier._resource, None)  # type: ignore[arg-type]
    assert loaded._thresholds == classifier._thresholds
    assert _understand(loaded, fee=0.8) == _understand(classifier, fee=0.8)
