"""What gradient descent needs here; the network that is shipped has its own in `bot.nlu.perceptron`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from bot.nlu.arrays import Floats, Ints

_MOMENTUM: Final = 0.9
_SPREAD: Final = 0.99
_TINY: Final = 1e-8


class Adam:
    """Adam, with a rate that falls along a cosine; moves `weights` in place."""

    def __init__(self, weights: Sequence[Floats], rate: float, steps: int) -> None:
        self._weights, self._rate, self._steps, self._step = weights, rate, steps, 0
        self._means = [np.zeros_like(each) for each in weights]
        self._squares = [np.zeros_like(each) for each in weights]

    def apply(self, gradients: Sequence[Floats]) -> None:
        """One step; `gradients` stand in the order of the weights."""
        self._step += 1
        rate = self._rate * (0.5 + 0.5 * np.cos(np.pi * self._step / (self._steps + 1)))
        stride = np.float32(rate * np.sqrt(1 - _SPREAD**self._step) / (1 - _MOMENTUM**self._step))
        for weights, gradient, mean, square in zip(self._weights, gradients, self._means, self._squares, strict=True):
            mean += np.float32(1 - _MOMENTUM) * (gradient - mean)
            square += np.float32(1 - _SPREAD) * (gradient * gradient - square)
            weights -= stride * mean / (np.sqrt(square) + np.float32(_TINY))


def batches(count: int, size: int, epochs: int, dice: np.random.Generator) -> Iterator[Ints]:
    """Positions of `count` examples, each once an epoch, in an order that is drawn."""
    for _ in range(epochs):
        order = dice.permutation(count)
        for start in range(0, count, size):
            yield order[start : start + size]
