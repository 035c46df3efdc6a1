"""Shapes to look for in a text: compiled when first needed, and looked for only where all stands that they cannot do without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, cached_property
from itertools import groupby
from operator import itemgetter

from bot.redaction import needs
from bot.redaction.fold import GONE


class _Need:
    """One of some characters, rows of letters and classes of characters."""

    def __init__(self, need: needs.Need) -> None:
        letters = [each for each in need if isinstance(each, str)]
        self._letters, self.classes = letters, [each for each in need if not isinstance(each, str)]
        self.characters = frozenset(letters) if need == {each for each in letters if len(each) == 1} else None

    @cached_property
    def rows(self) -> re.Pattern[str] | None:
        """Finds one of the characters and rows."""
        return re.compile(_one_of(self._letters)) if self._letters else None


def _one_of(rows: Iterable[str]) -> str:
    by_first = [(first, [row[1:] for row in group]) for first, group in groupby(sorted(rows), key=itemgetter(0))]
    return f"(?:{'|'.join(re.escape(first) + ('' if '' in rests else _one_of(rests)) for first, rests in by_first)})"


# Shapes that need the same share it, so that a text is asked for it once.
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
    def needs(self) -> tuple[_Need, ...]:
        """What every text has in which this is found."""
        return tuple(map(_need, needs.needs(self._filled(self._written), self._flags)))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What `re.compile` gives."""
        return re.compile(self._filled(self._written), self._flags)


class Inventory:
    """What stands in a view, and in whatever is left when parts of it are made unfindable."""

    def __init__(self, view: str) -> None:
        self._view = view.lower() if view.isascii() else "".join(map(needs.alike, view))
        self._characters = {*self._view}
        # A class may tell apart what is alike.
        self._typed = "".join({*view, GONE})
        self._met: dict[_Need, bool] = {}

    def may_have(self, shape: Shape) -> bool:
        """Whether everything stands there that `shape` needs."""
        for need in shape.needs:
            if need.characters:
                if need.characters.isdisjoint(self._characters):
                    return False
                continue
            met = self._met.get(need)
            if met is None:
                met = self._met[need] = self._meets(need)
            if not met:
                return False
        return True

    def _meets(self, need: _Need) -> bool:
        rows = need.rows
        return (rows is not None and rows.search(self._view) is not None) or any(each.search(self._typed) for each in need.classes)

    def found(self, shape: Shape, view: str, start: int = 0) -> Iterator[re.Match[str]]:
        """Where `shape` stands in `view`, of which this was made or which is what is left of that, from `start` on."""
        return shape.pattern.finditer(view, start) if self.may_have(shape) else iter(())
