"""Which instructions numbers are worked out with. numpy is told before it is imported, because it looks only then."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

PROCESSOR: Final = Path("/proc/cpuinfo")
_CHOICE: Final = "OPENBLAS_CORETYPE"
_COMMON: Final = frozenset({"avx2", "fma"})
# What kernels of 512 bits are compiled for; on a processor that lacks one of these they would end the process.
_WIDE: Final = _COMMON | {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}


def _has(needed: frozenset[str], processor: Path) -> bool:
    """Whether every core has these, and the system lets them be used."""
    try:
        lines = processor.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    flags = [frozenset(line.partition(":")[2].split()) for line in lines if line.partition(":")[0].strip() == "flags"]
    return bool(flags) and all(each >= needed for each in flags)


def is_wide(processor: Path = PROCESSOR) -> bool:
    """Whether instructions of 512 bits can be used."""
    return _has(_WIDE, processor)


def choose_for_serving(processor: Path = PROCESSOR) -> None:
    """Have OpenBLAS use instructions of 512 bits where they can be used, unless the environment says what it shall use.

    The OpenBLAS inside the numpy that Rasa is frozen to takes every processor younger than itself for one without them, and then
    needs half as long again to read a sentence.
    """
    if is_wide(processor):
        os.environ.setdefault(_CHOICE, "SkylakeX")


def choose_for_training(processor: Path = PROCESSOR) -> None:
    """Have OpenBLAS use what nearly every processor has, so that the same examples lead to the same model on all of these.

    A network ends somewhere else when sums are rounded otherwise: not worse, but not with the figures that were accepted either.
    """
    if _has(_COMMON, processor):
        os.environ.setdefault(_CHOICE, "Haswell")
