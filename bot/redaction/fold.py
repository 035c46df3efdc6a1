"""One view of a text for finding shapes: same length, so that what is found there can be cut from the original."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

JOINER: Final[str] = "\u200b"  # every invisible or combining character
GONE: Final[str] = "\x02"  # what a rule already took, or must not be taken

_DASHES: Final[frozenset[str]] = frozenset("−﹣－ー")
_KEPT: Final[frozenset[str]] = frozenset("ºª°")


@lru_cache(maxsize=4096)
def _fold(character: str) -> str:
    if character in _KEPT:
        return character
    try:
        return str(unicodedata.digit(character))
    except ValueError:
        pass
    category = unicodedata.category(character)
    if category == "Pd" or character in _DASHES:
        return "-"
    if character == "\n":
        return character
    if character.isspace():
        return " "
    if category in {"Cf", "Mn", "Me", "Cc", "Cs", "Co", "Cn"}:
        return JOINER
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character


def folded(text: str) -> str:
    """`text` with plain digits, letters, spaces and hyphens, character for character."""
    return "".join(map(_fold, text))


def visible(view: str) -> tuple[str, Sequence[int]]:
    """`view` without what is invisible, and where each of its characters, and the end, stood."""
    if JOINER not in view:
        return view, range(len(view) + 1)
    kept = [at for at, character in enumerate(view) if character != JOINER]
    return "".join(view[at] for at in kept), [*kept, len(view)]


def without(view: str, start: int, end: int) -> str:
    """`view` with the part from `start` to `end` made unfindable."""
    return view[:start] + GONE * (end - start) + view[end:]
