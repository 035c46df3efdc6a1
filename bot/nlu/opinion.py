"""What the networks make of the few texts of one message, as ONNX Runtime compiles them: their weights are read once for all texts and
networks, and not once for each. What comes out is that of `bot.nlu.perceptron`, but for rounding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot.nlu.arrays import Floats, Halves
from bot.nlu.features import Features
from bot.nlu.onnx_format import Graph
from bot.nlu.perceptron import Perceptron


def _file(features: Features, networks: Sequence[Perceptron]) -> bytes:
    graph = Graph()
    one, constant = graph.one, graph.constant

    def plus(value: str, other: str) -> str:
        return one("Add", value, other)

    vectors = graph.input("vectors", np.float16, "texts", len(features.centre))
    grams = graph.input("grams", np.float32, "texts", networks[0].first.shape[0] - len(features.centre))
    scaled = one("Mul", one("Sub", one("Cast", vectors, to=1), constant(features.centre)), constant(features.scale))
    rows = one("Concat", scaled, grams, axis=1)
    within = one("MatMul", rows, constant(np.hstack([network.first for network in networks])))
    hidden, topics = networks[0].out.shape
    sizes = constant([hidden, topics] * len(networks), np.int64)
    columns = graph.each("Split", within, sizes, outputs=2 * len(networks), axis=1)
    said = []
    for network, inner, straight in zip(networks, columns[::2], columns[1::2], strict=True):
        inner = one("Relu", plus(inner, constant(network.inner_offsets)))
        scores = plus(plus(one("MatMul", inner, constant(network.out)), constant(network.out_offsets)), straight)
        said.append(one("Softmax", scores, axis=1))
    return graph.file(one("Mean", *said), np.float32, "texts", topics)


class Opinion:
    """Asks all networks at once, on one thread."""

    def __init__(self, features: Features, networks: Sequence[Perceptron]) -> None:
        """Compile the networks, with the scaling of the vectors that they read."""
        # Training does without the library, which takes a while to import.
        from bot.nlu.compiled import session

        self._session = session(_file(features, networks))

    def of(self, grams: Floats, vectors: Halves) -> Floats:
        """The mean of their probabilities: a row for each text, a column for each topic.

        Args:
            grams: as `Features.grams` gives them.
            vectors: as the encoder gives them.
        """
        (mean,) = self._session.run(None, {"vectors": vectors, "grams": grams})
        return np.asarray(mean, dtype=np.float32)
