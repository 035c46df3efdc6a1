"""Working days and opening hours: exact where the calendar is known, and saying so where it is not."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.calendar import SHANGHAI, WorkingCalendar, local
from bot.catalogue.grounds import DATA
from bot.catalogue.opening import Hours, open_state
from bot.errors import DataError

HALL = Hours(frozenset({1, 2, 3, 4, 5}), ((time(9), time(12)), (time(14), time(17, 45))), {"en": "x", "zh": "x"})


@pytest.fixture(scope="module")
def calendar() -> WorkingCalendar:
    return WorkingCalendar.load()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2026-11-24", "working_day"),
        ("2026-11-28", "weekend"),
        ("2026-10-01", "holiday"),
        ("2026-10-10", "make_up_day"),
        ("2026-01-04", "make_up_day"),
        ("2026-02-14", "make_up_day"),
        ("2026-02-28", "make_up_day"),
        ("2026-05-09", "make_up_day"),
        ("2026-09-20", "make_up_day"),
        ("2027-01-01", "holiday"),
        ("2027-02-05", "holiday"),
        ("2027-02-08", "holiday"),
        ("2027-09-15", "holiday"),
        ("2027-03-03", "not_known"),
        ("2027-03-06", "not_known"),
        ("2028-01-03", "not_known"),
    ],
)
def test_each_day_has_its_kind(calendar: WorkingCalendar, day: str, kind: str) -> None:
    assert calendar.kind(date.fromisoformat(day)) == kind


def test_a_working_day_is_true_false_or_not_known(calendar: WorkingCalendar) -> None:
    assert calendar.is_working_day(date(2026, 11, 24)) is True
    assert calendar.is_working_day(date(2026, 10, 10)) is True
    assert calendar.is_working_day(date(2026, 11, 29)) is False
    assert calendar.is_working_day(date(2027, 5, 1)) is False
    assert calendar.is_working_day(date(2027, 3, 3)) is None


def test_the_end_of_the_known_calendar_is_its_own_knowledge(calendar: WorkingCalendar) -> None:
    assert calendar.known_until.month == 12
    assert calendar.knows(calendar.known_until)
    assert not calendar.knows(calendar.known_until + timedelta(days=1))


def test_seven_working_days_pass_a_holiday_and_count_a_swapped_day(calendar: WorkingCalendar) -> None:
    due = calendar.add_working_days(date(2026, 9, 29), 7)
    # 30 Sep; 1 to 7 Oct free; 8, 9, 10 (a swapped Saturday), 12, 13, 14 Oct.
    assert due.date == date(2026, 10, 14)
    assert due.exact
    assert due.reason is None


def test_a_span_into_the_unknown_year_is_not_exact(calendar: WorkingCalendar) -> None:
    due = calendar.add_working_days(date(2026, 12, 28), 7)
    assert due.date == date(2027, 1, 7)
    assert not due.exact
    assert due.reason == "calendar_not_known"


def test_a_span_that_only_crosses_a_fixed_holiday_after_the_known_year_stays_inexact(calendar: WorkingCalendar) -> None:
    assert calendar.add_working_days(date(2026, 12, 30), 1).exact
    assert not calendar.add_working_days(date(2026, 12, 31), 1).exact


@given(start=st.dates(date(2015, 1, 1), date(2028, 12, 31)), count=st.integers(1, 40))
def test_the_last_day_is_worked_and_the_count_is_right(start: date, count: int) -> None:
    calendar = _calendar()
    due = calendar.add_working_days(start, count)
    days = [start + timedelta(days=n) for n in range(1, (due.date - start).days + 1)]
    assert sum(calendar.usually_worked(day) for day in days) == count
    assert calendar.usually_worked(due.date)
    assert due.exact == all(calendar.is_working_day(day) is not None for day in days)


@given(start=st.dates(date(2015, 1, 1), date(2027, 12, 31)), first=st.integers(0, 20), second=st.integers(0, 20))
def test_counting_in_two_steps_is_counting_at_once(start: date, first: int, second: int) -> None:
    calendar = _calendar()
    stop = calendar.add_working_days(start, first).date
    assert calendar.add_working_days(stop, second).date == calendar.add_working_days(start, first + second).date


_CACHE: list[WorkingCalendar] = []


def _calendar() -> WorkingCalendar:
    if not _CACHE:
        _CACHE.append(WorkingCalendar.load())
    return _CACHE[0]


@pytest.mark.parametrize(
    ("when", "is_open", "reason", "next_open"),
    [
        ("2026-11-24T09:00", True, "within_hours", "2026-11-24T14:00"),
        ("2026-11-24T08:59", False, "before_hours", "2026-11-24T09:00"),
        ("2026-11-24T12:00", False, "lunch", "2026-11-24T14:00"),
        ("2026-11-24T17:44", True, "within_hours", "2026-11-25T09:00"),
        ("2026-11-24T17:45", False, "evening", "2026-11-25T09:00"),
        ("2026-11-27T20:00", False, "evening", "2026-11-30T09:00"),
        ("2026-11-28T10:00", False, "weekend", "2026-11-30T09:00"),
        ("2026-09-30T18:00", False, "evening", "2026-10-08T09:00"),
        ("2026-10-02T10:00", False, "holiday", "2026-10-08T09:00"),
        ("2026-10-03T10:00", False, "holiday", "2026-10-08T09:00"),
        ("2026-10-10T10:00", None, "make_up_day", "2026-10-12T09:00"),
        ("2026-10-10T13:00", False, "lunch", "2026-10-12T09:00"),
        ("2027-01-01T10:00", False, "holiday", "2027-01-04T09:00"),
        ("2027-03-03T10:00", None, "calendar_not_known", "2027-03-03T14:00"),
        ("2027-03-03T13:00", False, "lunch", "2027-03-03T14:00"),
        ("2027-03-06T10:00", None, "calendar_not_known", "2027-03-08T09:00"),
    ],
)
def test_the_hall_is_open_or_not_for_a_reason(
    calendar: WorkingCalendar, when: str, is_open: bool | None, reason: str, next_open: str
) -> None:
    state = open_state(HALL, at(when), calendar)
    assert (state.open, state.reason) == (is_open, reason)
    assert state.next_open == at(next_open)
    assert state.next_open_exact == (next_open < "2027")


def test_what_is_usual_is_kept_beside_what_is_known(calendar: WorkingCalendar) -> None:
    assert open_state(HALL, at("2027-03-03T10:00"), calendar).usually is True
    assert open_state(HALL, at("2027-03-06T10:00"), calendar).usually is False


def test_an_open_counter_says_when_it_closes(calendar: WorkingCalendar) -> None:
    assert open_state(HALL, at("2026-11-24T10:00"), calendar).closes == at("2026-11-24T12:00")


def test_unknown_hours_are_never_open_or_closed(calendar: WorkingCalendar) -> None:
    state = open_state(None, at("2026-11-24T10:00"), calendar)
    assert (state.open, state.reason, state.next_open) == (None, "hours_not_known", None)


def test_a_time_of_another_zone_is_read_on_shenzhens_clock(calendar: WorkingCalendar) -> None:
    assert local(datetime(2026, 11, 24, 1, 0, tzinfo=UTC)) == at("2026-11-24T09:00")
    assert open_state(HALL, datetime(2026, 11, 24, 1, 0, tzinfo=UTC), calendar).open is True
    assert open_state(HALL, datetime(2026, 11, 23, 23, 0, tzinfo=UTC), calendar).reason == "before_hours"


@time_machine.travel(datetime(2026, 11, 24, 4, 30, tzinfo=UTC), tick=False)
def test_now_is_lunch_in_shenzhen_when_it_is_half_past_four_in_utc(calendar: WorkingCalendar) -> None:
    assert open_state(HALL, datetime.now(UTC), calendar).reason == "lunch"


@given(when=st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 1)))
def test_the_next_opening_lies_ahead_and_is_an_opening(when: datetime) -> None:
    state = open_state(HALL, when, _calendar())
    assert state.next_open is not None
    assert state.next_open > local(when)
    assert HALL.within(state.next_open.time())
    if state.next_open_exact:
        assert open_state(HALL, state.next_open, _calendar()).open is True


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"days": []}, "days"),
        ({"days": ["soon"]}, "days"),
        ({"name": {"en": "a"}}, "name.zh"),
        ({"certainty": "sure"}, "certainty"),
        ({"scope": "moon"}, "scope"),
        ({"review_by": "soon"}, "review_by"),
        ({"sources": []}, "sources"),
        ({"sources": ["NOBODY"]}, "sources"),
        ({"evidence": "a package"}, "evidence"),
    ],
)
def test_a_broken_holiday_is_named(tmp_path: Path, change: dict[str, Any], field: str) -> None:
    raw = yaml.load((DATA / "calendar.yml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    raw["holidays"]["national_day_2027"].update(change)
    path = tmp_path / "calendar.yml"
    path.write_text(yaml.dump(raw, Dumper=yaml.CSafeDumper, allow_unicode=True), encoding="utf-8")
    with pytest.raises(DataError) as error:
        WorkingCalendar.load(path)
    assert (error.value.entry, error.value.field) == ("national_day_2027", field)
