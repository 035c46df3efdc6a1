"""The examples nearest to a message, found without comparing it in full with each: memory is read for a quarter as long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bot.nlu.arrays import Floats, Halves, Ints
from bot.nlu.onnx_format import Graph

_LARGEST_BYTE: Final = 127
_LARGEST_NUMBER: Final = 32_767
# What is asked takes seven bits, with this for nothing: on most processors the sum of two products has to fit into sixteen.
_MIDDLE: Final = 64
_LARGEST_ASKED: Final = 63
_AT_ONCE: Final = 4_096
_GROUP: Final = 32
# Above what rounding adds to the sums that are compared, and to the length of a row.
_SLACK: Final = 1e-5
_LONGEST: Final = 1.001


def largest(likeness: Floats, count: int) -> Ints:
    """Where the `count` largest values of each row stand, in any order."""
    whole = likeness.shape[1] // _GROUP * _GROUP
    groups = whole // _GROUP
    if groups <= count:
        return np.asarray(np.argpartition(-likeness, count - 1, axis=1)[:, :count], dtype=np.int64)
    # The largest stand in the groups whose own largest are largest; finding those is one quick pass over the row.
    highest = likeness[:, :whole].reshape(len(likeness), _GROUP, groups).max(axis=1)
    promising = np.argpartition(-highest, count - 1, axis=1)[:, :count]
    places = (promising[:, :, None] + np.arange(_GROUP) * groups).reshape(len(likeness), -1)
    rest = np.broadcast_to(np.arange(whole, likeness.shape[1]), (len(likeness), likeness.shape[1] - whole))
    places = np.concatenate([places, rest], axis=1)
    among = np.argpartition(-np.take_along_axis(likeness, places, axis=1), count - 1, axis=1)[:, :count]
    return np.asarray(np.take_along_axis(places, among, axis=1), dtype=np.int64)


def _compared(small: npt.NDArray[np.int8]) -> Any:
    """What multiplies one row of `_MIDDLE` plus whole steps with each row of `small`, on one thread."""
    # Training does without the library, which takes a while to import.
    from bot.nlu.compiled import session

    graph = Graph()
    asked = graph.input("asked", np.uint8, 1, small.shape[1])
    products = graph.one("MatMulInteger", asked, graph.constant(small.T, np.int8), graph.constant(_MIDDLE, np.uint8))
    return session(graph.file(products, np.int32, 1, len(small)))


@dataclass(frozen=True)
class Nearest:
    """Rows of length one: a session of ONNX Runtime in which each of their numbers is a byte, and the rows themselves.

    Attributes:
        rows: in whole steps of `fine`, which are as small as those of half precision and are made floats ten times as fast.
        step: of a byte.
        off: the farthest that a row is from its bytes.
    """

    rows: npt.NDArray[np.int16]
    fine: float
    session: Any
    step: float
    off: float

    @classmethod
    def of(cls, rows: Halves) -> Nearest:
        """Made from the rows that will be searched."""
        most, off = float(np.abs(rows).max(initial=0)) or 1.0, 0.0
        step, fine = most / _LARGEST_BYTE, most / _LARGEST_NUMBER
        kept, small = np.empty(rows.shape, dtype=np.int16), np.empty(rows.shape, dtype=np.int8)
        for start in range(0, len(rows), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            exact = rows[part].astype(np.float32)
            kept[part], small[part] = np.rint(exact / fine), np.rint(exact / step)
            off = max(off, float(np.linalg.norm(kept[part] * np.float32(fine) - small[part] * np.float32(step), axis=1).max()))
        return cls(kept, fine, _compared(small) if len(rows) else None, step, off)

    def find(self, row: Floats, count: int) -> tuple[Ints, Floats]:
        """Where the `count` rows most like `row` stand, in any order, and how like they are: the same as by comparing with all.

        By how much a comparison of bytes can be wrong is known, so that only rows are left out which cannot be among them.
        """
        count = min(count, len(self.rows))
        if not count:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        step = float(np.abs(row).max()) / _LARGEST_ASKED or 1.0
        steps = np.rint(row / np.float32(step))
        seen = steps * np.float32(step)
        doubt = float(np.linalg.norm(row - seen)) * _LONGEST + float(np.linalg.norm(seen)) * self.off + _SLACK
        (products,) = self.session.run(None, {"asked": (steps + _MIDDLE).astype(np.uint8)[None]})
        roughly = products[0]
        least = roughly[largest(products, count)[0]].min() - 2 * doubt / (step * self.step)
        places = np.flatnonzero(roughly >= least)
        likeness = self.rows[places].astype(np.float32) @ (row * np.float32(self.fine))
        best = largest(likeness[None], count)[0]
        return places[best], likeness[best]
