"""The examples most like a message, as witnesses for their topics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bot.nlu.arrays import Floats, Halves, Ints, unit_rows
from bot.nlu.nearest import Nearest, largest
from bot.nlu.network import SENTENCE

_ASKED: Final = 20
_NEARNESS: Final = 0.05
"""How much less like the message an example may be before its voice falls to about a third."""
_DIRECTIONS: Final = 256
_AT_ONCE: Final = 512


@dataclass(frozen=True)
class Neighbours:
    """Sentence vectors of the examples, in the directions in which they differ most, and their topics.

    Attributes:
        examples: none where `nearest` has them.
        nearest: finds the examples most like one message; without it, messages are compared with all examples, many at once.
    """

    directions: Floats
    examples: Floats | Halves
    labels: Ints
    topics: int
    nearest: Nearest | None = None

    @classmethod
    def of(cls, vectors: Halves, labels: Ints, topics: int) -> Neighbours:
        """From the encoder's rows; only the sentence vector is compared."""
        sentences = vectors[:, :SENTENCE].astype(np.float32)
        _, directions = np.linalg.eigh((sentences.T @ sentences).astype(np.float64))
        widest = np.ascontiguousarray(directions[:, -_DIRECTIONS:], dtype=np.float32)
        return cls(widest, unit_rows(sentences @ widest), labels, topics)

    def shares(self, vectors: Halves) -> Floats:
        """For each row of the encoder, the share of each topic among the examples that are most like it."""
        return self._shares(unit_rows(vectors[:, :SENTENCE].astype(np.float32) @ self.directions))

    def shares_of_others(self, judged: Ints, group: Ints) -> Floats:
        """The same for the examples `judged`, without those of their own group.

        Args:
            judged: numbers of examples.
            group: for every example the number of its group.
        """
        shares = np.zeros((len(judged), self.topics), dtype=np.float32)
        for number in np.unique(group[judged]):
            mine, others = group[judged] == number, group != number
            rest = Neighbours(self.directions, self.examples[others], self.labels[others], self.topics)
            shares[mine] = rest._shares(self.examples[judged[mine]])
        return shares

    def _shares(self, rows: Floats) -> Floats:
        shares = np.zeros((len(rows), self.topics), dtype=np.float32)
        for number, (places, likeness) in enumerate(self._most_like(rows)):
            np.add.at(shares[number], self.labels[places], np.exp((likeness - 1) / np.float32(_NEARNESS)))
        return np.asarray(shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-12), dtype=np.float32)

    def _most_like(self, rows: Floats) -> Iterator[tuple[Ints, Floats]]:
        """For each row, where the examples most like it stand, and how like they are."""
        if self.nearest is not None:
            yield from (self.nearest.find(row, _ASKED) for row in rows)
            return
        for start in range(0, len(rows) if len(self.examples) else 0, _AT_ONCE):
            likeness = rows[start : start + _AT_ONCE] @ self.examples.T
            places = largest(likeness, min(_ASKED, len(self.examples)))
            yield from zip(places, np.take_along_axis(likeness, places, axis=1))

    def arrays(self) -> dict[str, Any]:
        """What `restored` needs; the examples in half precision, which is enough to compare them.

        Raises:
            ValueError: these were restored, and do not have their examples any more.
        """
        if len(self.examples) != len(self.labels):
            raise ValueError("the examples of restored neighbours are not kept")
        return {"directions": self.directions, "examples": self.examples.astype(np.float16), "labels": self.labels.astype(np.int16)}

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], topics: int) -> Neighbours:
        """The examples whose `arrays` these are."""
        nearest, none = Nearest.of(arrays["examples"]), np.empty((0, _DIRECTIONS), dtype=np.float16)
        return cls(arrays["directions"], none, arrays["labels"].astype(np.int64), topics, nearest)
