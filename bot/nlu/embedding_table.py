"""The encoder's table of embeddings on disk: a sentence needs a few of its 128,000 rows, and they need not stay in memory."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
_AT_ONCE: Final = 4096


class RowsOnDisk:
    """Rows of a table of bytes, each read when it is asked for.

    They are read and not mapped: the system would map the neighbours of each row too, and the whole table would soon be in memory.
    """

    def __init__(self, file: Path, table: Bytes) -> None:
        """Keep `table` in `file`, which is written unless it holds just that; several processes may share it.

        Raises:
            OSError: the file cannot be written or read.
        """
        self._count, self._width = table.shape
        if not _holds(file, table):
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_name(f".{file.name}.{os.getpid()}")
            try:
                table.tofile(part)
                os.replace(part, file)
            finally:
                part.unlink(missing_ok=True)
        self._file = open(file, "rb", buffering=0)  # noqa: SIM115 - read for as long as the process lives

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, rows: Iterable[Any]) -> Bytes:
        """The rows of these numbers, in this order."""
        source, width = self._file.fileno(), self._width
        read = b"".join(os.pread(source, width, int(row) * width) for row in rows)
        return np.frombuffer(read, dtype=np.uint8).reshape(-1, width)


def _holds(file: Path, table: Bytes) -> bool:
    try:
        with open(file, "rb") as kept:
            parts = (table[start : start + _AT_ONCE].tobytes() for start in range(0, len(table), _AT_ONCE))
            return all(kept.read(len(part)) == part for part in parts) and not kept.read(1)
    except OSError:
        return False
