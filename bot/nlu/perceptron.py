"""A small neural network: one hidden layer beside a straight connection, trained with Adam in single precision.

scikit-learn's has neither dropout nor the straight connection, and both matter when there are a hundred examples for a topic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from bot.nlu.arrays import Floats, Ints, softmax

_BATCH: Final = 256
_FEWEST_STEPS: Final = 120
_RATE: Final = 3e-3
_WARM_UP: Final = 0.1
_DECAY: Final = 0.02
_HIDDEN_DROPPED: Final = 0.5
_SMOOTHING: Final = 0.1
_MOMENTUM, _SPREAD, _TINY = 0.9, 0.98, 1e-8


@dataclass(frozen=True)
class Perceptron:
    """Weights of the network; topics are the columns of `out` and `out_offsets`.

    The columns of `first` lead to the hidden layer and, beside it, straight to the topics: one wide multiplication is faster than
    two narrow ones.
    """

    first: Floats
    inner_offsets: Floats
    out: Floats
    out_offsets: Floats

    def scores(self, rows: Floats) -> Floats:
        """One row of scores (logits) for each row of features."""
        width = len(self.inner_offsets)
        both = rows @ self.first
        hidden = np.maximum(both[:, :width] + self.inner_offsets, 0)
        return np.asarray(hidden @ self.out + self.out_offsets + both[:, width:], dtype=np.float32)

    def arrays(self) -> dict[str, Floats]:
        """What `restored` needs."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def restored(cls, arrays: Mapping[str, Any]) -> Perceptron:
        """The network whose `arrays` these are."""
        return cls(**{field.name: np.ascontiguousarray(arrays[field.name], dtype=np.float32) for field in fields(cls)})


class _Adam:
    """Adam with decoupled weight decay; the rate rises at first and then falls along a cosine."""

    def __init__(self, weights: Perceptron, steps: int) -> None:
        self._weights = list(weights.arrays().values())
        self._means = [np.zeros_like(array) for array in self._weights]
        self._squares = [np.zeros_like(array) for array in self._weights]
        self._step, self._steps = 0, steps

    def apply(self, gradients: list[Floats]) -> None:
        """Move the weights in place; `gradients` stand in the order of the network's fields."""
        self._step += 1
        done = self._step / self._steps
        rate = _RATE * min(1.0, done / _WARM_UP) * (0.5 + 0.5 * np.cos(np.pi * done))
        stride = np.float32(rate * np.sqrt(1 - _SPREAD**self._step) / (1 - _MOMENTUM**self._step))
        for weights, gradient, mean, square in zip(self._weights, gradients, self._means, self._squares, strict=True):
            mean *= np.float32(_MOMENTUM)
            mean += np.float32(1 - _MOMENTUM) * gradient
            square *= np.float32(_SPREAD)
            gradient *= gradient
            gradient *= np.float32(1 - _SPREAD)
            square += gradient
            if weights.ndim == 2:
                weights *= np.float32(1 - rate * _DECAY)
            np.sqrt(square, out=gradient)
            gradient += np.float32(_TINY)
            np.divide(mean, gradient, out=gradient)
            gradient *= stride
            weights -= gradient


def _batches(count: int, epochs: int, dice: np.random.Generator) -> Iterator[Ints]:
    for _ in range(epochs):
        order = dice.permutation(count)
        for start in range(0, count, _BATCH):
            yield order[start : start + _BATCH]


def _start(inputs: int, hidden: int, topics: int, dice: np.random.Generator) -> Perceptron:
    first = np.zeros((inputs, hidden + topics), dtype=np.float32)
    first[:, :hidden] = dice.normal(0, np.sqrt(2 / inputs), (inputs, hidden))
    return Perceptron(
        first=first,
        inner_offsets=np.zeros(hidden, dtype=np.float32),
        out=dice.normal(0, np.sqrt(1 / hidden), (hidden, topics)).astype(np.float32),
        out_offsets=np.zeros(topics, dtype=np.float32),
    )


def fit(rows: Floats, labels: Ints, topics: int, hidden: int, epochs: int, among: Ints | None = None) -> Perceptron:
    """A network trained on `rows`; the same input gives the same network.

    Args:
        rows: features, one row for each example.
        labels: the topic of each row.
        topics: how many there are.
        hidden: size of the hidden layer.
        epochs: how often each example is seen; more often when there are few of them.
        among: the rows to train on; all when left out.
    """
    dice = np.random.default_rng(0)
    among = np.arange(len(rows)) if among is None else among
    in_epoch = -(-len(among) // _BATCH)
    epochs = max(epochs, -(-_FEWEST_STEPS // in_epoch))
    network = _start(rows.shape[1], hidden, topics, dice)
    adam = _Adam(network, epochs * in_epoch)
    for batch in _batches(len(among), epochs, dice):
        chosen = among[batch]
        inputs = rows[chosen]
        wanted = np.full((len(chosen), topics), _SMOOTHING / topics, dtype=np.float32)
        wanted[np.arange(len(chosen)), labels[chosen]] += 1 - _SMOOTHING
        kept = (dice.random((len(chosen), hidden), dtype=np.float32) >= _HIDDEN_DROPPED) * np.float32(1 / (1 - _HIDDEN_DROPPED))
        both = inputs @ network.first
        before = both[:, :hidden] + network.inner_offsets
        within = np.maximum(before, 0) * kept
        error = softmax(within @ network.out + network.out_offsets + both[:, hidden:]) - wanted
        error /= np.float32(len(chosen))
        back = (error @ network.out.T) * kept * (before > 0)
        adam.apply([inputs.T @ np.hstack([back, error]), back.sum(axis=0), within.T @ error, error.sum(axis=0)])
    return network
