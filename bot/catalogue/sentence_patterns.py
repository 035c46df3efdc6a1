"""Phrases with room in them: what people say of their case in an order and with words between that no list could hold."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.catalogue.entries import read_entries, read_phrases
from bot.catalogue.phrases import plain
from bot.catalogue.place_names import HAN
from bot.errors import DataError
from bot.fragments import Fragments, compiled

FILE: Final = "sentence_patterns.yml"
ANSWERS: Final = "answer_patterns.yml"
_SETS: Final = "sets"
_SET: Final = re.compile(r"<(\w+)>")
# Between two letters of a Latin word there is no edge; beside Chinese there always is one.
_START: Final = r"(?:(?<![a-z0-9])|(?![a-z0-9]))"
_END: Final = r"(?:(?![a-z0-9])|(?<![a-z0-9]))"
# Spaces, but for those inside of []; "a ?b" may do without.
_SPACES: Final = re.compile(r"(\[[^\]]*\])| +(\??)")
_ROOM: Final = r"[^.;!?。；！？\n]"
_LATIN_ROOM, _HAN_ROOM = 40, 14
_LONGEST_FRAGMENT: Final = 4


@dataclass(frozen=True)
class PatternFound:
    """What a pattern says and where it stands."""

    start: int
    end: int
    text: str
    key: str
    value: str


class SentencePatterns:
    """Finds the patterns of the file in texts as `plain` makes them."""

    def __init__(self, patterns: Collection[tuple[str, str, re.Pattern[str], frozenset[str]]]) -> None:
        self._patterns = [(key, value, pattern) for key, value, pattern, _ in patterns]
        self._fragments = Fragments(needed for _, _, _, needed in patterns)

    def find(self, bare: str) -> list[PatternFound]:
        """Every pattern in `bare`, in the order of the file."""
        return [
            PatternFound(match.start(), match.end(), match.group(), key, value)
            for key, value, pattern in map(self._patterns.__getitem__, sorted(self._fragments.likely(bare)))
            for match in pattern.finditer(bare)
        ]

    @classmethod
    def load(cls, folder: Path, domains: Mapping[str, Collection[str]], file: str = FILE) -> SentencePatterns:
        """Read sentence_patterns.yml, or another file of its kind; `domains` are the values of every key that a pattern may set.

        Raises:
            DataError: naming file, entry and field.
        """
        raw = dict(read_entries(folder / file))
        sets = raw.pop(_SETS, None)
        if not isinstance(sets, Mapping) or not all(isinstance(words, str) for words in sets.values()):
            raise DataError(file, _SETS, "entry", "must be words by name")
        return cls([each for key, values in raw.items() for each in _patterns(file, key, values, sets, domains)])


def _patterns(
    file: str, key: str, values: Any, sets: Mapping[str, str], domains: Mapping[str, Collection[str]]
) -> list[tuple[str, str, re.Pattern[str], frozenset[str]]]:
    if key not in domains or not isinstance(values, Mapping):
        raise DataError(file, key, "entry", "must be a thing that can be read, with patterns by value")
    read = []
    for value, listed in values.items():
        if value not in domains[key]:
            raise DataError(
                file, key, str(value), "is not a value of this" + (' (quote "yes" and "no")' if isinstance(value, bool) else "")
            )
        for pattern in read_phrases(file, key, value, listed):
            try:
                read.append((key, value, *_compiled(pattern, sets)))
            except (re.error, KeyError) as error:
                raise DataError(file, key, value, f"{pattern!r} is no pattern: {error}") from None
    return read


def _compiled(pattern: str, sets: Mapping[str, str]) -> tuple[re.Pattern[str], frozenset[str]]:
    whole = plain(_SET.sub(lambda match: f"(?:{sets[match.group(1)]})", pattern))
    most = _HAN_ROOM if HAN.search(whole) else _LATIN_ROOM
    far, near = f"{_END}.{{0,{2 * most}}}?{_START}", f"{_END}{_ROOM}{{0,{most}}}?{_START}"
    wide = (re.split(r"\.{3}", part) for part in re.split(r"\.{6}", whole))
    parts = (near.join(_SPACES.sub(_gap, piece.strip()) for piece in pieces) for pieces in wide)
    return compiled(f"{_START}(?:{far.join(parts)}){_END}", _LONGEST_FRAGMENT)


def _gap(match: re.Match[str]) -> str:
    return match.group(1) or (r"[\s-]*" if match.group(2) else r"[\s-]+")
