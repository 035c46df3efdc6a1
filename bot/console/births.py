"""Which dates in what an applicant wrote may be somebody's birth date: by the words and the years beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.catalogue.dates import ReadDate, read_dates
from bot.languages import written
from bot.redaction.births import WORDS
from bot.redaction.fold import folded
from bot.spoken import tongue_of

Span = tuple[int, int]
Piece = tuple[int, int, str]

# Nobody who is younger works, and few visas ran out longer ago.
_YEARS_OF_A_LIFE: Final = 15
_BIRTH: Final = re.compile(WORDS, re.I)
_NEAR: Final = 30
_SENTENCE_ENDS: Final = re.compile(r"[.。;；!！?？\n]")
_DIGITS: Final = {"〇": "0", "零": "0", "○": "0", **{character: str(value) for value, character in enumerate("一二三四五六七八九", 1)}}
_NUMERAL: Final = rf"[\d{''.join(_DIGITS)}]"
_YEAR: Final = re.compile(rf"(?<!{_NUMERAL})(?:(?:1[89]|20)\d\d|[一二][{''.join(_DIGITS)}]{{3}})(?!{_NUMERAL})")
_FIGURE: Final = re.compile(rf"{_NUMERAL}|十")


@dataclass(frozen=True)
class Birth:
    """A date that may be a birth date: where it stands, with its year if that stands beside it, and which days it can mean."""

    spans: Sequence[Span]
    days: Sequence[date]


@dataclass(frozen=True)
class _Written:
    """A date as it is written.

    Attributes:
        readings: none when it is a year alone, or in a spelling that cannot be read.
    """

    start: int
    end: int
    readings: Sequence[ReadDate]

    @property
    def days(self) -> list[date]:
        return days_of(self.readings)

    @property
    def is_without_year(self) -> bool:
        return any(reading.assumed_year for reading in self.readings)


def read(piece: str, today: date) -> Sequence[ReadDate]:
    """The days that a date names."""
    return read_dates(piece, today, written(tongue_of(piece)))


def days_of(readings: Iterable[ReadDate]) -> list[date]:
    """Every day that a date can mean."""
    return [day for reading in readings for day in ((reading.date,) if reading.date else reading.candidates)]


def births(text: str, pieces: Sequence[Piece], today: date) -> Iterator[Birth]:
    """The dates among the personal `pieces` of a text, in order, that may be a birth date: everything but a recent day with its year.

    A day without a year is one where an old year or words about birth stand beside it.
    """
    view = folded(text)
    dates = [_Written(start, end, read(text[start:end], today)) if kind == "DATE" else None for start, end, kind in pieces]
    # Up to where the text after each piece is about it: the next piece that does not belong to the same date.
    until, bounds = len(text), []
    for (start, _, _), each in zip(reversed(pieces), reversed(dates)):
        bounds.append(until)
        if each is None or each.readings:
            until = start
    ended = since = 0
    for (start, end, _), each, until in zip(pieces, dates, reversed(bounds)):
        if each is not None:
            # Words before an earlier piece are about that one.
            said = _BIRTH.search(view, max(ended, start - _NEAR), start) is not None
            years = list(_years(view, max(since, start - _NEAR), min(until, end + _NEAR), today)) if each.is_without_year else []
            said = said or bool(years) or (each.is_without_year and _is_said(view, each, until))
            if said or not each.days or any(_is_old(day.year, today) for day in each.days):
                yield Birth([(start, end), *(span for span, _ in years)], _in_years(each, [year for _, year in years]))
        ended = end
        since = since if each is not None and not each.readings else end


def _is_old(year: int, today: date) -> bool:
    return year <= today.year - _YEARS_OF_A_LIFE


def _years(view: str, start: int, end: int, today: date) -> Iterator[tuple[Span, int]]:
    for match in _YEAR.finditer(view, start, end):
        year = int("".join(_DIGITS.get(character, character) for character in match[0]))
        if _is_old(year, today):
            yield match.span(), year


def _is_said(view: str, each: _Written, until: int) -> bool:
    """Whether a day without a year has figures that are not its day and month, or words about birth after it."""
    if len(_FIGURE.findall(view, each.start, each.end)) > sum(
        len(_FIGURE.findall(view, each.start + reading.start, each.start + reading.end)) for reading in each.readings
    ):
        return True
    # What stands before another date is about that one.
    if until <= each.end + _NEAR and until < len(view):
        return False
    ends = _SENTENCE_ENDS.search(view, each.end)
    return _BIRTH.search(view, each.end, min(until, each.end + _NEAR, len(view) if ends is None else ends.start())) is not None


def _in_years(each: _Written, years: Sequence[int]) -> list[date]:
    if not years:
        return each.days
    # 29 February is no day of most years.
    return [day.replace(year=year, day=min(day.day, 28) if day.month == 2 else day.day) for day in each.days for year in years]
