"""From the encoder's vectors to scores for topics: a neural network, and what the most similar examples are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.nlu.arrays import Floats, Halves, Ints, softmax
from bot.nlu.features import Features
from bot.nlu.neighbours import Neighbours
from bot.nlu.perceptron import Perceptron, fit


@dataclass(frozen=True)
class Shape:
    """What may be set about the model.

    Attributes:
        hidden: size of the network's hidden layer.
        epochs: how often the network sees each example.
        gram_dimensions, gram_longest, gram_weight: size, longest n-gram and weight of the character n-grams.
        neighbours: the say of the most similar examples, from 0 to 1; the rest is the network's.
    """

    hidden: int
    epochs: int
    gram_dimensions: int
    gram_longest: int
    gram_weight: float
    neighbours: float

    def features(self) -> Features:
        """Features that have learnt nothing yet."""
        return Features(self.gram_dimensions, self.gram_longest, self.gram_weight)

    def mixed(self, network_scores: Floats, shares: Floats) -> Floats:
        """Logarithms of the mixed probabilities."""
        mixture = (1 - self.neighbours) * softmax(network_scores) + self.neighbours * shares
        return np.asarray(np.log(np.maximum(mixture, 1e-9)), dtype=np.float32)


@dataclass(frozen=True)
class TopicModel:
    """A trained model."""

    shape: Shape
    features: Features
    network: Perceptron
    neighbours: Neighbours

    def scores(self, texts: Sequence[str], vectors: Halves) -> Floats:
        """One row of scores, a column for each topic, for each message."""
        network_scores = self.network.scores(self.features.rows(texts, vectors))
        return self.shape.mixed(network_scores, self.neighbours.shares(vectors))

    def arrays(self) -> dict[str, Any]:
        """What `restored` needs, as arrays without objects."""
        return {**self.features.arrays(), **self.network.arrays(), **self.neighbours.arrays()}

    @classmethod
    def restored(cls, shape: Shape, arrays: Mapping[str, Any], topics: int) -> TopicModel:
        """The model whose `arrays` these are."""
        features = shape.features()
        features.restore(arrays)
        return cls(shape, features, Perceptron.restored(arrays), Neighbours.restored(arrays, topics))


def dealt(labels: Ints, folds: int) -> Ints:
    """The fold of each example; those of a topic are dealt out in turn, so that every fold has them in every language."""
    fold = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        fold[members] = np.arange(len(members)) % folds
    return fold


def train(texts: Sequence[str], vectors: Halves, labels: Ints, topics: int, shape: Shape, folds: int) -> tuple[TopicModel, Floats]:
    """The model of all examples, and the scores that each example gets from models which have not seen it."""
    features = shape.features()
    features.learn(texts, vectors)
    rows = features.rows(texts, vectors)
    neighbours = Neighbours.of(vectors, labels, topics)
    fold = dealt(labels, folds)
    held_out = np.zeros((len(labels), topics), dtype=np.float32)
    for number in range(folds):
        mine = np.flatnonzero(fold == number)
        if len(mine):
            others = np.flatnonzero(fold != number)
            held_out[mine] = fit(rows, labels, topics, shape.hidden, shape.epochs, among=others).scores(rows[mine])
    held_out = shape.mixed(held_out, neighbours.shares(vectors, without=fold))
    network = fit(rows, labels, topics, shape.hidden, shape.epochs)
    return TopicModel(shape, features, network, neighbours), held_out
