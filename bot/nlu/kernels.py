"""Which instructions numpy multiplies matrices with; chosen before it is imported, because it looks only then."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_CHOICE: Final = "OPENBLAS_CORETYPE"
_WIDE: Final = "SkylakeX"
# What OpenBLAS compiles its kernels of that name for; on a processor that lacks one of these they would end the process.
_NEEDED: Final = frozenset({"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl", "avx2", "fma"})


def choose(processor: Path = Path("/proc/cpuinfo")) -> None:
    """Have OpenBLAS use instructions of 512 bits where this processor has them, unless the environment says what it shall use.

    The OpenBLAS inside the numpy that Rasa is frozen to takes every processor younger than itself for one without them, and then
    needs half as long again to read a sentence.
    """
    try:
        lines = processor.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    flags = [frozenset(line.partition(":")[2].split()) for line in lines if line.partition(":")[0].strip() == "flags"]
    if flags and all(each >= _NEEDED for each in flags):
        os.environ.setdefault(_CHOICE, _WIDE)
