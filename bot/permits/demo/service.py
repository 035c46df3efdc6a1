"""Writing the demo data to the database, taking it out again, and samples to try it with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, delete, func, select
from sqlalchemy.orm import Session, selectinload

from bot.permits.demo.dataset import PREFIX, DemoApplication, DemoEmployer, DemoPerson, people
from bot.permits.models import STAGES, Applicant, Application, Employer, StageEntry
from bot.permits.numbers import normalise

SOURCE = "demo"
_EXAMPLES = ("under_examination", "returned", "approved")
_UNCOLLECTED = frozenset({"account_pending", "draft", "submitted", "returned", "not_accepted"})


@dataclass(frozen=True)
class Filled:
    """How many demo applications were written anew, moved to today's dates, or already right."""

    added: int
    changed: int
    unchanged: int


def fill(session: Session, today: date) -> Filled:
    """Bring the demo data to what it should be on `today`; a second run on the same day changes nothing."""
    employers = {row.name: row for row in session.execute(select(Employer).where(Employer.source == SOURCE)).scalars()}
    statement = select(Application).where(Application.source == SOURCE)
    present: dict[str, Application] = {
        row.acceptance_number: row
        for row in session.execute(statement.options(selectinload(Application.history), selectinload(Application.applicant))).scalars()
    }
    counts = {"added": 0, "changed": 0, "unchanged": 0}
    for person in people(today):
        applicant = next((present[each.number].applicant for each in person.applications if each.number in present), None) or Applicant(
            source=SOURCE
        )
        _set(applicant, _person_values(person))
        session.add(applicant)
        for each in person.applications:
            row = present.get(each.number)
            outcome = "unchanged" if row else "added"
            row = row or Application(applicant=applicant, source=SOURCE)
            changed = _set(row, {**_values(each), "employer": _employer(session, employers, each.employer)})
            if [(entry.stage, entry.at) for entry in row.history] != list(each.history):
                row.history = [StageEntry(stage=stage, at=at) for stage, at in each.history]
                changed = True
            session.add(row)
            counts["changed" if changed and outcome == "unchanged" else outcome] += 1
    session.flush()
    return Filled(**counts)


def clear(session: Session) -> int:
    """Remove the demo applications with their people and employers, and nothing else; returns how many applications."""
    ours = (Application.source == SOURCE, Application.acceptance_number.startswith(PREFIX))
    options = {"synchronize_session": False}
    removed = session.execute(delete(Application).where(*ours).execution_options(**options)).rowcount
    left = select(Application.id).where(Application.applicant_id == Applicant.id).exists()
    session.execute(delete(Applicant).where(Applicant.source == SOURCE, ~left).execution_options(**options))
    employed = select(Application.id).where(Application.employer_id == Employer.id).exists()
    session.execute(delete(Employer).where(Employer.source == SOURCE, ~employed).execution_options(**options))
    session.expire_all()
    return int(removed)


def samples(session: Session) -> list[dict[str, str]]:
    """One demo application for every stage, in the order of the stages, with what is needed to look it up."""
    first = (
        select(Application.stage, func.min(Application.acceptance_number_normalised).label("number"))
        .where(Application.source == SOURCE, Application.acceptance_number_normalised.startswith(normalise(PREFIX)))
        .group_by(Application.stage)
        .subquery()
    )
    rows = session.execute(
        select(Application.acceptance_number, Applicant.date_of_birth, Application.stage, Application.application_type)
        .join(first, and_(first.c.number == Application.acceptance_number_normalised))
        .join(Applicant, Applicant.id == Application.applicant_id)
    )
    found = [
        {
            "number": number,
            "date_of_birth": born.isoformat(),
            "stage": stage,
            "application_type": application_type,
        }
        for number, born, stage, application_type in rows
    ]
    return sorted(found, key=lambda sample: STAGES.index(sample["stage"]))


def examples(session: Session) -> list[dict[str, str]]:
    """The few of `samples` that a visitor is shown first: one that runs, one that was sent back, one that was granted."""
    found = {sample["stage"]: sample for sample in samples(session)}
    return [found[stage] for stage in _EXAMPLES if stage in found]


def _employer(session: Session, known: dict[str, Employer], wanted: DemoEmployer) -> Employer:
    if wanted.name not in known:
        known[wanted.name] = Employer(name=wanted.name, name_zh=wanted.name_zh, source=SOURCE)
        session.add(known[wanted.name])
    return known[wanted.name]


def _person_values(person: DemoPerson) -> dict[str, Any]:
    return {
        "given_name": person.given_name,
        "family_name": person.family_name,
        "nationality": person.nationality,
        "date_of_birth": person.date_of_birth,
        "permit_number": person.permit_number,
    }


def _values(application: DemoApplication) -> dict[str, Any]:
    return {
        "acceptance_number": application.number,
        "application_type": application.application_type,
        "category": application.category,
        "station": None if application.stage in _UNCOLLECTED else application.employer.station,
        "stage": application.stage,
        "stage_since": application.history[-1][1],
        "submitted_at": application.last("submitted"),
        "accepted_at": application.last("accepted"),
        "decided_at": application.last("approved", "not_approved", "not_accepted"),
        "valid_until": application.valid_until,
    }


def _set(row: Any, values: dict[str, Any]) -> bool:
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)
