"""Classifiers of every kind, each over what our encoder, or another one, makes of a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from sklearn.linear_model import LogisticRegression

from benchmarks.understanding.contrast import project
from benchmarks.understanding.gradient import Adam, batches
from benchmarks.understanding.questions import Batch, Lesson
from bot.nlu import perceptron, topic_model
from bot.nlu.arrays import Floats, softmax, unit_rows
from bot.nlu.features import CharacterGrams
from bot.nlu.neighbours import Neighbours
from bot.nlu.network import DIMENSIONS, SENTENCE
from bot.nlu.topic_model import Shape

HALF: Final = 2
"""Bytes of a weight that is kept."""
_SEED: Final = 7
_LEAST: Final = 1e-9


class Model(Protocol):
    """A trained classifier."""

    def scores(self, batch: Batch) -> Floats:
        """One row for each message, a column for each topic; the higher the likelier."""

    def size(self) -> int:
        """Bytes that are kept."""


class Rows(Protocol):
    """What a classifier sees of a message."""

    def learn(self, batch: Batch) -> None:
        """Find scales and rarities."""

    def rows(self, batch: Batch) -> Floats:
        """One row for each message."""


class Sentence:
    """The sentence vector, with character n-grams if wanted."""

    def __init__(self, grams: int = 0, longest: int = 4, weight: float = 1.0) -> None:
        self._grams = CharacterGrams(grams, longest) if grams else None
        self._weight = weight

    def learn(self, batch: Batch) -> None:
        if self._grams is not None:
            self._grams.learn(batch.texts)

    def rows(self, batch: Batch) -> Floats:
        sentences = batch.vectors[:, :SENTENCE].astype(np.float32)
        if self._grams is None:
            return sentences
        return np.hstack([sentences, self._grams.rows(batch.texts) * np.float32(self._weight)])


class Other:
    """The vector of the other encoder around the middle of the examples: those of some encoders all point one way."""

    def __init__(self) -> None:
        self._centre = np.zeros(1, dtype=np.float32)

    def learn(self, batch: Batch) -> None:
        assert batch.other is not None
        self._centre = batch.other.mean(axis=0)

    def rows(self, batch: Batch) -> Floats:
        assert batch.other is not None
        return unit_rows(batch.other - self._centre)


class Layers:
    """Inner layers of our encoder, with our n-grams and with the other encoder's vector if wanted, all evenly scaled."""

    def __init__(self, shape: Shape, grams: bool = True, other: bool = False) -> None:
        self._features, self._grams = shape.features(), grams
        self._other = Other() if other else None

    def learn(self, batch: Batch) -> None:
        self._features.learn(batch.texts, batch.vectors)
        if self._other is not None:
            self._other.learn(batch)

    def rows(self, batch: Batch) -> Floats:
        rows = self._features.rows(batch.texts, batch.vectors)
        parts = [rows if self._grams else np.ascontiguousarray(rows[:, :DIMENSIONS])]
        if self._other is not None:
            # The length that `Features` gives to each of its parts.
            parts.append(self._other.rows(batch) * np.float32(8))
        return np.hstack(parts) if len(parts) > 1 else parts[0]


class Linear:
    """Logistic regression."""

    def __init__(self, rows: Rows, lesson: Lesson, strength: float = 20.0) -> None:
        self._rows = rows
        rows.learn(lesson.batch)
        learner = LogisticRegression(C=strength, max_iter=100, solver="lbfgs")
        learner.fit(rows.rows(lesson.batch), lesson.labels)
        self._weights, self._offsets = learner.coef_.T.astype(np.float32), learner.intercept_.astype(np.float32)

    def scores(self, batch: Batch) -> Floats:
        return np.asarray(self._rows.rows(batch) @ self._weights + self._offsets, dtype=np.float32)

    def size(self) -> int:
        return HALF * (self._weights.size + self._offsets.size)


