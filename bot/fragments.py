"""Which of many phrases and patterns may stand in a text: those of which it has a fragment that they cannot do without."""

from __future__ import annotations

from collections.abc import Collection, Iterable


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
