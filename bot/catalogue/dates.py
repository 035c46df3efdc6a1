"""A day that somebody wrote, in the ways people write days in English and Chinese, and with the names of months of every tongue."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from bot.catalogue.place_names import simplified
from bot.catalogue.relative_dates import RELATIVE, WEEKDAYS
from bot.languages import Language
from bot.month_names import ROMAN_MONTHS, month_names, short_month_names

_MONTHS: Final = {**month_names(), **short_month_names(), **ROMAN_MONTHS}


def _any_of(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


_MONTH: Final = _any_of(month_names())
_SHORT: Final = _any_of(short_month_names())
_ROMAN: Final = _any_of(ROMAN_MONTHS)
# Thai is written without blanks, so that letters may follow.
_MONTH_ENDS: Final = r"(?![a-z\u00c0-\u024f\u0400-\u04ff\u0621-\u064a])"
_OF: Final = r"(?:(?:of|de|del|di|do|d['’]|من|เดือน)\s*)?"
_YEARS_ZH: Final = {"今年": 0, "明年": 1, "去年": -1, "后年": 2, "前年": -2}
_DIGITS_ZH: Final = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "O": 0, "两": 2}
_NUM_ZH: Final = "[〇零○一二三四五六七八九十]"
# The year before the first of an era in which Japan and Taiwan count, in simplified characters.
_ERAS: Final = {"昭和": 1925, "平成": 1988, "令和": 2018, "民国": 1911}
# Thailand counts from the death of the Buddha.
_BUDDHIST: Final = 543
_EARLIEST: Final = 1900
_LATEST: Final = 2100
# A two-digit year up to this many years ahead is of this century.
_AHEAD: Final = 20


_Day = date


@dataclass(frozen=True)
class ReadDate:
    """What was read.

    Attributes:
        kind: `exact` (then `date`), `ambiguous` (then the two `candidates`, day first and month first) or `none`.
        assumed_year: the text gave no year and the next such day was taken.
        relative: the text said something like "tomorrow" or "in 60 days".
        start, end: where in the text it stands.
    """

    kind: Literal["exact", "ambiguous", "none"]
    date: _Day | None = None
    candidates: tuple[_Day, ...] = ()
    assumed_year: bool = False
    relative: bool = False
    start: int = 0
    end: int = 0

    def nearest(self, today: _Day) -> ReadDate:
        """The same where a day without a year is the nearest such day and not the next: what happened is rarely a year ahead."""
        if not self.assumed_year:
            return self
        near = [_nearer(day, today) for day in (self.date, *self.candidates) if day is not None]
        return replace(self, date=near[0] if self.date else None, candidates=tuple(near) if self.candidates else ())


NONE: Final = ReadDate("none")


def _nearer(ahead: date, today: date) -> date:
    behind = _day(ahead.year - 1, ahead.month, ahead.day)
    return behind if behind is not None and today - behind < ahead - today else ahead


def _day(year: int, month: int, day: int) -> date | None:
    if not _EARLIEST <= year <= _LATEST:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


@dataclass(frozen=True)
class _Reader:
    """How the parts of one text become days."""

    today: date
    language: Language
    past: bool

    def year(self, written: str) -> int:
        number = int(written)
        if len(written) > 2:
            return number - _BUDDHIST if _EARLIEST <= number - _BUDDHIST <= _LATEST and number > _LATEST else number
        horizon = self.today.year % 100 + (0 if self.past else _AHEAD)
        century = self.today.year - self.today.year % 100
        return century + number if number <= horizon else century - 100 + number

    def full(self, year: str, month: int, day: int) -> ReadDate:
        found = _day(self.year(year), month, day)
        return ReadDate("exact", found) if found and not (self.past and found > self.today) else NONE

    def without_year(self, month: int, day: int, years: int | None = None) -> ReadDate:
        """The next such day from today on; for past days (a birth date) a year cannot be guessed."""
        if years is not None:
            found = _day(self.today.year + years, month, day)
            return ReadDate("exact", found) if found else NONE
        if self.past:
            return NONE
        for year in range(self.today.year, self.today.year + 9):
            found = _day(year, month, day)
            if found and found >= self.today:
                return ReadDate("exact", found, assumed_year=True)
        return NONE

    def either_order(self, first: int, second: int, year: str | None) -> ReadDate:
        """`first/second` with or without a year, where both day-first and month-first are in use."""

        def read(month: int, day: int) -> ReadDate:
            return self.full(year, month, day) if year else self.without_year(month, day)

        readings = [read(second, first), read(first, second)]
        days = [reading.date for reading in readings if reading.date]
        if not days:
            return NONE
        if len(set(days)) == 1:
            return next(reading for reading in readings if reading.date)
        return ReadDate("ambiguous", candidates=tuple(days), assumed_year=readings[0].assumed_year)


def _chinese_number(text: str) -> int:
    if text.isdigit():
        return int(text)
    if "十" in text:
        tens, _, ones = text.partition("十")
        return (_DIGITS_ZH.get(tens, 1) if tens else 1) * 10 + (_DIGITS_ZH.get(ones, 0) if ones else 0)
    return int("".join(str(_DIGITS_ZH[char]) for char in text))


def _chinese_full(reader: _Reader, match: re.Match[str]) -> ReadDate:
    year, month, day = match.groups()
    written = year if year.isdigit() else "".join(str(_DIGITS_ZH.get(char, "")) for char in year)
    return reader.full(written, _chinese_number(month), _chinese_number(day)) if len(written) in (2, 4) else NONE


def _chinese_short(reader: _Reader, match: re.Match[str]) -> ReadDate:
    word, month, day = match.groups()
    years = _YEARS_ZH[word] if word else None
    return reader.without_year(_chinese_number(month), _chinese_number(day), years)


def _of_an_era(reader: _Reader, match: re.Match[str]) -> ReadDate:
    year = _ERAS[match[1]] + (1 if match[2] == "元" else int(match[2]))
    return reader.full(str(year), int(match[3]), int(match[4]))


def _year_first(reader: _Reader, match: re.Match[str]) -> ReadDate:
    return reader.full(match[1], int(match[3]), int(match[4]))


def _short_year_first(reader: _Reader, match: re.Match[str]) -> ReadDate:
    return _year_first(reader, match) if reader.language == "zh" else NONE


def _compact(reader: _Reader, match: re.Match[str]) -> ReadDate:
    return reader.full(match[1], int(match[2]), int(match[3]))


def _month(name: str) -> int:
    return _MONTHS[name.lower().replace("\u0307", "")]


def _day_month_name(reader: _Reader, match: re.Match[str]) -> ReadDate:
    month = _month(match[2])
    return reader.full(match[3], month, int(match[1])) if match[3] else reader.without_year(month, int(match[1]))


def _month_name_day(reader: _Reader, match: re.Match[str]) -> ReadDate:
    month = _month(match[1])
    return reader.full(match[3], month, int(match[2])) if match[3] else reader.without_year(month, int(match[2]))


def _year_month_name(reader: _Reader, match: re.Match[str]) -> ReadDate:
    return reader.full(match[1], _month(match[2]), int(match[3]))


def _dotted(reader: _Reader, match: re.Match[str]) -> ReadDate:
    first, second, last = match.groups()
    if reader.language == "zh" and len(last) <= 2 and len(first) == 2:
        chinese = reader.full(first, int(second), int(last))
        if chinese.date:
            return chinese
    return reader.full(last, int(second), int(first))


def _slashed(reader: _Reader, match: re.Match[str]) -> ReadDate:
    first, second, last = match[1], match[3], match[4]
    if reader.language == "zh" and len(last) == 2 and len(first) == 2:
        chinese = reader.full(first, int(second), int(last))
        if chinese.date:
            return chinese
    return reader.either_order(int(first), int(second), last)


def _slashed_short(reader: _Reader, match: re.Match[str]) -> ReadDate:
    first, second = int(match[1]), int(match[2])
    if reader.language == "zh":
        return reader.without_year(first, second)
    return reader.either_order(first, second, None)


_B: Final = r"(?<![\d./-])(?<!version )"
_E: Final = r"(?![\d])(?![./-]\d)"
_DAY: Final = r"(\d{1,2})(?:st|nd|rd|th|er|[oaºª°])?"
_PATTERNS: Final[tuple[tuple[re.Pattern[str], Callable[[_Reader, re.Match[str]], ReadDate]], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), handler)
    for pattern, handler in (
        (rf"({'|'.join(_ERAS)})\s*(\d{{1,3}}|元)\s*年\s*(\d{{1,2}})\s*月\s*(\d{{1,2}})\s*[日号]?(?!\d)", _of_an_era),
        (
            rf"(?<!\d)(\d{{4}}|\d{{2}}|{_NUM_ZH}{{2,4}})\s*[年년]\s*(\d{{1,2}}|{_NUM_ZH}{{1,2}})\s*[月월]\s*(\d{{1,2}}|{_NUM_ZH}{{1,3}})\s*[日号일]?(?!\d)",
            _chinese_full,
        ),
        (
            rf"(?<!\d)(今年|明年|去年|后年|前年)?的?\s*(?<!\d)(\d{{1,2}}|{_NUM_ZH}{{1,2}})\s*[月월]\s*(\d{{1,2}}|{_NUM_ZH}{{1,3}})\s*[日号일]?(?!\d)",
            _chinese_short,
        ),
        (rf"{_B}(\d{{4}})\s?([-./])\s?(\d{{1,2}})\s?\2\s?(\d{{1,2}}){_E}", _year_first),
        (rf"(?<!\d)(\d{{4}})[\s,./-]+({_MONTH}|{_SHORT})\.?[\s,./-]+{_DAY}(?!\d)", _year_month_name),
        (
            rf"(?<!\d){_DAY}[\s.-]*{_OF}(?<![a-z])({_MONTH}){_MONTH_ENDS}"
            r"(?:[\s.,'’/-]*(?:de[l ]?\s?|พ\.ศ\.\s?)?(\d{4}|\d{2})(?![\d:]))?",
            _day_month_name,
        ),
        (
            rf"(?<!\d){_DAY}[\s./-]*{_OF}(?<![a-z])({_SHORT}){_MONTH_ENDS}[\s.,'’/-]*(?:de[l ]?\s?)?(\d{{4}}|\d{{2}})(?![\d:])",
            _day_month_name,
        ),
        (rf"\b({_SHORT})\b\.?[\s-]*{_DAY}(?!\d)[\s.,'’/-]+(\d{{4}})(?!\d)", _month_name_day),
        (rf"{_B}(\d{{1,2}})\s?[-./]\s?({_ROMAN})\s?[-./]\s?(\d{{4}}|\d{{2}}){_E}", _day_month_name),
        (rf"{_B}(\d{{1,2}})\s+((?-i:{_ROMAN.upper()}))\s+(\d{{4}}){_E}", _day_month_name),
        (rf"\b({_MONTH})\b\.?[\s-]*(?:the\s+)?{_DAY}(?!\d)(?:[\s.,'’/-]+(\d{{4}}|\d{{2}})(?![\d:]))?", _month_name_day),
        (rf"{_B}(\d{{1,2}})\s?\.\s?(\d{{1,2}})\s?\.\s?(\d{{4}}|\d{{2}}){_E}", _dotted),
        (rf"{_B}(\d{{1,2}})\s?([-/])\s?(\d{{1,2}})\s?\2\s?(\d{{4}}|\d{{2}}){_E}", _slashed),
        (rf"{_B}(\d{{2}})([-./])(\d{{1,2}})\2(\d{{1,2}}){_E}", _short_year_first),
        (rf"{_B}(?<!\d )(\d{{1,2}})(\s+)(\d{{1,2}})\s+((?:19|20)\d{{2}}){_E}(?!\s\d)", _slashed),
        (rf"{_B}(?<!\d )((?:19|20)\d{{2}})(\s+)(\d{{1,2}})\s+(\d{{1,2}}){_E}(?!\s\d)", _year_first),
        (rf"{_B}(?!24/7)(\d{{1,2}})/(\d{{1,2}}){_E}(?!\s*(?:years?|months?|weeks?|days?|hours?|of|pages?|个|年|页|份))", _slashed_short),
        (r"(?<!\d)((?:19|20)\d{2})([01]\d)([0-3]\d)(?!\d)", _compact),
    )
)


def read_dates(text: str, today: date, language: Language, past: bool = False, weekdays: bool = False) -> tuple[ReadDate, ...]:
    """Every day in the text, in order; see `read_date`."""
    plain = unicodedata.normalize("NFKC", simplified(text[:2000]))
    reader = _Reader(today, language, past)
    found: list[ReadDate] = []
    for result in (*_all(plain, reader), *_relative(plain, reader, weekdays)):
        if all(result.end <= other.start or result.start >= other.end for other in found):
            found.append(result)
    return tuple(sorted(found, key=lambda result: result.start))


def _all(plain: str, reader: _Reader) -> Iterator[ReadDate]:
    """Readings pattern by pattern, the more specific patterns first."""
    for pattern, handler in _PATTERNS:
        for match in pattern.finditer(plain):
            result = handler(reader, match)
            if result.kind != "none":
                yield ReadDate(
                    result.kind, result.date, result.candidates, result.assumed_year, result.relative, match.start(), match.end()
                )


def _relative(plain: str, reader: _Reader, weekdays: bool) -> Iterator[ReadDate]:
    for pattern, read in (*RELATIVE, *WEEKDAYS) if weekdays else RELATIVE:
        for match in pattern.finditer(plain):
            found = read(reader.today, match)
            if found and _EARLIEST <= found.year <= _LATEST and not (reader.past and found > reader.today):
                yield ReadDate("exact", found, relative=True, start=match.start(), end=match.end())


def read_date(text: str, today: date, language: Language, past: bool = False, weekdays: bool = False) -> ReadDate:
    """The first day written in the text.

    Args:
        today: for days without a year, two-digit years and words like "tomorrow".
        language: of the text; decides how `3/4` or `27.3.1` is read.
        past: the day must have been already (a birth date): two-digit years are taken as past, a day without a year is none.
        weekdays: a weekday named alone is the next such day, today included; otherwise it is none.
    """
    dates = read_dates(text, today, language, past, weekdays)
    return dates[0] if dates else NONE
