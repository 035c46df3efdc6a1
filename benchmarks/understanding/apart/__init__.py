"""Encoders and frameworks that are no part of the assistant, each in an environment of its own under `var/compare`.

The scripts here run there, know nothing of this project, and exchange files with it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from bot.nlu.arrays import Floats
from deploy.environment import interpreter, tools

_HERE: Final = Path(__file__).parent
_PYTHON: Final = {"e5": "3.12", "minilm": "3.12", "rasa": "3.10"}


class Unavailable(Exception):
    """The environment cannot be made here, or what should run in it fails; the text says why."""


def environment(folder: Path, name: str, report: Callable[[str], None]) -> Path:
    """The interpreter of the environment `name`, which is made when it is not there yet.

    Raises:
        Unavailable: a package or the interpreter cannot be had.
    """
    home, requirements, wanted = folder / "environments" / name, _HERE / f"requirements-{name}.txt", _PYTHON[name]
    stamp, digest = home / "requirements.sha256", hashlib.sha256(requirements.read_bytes() + wanted.encode()).hexdigest()
    python = home / "bin" / "python"
    if python.exists() and stamp.exists() and stamp.read_text() == digest:
        return python
    report(f"making the environment of {name} (Python {wanted})")
    try:
        uv = tools()
    except SystemExit:
        raise Unavailable("uv could not be installed") from None
    shutil.rmtree(home, ignore_errors=True)
    _run([uv, "--system-certs", "venv", "--quiet", "--python", interpreter(wanted) or wanted, home], f"Python {wanted} was not found")
    # `sync` installs what is listed and no more: a listed package may ask for frameworks that the script does not use.
    sync = [uv, "--system-certs", "pip", "sync", "--quiet", "--python", python, requirements]
    _run(sync, f"packages of {requirements.name} could not be installed")
    stamp.write_text(digest)
    return python


def _run(command: Sequence[Any], failure: str) -> str:
    ran = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if ran.returncode != 0:
        raise Unavailable(f"{failure} ({(ran.stderr.strip().splitlines() or ['no reason given'])[-1].strip()[:120]})")
    return ran.stdout


@dataclass(frozen=True)
class OtherEncoder:
    """An encoder in an environment of its own; vectors are kept under `folder`, by text."""

    name: str
    folder: Path
    python: Path

    def _call(self, action: str, texts: Sequence[str], *more: Path) -> str:
        source = self.folder / f"{self.name}-wanted.json"
        source.write_text(json.dumps(list(texts)), encoding="utf-8")
        return _run([self.python, _HERE / "encode.py", self.name, action, source, *more], f"{self.name} failed")

    def encode(self, texts: Sequence[str]) -> Floats:
        """One row for each text; only what is new is encoded."""
        listed, kept = self.folder / f"{self.name}.json", self.folder / f"{self.name}.npy"
        known: list[str] = json.loads(listed.read_text(encoding="utf-8")) if listed.exists() and kept.exists() else []
        vectors = np.load(kept) if known else None
        missing = sorted(set(texts) - set(known))
        if missing:
            target = self.folder / f"{self.name}-new.npy"
            self._call("write", missing, target)
            fresh = np.load(target)
            vectors = fresh if vectors is None else np.vstack([vectors, fresh])
            known += missing
            np.save(kept, vectors)
            listed.write_text(json.dumps(known), encoding="utf-8")
            target.unlink()
        assert vectors is not None
        place = {text: number for number, text in enumerate(known)}
        return np.asarray(vectors[[place[text] for text in texts]], dtype=np.float32)

    def cost(self, texts: Sequence[str]) -> dict[str, float]:
        """`milliseconds` of one text, `memory` of the process and size of the `encoder`, both in megabytes."""
        return {str(name): float(value) for name, value in json.loads(self._call("time", texts)).items()}


def default_rasa(folder: Path, python: Path, examples: Sequence[tuple[str, str]], questions: Sequence[str]) -> dict[str, Any]:
    """What Rasa's default pipeline makes of `questions` after learning `examples`; a model of the same examples is used again.

    Returns:
        `topics`, `scores` of the questions as confidences, training `seconds`, `milliseconds`, `memory` and size of the `model`.
    """
    learnt = json.dumps([list(each) for each in examples])
    home = folder / f"rasa-{hashlib.sha256(learnt.encode()).hexdigest()[:12]}"
    home.mkdir(parents=True, exist_ok=True)
    files = [home / "examples.json", home / "questions.json", home, home / "result.json"]
    files[0].write_text(learnt, encoding="utf-8")
    files[1].write_text(json.dumps(list(questions)), encoding="utf-8")
    if not (home / "seconds").exists():
        _run([python, _HERE / "default_rasa.py", "train", *files], "training failed")
    _run([python, _HERE / "default_rasa.py", "ask", *files, "--one-thread"], "asking failed")
    found: dict[str, Any] = json.loads(files[3].read_text(encoding="utf-8"))
    return found
