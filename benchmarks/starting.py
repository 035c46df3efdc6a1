"""How long starting and training take."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure
from benchmarks.system import running
from bot.settings import ROOT

_START_S: Final = 10.0
_STARTS: Final = 3
_NOTHING_S, _CACHED_S = 180.0, 40.0


def _trained(folder: Path) -> float:
    begun = time.perf_counter()
    environment = {**os.environ, "BOT_DATA_DIR": str(folder)}
    done = subprocess.run([sys.executable, "-m", "bot", "train"], cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"training failed:\n{done.stderr[-2000:]}")
    return time.perf_counter() - begun


def make_ready(folder: Path) -> Path:
    """The model, trained in `folder` if that was not done yet."""
    _trained(folder)
    return max((folder / "models").glob("*.tar.gz"), key=lambda file: file.stat().st_mtime)


def training_figures(folder: Path) -> Iterator[Figure]:
    """From nothing, and again with what the first has encoded; leaves the model in `folder`."""
    for name in ("cache", "models"):
        shutil.rmtree(folder / name, ignore_errors=True)
    seconds = _trained(folder)
    yield Figure("training from nothing", f"{seconds:.0f} s", f"≤ {_NOTHING_S:.0f} s", seconds <= _NOTHING_S)
    shutil.rmtree(folder / "models")
    seconds = _trained(folder)
    yield Figure("training with cached encodings", f"{seconds:.0f} s", f"≤ {_CACHED_S:.0f} s", seconds <= _CACHED_S)


def start_figures(folder: Path) -> Iterator[Figure]:
    """From the command until everything answers, with a trained model and a filled database."""
    make_ready(folder)
    seconds = []
    for _ in range(_STARTS):
        with running(folder) as system:
            seconds.append(system.started_in)
    note = f"slowest of {_STARTS}: " + ", ".join(f"{each:.1f}" for each in seconds)
    yield Figure("start with a trained model", f"{max(seconds):.1f} s", f"≤ {_START_S:.0f} s", max(seconds) <= _START_S, note)
