"""Which of many phrases and patterns may stand in a text: those of which it has a fragment that they cannot do without."""

from __future__ import annotations

import re
import sre_compile
import sre_parse
from collections.abc import Collection, Iterable
from sre_constants import BRANCH, IN, LITERAL, MAX_REPEAT, MIN_REPEAT, SUBPATTERN
from typing import Any


class Fragments:
    """Looks a text through once for all phrases, instead of once for each of them.

    Args:
        needed: for each phrase the fragments of which every text that has the phrase has at least one. The empty fragment is in
            every text; without any fragment a phrase is in none.
    """

    def __init__(self, needed: Iterable[Collection[str]]) -> None:
        self._needing: dict[str, tuple[int, ...]] = {}
        for number, fragments in enumerate(needed):
            alone = (number,)
            for fragment in fragments:
                others = self._needing.get(fragment)
                self._needing[fragment] = (*others, number) if others else alone
        self._always = self._needing.pop("", ())
        self._sizes = sorted({*map(len, self._needing)})

    def likely(self, text: str) -> set[int]:
        """The numbers of the phrases that `text` may have; it has none of the others."""
        needing = self._needing
        pieces = (text[start : start + size] for size in self._sizes for start in range(len(text)))
        return set(self._always).union(*[needing[piece] for piece in pieces if piece in needing])


def needed(pattern: str, longest: int) -> frozenset[str]:
    """Fragments of at most `longest` characters of which every text has one in which `pattern` finds something.

    Raises:
        re.error: it is no pattern.
    """
    # These are the two halves of `re.compile`, which refuse different things; what the first one has read shows what must be there.
    read = sre_parse.parse(pattern)
    found: re.Pattern[str] = sre_compile.compile(read)
    return frozenset({""}) if found.flags & re.IGNORECASE else _needed(read, longest)


def _needed(sequence: Any, longest: int) -> frozenset[str]:
    """The longest of what must be there, or the least of what is equally long."""
    options: list[Collection[str]] = []
    letters = ""
    for kind, what in [*sequence.data, (None, None)]:
        if kind is LITERAL:
            letters += chr(what)
            continue
        if letters:
            options.append({letters})
            letters = ""
        if kind is SUBPATTERN:
            _, flags, _, inner = what
            options.append({""} if flags & re.IGNORECASE else _needed(inner, longest))
        elif kind is BRANCH:
            options.append({fragment for branch in what[1] for fragment in _needed(branch, longest)})
        elif kind is IN and all(each is LITERAL for each, _ in what):
            options.append({chr(letter) for _, letter in what})
        elif kind in (MAX_REPEAT, MIN_REPEAT) and what[0] > 0:
            options.append(_needed(what[2], longest))
    cut = [frozenset(each[max(0, len(each) - longest) // 2 :][:longest] for each in option) for option in options]
    return max(cut, key=lambda each: (min(map(len, each)), -len(each)), default=frozenset({""}))
