"""Taking personal data out of what an applicant typed, before it reaches Rasa: by shape, and by which question is open.

Rather too much is taken than too little. The order of the rules is the meaning of a doubtful piece: a place, an e-mail
address, a date, a telephone number, and whatever is left a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Final, Literal

from bot.redaction import births, dates, numbers, places, spoken
from bot.redaction.fold import folded, visible, without
from bot.redaction.shapes import Inventory, Shape

Expects = Literal["number", "birth_date"] | None
Span = tuple[int, int]

ASKED: Final[Mapping[str | None, Expects]] = {"number": "number", "date": "birth_date", "birth_date": "birth_date"}
"""What a question of the assistant means for the redaction of its answer, by what a reply says that it expects."""

PUBLIC_NUMBERS: Final[tuple[str, ...]] = (
    "0755-88121678",
    "0755-12345",
    "0755-12367",
    "0755-25102948",
    "110",
    "120",
    "12345",
    "12333",
    "12360",
    "12367",
)

_TYPED_BRACKETS: Final = str.maketrans(dict.fromkeys("<＜﹤", "‹") | dict.fromkeys(">＞﹥", "›"))


def redact(
    text: str,
    expects: Expects,
    put: Callable[[str, str], str],
    *,
    known: Collection[str] = (),
    public: Collection[str] = PUBLIC_NUMBERS,
) -> str:
    """`text` with every personal piece replaced by the token that `put(kind, piece)` gives.

    Args:
        text: what the applicant typed. Angle brackets in it are replaced, so that no token can be typed.
        expects: the question that is open. A number asked for is taken in any form, a birth date too.
        put: keeps the piece exactly as typed and returns its token; kinds are NUMBER, DATE, POINT, EMAIL and PHONE.
        known: tokens of an earlier pass that stay as they are.
        public: published telephone numbers that stay readable while no number is asked for.
    """
    tokens = set(known)
    text = "".join(part if part in tokens else part.translate(_TYPED_BRACKETS) for part in _parts(text, tokens))
    keep = numbers.public(tuple(public))
    while True:
        found = _find(_view(text, tokens), expects, keep)
        if not found:
            return text
        parts, at = [], 0
        for (start, end), kind in found:
            token = put(kind, text[start:end])
            tokens.add(token)
            parts += [text[at:start], token]
            at = end
        # What stood beside a piece may show another shape now that the piece is gone.
        text = "".join([*parts, text[at:]])


def _parts(text: str, tokens: Collection[str]) -> list[str]:
    if not tokens:
        return [text]
    return re.split(f"({'|'.join(map(re.escape, sorted(tokens, key=len, reverse=True)))})", text)


def _view(text: str, tokens: Collection[str]) -> str:
    return "".join(without(part, 0, len(part)) if part in tokens else folded(part) for part in _parts(text, tokens))


def _find(view: str, expects: Expects, keep: Shape | None) -> list[tuple[Span, str]]:
    found: list[tuple[Span, str]] = []
    inventory = Inventory(view)

    def take(kind: str | None, *shapes: Shape) -> None:
        for shape in inventory.likely(shapes):
            claim(kind, [match.span() for match in shape.pattern.finditer(view)])

    def claim(kind: str | None, spans: list[Span], edges: str = " \n\u200b") -> None:
        nonlocal view
        for start, end in spans:
            start += len(view[start:end]) - len(view[start:end].lstrip(edges))
            end -= len(view[start:end]) - len(view[start:end].rstrip(edges))
            if start < end:
                view = without(view, start, end)
                if kind:
                    found.append(((start, end), kind))

    asked = expects == "number"
    take("POINT", places.MAP_LINK, places.GEO, places.COORDINATES)
    claim("EMAIL", list(places.addresses(view, inventory)))
    if keep and not asked and inventory.likely((keep,)):
        # What cannot be seen must not part a published number from the rest of a longer one.
        seen, places_of = visible(view)
        claim(None, [(places_of[match.start()], places_of[match.end() - 1] + 1) for match in keep.pattern.finditer(seen)])
    for span, kind in list(spoken.spoken(view, expects, inventory)):
        # The last mark of a Thai word is one of the characters that elsewhere only hide in a text.
        claim(kind, [span], edges=" \n")
    take("DATE", *dates.FORMATTED)
    claim("DATE", list(births.born(view, inventory)))
    if not asked:
        if expects == "birth_date":
            take(None, *numbers.AMOUNTS)
            take("DATE", *dates.ASKED)
        take(None, *numbers.HARMLESS)
        claim(None, numbers.salaries(view, inventory))
        if expects == "birth_date":
            take("DATE", *dates.ASKED_AND_NOT_HARMLESS)
            spans = dates.whole(view, [span for span, kind in found if kind == "DATE"])
            found = [piece for piece in found if piece[1] != "DATE"]
            claim("DATE", spans)
    take("PHONE", numbers.PHONE_WITH_PLUS)
    if not asked:
        claim("DATE", dates.compact(view, inventory))
        take("PHONE", *numbers.PHONES)
    take("NUMBER", *(numbers.SPELT_WHEN_ASKED if asked else numbers.SPELT))
    for span in list(numbers.codes(view, asked, inventory)):
        claim("PHONE" if not asked and numbers.called_phone(view, span[0]) else "NUMBER", [span])
    return sorted(found)
