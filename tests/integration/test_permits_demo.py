"""The demo data: complete, invented, consistent in time, and the same on every run."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.data_file import read_yaml
from bot.db import Database
from bot.permits import demo
from bot.permits.demo.dataset import PREFIX, SHENZHEN, people
from bot.permits.models import APPLICATION_TYPES, CATEGORIES, STAGES, Applicant, Application, Employer, StageEntry
from bot.permits.service import Permits
from bot.settings import ROOT, Settings

TODAY = date(2026, 11, 24)
STATIONS = {"civic_center", "joint_counter", "zhaoshang", "pingshan", "qianhai", "guiyuan", "hetao"}


@pytest.fixture
def filled(database: Database) -> Database:
    with database.session() as session:
        demo.fill(session, TODAY)
    return database


def _snapshot(database: Database) -> list[tuple[object, ...]]:
    with database.session() as session:
        rows = session.execute(
            select(
                Application.acceptance_number,
                Application.id,
                Application.stage_since,
                Applicant.date_of_birth,
                Applicant.permit_number,
                StageEntry.id,
                StageEntry.stage,
                StageEntry.at,
            )
            .join(Applicant, Applicant.id == Application.applicant_id)
            .join(StageEntry, StageEntry.application_id == Application.id)
            .order_by(Application.acceptance_number, StageEntry.id)
        )
        return [tuple(row) for row in rows]


def test_there_are_hundreds_of_applications_of_people_of_forty_nationalities(filled: Database) -> None:
    with filled.session() as session:
        assert session.execute(select(func.count(Application.id))).scalar_one() >= 300
        assert session.execute(select(func.count(Applicant.nationality.distinct()))).scalar_one() >= 40


def test_every_type_category_and_stage_occurs(filled: Database) -> None:
    with filled.session() as session:
        for column, values in (
            (Application.application_type, APPLICATION_TYPES),
            (Application.category, CATEGORIES),
            (Application.stage, STAGES),
        ):
            assert set(session.execute(select(column)).scalars()) == set(values)
        pairs = set(session.execute(select(Application.application_type, Application.category)).all())
    assert len(pairs) == len(APPLICATION_TYPES) * len(CATEGORIES)


def test_every_stage_occurs_in_every_category(filled: Database) -> None:
    with filled.session() as session:
        pairs = set(session.execute(select(Application.stage, Application.category)).all())
    assert len(pairs) == len(STAGES) * len(CATEGORIES)


def test_every_number_starts_with_demo(filled: Database) -> None:
    with filled.session() as session:
        numbers = list(session.execute(select(Application.acceptance_number)).scalars())
        numbers += session.execute(select(Applicant.permit_number).where(Applicant.permit_number.is_not(None))).scalars()
    assert all(number.startswith(PREFIX) for number in numbers)


def test_employers_are_plainly_invented(filled: Database) -> None:
    with filled.session() as session:
        employers = list(session.execute(select(Employer)).scalars())
    assert len(employers) >= 10
    assert all(each.name.startswith("Demo ") and "示例" in each.name_zh for each in employers)


def test_second_run_changes_nothing(filled: Database) -> None:
    before = _snapshot(filled)
    with filled.session() as session:
        again = demo.fill(session, TODAY)
    assert (again.added, again.changed) == (0, 0)
    assert _snapshot(filled) == before


def test_another_day_moves_the_dates_and_keeps_numbers_and_people(filled: Database) -> None:
    before = _snapshot(filled)
    with filled.session() as session:
        later = demo.fill(session, TODAY + timedelta(days=40))
    assert later.added == 0 and later.changed > 300
    after = _snapshot(filled)
    assert {(row[0], row[1], row[3], row[4]) for row in after} == {(row[0], row[1], row[3], row[4]) for row in before}


def test_plan_gives_the_same_people_every_time() -> None:
    assert list(people(TODAY)) == list(people(TODAY))


@pytest.mark.parametrize("today", [TODAY, date(2027, 1, 2), date(2028, 2, 29)])
def test_histories_are_consistent_in_time(today: date) -> None:
    end = datetime.combine(today, time(0), SHENZHEN) + timedelta(days=1)
    for person in people(today):
        for application in person.applications:
            moments = [at for _, at in application.history]
            assert moments == sorted(set(moments)), application
            assert moments[-1] < end, application
            assert moments[0] > datetime.combine(person.date_of_birth, time(0), SHENZHEN) + timedelta(days=18 * 365)


@pytest.mark.parametrize("today", [TODAY, date(2027, 1, 2)])
def test_permits_are_valid_as_their_stage_says(today: date) -> None:
    for person in people(today):
        for application in person.applications:
            if application.stage in {"in_force", "extension_open"} and application.application_type != "cancellation":
                assert application.valid_until is not None and application.valid_until >= today, application
            if application.stage == "expired":
                assert application.valid_until is not None and application.valid_until <= today, application
            if application.stage == "extension_open":
                assert application.valid_until is not None and application.valid_until - today <= timedelta(days=90)


def test_first_application_of_a_holder_began_before_the_second() -> None:
    several = [person for person in people(TODAY) if len(person.applications) > 1]
    assert len(several) >= 30
    for person in several:
        first, second = person.applications
        assert person.permit_number is not None
        assert first.history[0][1] < second.history[0][1], person
        if second.application_type == "change_employer":
            assert first.stage == "cancelled" and first.history[-1][1] < second.history[0][1]


def test_nobody_has_two_permits_in_force_of_different_applications_for_one_job() -> None:
    for person in people(TODAY):
        running = [each for each in person.applications if each.stage in {"in_force", "extension_open"}]
        kinds = {each.application_type for each in running}
        assert len(running) <= 1 or kinds & {"change_information"}, person


def test_results_are_collected_at_public_stations_only(filled: Database) -> None:
    with filled.session() as session:
        stations = set(session.execute(select(Application.station)).scalars())
    assert stations - {None} == STATIONS


def test_reset_removes_demo_rows_and_nothing_else(filled: Database) -> None:
    with filled.session() as session:
        kept = Applicant(given_name="Ada", family_name="Real", nationality="GB", date_of_birth=date(1980, 1, 1), source="records")
        session.add(
            Application(
                applicant=kept,
                application_type="extension",
                acceptance_number="R-1",
                stage="draft",
                stage_since=datetime(2026, 1, 1, tzinfo=SHENZHEN),
                source="records",
            )
        )
    with filled.session() as session:
        assert demo.clear(session) >= 300
        assert list(session.execute(select(Application.acceptance_number)).scalars()) == ["R-1"]
        assert list(session.execute(select(Applicant.family_name)).scalars()) == ["Real"]
        assert list(session.execute(select(Employer)).scalars()) == []
        assert session.execute(select(func.count(StageEntry.id))).scalar() == 0


def test_samples_hold_one_application_of_every_stage_that_can_be_looked_up(filled: Database) -> None:
    with filled.session() as session:
        samples = demo.samples(session)
    assert [sample["stage"] for sample in samples] == list(STAGES)
    permits = Permits(b"a secret of these tests")
    for sample in samples:
        assert set(sample) == {"number", "date_of_birth", "stage", "application_type"}
        with filled.session() as session:
            born = date.fromisoformat(sample["date_of_birth"])
            result = permits.look_up(session, sample["number"], born, sample["stage"])
        assert [each.stage for each in result.applications] == [sample["stage"]]


def test_command_prints_samples_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(data_dir=tmp_path / "fresh")
    demo.run(settings)
    assert json.loads(capsys.readouterr().out)["added"] >= 300
    demo.run(settings, as_json=True)
    first = capsys.readouterr().out
    assert len(json.loads(first)) == len(STAGES)
    demo.run(settings, as_json=True, reset=True)
    assert capsys.readouterr().out == first


def test_stages_are_those_of_the_catalogue() -> None:
    stages = read_yaml(ROOT / "bot/catalogue/data/stages.yml")
    assert set(stages) == set(STAGES)
