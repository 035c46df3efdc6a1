"""Delivered records in the database: what they add and change, whose they are, and what they may not touch."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.db import Database
from bot.errors import Conflict
from bot.permits.models import Applicant, Application, Employer, StageEntry
from bot.permits.records import Record
from bot.permits.register import Delivery, deliver
from bot.permits.service import Permits
from tests.records import record

BORN = date(1987, 11, 15)


def put(database: Database, *records: Record, source: str = "authority") -> list[Delivery | Conflict]:
    with database.session() as session:
        return deliver(session, records, source)


def outcomes(database: Database, *records: Record, source: str = "authority") -> list[str]:
    return [each.code if isinstance(each, Conflict) else each.outcome for each in put(database, *records, source=source)]


def history(database: Database, number: str = "TEST1") -> list[str]:
    with database.session() as session:
        case = session.execute(select(Application).where(Application.acceptance_number_normalised == number)).scalar_one()
        return [f"{entry.stage} {entry.at:%m-%d}" for entry in case.history]


def count(database: Database, model: Any) -> int:
    with database.session() as session:
        return int(session.execute(select(func.count(model.id))).scalar_one())


def seen(database: Database, number: str, born: date = BORN) -> list[str]:
    with database.session() as session:
        return sorted(each.number for each in Permits(b"key", attempts=100).look_up(session, number, born, "c").applications)


def test_record_is_found_by_its_owner_and_twice_changes_nothing(database: Database) -> None:
    assert outcomes(database, record()) == ["added"]
    assert len(seen(database, "test 1")) == 1 and seen(database, "test 1", date(1987, 11, 16)) == []
    assert outcomes(database, record()) == ["unchanged"]
    assert [count(database, model) for model in (Applicant, Application, Employer, StageEntry)] == [1, 1, 1, 1]


def test_stages_add_up_and_older_ones_change_nothing(database: Database) -> None:
    put(database, record())
    (moved,) = put(database, record(stage="accepted", stage_since="2026-11-12"))
    assert isinstance(moved, Delivery) and moved.entered == "accepted" and set(moved.fields) == {"stage", "stage_since"}
    assert outcomes(database, record()) == ["older"]
    assert history(database) == ["submitted 11-10", "accepted 11-11"]


def test_moment_of_the_present_stage_is_corrected(database: Database) -> None:
    put(database, record())
    assert outcomes(database, record(stage_since="2026-11-08T12:00:00Z")) == ["changed"]
    assert history(database) == ["submitted 11-08"]


def test_whole_history_replaces_what_was_known(database: Database) -> None:
    put(database, record(stage="accepted", stage_since="2026-11-12"))
    entries = [{"stage": "draft", "at": "2026-11-02T12:00:00Z"}, {"stage": "submitted", "at": "2026-11-09T12:00:00Z"}]
    whole = record(stage_since="2026-11-09T12:00:00Z", history=entries)
    assert outcomes(database, whole) == ["changed"] and history(database) == ["draft 11-02", "submitted 11-09"]
    assert outcomes(database, whole) == ["unchanged"] and count(database, StageEntry) == 2


def test_permit_number_joins_applications_to_one_holder_for_life(database: Database) -> None:
    put(database, record("TEST-1"), record("TEST-2", permit_number="P-100000"))
    assert count(database, Applicant) == 2
    (moved,) = put(database, record("TEST-1", permit_number="p100000"))
    assert isinstance(moved, Delivery) and moved.fields == ("permit_number",)
    assert count(database, Applicant) == 1 and len(seen(database, "P100000")) == 2
    assert outcomes(database, record("TEST-1")) == ["unchanged"]
    assert len(seen(database, "P100000")) == 2


def test_two_lines_of_one_batch_make_one_holder_and_one_employer(database: Database) -> None:
    assert outcomes(database, record("A-1", permit_number="P-1"), record("A-2", permit_number="P-1", given_name="Eve")) == ["added"] * 2
    assert [count(database, model) for model in (Applicant, Employer)] == [1, 1]
    with database.session() as session:
        assert session.execute(select(Applicant.given_name)).scalar_one() == "Eve"


def test_what_changes_about_an_employer_is_told_by_its_field(sqlite_database: Database) -> None:
    put(sqlite_database, record())
    told = [put(sqlite_database, record(**changes))[0] for changes in ({"employer_zh": "虚构公司"}, {"employer": "Other Ltd"})]
    assert [each.fields for each in told if isinstance(each, Delivery)] == [("employer_zh",), ("employer",)]


def test_permit_of_somebody_born_on_another_day_is_refused(database: Database) -> None:
    put(database, record("TEST-1", permit_number="P-1"))
    other = record("TEST-2", permit_number="P-1", date_of_birth="1990-01-01")
    assert outcomes(database, other, record("TEST-3")) == ["record_holder_differs", "added"]
    assert seen(database, "TEST-2", date(1990, 1, 1)) == []


def test_source_changes_only_what_is_its_own(database: Database) -> None:
    put(database, record(permit_number="P-1"), source="other")
    assert outcomes(database, record(stage="accepted", stage_since="2026-11-12")) == ["record_of_other_source"]
    assert outcomes(database, record("TEST-2", permit_number="P-1", given_name="Eve")) == ["added"]
    with database.session() as session:
        assert session.execute(select(Applicant.given_name)).scalars().all() == ["Ada"]


def test_date_of_birth_that_proves_applications_of_another_source_stays_until_these_have_left(database: Database) -> None:
    ours, moved = record(permit_number="P-1"), record(permit_number="P-1", date_of_birth="1990-01-01")
    theirs = record("TEST-2", permit_number="P-1")
    put(database, ours, record("TEST-4", permit_number="P-1"))
    put(database, theirs, source="other")
    assert outcomes(database, moved, record("TEST-3")) == ["record_holder_shared", "added"]
    assert outcomes(database, record(date_of_birth="1990-01-01")) == ["record_holder_shared"], "not without the number either"
    assert outcomes(database, theirs, source="other") == ["unchanged"] and outcomes(database, ours) == ["unchanged"]
    assert seen(database, "TEST-2") == ["…2"] and seen(database, "TEST-2", date(1990, 1, 1)) == []
    right = {"date_of_birth": "1990-01-01"}
    assert outcomes(database, record("TEST-2", permit_number="P-1", **right), source="other") == ["record_holder_differs"]
    alone = record("TEST-2", **right)
    assert outcomes(database, alone, source="other") == ["changed"] and outcomes(database, alone, source="other") == ["unchanged"]
    assert seen(database, "TEST-2") == [] and len(seen(database, "P-1")) == 2
    assert outcomes(database, moved) == ["changed"] and seen(database, "P-1") == []
    assert outcomes(database, record("TEST-2", permit_number="P-1", **right), source="other") == ["changed"]
    assert len(seen(database, "P-1", date(1990, 1, 1))) == 3 and count(database, Applicant) == 2


def test_name_and_date_of_birth_of_ones_own_holder_are_corrected(database: Database) -> None:
    put(database, record("TEST-1", permit_number="P-1"), record("TEST-2", permit_number="P-1"))
    corrected = record("TEST-1", date_of_birth="1990-01-01", given_name="Eve")
    assert [each.fields for each in put(database, corrected) if isinstance(each, Delivery)] == [("given_name", "date_of_birth")]
    assert len(seen(database, "P-1", date(1990, 1, 1))) == 2 and seen(database, "P-1") == []


@pytest.mark.parametrize("changes", [{"date_of_birth": "1987-11-16"}, {"permit_number": "P-2"}])
def test_proof_is_forgotten_when_the_owner_changes(database: Database, changes: dict[str, str]) -> None:
    put(database, record(permit_number="P-1"))
    permits = Permits(b"key")
    with database.session() as session:
        assert permits.look_up(session, "TEST-1", BORN, "c").outcome == "found"
    put(database, record(**{"permit_number": "P-1", **changes}))
    with database.session() as session:
        assert permits.look_again(session, "c") is None


def test_batch_with_a_history_and_its_number_twice_is_a_mistake_of_the_caller(sqlite_database: Database) -> None:
    with pytest.raises(ValueError):
        put(sqlite_database, record("A-1"), record("a1", history=[{"stage": "submitted", "at": "2026-11-10T09:00:00+08:00"}]))
