"""Whether a counter is open at a moment, why not, and when it opens next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from bot.catalogue.calendar import SHANGHAI, WorkingCalendar, local
from bot.catalogue.facts import Text

Reason = Literal[
    "within_hours",
    "before_hours",
    "lunch",
    "evening",
    "weekend",
    "holiday",
    "make_up_day",
    "calendar_not_known",
    "hours_not_known",
]

_HORIZON_DAYS = 40


@dataclass(frozen=True)
class Hours:
    """The stated hours of a counter: ISO weekdays (Monday is 1), spans of a day, and the same in words."""

    weekdays: frozenset[int]
    spans: tuple[tuple[time, time], ...]
    text: Text

    def within(self, clock: time) -> bool:
        """Whether the clock time lies in one of the spans; the closing minute does not."""
        return any(start <= clock < end for start, end in self.spans)


@dataclass(frozen=True)
class OpenState:
    """The answer to "is it open".

    Attributes:
        open: None when no source settles it.
        reason: a code that says why.
        usually: what hours and weekday alone would say; differs from `open` only where that is None.
        closes: when the present span ends, if open.
        next_open: the next opening, or None when the hours are not known.
        next_open_exact: whether that day is known to be worked.
    """

    open: bool | None
    reason: Reason
    usually: bool | None
    closes: datetime | None
    next_open: datetime | None
    next_open_exact: bool


@dataclass(frozen=True)
class DayState:
    """The answer to "is it open on that day".

    Attributes:
        open: None when no source settles it.
        reason: a code that says why; `within_hours` when it opens.
        usually: what the weekday alone would say; None when the hours are not known.
        spans: the hours of a day on which it opens, or usually would.
        next_open: the first opening after that day, None when the hours are not known.
        next_open_exact: whether the day of that opening is known to be worked.
    """

    day: date
    open: bool | None
    reason: Reason
    usually: bool | None
    spans: tuple[tuple[time, time], ...]
    next_open: datetime | None
    next_open_exact: bool


def open_on(hours: Hours | None, day: date, calendar: WorkingCalendar) -> DayState:
    """Whether a counter with these hours opens on `day`.

    On a swapped working weekend, and in a year whose calendar is not known, no source says: `open` is None, except on the
    holidays that law fixes.
    """
    if hours is None:
        return DayState(day, None, "hours_not_known", None, (), None, False)
    kind, usually = calendar.kind(day), day.isoweekday() in hours.weekdays
    upcoming, exact = _next_opening(hours, datetime.combine(day, time.max, SHANGHAI), calendar)
    if kind == "holiday":
        return DayState(day, False, "holiday", False, (), upcoming, exact)
    if kind == "make_up_day":
        return DayState(day, None, "make_up_day", usually, hours.spans, upcoming, exact)
    if kind == "not_known":
        return DayState(day, None, "calendar_not_known", usually, hours.spans, upcoming, exact)
    if kind == "weekend" or not usually:
        return DayState(day, False, "weekend", False, (), upcoming, exact)
    return DayState(day, True, "within_hours", True, hours.spans, upcoming, exact)


def _reason(hours: Hours, clock: time) -> Reason:
    if hours.within(clock):
        return "within_hours"
    if clock < hours.spans[0][0]:
        return "before_hours"
    return "evening" if clock >= hours.spans[-1][1] else "lunch"


def open_state(hours: Hours | None, when: datetime, calendar: WorkingCalendar) -> OpenState:
    """Whether a counter with these hours is open at `when` (any zone).

    Outside the hours of the day it is closed whatever kind of day it is. On a swapped working weekend, and in a year
    whose calendar is not known, no source says whether the windows open: `open` is None within the hours.
    """
    if hours is None:
        return OpenState(None, "hours_not_known", None, None, None, False)
    now = local(when)
    day, clock = now.date(), now.time()
    kind, reason = calendar.kind(day), _reason(hours, clock)
    upcoming, exact = _next_opening(hours, now, calendar)
    if kind == "holiday":
        return OpenState(False, "holiday", False, None, upcoming, exact)
    if kind == "weekend" or (kind == "working_day" and day.isoweekday() not in hours.weekdays):
        return OpenState(False, "weekend", False, None, upcoming, exact)
    if reason != "within_hours":
        return OpenState(False, reason, False, None, upcoming, exact)
    usually = day.isoweekday() in hours.weekdays
    if kind == "make_up_day":
        return OpenState(None, "make_up_day", usually, None, upcoming, exact)
    if kind == "not_known":
        return OpenState(None, "calendar_not_known", usually, None, upcoming, exact)
    closes = next(end for start, end in hours.spans if start <= clock < end)
    return OpenState(True, "within_hours", True, datetime.combine(day, closes, SHANGHAI), upcoming, exact)


def _next_opening(hours: Hours, now: datetime, calendar: WorkingCalendar) -> tuple[datetime | None, bool]:
    """The next start of a span on a day that is surely, or else usually, worked; swapped weekends are passed over."""
    for ahead in range(_HORIZON_DAYS):
        day: date = now.date() + timedelta(days=ahead)
        if day.isoweekday() not in hours.weekdays or not calendar.usually_worked(day):
            continue
        for start, _ in hours.spans:
            opening = datetime.combine(day, start, SHANGHAI)
            if opening > now:
                return opening, calendar.knows(day)
    return None, False
