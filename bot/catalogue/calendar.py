"""Working days in mainland China: exact while the State Council's swaps are known, and openly not exact after.

Public holidays move: weekdays become free and weekend days become working days by a yearly notice. `chinesecalendar`
holds the notices up to a certain year; for later years only the holidays fixed by law are known (`data/calendar.yml`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import chinese_calendar
from chinese_calendar import constants

from bot.catalogue.entries import PROVENANCE, Entry
from bot.catalogue.facts import Facts, Text
from bot.catalogue.grounds import DATA, Grounds
from bot.catalogue.reviews import Review
from bot.data_file import read_yaml
from bot.errors import DataError

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_HOLIDAY_FIELDS: Final = frozenset({"name", "days"}) | PROVENANCE

_Day = date
DayKind = Literal["working_day", "weekend", "holiday", "make_up_day", "not_known"]


def local(when: datetime) -> datetime:
    """`when` on the clock of Shenzhen; a time without a zone is taken to be Shenzhen's already."""
    return when.replace(tzinfo=SHANGHAI) if when.tzinfo is None else when.astimezone(SHANGHAI)


@dataclass(frozen=True)
class Holiday:
    """A statutory holiday that law fixes to a day, in a year whose swaps are not known."""

    day: date
    name: Text
    certainty: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class DueDate:
    """The day a number of working days ends on.

    Attributes:
        date: the day; when not `exact`, counted with plain weekends and the holidays fixed by law only, so that a
            swapped day may still move it.
        exact: whether every day that was counted is known.
        reason: None, or `calendar_not_known`.
        known_until: the last day the calendar knows exactly.
    """

    date: _Day
    exact: bool
    reason: str | None
    known_until: _Day


class WorkingCalendar:
    """Which days are worked, and what cannot be known yet."""

    def __init__(self, fixed: Mapping[date, Holiday], first_year: int, last_year: int, reviews: tuple[Review, ...] = ()) -> None:
        self._fixed = dict(fixed)
        self.reviews = reviews
        self._first = date(first_year, 1, 1)
        self.known_until = date(last_year, 12, 31)

    @classmethod
    def load(
        cls, path: Path = DATA / "calendar.yml", known_sources: Collection[str] | None = None, facts: Facts | None = None
    ) -> WorkingCalendar:
        """The calendar with the swaps of `chinesecalendar` and the fixed holidays of `path`.

        Raises:
            DataError: an entry of the file is wrong.
        """
        grounds = Grounds.of(known_sources, facts)
        entries = read_yaml(path)
        years = {day.year for day in constants.holidays}
        holidays = [_holiday(path.name, key, entry, grounds) for key, entry in entries.get("holidays", {}).items()]
        fixed = {holiday.day: holiday for group in holidays for holiday in group}
        return cls(fixed, min(years), max(years), tuple(grounds.reviews))

    def knows(self, day: date) -> bool:
        """Whether swaps of that day's year are known."""
        return self._first <= day <= self.known_until

    def kind(self, day: date) -> DayKind:
        """What kind of day it is; `not_known` is a day that a later notice may still turn either way."""
        if not self.knows(day):
            return "holiday" if day in self._fixed else "not_known"
        if chinese_calendar.is_workday(day):
            return "make_up_day" if day.weekday() >= 5 else "working_day"
        return "weekend" if day.weekday() >= 5 and day not in constants.holidays else "holiday"

    def is_working_day(self, day: date) -> bool | None:
        """Whether the day is worked (made-up weekend days are), or None where it is not known yet."""
        kind = self.kind(day)
        return None if kind == "not_known" else kind in ("working_day", "make_up_day")

    def usually_worked(self, day: date) -> bool:
        """Whether the day is worked as far as weekends and fixed holidays tell; exact where `knows(day)`."""
        known = self.is_working_day(day)
        return day.weekday() < 5 if known is None else known

    def add_working_days(self, start: date, count: int) -> DueDate:
        """The `count`-th working day after `start`; the start itself is not counted."""
        day, left, exact = start, count, True
        while left > 0:
            day += timedelta(days=1)
            exact = exact and self.is_working_day(day) is not None
            left -= self.usually_worked(day)
        return DueDate(day, exact, None if exact else "calendar_not_known", self.known_until)


def _holiday(file: str, key: str, raw: Any, grounds: Grounds) -> list[Holiday]:
    entry = Entry(file, key, raw, _HOLIDAY_FIELDS, grounds)
    days = raw.get("days")
    if not isinstance(days, list) or not days or not all(type(day) is date for day in days):
        raise DataError(file, key, "days", "must be a list of dates")
    name, ground = entry.text("name"), entry.provenance()
    return [Holiday(day, name, ground.certainty, ground.sources) for day in days]
