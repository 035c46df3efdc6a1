"""What the classifier sees of a message: the encoder's vector, evenly scaled, and its character n-grams."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer

from bot.nlu.arrays import Floats, Halves, unit_rows
from bot.nlu.network import POOLED, SENTENCE, STRONGEST

Counts = Any
"""A sparse matrix of scikit-learn's: a row for each text, a column for each n-gram."""
# Marks above, below and beside letters, of Latin, Arabic and Thai.
_MARK: Final = re.compile("[\u0300-\u036f\u0640\u064b-\u0655\u0670\u0e47-\u0e4e]")
_LETTERS: Final = str.maketrans("łıةى", "liهي")
_SIZE: Final = 8.0
"""Length of a typical part of a row; the rate of learning is chosen for it."""
_SAMPLE: Final = 4096
_AT_ONCE: Final = 1024
_PARTS_AT_ONCE: Final = 2


def _without_marks(text: str) -> str:
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _MARK.sub("", unicodedata.normalize("NFD", text))).translate(_LETTERS)


class CharacterGrams:
    """Hashed character n-grams, weighted by rarity; `rarity` is learnt from the examples."""

    def __init__(self, dimensions: int, longest: int, rarity: Floats | None = None) -> None:
        self._hashing = HashingVectorizer(
            analyzer="char_wb", ngram_range=(1, longest), n_features=dimensions, lowercase=False, norm=None, dtype=np.float32
        )
        self.rarity = np.ones(dimensions, dtype=np.float32) if rarity is None else rarity

    def learn(self, texts: Sequence[str]) -> Counts:
        """Weigh n-grams by how few of `texts` have them; gives the counts that `weighed` takes."""
        counts = self._counts_by_words(texts)
        holders = np.asarray((counts != 0).sum(axis=0), dtype=np.float32).ravel()
        self.rarity = np.log((1 + len(texts)) / (1 + holders)).astype(np.float32) + 1
        return counts

    def _counts(self, texts: Sequence[str]) -> Counts:
        # Half of those who type Polish, Turkish or Arabic leave the marks out; to the encoder it makes less of a difference.
        return self._hashing.transform(map(_without_marks, texts))

    def _counts_by_words(self, texts: Sequence[str]) -> Counts:
        """The same as `_counts`, sooner for many texts: no n-gram goes beyond its word, so that each word is counted once."""
        number: dict[str, int] = {}
        words, ends = [], [0]
        for text in map(_without_marks, texts):
            words += [number.setdefault(word, len(number)) for word in text.split()]
            ends.append(len(words))
        within = csr_matrix((np.ones(len(words), dtype=np.float32), words, ends), shape=(len(texts), len(number)))
        return within @ self._hashing.transform(number) if number else self._counts(texts)

    def rows(self, texts: Sequence[str]) -> Floats:
        """One row of unit length for each text."""
        return self.weighed(self._counts(texts))

    def weighed(self, counts: Counts) -> Floats:
        """The same from the counts of the texts."""
        counts.data = np.sign(counts.data) * np.log1p(np.abs(counts.data))
        return unit_rows(counts.toarray() * self.rarity)


class Features:
    """Rows for the classifier; `learn` it from the examples, or restore it from the `arrays` of a learnt one.

    Attributes:
        centre, scale: what is taken from each number of the encoder's vector, and what it is multiplied by then.
    """

    def __init__(self, gram_dimensions: int, gram_longest: int, gram_weight: float) -> None:
        self._grams = CharacterGrams(gram_dimensions, gram_longest)
        self._gram_weight = gram_weight
        width = SENTENCE + POOLED + STRONGEST
        self.centre, self.scale = np.zeros(width, dtype=np.float32), np.ones(width, dtype=np.float32)

    def learn(self, texts: Sequence[str], vectors: Halves) -> Floats:
        """Find rarity of n-grams, and middle and spread of the vectors, in the examples; gives the rows of the examples."""
        counts = self._grams.learn(texts)
        parts = np.repeat([SENTENCE, POOLED, STRONGEST], [SENTENCE, POOLED, STRONGEST])
        sample = vectors[:: -(-len(vectors) // _SAMPLE)].astype(np.float32)
        self.centre, spread = sample.mean(axis=0), sample.std(axis=0)
        # Each part of the encoder's vector has the same say, however long it is.
        self.scale = (_SIZE / np.sqrt(parts) / np.maximum(spread, 1e-3)).astype(np.float32)
        return self._joined(vectors, lambda part: self._weighed(self._grams.weighed(counts[part])))

    def rows(self, texts: Sequence[str], vectors: Halves) -> Floats:
        """One row for each message."""
        return self._joined(vectors, lambda part: self.grams(texts[part]))

    def grams(self, texts: Sequence[str]) -> Floats:
        """The end of each of these rows, which comes from the n-grams."""
        return self._weighed(self._grams.rows(texts))

    def _weighed(self, grams: Floats) -> Floats:
        return grams * np.float32(self._gram_weight * _SIZE)

    def _joined(self, vectors: Halves, grams: Callable[[slice], Floats]) -> Floats:
        count, width = vectors.shape
        rows = np.empty((count, width + len(self._grams.rarity)), dtype=np.float32)

        def fill(start: int) -> None:
            part = slice(start, start + _AT_ONCE)
            rows[part, :width] = (vectors[part] - self.centre) * self.scale
            rows[part, width:] = grams(part)

        starts = range(0, count, _AT_ONCE)
        if len(starts) > 1:
            with ThreadPoolExecutor(_PARTS_AT_ONCE) as pool:
                list(pool.map(fill, starts))
        else:
            for start in starts:
                fill(start)
        return rows

    def arrays(self) -> dict[str, Floats]:
        """What `restore` needs."""
        return {"centre": self.centre, "scale": self.scale, "rarity": self._grams.rarity}

    def restore(self, arrays: Mapping[str, Any]) -> None:
        """Take over what was learnt."""
        self.centre, self.scale, self._grams.rarity = arrays["centre"], arrays["scale"], arrays["rarity"]
