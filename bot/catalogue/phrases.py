"""Finding known phrases in a sentence: whole words in Latin script, any place in Chinese, the longest first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Generic, TypeVar

from rapidfuzz.distance import OSA

from bot.catalogue.place_names import HAN, simplified

V = TypeVar("V")

_WORD: Final = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_QUOTES: Final = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "‑": "-", "–": "-", "—": "-"})
_BREAK: Final = re.compile(rf"{HAN.pattern}|[;!?。；！？]|\.\s")
# Between Chinese and Latin letters some write a space and some none.
_EDGE: Final = re.compile(r"(?<=[\u3400-\u9fff]) ?(?=[a-z0-9])|(?<=[a-z0-9]) ?(?=[\u3400-\u9fff])")
_FUZZY_LENGTH: Final = 8
_QUESTION: Final = re.compile(
    r"[?？]\s*$|^\W*(?:how|what|when|where|which|who|why|can|could|do|does|did|is|are|must|should|may|will)\b"
    r"|[؟]\s*$|か[。.？?]?\s*$|(?:까|나요|가요|는지요)\W*$|ไหม|มั้ย|หรือเปล่า|หรือไม่|เท่าไ|ยังไง|อย่างไร|ที่ไหน|เมื่อไ"
    r"|^\W*(?:wie|wo|wohin|wann|warum|welche[rs]?|kann|muss|darf|brauche|comment|combien|quand|pourquoi|quel(?:le)?s?|où|est-ce|puis-je"
    r"|cómo|como|cuánto|cuanto|cuándo|cuando|dónde|donde|qué|cuál|puedo|quanto|quando|onde|qual|quais|posso|dove|perché|quali"
    r"|hoe|wat|waar|wanneer|welke|mag|moet|jak|ile|gdzie|kiedy|czy|dlaczego|jakie|nasıl|ne|nerede|kaç|hangi"
    r"|как|сколько|где|когда|почему|какие|какой|можно|нужно|нужен|كيف|كم|أين|متى|هل|ما|لماذا)\b"
    r"|怎么|什么|多久|多少|几[天个号点]|能不能|可不可以|为什么|哪[里儿个些]|[吗呢]\W*$|是不是|要不要",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Found(Generic[V]):
    """A phrase that stands in a text; `start` and `end` count in the text as `plain` makes it."""

    start: int
    end: int
    phrase: str
    value: V


def plain(text: str) -> str:
    """`text` in lower case and simplified characters, without accents, every character still in its place where possible."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).translate(_QUOTES))
    bare = "".join(char for char in folded if not unicodedata.combining(char))
    return (simplified(bare) if HAN.search(bare) else bare).lower()


def asks(text: str) -> bool:
    """Whether a sentence has the form of a question, in English or Chinese."""
    return _QUESTION.search(text) is not None


def _words(text: str) -> list[tuple[int, int, str]]:
    return [(match.start(), match.end(), match.group()) for match in _WORD.finditer(text)]


def _unbroken(text: str, words: Sequence[tuple[int, int, str]]) -> int:
    """How many of `words` stand together: Chinese between two of them, or the end of a sentence, parts them."""
    for place, (before, after) in enumerate(pairwise(words), 1):
        if _BREAK.search(text, before[1], after[0]):
            return place
    return len(words)


class PhraseIndex(Generic[V]):
    """Phrases and what each stands for; looking up is linear in the text."""

    def __init__(self, phrases: Mapping[str, V], fuzzy: bool = True) -> None:
        self._latin: dict[tuple[str, ...], tuple[str, V]] = {}
        self._starts: dict[str, int] = {}
        self._han: dict[str, list[tuple[str, V]]] = {}
        for phrase, value in phrases.items():
            key = plain(phrase)
            if HAN.search(key):
                for spelt in {key, _EDGE.sub("", key), _EDGE.sub(" ", key)}:
                    self._han.setdefault(spelt[0], []).append((spelt, value))
            else:
                words = tuple(word for _, _, word in _words(key))
                if words:
                    self._latin[words] = (key, value)
                    self._starts[words[0]] = max(self._starts.get(words[0], 0), len(words))
        for listed in self._han.values():
            listed.sort(key=lambda pair: -len(pair[0]))
        self._vocabulary: Collection[str] = frozenset(word for words in self._latin for word in words)
        self._long = sorted(word for word in self._vocabulary if len(word) >= _FUZZY_LENGTH) if fuzzy else []

    def find(self, text: str) -> list[Found[V]]:
        """Every phrase in `text` that is not inside a longer one, from left to right."""
        return self.find_plain(plain(text))

    def find_plain(self, text: str) -> list[Found[V]]:
        """As `find`, for a text that `plain` has made already."""
        found = [*self._find_latin(text), *self._find_han(text)]
        found.sort(key=lambda each: (each.start - each.end, each.start))
        taken: list[Found[V]] = []
        for each in found:
            if all(each.end <= other.start or each.start >= other.end for other in taken):
                taken.append(each)
        return sorted(taken, key=lambda each: each.start)

    def _find_latin(self, text: str) -> list[Found[V]]:
        words = _words(text)
        mended = [self._mend(word) for _, _, word in words]
        found = []
        for first, word in enumerate(mended):
            if word not in self._starts:
                continue
            for count in range(_unbroken(text, words[first : first + self._starts[word]]), 0, -1):
                entry = self._latin.get(tuple(mended[first : first + count]))
                if entry is not None:
                    found.append(Found(words[first][0], words[first + count - 1][1], *entry))
                    break
        return found

    def _find_han(self, text: str) -> list[Found[V]]:
        return [
            Found(start, start + len(phrase), phrase, value)
            for start, char in enumerate(text)
            for phrase, value in self._han.get(char, ())
            if text.startswith(phrase, start)
        ]

    def _mend(self, word: str) -> str:
        """`word` as the index knows it: a plural, or one typing error in a long word, is forgiven."""
        if word in self._vocabulary:
            return word
        if word.endswith("s") and word[:-1] in self._vocabulary:
            return word[:-1]
        if len(word) < _FUZZY_LENGTH or not self._long:
            return word
        return next((known for known in self._long if OSA.distance(word, known, score_cutoff=1) <= 1), word)
