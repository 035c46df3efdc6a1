"""From the encoder's vectors to scores for topics: a few neural networks, and what the most similar examples are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bot.nlu.arrays import Floats, Halves, Ints, softmax
from bot.nlu.encodings import one_thread
from bot.nlu.features import Features
from bot.nlu.neighbours import Neighbours
from bot.nlu.opinion import Opinion
from bot.nlu.perceptron import Perceptron, fit
from bot.spoken import tongue_of

_TAKEN: Final = 0.4
"""How much of the logarithm of the number of examples; chosen with the questions of tests/dialogue/development in view."""


@dataclass(frozen=True)
class Shape:
    """What may be set about the model.

    Attributes:
        hidden: size of a network's hidden layer.
        epochs: how often a network sees each example.
        networks, folds: the examples are dealt into folds, and each network learns from all but one of its own.
        gram_dimensions, gram_longest, gram_weight: size, longest n-gram and weight of the character n-grams.
        neighbours: the say of the most similar examples, from 0 to 1; the rest is the networks'.
    """

    hidden: int
    epochs: int
    networks: int
    folds: int
    gram_dimensions: int
    gram_longest: int
    gram_weight: float
    neighbours: float

    def features(self) -> Features:
        """Features that have learnt nothing yet."""
        return Features(self.gram_dimensions, self.gram_longest, self.gram_weight)

    def mixed(self, opinion: Floats, shares: Floats, offsets: Floats) -> Floats:
        """Logarithms of the mixed probabilities, with what each topic is given or taken."""
        mixture = (1 - self.neighbours) * opinion + self.neighbours * shares
        return np.asarray(np.log(np.maximum(mixture, 1e-9)) + offsets, dtype=np.float32)


@dataclass(frozen=True)
class TopicModel:
    """A trained model.

    Attributes:
        networks: none where `compiled` has them.
    """

    shape: Shape
    features: Features
    networks: tuple[Perceptron, ...]
    neighbours: Neighbours
    offsets: Floats
    compiled: Opinion | None = None

    def scores(self, texts: Sequence[str], vectors: Halves, parts: int = 0) -> Floats:
        """One row of scores, a column for each topic, for each text.

        Args:
            parts: how many of the texts, at the end, are sentences of a message before them; for these the examples are not asked.
        """
        whole = len(texts) - parts
        opinion, shares = self._opinion(texts, vectors), self.neighbours.shares(vectors[:whole])
        return self.shape.mixed(opinion, np.concatenate([shares, opinion[whole:]]), self.offsets)

    def _opinion(self, texts: Sequence[str], vectors: Halves) -> Floats:
        if self.compiled is not None:
            return self.compiled.of(self.features.grams(texts), vectors)
        rows = self.features.rows(texts, vectors)
        return np.asarray(np.mean([softmax(network.scores(rows)) for network in self.networks], axis=0), dtype=np.float32)

    def arrays(self) -> dict[str, Any]:
        """What `restored` needs, as arrays without objects; the networks in half precision, which is enough to use them."""
        networks = {
            f"{number}.{name}": array.astype(np.float16)
            for number, network in enumerate(self.networks)
            for name, array in network.arrays().items()
        }
        return {**self.features.arrays(), **networks, **self.neighbours.arrays(), "offsets": self.offsets}

    @classmethod
    def restored(cls, shape: Shape, arrays: Mapping[str, Any], topics: int) -> TopicModel:
        """The model whose `arrays` these are."""
        features = shape.features()
        features.restore(arrays)
        count = 1 + max(int(name.partition(".")[0]) for name in arrays if name[:1].isdigit())
        networks = tuple(
            Perceptron.restored({name.partition(".")[2]: array for name, array in arrays.items() if name.startswith(f"{number}.")})
            for number in range(count)
        )
        compiled = Opinion(features, networks)
        return cls(shape, features, (), Neighbours.restored(arrays, topics), arrays["offsets"].astype(np.float32), compiled)


def dealt(labels: Ints, folds: int) -> Ints:
    """The fold of each example; those of a topic are dealt out in turn, so that every fold has them in every language."""
    fold = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        fold[members] = np.arange(len(members)) % folds
    return fold


@dataclass(frozen=True)
class Judged:
    """What a network that has not seen them makes of some examples: their numbers, and for each a row of scores and the language."""

    examples: Ints
    scores: Floats
    tongues: Sequence[str]


def train(texts: Sequence[str], vectors: Halves, labels: Ints, topics: int, shape: Shape, most_judged: int) -> tuple[TopicModel, Judged]:
    """The model of all examples, and what it would make of up to `most_judged` of them, spread over all, if they were new.

    No network learns from all examples, and together they decide: better than one that has seen everything, and each of the judged
    is judged by one for which it is new, at no further cost.
    """
    features = shape.features()
    fold = dealt(labels, shape.folds)
    new_to_one = np.flatnonzero(fold < shape.networks)
    judged = new_to_one[:: max(1, -(-len(new_to_one) // most_judged))]

    def compared() -> tuple[Neighbours, Floats]:
        neighbours = Neighbours.of(vectors, labels, topics)
        return neighbours, neighbours.shares_of_others(judged, fold)

    with ThreadPoolExecutor(1) as beside:
        found = beside.submit(compared)
        rows = features.learn(texts, vectors)
        # Numbers are multiplied meanwhile, which takes longer.
        tongues = [tongue_of(texts[number]) for number in judged]
        neighbours, shares = found.result()

    def without(number: int) -> Perceptron:
        return fit(rows, labels, topics, shape.hidden, shape.epochs, among=np.flatnonzero(fold != number))

    # On two threads, two networks beside each other are done sooner than one after the other: much of the work is no
    # multiplication of matrices.
    with one_thread(), ThreadPoolExecutor(shape.networks) as pool:
        networks = tuple(pool.map(without, range(shape.networks)))
    opinion = np.zeros((len(judged), topics), dtype=np.float32)
    for number, network in enumerate(networks):
        mine = fold[judged] == number
        opinion[mine] = softmax(network.scores(rows[judged[mine]]))
    offsets = offsets_of(labels, topics)
    scores = shape.mixed(opinion, shares, offsets)
    return TopicModel(shape, features, networks, neighbours, offsets), Judged(judged, scores, tongues)


def offsets_of(labels: Ints, topics: int) -> Floats:
    """What a topic is taken for having many examples: strangers and matters of danger have many because they are many-sided, not
    because people write them so often."""
    counts = np.maximum(np.bincount(labels, minlength=topics), 1).astype(np.float32)
    return np.asarray(-_TAKEN * np.log(counts / np.median(counts)), dtype=np.float32)
