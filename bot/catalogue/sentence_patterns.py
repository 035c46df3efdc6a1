"""Phrases with room in them: what people say of their case in an order and with words between that no list could hold."""

from __future__ import annotations

import re
import sre_compile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot import fragments
from bot.catalogue.entries import read_entries, read_phrases
from bot.catalogue.phrases import plain
from bot.catalogue.place_names import HAN
from bot.derived import derived
from bot.errors import DataError
from bot.fragments import Fragments, needed

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


@dataclass(frozen=True)
class _Pattern:
    """One that stands in the file; `written` is the regular expression."""

    key: str
    value: str
    listed: str
    written: str


class SentencePatterns:
    """Finds the patterns of the file in texts as `plain` makes them. Each is compiled when a text first needs it."""

    def __init__(self, patterns: Sequence[_Pattern], fragments: Sequence[Collection[str]]) -> None:
        self._patterns: list[tuple[str, str, str | re.Pattern[str]]] = [(each.key, each.value, each.written) for each in patterns]
        self._fragments = Fragments(fragments)

    def find(self, bare: str) -> list[PatternFound]:
        """Every pattern in `bare`, in the order of the file."""
        return [
            PatternFound(match.start(), match.end(), match.group(), key, value)
            for number in sorted(self._fragments.likely(bare))
            for key, value, pattern in [self._patterns[number]]
            for match in (self._compiled(number, key, value, pattern) if isinstance(pattern, str) else pattern).finditer(bare)
        ]

    def _compiled(self, number: int, key: str, value: str, pattern: str) -> re.Pattern[str]:
        # Not `re.compile`, which would keep it a second time in place of others.
        found: re.Pattern[str] = sre_compile.compile(pattern)
        self._patterns[number] = (key, value, found)
        return found

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
        patterns = [each for key, values in raw.items() for each in _patterns(file, key, values, sets, domains)]
        content = "\0".join((str(_LONGEST_FRAGMENT), *(each.written for each in patterns))).encode()
        return cls(patterns, derived(fragments.__file__, content, lambda: [_fragments(file, each) for each in patterns]))


def _patterns(file: str, key: str, values: Any, sets: Mapping[str, str], domains: Mapping[str, Collection[str]]) -> Iterator[_Pattern]:
    if key not in domains or not isinstance(values, Mapping):
        raise DataError(file, key, "entry", "must be a thing that can be read, with patterns by value")
    for value, listed in values.items():
        if value not in domains[key]:
            raise DataError(
                file, key, str(value), "is not a value of this" + (' (quote "yes" and "no")' if isinstance(value, bool) else "")
            )
        for pattern in read_phrases(file, key, value, listed):
            try:
                yield _Pattern(key, value, pattern, _written(pattern, sets))
            except KeyError as error:
                raise _no_pattern(file, key, value, pattern, error) from None


def _fragments(file: str, pattern: _Pattern) -> list[str]:
    try:
        return sorted(needed(pattern.written, _LONGEST_FRAGMENT))
    except re.error as error:
        raise _no_pattern(file, pattern.key, pattern.value, pattern.listed, error) from None


def _no_pattern(file: str, key: str, value: str, pattern: str, error: Exception) -> DataError:
    return DataError(file, key, value, f"{pattern!r} is no pattern: {error}")


def _written(pattern: str, sets: Mapping[str, str]) -> str:
    whole = plain(_SET.sub(lambda match: f"(?:{sets[match.group(1)]})", pattern))
    most = _HAN_ROOM if HAN.search(whole) else _LATIN_ROOM
    far, near = f"{_END}.{{0,{2 * most}}}?{_START}", f"{_END}{_ROOM}{{0,{most}}}?{_START}"
    wide = (re.split(r"\.{3}", part) for part in re.split(r"\.{6}", whole))
    parts = (near.join(_SPACES.sub(_gap, piece.strip()) for piece in pieces) for pieces in wide)
    return f"{_START}(?:{far.join(parts)}){_END}"


def _gap(match: re.Match[str]) -> str:
    return match.group(1) or (r"[\s-]*" if match.group(2) else r"[\s-]+")
