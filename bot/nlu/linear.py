"""A linear classifier over sentence vector and character n-grams.

Multinomial logistic regression is fitted here rather than by scikit-learn, which needs double precision for it: single
precision halves memory and time, and the fit over folds has to end within seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.feature_extraction.text import HashingVectorizer

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


class CharacterGrams:
    """Hashed character n-grams, weighted by rarity; `rarity` is learnt from the examples."""

    def __init__(self, dimensions: int, longest: int, rarity: Floats | None = None) -> None:
        self._hashing = HashingVectorizer(
            analyzer="char_wb", ngram_range=(1, longest), n_features=dimensions, lowercase=False, norm=None, dtype=np.float32
        )
        self.rarity = np.ones(dimensions, dtype=np.float32) if rarity is None else rarity

    def learn(self, texts: Sequence[str]) -> None:
        """Weigh n-grams by how few of `texts` have them."""
        counts = self._hashing.transform(texts)
        holders = np.asarray((counts != 0).sum(axis=0), dtype=np.float32).ravel()
        self.rarity = np.log((1 + len(texts)) / (1 + holders)).astype(np.float32) + 1

    def rows(self, texts: Sequence[str]) -> Floats:
        """One row of unit length for each text."""
        counts = self._hashing.transform(texts)
        counts.data = np.sign(counts.data) * np.log1p(np.abs(counts.data))
        rows: Floats = counts.toarray() * self.rarity
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.where(norms > 0, norms, 1), dtype=np.float32)


@dataclass(frozen=True)
class Linear:
    """Weights and offsets of a fitted classifier; classes are columns."""

    weights: Floats
    offsets: Floats

    def scores(self, features: Floats) -> Floats:
        """One row of scores (logits) for each row of features."""
        return np.asarray(features @ self.weights + self.offsets, dtype=np.float32)


def softmax(scores: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Probabilities for each row of scores."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def fit(features: Floats, labels: Ints, classes: int, strength: float, iterations: int) -> Linear:
    """Multinomial logistic regression; `strength` is the inverse of regularisation, as scikit-learn's C.

    The result depends on the input only: the start is zero and nothing is drawn at random.
    """
    rows, dimensions = features.shape
    penalty = np.float32(1 / (strength * rows))
    everyone = np.arange(rows)

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        matrix = flat.astype(np.float32).reshape(dimensions + 1, classes)
        weights, offsets = matrix[:-1], matrix[-1]
        probabilities = softmax(features @ weights + offsets)
        value = -np.log(np.maximum(probabilities[everyone, labels], 1e-12)).mean() + penalty / 2 * float((weights**2).sum())
        probabilities[everyone, labels] -= 1
        probabilities /= rows
        gradient = np.empty((dimensions + 1, classes), dtype=np.float64)
        gradient[:-1] = features.T @ probabilities + penalty * weights
        gradient[-1] = probabilities.sum(axis=0)
        return float(value), gradient.ravel()

    start = np.zeros((dimensions + 1) * classes)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": iterations, "maxfun": 2 * iterations, "gtol": 1e-6})
    matrix = found.x.astype(np.float32).reshape(dimensions + 1, classes)
    return Linear(weights=matrix[:-1], offsets=matrix[-1])


def out_of_fold_scores(features: Floats, labels: Ints, classes: int, strength: float, iterations: int, folds: int) -> Floats:
    """Scores that each example gets from a classifier that has not seen it.

    The examples of a class are dealt out in turn, so that every fold has them all, in every language.
    """
    fold = np.empty(len(labels), dtype=np.int64)
    for label in range(classes):
        members = np.flatnonzero(labels == label)
        fold[members] = np.arange(len(members)) % folds
    scores = np.empty((len(labels), classes), dtype=np.float32)
    for number in range(folds):
        held_out = fold == number
        if held_out.any():
            model = fit(features[~held_out], labels[~held_out], classes, strength, iterations)
            scores[held_out] = model.scores(features[held_out])
    return scores
