"""What is read as a record, and what is refused, field by field."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Invalid
from bot.permits.records import FIELDS
from tests.records import fields, record


def test_record_is_read_as_it_was_meant() -> None:
    read = record("test 1", permit_number="te-9", station="civic_center", valid_until="2027-11-01", submitted_at="2026-11-10")
    assert (read.key, read.permit_key, read.station) == ("TEST1", "TE9", "civic_center")
    assert read.date_of_birth == date(1987, 11, 15) and read.valid_until == date(2027, 11, 1)
    assert read.stage_since == datetime(2026, 11, 10, 1, tzinfo=UTC)
    assert read.submitted_at == datetime(2026, 11, 9, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "moment", ["2026-11-10T01:00:00Z", "2026-11-10T09:00:00.0000001+08:00", "2026-11-10T01:00:00+00:00", "2026-11-10 09:00:00"]
)
def test_moments_are_read_with_and_without_an_offset(moment: str) -> None:
    assert record(stage_since=moment).stage_since == datetime(2026, 11, 10, 1, tzinfo=UTC)


@pytest.mark.parametrize(("digits", "microsecond"), [("5", 500_000), ("1234567", 123_456), ("000", 0)])
def test_moments_may_have_any_number_of_digits(digits: str, microsecond: int) -> None:
    assert record(stage_since=f"2026-11-10T01:00:00.{digits}Z").stage_since.microsecond == microsecond


def test_first_and_last_day_that_errors_name_are_taken() -> None:
    read = record(date_of_birth="1900-01-01", valid_until="2199-12-31")
    assert (read.date_of_birth, read.valid_until) == (date(1900, 1, 1), date(2199, 12, 31))


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_absent_null_and_empty_are_the_same(nothing: object) -> None:
    assert record(category=nothing, permit_number=nothing, employer=nothing) == record(category=None, employer=None)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"surname": "x"}, "record_unknown_field", "surname"),
        ({"family_name": None}, "record_missing", "family_name"),
        ({"stage": ""}, "record_missing", "stage"),
        ({"number": "--"}, "name_unusable", "number"),
        ({"number": "9" * 65}, "name_unusable", "number"),
        ({"given_name": "A\u202eda"}, "name_unusable", "given_name"),
        ({"given_name": "A\udc80"}, "name_unusable", "given_name"),
        ({"given_name": 7}, "field_type", "given_name"),
        ({"nationality": "F1"}, "record_country", "nationality"),
        ({"stage": "lost"}, "record_choice", "stage"),
        ({"station": "nowhere"}, "record_choice", "station"),
        ({"date_of_birth": "1987-02-30"}, "record_day", "date_of_birth"),
        ({"date_of_birth": "15/11/1987"}, "record_day", "date_of_birth"),
        ({"date_of_birth": "2026-11-26"}, "record_future", "date_of_birth"),
        ({"date_of_birth": 19871115}, "field_type", "date_of_birth"),
        ({"stage_since": "yesterday"}, "record_moment", "stage_since"),
        ({"stage_since": "20261110T090000"}, "record_moment", "stage_since"),
        ({"submitted_at": "2026-W46-2"}, "record_moment", "submitted_at"),
        ({"submitted_at": "2026-11-10T0900"}, "record_moment", "submitted_at"),
        ({"stage_since": "0001-01-01T00:00:00+14:00"}, "record_moment", "stage_since"),
        ({"stage_since": "2026-11-28T00:00:00Z"}, "record_future", "stage_since"),
        ({"stage_since": 5}, "field_type", "stage_since"),
        ({"history": {}}, "field_type", "history"),
        ({"history": []}, None, ""),
        ({"history": [{"stage": "submitted", "at": "2026-11-09"}]}, "record_history", "history"),
        ({"history": [{"stage": "draft", "at": "x"}]}, "record_moment", "history.0.at"),
        ({"history": [{"stage": "draft", "at": "2026-11-09", "by": "x"}]}, "record_unknown_field", "history.0.by"),
        ({"history": [7]}, "record_history", "history.0"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_field(changes: dict[str, Any], code: str | None, field: str) -> None:
    if code is None:
        assert record(**changes).history == ()
        return
    with pytest.raises(Invalid) as caught:
        record(**changes)
    assert (caught.value.code, caught.value.params["field"]) == (code, field)


@given(
    st.sampled_from(FIELDS),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.dictionaries(st.text(), st.text())),
)
def test_nothing_in_a_field_raises_anything_else(field: str, value: object) -> None:
    try:
        record(**{**fields(), field: value})
    except Invalid as error:
        assert error.params["field"].startswith(field)
