"""Shapes to look for in a text: compiled when first needed, and looked for only where all stands that they cannot do without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, cached_property

from bot.redaction import needs
from bot.redaction.fold import GONE


def any_of(words: Iterable[str]) -> str:
    """A pattern of `words` that finds what a list of them with the longest first would, but sooner; also when case is ignored."""
    by_first: dict[str, list[str]] = {}
    for word in sorted(filter(None, words := {*words})):
        by_first.setdefault(needs.alike(word[0]), []).append(word)
    branches = [_letter(same) + any_of(word[1:] for word in same) for same in by_first.values()]
    if branches == [] or (len(branches) == 1 and "" not in words):
        return "".join(branches)
    return f"(?:{'|'.join(branches)})" + "?" * ("" in words)


def _letter(words: Iterable[str]) -> str:
    letters = {word[0] for word in words}
    escaped = "".join(map(re.escape, sorted(letters)))
    return f"[{escaped}]" if len(letters) > 1 else escaped


class _Need:
    """One of some letters side by side and classes of a character, which all shapes that need the same share."""

    def __init__(self, need: needs.Need) -> None:
        self._letters = [each for each in need if isinstance(each, str)]
        self.classes = [each for each in need if not isinstance(each, str)]

    @cached_property
    def rows(self) -> re.Pattern[str] | None:
        """Finds such letters."""
        return re.compile(any_of(self._letters)) if self._letters else None


_need = cache(_Need)


class Shape:
    """A pattern that is read when a text is first asked for it, and compiled when one first may have it.

    Args:
        pattern: as for `re.compile`.
        flags: as for `re.compile`.
        filled: makes the whole pattern of `pattern`, for what is not to be read on import.
    """

    def __init__(self, pattern: str, flags: int = 0, filled: Callable[[str], str] = str) -> None:
        self._written, self._flags, self._filled = pattern, flags, filled

    @cached_property
    def needs(self) -> tuple[frozenset[str], list[_Need]]:
        """What every text has in which this is found: one of some characters, and each of the rest."""
        found = needs.needs(self._filled(self._written), self._flags)
        characters = needs.characters(found[0]) if found else None
        return characters or frozenset({GONE}), [_need(each) for each in found if each != characters]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What `re.compile` gives."""
        return re.compile(self._filled(self._written), self._flags)


class Inventory:
    """What stands in a view, and in whatever is left when parts of it are made unfindable."""

    def __init__(self, view: str) -> None:
        self._view = view.lower() if view.isascii() else "".join(map(needs.alike, view))
        self._characters = {*self._view, GONE}
        # A class may tell apart what is alike.
        self._typed = "".join({*view, GONE})
        self._met: dict[_Need, bool] = {}

    def likely(self, shapes: Iterable[Shape]) -> list[Shape]:
        """Those of `shapes` of which all stands there that they need; the others are nowhere."""
        there, met, likely = self._characters, self._met, []
        for shape in shapes:
            characters, rest = shape.needs
            if characters.isdisjoint(there):
                continue
            for need in rest:
                if need not in met:
                    met[need] = self._meets(need)
                if not met[need]:
                    break
            else:
                likely.append(shape)
        return likely

    def found(self, shape: Shape, view: str, start: int = 0) -> Iterator[re.Match[str]]:
        """Where `shape` stands in `view`, of which this was made or which is what is left of that, from `start` on."""
        return shape.pattern.finditer(view, start) if self.likely((shape,)) else iter(())

    def _meets(self, need: _Need) -> bool:
        if need.rows is not None and need.rows.search(self._view):
            return True
        return need.classes != [] and any(each.search(self._typed) for each in need.classes)
