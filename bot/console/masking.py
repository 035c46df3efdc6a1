"""What staff see in place of numbers that name a person: the last characters at most; the original is a matter of `reveal`.

Of what applicants write, everything that the redaction finds is masked, as the answer to the question that was open; but for dates
that can be nobody's birth date: an officer has to see until when a visa runs. In what bot and staff write, only what repeats an
applicant's number is masked, so that telephone numbers and dates of answers stay readable.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from bot.console.births import Piece, births, days_of, read
from bot.conversations.text import Typed
from bot.redaction import ASKED, redact
from bot.remembered import remembered

HIDDEN: Final = "••••"
_SHOWN: Final = 4
# The shortest repeated number worth hiding; shorter ones are house numbers and years.
_LEAST: Final = 5

# A line that was cut is this long.
_LINE: Final = 200
_CUT_OFF: Final = re.compile(r"(?:[A-Za-z]{0,3}[ .@+/_-]?\d[\d .@+/_-]*|[0-9A-Za-z.@+/_-]*)$")

# A birth date as a day, which may be repeated in another form.
_DAY: Final = "DAY"

Hidden = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Masked:
    """A text as staff see it; `hidden` are the pieces left out, each with its kind, in a spelling that compares."""

    text: str
    hidden: Hidden = frozenset()

    @property
    def changed(self) -> bool:
        """Whether anything was left out."""
        return bool(self.hidden)


def _plain(piece: str) -> str:
    return "".join(character for character in unicodedata.normalize("NFKC", piece).upper() if character.isalnum())


def _mask(kind: str, piece: str) -> str:
    plain = _plain(piece)
    # Of a number in words the last letters tell nobody anything that they may know.
    if kind not in ("NUMBER", "PHONE") or not any(character.isdigit() for character in plain):
        return HIDDEN
    shown = min(_SHOWN, len(plain) // 3)
    return HIDDEN + plain[len(plain) - shown :]


@remembered(4096)
def _dates(text: str, today: date) -> tuple[tuple[int, int, frozenset[str]], ...]:
    """Where in `text` dates stand, and which days each can mean."""
    found = ((start, end) for start, end, kind in _pieces(text, None) if kind == "DATE")
    return tuple((start, end, frozenset(day.isoformat() for day in days_of(read(text[start:end], today)))) for start, end in found)


def _pieces(text: str, expects: str | None) -> list[Piece]:
    """Where in `text`, the answer to the question that `expects` names, personal pieces stand, and of which kind."""
    found: list[tuple[str, str]] = []

    def put(kind: str, piece: str) -> str:
        found.append((kind, piece))
        # No stored text holds this character, so nobody can have typed a token.
        return f"\x00{len(found) - 1}\x00"

    redacted = redact(text, ASKED.get(expects), put)
    spans, at = [], 0
    for position, part in enumerate(redacted.split("\x00")):
        if position % 2:
            kind, piece = found[int(part)]
            spans.append((at, at + len(piece), kind))
            at += len(piece)
        else:
            at += len(part)
    return spans


def _cut(text: str, spans: Iterable[tuple[int, int, str]]) -> Masked:
    parts, at, hidden = [], 0, set()
    for start, end, kind in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start < at:
            continue
        parts += [text[at:start], _mask(kind, text[start:end])]
        hidden.add((kind, _plain(text[start:end])))
        at = end
    return Masked("".join([*parts, text[at:]]), frozenset(hidden))


@remembered(2048)
def _applicants(text: str, expects: str | None, today: date) -> Masked:
    found = _pieces(text, expects)
    spans = {piece for piece in found if piece[2] != "DATE"}
    days: set[tuple[str, str]] = set()
    for birth in births(text, found, today):
        spans |= {(start, end, "DATE") for start, end in birth.spans}
        days |= {(_DAY, day.isoformat()) for day in birth.days}
    masked = _cut(text, spans)
    return Masked(masked.text, masked.hidden | days)


def applicants(text: str, expects: str | None = None, today: date | None = None) -> Masked:
    """What an applicant wrote, as staff see it; `expects` names the question of the assistant that was open then."""
    return _applicants(text.replace("\x00", "\ufffd"), expects, today or date.today())


def applicants_line(typed: Typed) -> str:
    """The beginning of what an applicant wrote, as staff see it; a piece that was cut off is left out, for its shape is gone."""
    text, expects = typed
    return applicants(_CUT_OFF.sub("…", text, count=1) if len(text) >= _LINE else text, expects).text


def repeated_line(text: str, known: Hidden) -> str:
    """The beginning of what bot, staff or system wrote, as by `repeated`; a piece that was cut off is left out."""
    return repeated(_CUT_OFF.sub("…", text, count=1) if len(text) >= _LINE else text, known).text


def contact(value: str) -> str:
    """An e-mail address or telephone number, of which the end is shown."""
    plain = _plain(value)
    return HIDDEN + plain[len(plain) - min(_SHOWN, len(plain) // 3) :] if plain.isdecimal() else HIDDEN


def repeated(text: str, known: Hidden, today: date | None = None) -> Masked:
    """What bot, staff or system wrote, with the pieces that an applicant gave (`known`) masked, however they are spelt."""
    text = text.replace("\x00", "\ufffd")
    days = {piece for kind, piece in known if kind == _DAY}
    wanted = sorted(((kind, piece) for kind, piece in known if kind != _DAY and len(piece) >= _LEAST), key=lambda each: -len(each[1]))
    if not wanted and not days:
        return Masked(text)
    # What letters and digits of `text` there are, and where each of them stands.
    letters = [
        (folded, position)
        for position, character in enumerate(text)
        for folded in unicodedata.normalize("NFKC", character).upper()
        if folded.isalnum()
    ]
    view = "".join(letter for letter, _ in letters)
    taken: list[tuple[int, int, str]] = []
    for kind, piece in wanted:
        for match in re.finditer(re.escape(piece), view):
            start, end = letters[match.start()][1], letters[match.end() - 1][1] + 1
            if all(end <= other or start >= until for other, until, _ in taken):
                taken.append((start, end, kind))
    for start, end, meant in _dates(text, today or date.today()) if days else ():
        if meant & days and all(end <= other or start >= until for other, until, _ in taken):
            taken.append((start, end, "DATE"))
    return _cut(text, taken)


def pieces(given: Iterable[Typed]) -> Hidden:
    """Every personal piece in what applicants wrote, for `repeated`."""
    return frozenset().union(*(applicants(*typed).hidden for typed in given))


def repeated_in(value: Any, known: Hidden) -> Any:
    """JSON data with every text in it treated as by `repeated`."""
    if isinstance(value, str):
        return repeated(value, known).text
    if isinstance(value, dict):
        return {key: repeated_in(inner, known) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [repeated_in(inner, known) for inner in value]
    return value


def applicants_in(value: Any) -> Any:
    """JSON data with every text in it treated as an applicant's."""
    if isinstance(value, str):
        return applicants(value).text
    if isinstance(value, dict):
        return {key: applicants_in(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [applicants_in(inner) for inner in value]
    return value
