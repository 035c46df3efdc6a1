"""Which instructions a model is learnt with. numpy is told before it is imported, because it looks only then."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

PROCESSOR: Final = Path("/proc/cpuinfo")
_CHOICE: Final = "OPENBLAS_CORETYPE"
_COMMON: Final = frozenset({"avx2", "fma"})


def _has(needed: frozenset[str], processor: Path) -> bool:
    """Whether every core has these, and the system lets them be used."""
    try:
        lines = processor.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    flags = [frozenset(line.partition(":")[2].split()) for line in lines if line.partition(":")[0].strip() == "flags"]
    return bool(flags) and all(each >= needed for each in flags)


def choose_for_training(processor: Path = PROCESSOR) -> None:
    """Have OpenBLAS use what nearly every processor has, so that the same examples lead to the same model on all of these, unless the
    environment says what it shall use.

    A network ends somewhere else when sums are rounded otherwise: not worse, but not with the figures that were accepted either.
    """
    if _has(_COMMON, processor):
        os.environ.setdefault(_CHOICE, "Haswell")
