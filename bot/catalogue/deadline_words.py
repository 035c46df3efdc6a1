"""Which deadline a sentence names in the tongues for which `deadlines.yml` has no phrases: by words that stand in it together."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rapidfuzz.distance import OSA

from bot.catalogue.entries import read_entries
from bot.catalogue.grounds import DATA
from bot.catalogue.phrases import plain
from bot.errors import DataError
from bot.languages import LANGUAGES, TONGUES, TRADITIONAL, Tongue

FILE: Final = "deadline_words.yml"
_SECTIONS: Final = frozenset({"rules", "words"})
_KINDS: Final = frozenset({"aliases", "hints"})
# Written without blanks between words, or with beginnings and endings that are part of them.
_UNDIVIDED: Final = frozenset({"ja", "ko", "th"})
_ANYWHERE: Final = _UNDIVIDED | {"ar"}
_OPEN: Final = "-"
_GAP: Final = "…"
_FORGIVING: Final = 7
# The vowels of Thai are marks, but no accents.
_NOT_WORD: Final = re.compile(r"(?:(?![\u0e00-\u0e7f])[\W_])+")
_LETTERS: Final = str.maketrans({"ß": "ss", "ł": "l", "ı": "i", "ø": "o", "đ": "d", "œ": "oe", "æ": "ae", "ة": "ه", "ى": "ي", "ـ": ""})
# German without its marks is typed in two ways.
_MARKS: Final = re.compile(r"(?<=[aou])e")


def folded(text: str, tongue: Tongue) -> str:
    """`text` as words with one blank between, without accents and signs, in the letters that people type for those they lack."""
    words = _NOT_WORD.sub(" ", plain(text).translate(_LETTERS)).strip()
    return _MARKS.sub("", words) if tongue == "de" else words


@dataclass(frozen=True)
class _Said:
    """One way to say something: all its pieces must stand in a text; `stem` is a single long word, for which an error is forgiven."""

    pieces: tuple[re.Pattern[str], ...]
    length: int
    stem: str
    whole: bool

    @classmethod
    def of(cls, written: str, tongue: Tongue) -> _Said:
        pieces, length, words = [], 0, []
        for part in written.split(_GAP):
            tokens = [(token, folded(token.strip(_OPEN), tongue)) for token in part.split()]
            between = "" if tongue in _UNDIVIDED else " "
            pieces.append(re.compile(between.join(cls._token(token, word, tongue) for token, word in tokens)))
            words += [word for _, word in tokens]
            length += sum(len(word) for _, word in tokens)
        single = words[0] if len(words) == 1 and tongue not in _ANYWHERE and len(words[0]) >= _FORGIVING else ""
        return cls(tuple(pieces), length, single, not written.endswith(_OPEN))

    @staticmethod
    def _token(token: str, word: str, tongue: Tongue) -> str:
        if tongue in _UNDIVIDED:
            return re.escape(word.replace(" ", ""))
        if tongue in _ANYWHERE:
            return re.escape(word)
        return ("" if token.startswith(_OPEN) else r"\b") + re.escape(word) + (r"\w*" if token.endswith(_OPEN) else r"\b")

    def within(self, text: str) -> frozenset[str] | None:
        """The words of `text` that say this, or None."""
        found = [piece.search(text) for piece in self.pieces]
        return frozenset(word for each in found if each is not None for word in each.group().split()) if all(found) else None

    def nearly(self, words: Collection[str]) -> bool:
        """Whether one of `words` is this one but for one typing error."""
        size = len(self.stem)
        if not size:
            return False
        for word in words:
            if word[:1] != self.stem[0] or len(word) < size - 1 or (self.whole and len(word) > size + 1):
                continue
            ends = (len(word),) if self.whole else (size - 1, size, size + 1)
            if any(OSA.distance(word[:end], self.stem, score_cutoff=1) <= 1 for end in ends):
                return True
        return False


@dataclass(frozen=True)
class _Combination:
    words: frozenset[str]
    rule: str
    weak: bool


class DeadlineWords:
    """Finds rules, by their ids, in a sentence of a tongue."""

    def __init__(self, combinations: tuple[_Combination, ...], words: Mapping[Tongue, Mapping[str, tuple[str, ...]]]) -> None:
        """Args: words: for each tongue, how each word of the combinations is said."""
        self._combinations = combinations
        self._words = words
        self._read: dict[Tongue, Mapping[str, tuple[_Said, ...]]] = {}

    @property
    def rules(self) -> frozenset[str]:
        """The ids of the rules that have words."""
        return frozenset(each.rule for each in self._combinations)

    def find(self, text: str, tongue: Tongue, *, weak: bool) -> tuple[str, ...]:
        """The rules that `text` names by aliases, or by hints where `weak`: more than one where the same words stand for several."""
        if tongue not in self._words:
            return ()
        known = self._read.get(tongue) or self._first_read(tongue)
        lengths = self._lengths(folded(text, tongue), known, tongue)
        found = [each for each in self._combinations if each.weak is weak and each.words <= lengths.keys()]
        if not found:
            return ()
        best = max(found, key=lambda each: (len(each.words), sum(lengths[word] for word in each.words)))
        return tuple(each.rule for each in found if each.words == best.words)

    def _first_read(self, tongue: Tongue) -> Mapping[str, tuple[_Said, ...]]:
        read = {word: tuple(_Said.of(each, tongue) for each in said) for word, said in self._words[tongue].items()}
        self._read[tongue] = read
        return read

    @staticmethod
    def _lengths(text: str, known: Mapping[str, tuple[_Said, ...]], tongue: Tongue) -> dict[str, int]:
        """The words that are said in `text`, and the length of what says each."""
        text = text.replace(" ", "") if tongue in _UNDIVIDED else text
        # A word that is understood as it stands is no mistyped other.
        unread = set(text.split())
        lengths = {}
        for word, said in known.items():
            within = {each: words for each in said if (words := each.within(text)) is not None}
            if within:
                lengths[word] = max(each.length for each in within)
                unread.difference_update(*within.values())
        for word, said in known.items():
            nearly = [each.length for each in said if each.nearly(unread)] if word not in lengths else []
            if nearly:
                lengths[word] = max(nearly)
        return lengths

    @classmethod
    def load(cls, path: Path = DATA / FILE) -> DeadlineWords:
        """Read deadline_words.yml.

        Raises:
            DataError: naming file, entry and field; also when a tongue lacks a word that a rule has.
        """
        raw = read_entries(path)
        if set(raw) != _SECTIONS:
            raise DataError(path.name, "file", "content", "must have rules and words")
        combinations = tuple(_combinations(path.name, raw["rules"]))
        needed = frozenset().union(*(each.words for each in combinations))
        tongues = [tongue for tongue in TONGUES if tongue not in LANGUAGES and tongue != TRADITIONAL]
        for name in sorted(set(raw["words"]) ^ set(tongues)):
            raise DataError(path.name, "words", str(name), "is missing" if name in tongues else "is not a tongue with words of its own")
        return cls(combinations, {tongue: _said(path.name, tongue, raw["words"][tongue], needed) for tongue in tongues})


def _combinations(file: str, raw: Mapping[str, Any]) -> list[_Combination]:
    found = []
    for rule, entry in raw.items():
        if not isinstance(entry, Mapping) or not entry or set(entry) - _KINDS:
            raise DataError(file, f"rules.{rule}", "entry", "must have aliases, and hints where there are some")
        for kind, listed in entry.items():
            if not isinstance(listed, list) or not all(isinstance(each, str) and each.strip() for each in listed):
                raise DataError(file, f"rules.{rule}", kind, "must be a list of words")
            found += [_Combination(frozenset(each.split()), rule, kind == "hints") for each in listed]
    return found


def _said(file: str, tongue: Tongue, raw: Any, needed: frozenset[str]) -> dict[str, tuple[str, ...]]:
    if not isinstance(raw, Mapping) or set(raw) != needed:
        odd = ", ".join(sorted(needed ^ set(raw if isinstance(raw, Mapping) else ())))
        raise DataError(file, f"words.{tongue}", odd, "must be what the rules are made of, no more and no less")
    for word, said in raw.items():
        if not isinstance(said, list) or not said or not all(isinstance(each, str) and folded(each, tongue) for each in said):
            raise DataError(file, f"words.{tongue}", str(word), "must be a list of texts")
    return {word: tuple(said) for word, said in raw.items()}
