"""Instructions are chosen for training only where every core has them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.nlu import kernels
from bot.settings import ROOT

_FLAGS = "fpu sse2 fma avx2 avx512f"


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "")
    del os.environ["OPENBLAS_CORETYPE"]


@pytest.mark.usefixtures("unset")
@pytest.mark.parametrize(
    ("lines", "chosen"),
    [
        (f"model name\t: some\nflags\t\t: {_FLAGS}\n\nflags\t\t: {_FLAGS} avx512_vnni\n", "Haswell"),
        (f"flags\t\t: {_FLAGS}\n\nflags\t\t: {_FLAGS.replace(' fma', '')}\n", None),
        (f"vmx flags\t: {_FLAGS}\nflags\t\t: fpu sse2 avx2\n", None),
        ("flags\t\t: fpu fma avx2\n", "Haswell"),
        ("Features\t: fp asimd sve\n", None),
        ("", None),
    ],
)
def test_kernels_are_those_that_every_core_can_run(tmp_path: Path, lines: str, chosen: str | None) -> None:
    processor = tmp_path / "cpuinfo"
    processor.write_text(lines, encoding="utf-8")
    kernels.choose_for_training(processor)
    assert os.environ.get("OPENBLAS_CORETYPE") == chosen


@pytest.mark.usefixtures("unset")
def test_system_that_does_not_tell_keeps_its_kernels(tmp_path: Path) -> None:
    kernels.choose_for_training(tmp_path / "nothing")
    assert "OPENBLAS_CORETYPE" not in os.environ


def test_choice_of_the_operator_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Zen")
    (tmp_path / "cpuinfo").write_text(f"flags\t: {_FLAGS}\n", encoding="utf-8")
    kernels.choose_for_training(tmp_path / "cpuinfo")
    assert os.environ["OPENBLAS_CORETYPE"] == "Zen"


def test_arithmetic_works_on_this_machine_with_what_is_chosen_for_it() -> None:
    program = (
        "from bot.nlu import kernels\n"
        "kernels.choose_for_training()\n"
        "import numpy as np\n"
        "a = np.arange(17 * 300, dtype=np.float32).reshape(17, 300) % 7\n"
        "b = np.arange(300 * 64, dtype=np.float32).reshape(300, 64) % 5\n"
        "assert np.array_equal(a @ b, np.einsum('ik,kj->ij', a, b))\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
