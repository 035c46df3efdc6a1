"""The fields of a request's body, each read as what it must be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final

from bot.catalogue.formats import SHENZHEN
from bot.conversations.counter import LONGEST_REPLY
from bot.conversations.text import clean, clean_name
from bot.days import read_day
from bot.errors import Invalid
from bot.languages import Language, as_language

Body = Mapping[str, Any]
_LONGEST_SECRET: Final = 200
_LONGEST_ID: Final = 80
LONGEST_REASON: Final = 200
_SHORTEST_REASON: Final = 3
_LARGEST: Final = 2**53


def string(body: Body, field: str) -> str:
    """The string in `field`.

    Raises:
        Invalid: it is absent or something else.
    """
    value = body.get(field)
    if not isinstance(value, str):
        raise Invalid("field_type", field=field, expected="string")
    return value


def maybe(body: Body, field: str) -> str | None:
    """The string in `field`, or None when it is absent, null or empty."""
    return None if body.get(field) in (None, "") else string(body, field)


def secret(body: Body, field: str) -> str:
    """A password, code or token, exactly as typed."""
    value = string(body, field)
    if not 0 < len(value) <= _LONGEST_SECRET:
        raise Invalid("name_unusable", field=field, limit=_LONGEST_SECRET)
    return value


def name(body: Body, field: str, longest: int) -> str:
    """One line of text of at most `longest` characters."""
    return clean_name(string(body, field), field, longest).strip()


def client_id(body: Body) -> str:
    """The client's own name for what it sends, so that sent twice is stored once."""
    return clean_name(string(body, "client_id"), "client_id", _LONGEST_ID)


def text(body: Body, field: str = "text") -> str:
    """What a member of staff wrote, under the rules of every message."""
    return clean(string(body, field), LONGEST_REPLY)


def reason(body: Body) -> str:
    """Why somebody wants to see what is masked.

    Raises:
        Invalid: it is too short to be one, or too long.
    """
    value = clean_name(string(body, "reason") or " ", "reason", LONGEST_REASON).strip()
    if len(value) < _SHORTEST_REASON:
        raise Invalid("reason_missing", least=_SHORTEST_REASON)
    return value


def flag(body: Body, field: str) -> bool:
    """True or false."""
    value = body.get(field)
    if not isinstance(value, bool):
        raise Invalid("field_type", field=field, expected="boolean")
    return value


def language(body: Body, field: str = "language") -> Language:
    """A language that answers are written in."""
    found = as_language(string(body, field))
    if found is None:
        raise Invalid("unknown_value", name=field, value=string(body, field)[:20])
    return found


def maybe_language(body: Body, field: str = "language") -> Language | None:
    """The same, or None when it is absent."""
    return None if body.get(field) is None else language(body, field)


def choice(body: Body, field: str, allowed: tuple[str, ...]) -> str:
    """One of `allowed`."""
    value = string(body, field)
    if value not in allowed:
        raise Invalid("unknown_value", name=field, value=value[:40])
    return value


def strings(body: Body, field: str, most: int, longest: int = 40) -> tuple[str, ...]:
    """A list of at most `most` short texts; empty when it is absent."""
    value = body.get(field)
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > most or not all(isinstance(each, str) for each in value):
        raise Invalid("field_type", field=field, expected="list")
    return tuple(clean_name(each, field, longest).strip() for each in value)


def number(body: Body, field: str) -> int | None:
    """A whole number, or None when it is absent."""
    value = body.get(field)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        raise Invalid("field_type", field=field, expected="integer")
    return value


def counted(value: str, field: str) -> int:
    """A whole number in an address."""
    if not value.isascii() or not value.isdigit() or len(value) > 15:
        raise Invalid("field_type", field=field, expected="integer")
    return int(value)


def day(value: str | None, field: str, end: bool = False) -> datetime | None:
    """The beginning of a day of Shenzhen (`2026-11-25`), or with `end` of the day after it."""
    if not value:
        return None
    try:
        found = read_day(value)
    except ValueError:
        raise Invalid("field_type", field=field, expected="date") from None
    return datetime.combine(found + timedelta(days=1 if end else 0), time(), SHENZHEN)
