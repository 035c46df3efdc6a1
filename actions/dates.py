"""Dates behind tokens: read, and asked back when day and month may be swapped."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from actions.services import current
from actions.turn import Turn
from bot.catalogue.calendar import local
from bot.catalogue.dates import ReadDate, read_date

TOKEN = re.compile(r"<DATE:\d+>")
ORDERS = ("day_first", "month_first")
_PART = re.compile(r"\b(?:day|dd)\b|日|(?P<month>\b(?:month|mm)\b|月)", re.IGNORECASE)


def reading(turn: Turn, token: str, past: bool) -> ReadDate | None:
    """What the date behind `token` says, or None when the vault no longer has it."""
    raw = current().reveal(turn.conversation, token)
    if raw is None:
        return None
    return read_date(raw, today(), turn.language, past=past)


def resolved(turn: Turn, state: dict[str, Any], past: bool, near: bool = False) -> date | None:
    """The one date of `state` (`date`: token, `order`: which part is the day), or None.

    A day without a year is the next such day, or with `near` the nearest.
    """
    read = reading(turn, state["date"], past)
    if read is None or read.kind == "none":
        return None
    read = read.nearest(today()) if near else read
    if read.kind == "ambiguous":
        day_first, month_first = read.candidates
        return day_first if state.get("order") == "day_first" else month_first
    return read.date


def read_order(text: str) -> str | None:
    """Which of `ORDERS` the words of `text` mean ("the day", "month first", "日在前"), or None."""
    found = _PART.search(text)
    if found is None or TOKEN.search(text):
        return None
    return "month_first" if found["month"] else "day_first"


def chosen_order(turn: Turn, state: dict[str, Any], past: bool) -> str | None:
    """Which of `ORDERS` the message decides for the ambiguous date of `state`: by words, or by naming one of the two days."""
    if turn.sure and turn.asks:
        return None
    return read_order(turn.text) or _day_named(turn, state, past)


def _day_named(turn: Turn, state: dict[str, Any], past: bool) -> str | None:
    asked = reading(turn, state["date"], past)
    if asked is None or asked.kind != "ambiguous":
        return None
    tokens = TOKEN.findall(turn.text)
    typed = current().reveal(turn.conversation, tokens[-1]) if tokens else turn.text
    read = read_date(typed, today(), turn.language) if typed else None
    if read is None or read.date is None or read.relative:
        return None
    day = read.date

    def same(candidate: date) -> bool:
        return (candidate.month, candidate.day) == (day.month, day.day) and (read.assumed_year or candidate.year == day.year)

    return next((order for order, candidate in zip(ORDERS, asked.candidates, strict=True) if same(candidate)), None)


def today() -> date:
    """Shenzhen's day."""
    return local(current().clock()).date()
