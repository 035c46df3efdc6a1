"""What a text must have for a pattern to be found in it, read from the pattern."""

from __future__ import annotations

import re
import sre_compile
import sre_parse
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from sre_constants import (
    ASSERT,
    ASSERT_NOT,
    AT,
    BRANCH,
    CATEGORY,
    CATEGORY_DIGIT,
    IN,
    LITERAL,
    MAX_REPEAT,
    MIN_REPEAT,
    RANGE,
    SUBPATTERN,
)
from typing import Any, Final

from bot.redaction.fold import GONE

Need = frozenset[str | re.Pattern[str]]
"""Of these letters side by side, and characters of these classes, a text has at least one."""

# So many letters side by side hardly stand in a text by chance.
_LONGEST: Final = 5
# A part that can be spelt in more ways is looked for by its own parts.
_MOST: Final = 128
_NOTHING: Final = frozenset({""})
_REPEATS: Final = (MAX_REPEAT, MIN_REPEAT)


@lru_cache(maxsize=4096)
def alike(character: str) -> str:
    """The same character for all that one letter, or digit, in a pattern may be found in, whatever its case."""
    digit = unicodedata.decimal(character, None)
    # Both ways, because some letters have only their capital in common, as the dotless "ı" and "i" do.
    return character.lower().upper().lower()[0] if digit is None else str(digit)


def needs(pattern: str, flags: int) -> list[Need]:
    """What every text has in which `pattern` is found, the quickest to look for first; letters are those that `alike` gives.

    Nothing is said of what was taken from a text.
    """
    read = sre_parse.parse(pattern, flags)
    found = {frozenset(each for each in need if not _begun(each, need)) for need in _needed(read, read.state.flags)}
    # Whatever meets a part of something meets the whole.
    return sorted((need for need in found if not any(other < need for other in found)), key=_trouble)


def characters(need: Need) -> frozenset[str] | None:
    """Of these every text has one that has what is needed; None when that may be a character of a class."""
    letters = [each for each in need if isinstance(each, str)]
    return frozenset(each[0] for each in letters) if len(letters) == len(need) else None


def _needed(sequence: Any, flags: int) -> Iterator[Need]:
    return (need for need in _parts(sequence, flags) if not any(_stands_everywhere(each) for each in need))


def _stands_everywhere(each: str | re.Pattern[str]) -> bool:
    # What was taken from a text may stand beside anything.
    return not each or GONE in each if isinstance(each, str) else each.match(GONE) is not None


def _parts(sequence: Any, flags: int) -> Iterator[Need]:
    rows = _NOTHING
    for kind, what in sequence.data:
        repeated = kind in _REPEATS and what[0] > 0
        spelt = _spelt_in_a_row(what[2]) if repeated else _spelt(kind, what)
        if spelt is None:
            yield rows
            rows = _NOTHING
            yield from _inner(kind, what, flags)
            continue
        longer = _followed(rows, spelt)
        if longer is None or repeated:
            yield longer or rows
            # What follows stands beside the last one.
            rows = spelt
        else:
            rows = longer
    yield rows


def _inner(kind: Any, what: Any, flags: int) -> Iterator[Need]:
    if kind is SUBPATTERN:
        _, added, removed, inner = what
        yield from _needed(inner, (flags | added) & ~removed)
    elif kind is BRANCH:
        yield from _of_any([[*_needed(branch, flags)] or [_NOTHING] for branch in what[1]])
    elif kind is IN:
        yield frozenset({_class(tuple(what), flags)})
    elif kind in _REPEATS and what[0] > 0:
        yield from _needed(what[2], flags)


def _of_any(branches: list[list[Need]]) -> Iterator[Need]:
    yield frozenset().union(*(max(branch, key=_rarity) for branch in branches))
    yield from {need for branch in branches for need in branch if all(any(other <= need for other in each) for each in branches)}


def _spelt(kind: Any, what: Any) -> frozenset[str] | None:
    """The beginnings of all that this part of a pattern can be found in; nothing when there are too many or none can tell."""
    if kind is LITERAL:
        return frozenset({alike(chr(what))})
    if kind in (AT, ASSERT, ASSERT_NOT):
        return _NOTHING
    if kind is SUBPATTERN:
        return _spelt_in_a_row(what[3])
    if kind in _REPEATS and what[:2] == (0, 1):
        once = _spelt_in_a_row(what[2])
        return once and once | _NOTHING
    if kind is IN:
        return _either([_characters(*each) for each in what])
    if kind is BRANCH:
        return _either([_spelt_in_a_row(branch) for branch in what[1]])
    return None


def _spelt_in_a_row(sequence: Any) -> frozenset[str] | None:
    rows: frozenset[str] | None = _NOTHING
    for kind, what in sequence.data:
        spelt = _spelt(kind, what)
        rows = _followed(rows, spelt) if rows and spelt else None
    return rows


def _characters(kind: Any, what: Any) -> frozenset[str] | None:
    if kind is LITERAL:
        return frozenset({alike(chr(what))})
    if kind is RANGE and what[1] - what[0] < _MOST:
        return frozenset(alike(chr(code)) for code in range(what[0], what[1] + 1))
    if (kind, what) == (CATEGORY, CATEGORY_DIGIT):
        return frozenset("0123456789")
    return None


def _either(options: list[frozenset[str] | None]) -> frozenset[str] | None:
    together = frozenset().union(*(option for option in options if option))
    return together if None not in options and len(together) <= _MOST else None


def _followed(rows: frozenset[str], others: frozenset[str]) -> frozenset[str] | None:
    whole = frozenset(row for row in rows if len(row) == _LONGEST)
    if (len(rows) - len(whole)) * len(others) > _MOST:
        return None
    return whole | {(row + other)[:_LONGEST] for row in rows - whole for other in others}


@cache
def _class(characters: tuple[Any, ...], flags: int) -> re.Pattern[str]:
    state = sre_parse.State()
    state.flags = flags
    found: re.Pattern[str] = sre_compile.compile(sre_parse.SubPattern(state, [(IN, list(characters))]))
    return found


def _begun(each: str | re.Pattern[str], need: Need) -> bool:
    return isinstance(each, str) and any(each[:size] in need for size in range(1, len(each)))


def _trouble(need: Need) -> tuple[bool, int]:
    return not all(isinstance(each, str) and len(each) == 1 for each in need), len(need)


def _rarity(need: Need) -> tuple[int, int]:
    return min(len(each) if isinstance(each, str) else 0 for each in need), -len(need)