class Kernel:
    """A support vector machine, one topic against the rest, with a radial kernel through random Fourier features."""

    def __init__(self, rows: Rows, lesson: Lesson, features: int = 4096, epochs: int = 12, margin_weight: float = 1e-6) -> None:
        dice = np.random.default_rng(_SEED)
        self._rows = rows
        rows.learn(lesson.batch)
        seen = unit_rows(rows.rows(lesson.batch))
        # The width of the kernel is half the typical distance between examples.
        pairs = dice.integers(0, len(seen), (2, 4096))
        typical = float(np.median(np.linalg.norm(seen[pairs[0]] - seen[pairs[1]], axis=1)))
        self._waves = dice.normal(0, 2 / typical, (seen.shape[1], features)).astype(np.float32)
        self._phases = dice.uniform(0, 2 * np.pi, features).astype(np.float32)
        lifted = self._lift(seen)
        self._weights = np.zeros((features, len(lesson.topics)), dtype=np.float32)
        self._offsets = np.full(len(lesson.topics), -1.0, dtype=np.float32)
        adam = Adam([self._weights, self._offsets], rate=3e-3, steps=epochs * -(-len(seen) // 256))
        for chosen in batches(len(seen), 256, epochs, dice):
            inputs = lifted[chosen]
            side = np.full((len(chosen), len(lesson.topics)), -1, dtype=np.float32)
            side[np.arange(len(chosen)), lesson.labels[chosen]] = 1
            short = np.maximum(1 - side * (inputs @ self._weights + self._offsets), 0)
            slope = -2 * side * short / np.float32(len(chosen))
            adam.apply([inputs.T @ slope + np.float32(margin_weight) * self._weights, slope.sum(axis=0)])

    def _lift(self, rows: Floats) -> Floats:
        lifted = rows @ self._waves
        lifted += self._phases
        np.cos(lifted, out=lifted)
        lifted *= np.float32(np.sqrt(2 / len(self._phases)))
        return lifted

    def scores(self, batch: Batch) -> Floats:
        return np.asarray(self._lift(unit_rows(self._rows.rows(batch))) @ self._weights + self._offsets, dtype=np.float32)

    def size(self) -> int:
        return HALF * sum(each.size for each in (self._waves, self._phases, self._weights, self._offsets))


class Nearest:
    """The share of each topic among the examples with the most similar sentence vectors."""

    def __init__(self, lesson: Lesson) -> None:
        self._neighbours = Neighbours.of(lesson.batch.vectors, lesson.labels, len(lesson.topics))

    def scores(self, batch: Batch) -> Floats:
        return np.log(np.maximum(self._neighbours.shares(batch.vectors), _LEAST))

    def size(self) -> int:
        return sum(array.nbytes for array in self._neighbours.arrays().values())


class Contrasted:
    """Examples after a projection that draws topics together: the most similar ones, or `by_topic` the most similar middle."""

    def __init__(self, rows: Rows, lesson: Lesson) -> None:
        rows.learn(lesson.batch)
        self._projection = project(rows.rows, lesson)
        seen = self._projection.vectors(lesson.batch)
        self._neighbours = Neighbours.of(seen, lesson.labels, len(lesson.topics))
        self._middles = unit_rows(np.stack([seen[lesson.labels == label].mean(axis=0) for label in range(len(lesson.topics))]))

    def scores(self, batch: Batch) -> Floats:
        return np.log(np.maximum(self._neighbours.shares(self._projection.vectors(batch)), _LEAST))

    def by_topic(self, batch: Batch, _typed: Sequence[str] = ()) -> Floats:
        """Likeness to the middle of each topic."""
        return np.asarray(self._projection.vectors(batch) @ self._middles.T, dtype=np.float32)

    def size(self) -> int:
        return self._projection.size() + sum(array.nbytes for array in self._neighbours.arrays().values())


class Networks:
    """One network of ours, or several of which each has not seen its part of the examples; with neighbours if wanted."""

    def __init__(self, rows: Rows, lesson: Lesson, shape: Shape, count: int = 1, neighbours: bool = False) -> None:
        self._rows, self._shape, topics = rows, shape, len(lesson.topics)
        rows.learn(lesson.batch)
        seen, fold = rows.rows(lesson.batch), topic_model.dealt(lesson.labels, shape.folds)
        self._networks = [
            perceptron.fit(seen, lesson.labels, topics, shape.hidden, shape.epochs, None if count == 1 else np.flatnonzero(fold != number))
            for number in range(count)
        ]
        self._neighbours = Neighbours.of(lesson.batch.vectors, lesson.labels, topics) if neighbours else None
        self._offsets = topic_model.offsets_of(lesson.labels, topics)

    def scores(self, batch: Batch) -> Floats:
        rows = self._rows.rows(batch)
        opinion = np.mean([softmax(network.scores(rows)) for network in self._networks], axis=0)
        if self._neighbours is None:
            return np.log(np.maximum(opinion, _LEAST))
        return self._shape.mixed(opinion, self._neighbours.shares(batch.vectors), self._offsets)

    def size(self) -> int:
        own = sum(HALF * array.size for network in self._networks for array in network.arrays().values())
        return own + (0 if self._neighbours is None else sum(array.nbytes for array in self._neighbours.arrays().values()))
