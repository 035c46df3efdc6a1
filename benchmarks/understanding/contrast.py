"""Supervised contrastive learning: a projection that draws examples of one topic together and pushes others away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.understanding.gradient import Adam, batches
from benchmarks.understanding.questions import Batch, Lesson
from bot.nlu.arrays import Floats, Ints, unit_rows

_HIDDEN: Final = 256
_DIMENSIONS: Final = 128
_EPOCHS: Final = 10
_BATCH: Final = 1024
_TEMPERATURE: Final = 0.1
_KEPT: Final = 0.5
_SEED: Final = 7


@dataclass(frozen=True, eq=False)
class Projection:
    """One hidden layer, then a vector of unit length."""

    rows: Callable[[Batch], Floats]
    inner: Floats
    out: Floats

    def vectors(self, batch: Batch) -> Floats:
        """One row for each message."""
        return unit_rows(np.maximum(self.rows(batch) @ self.inner, 0) @ self.out)

    def size(self) -> int:
        """Bytes that are kept, in half precision."""
        return 2 * (self.inner.size + self.out.size)


def loss_and_slope(vectors: Floats, labels: Ints, temperature: float = _TEMPERATURE) -> tuple[float, Floats]:
    """The supervised contrastive loss of a batch of unit vectors, and its gradient by them.

    For each vector: how far each other of its topic is from having all the likeness; those alone in their topic do not count.
    """
    count = len(vectors)
    same = labels[:, None] == labels[None, :]
    np.fill_diagonal(same, False)
    partners = same.sum(axis=1)
    counted = partners > 0
    likeness = vectors @ vectors.T / np.float32(temperature)
    np.fill_diagonal(likeness, -np.inf)
    likeness -= likeness.max(axis=1, keepdims=True)
    share = np.exp(likeness)
    total = share.sum(axis=1, keepdims=True)
    share /= total
    wanted = same / np.maximum(partners, 1)[:, None]
    np.fill_diagonal(likeness, 0)
    each = np.log(total[:, 0]) - (wanted * likeness).sum(axis=1)
    weight = counted / max(int(counted.sum()), 1)
    slope = ((share - wanted) * weight[:, None] / temperature).astype(np.float32)
    assert slope.shape == (count, count)
    return float((each * weight).sum()), np.asarray((slope + slope.T) @ vectors, dtype=np.float32)


def project(rows: Callable[[Batch], Floats], lesson: Lesson) -> Projection:
    """Learn a projection of `rows`; the same lesson gives the same one."""
    dice = np.random.default_rng(_SEED)
    seen = rows(lesson.batch)
    inner = dice.normal(0, np.sqrt(2 / seen.shape[1]), (seen.shape[1], _HIDDEN)).astype(np.float32)
    out = dice.normal(0, np.sqrt(1 / _HIDDEN), (_HIDDEN, _DIMENSIONS)).astype(np.float32)
    adam = Adam([inner, out], rate=1e-3, steps=_EPOCHS * -(-len(seen) // _BATCH))
    for chosen in batches(len(seen), _BATCH, _EPOCHS, dice):
        inputs = seen[chosen]
        before = inputs @ inner
        kept = (before > 0) * (dice.random(before.shape, dtype=np.float32) < _KEPT) * np.float32(1 / _KEPT)
        within = before * kept
        raw = within @ out
        lengths = np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), 1e-6)
        vectors = raw / lengths
        _, slope = loss_and_slope(vectors, lesson.labels[chosen])
        slope = (slope - vectors * (slope * vectors).sum(axis=1, keepdims=True)) / lengths
        adam.apply([inputs.T @ ((slope @ out.T) * kept), within.T @ slope])
    return Projection(rows, inner, out)
