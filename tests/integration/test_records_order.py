"""Several lines for one application: written in full batches, and what comes of them is what comes of one line after the other."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from bot.conversations.models import Conversation
from bot.db import Database, now
from bot.errors import Conflict
from bot.notifications.models import Subscription
from bot.permits import following, imports
from bot.permits.imports import bring_in
from bot.permits.models import Applicant, Application, Employer, LookupProof, StageEntry
from bot.permits.records import Reader, Record
from bot.permits.register import deliver
from bot.permits.results import Proof
from bot.permits.tables import Layout
from tests.records import NOW, fields, record

READER = Reader({"civic_center"}, lambda: NOW)
HEADINGS = ["number", *fields(), "permit_number", "employer_zh"]
STAGES = (
    {"stage": "submitted", "stage_since": "2026-11-10"},
    {"stage": "accepted", "stage_since": "2026-11-12"},
    {"stage": "accepted", "stage_since": "2026-11-11", "given_name": "Eve"},
    {"stage": "under_examination", "stage_since": "2026-11-14", "employer_zh": "虚构公司"},
)
APPLICATIONS = 14


def lines(n: int) -> list[dict[str, Any]]:
    """Those of one application: every three share a holder, and one in seven turns out to be somebody else's."""
    found = []
    for number, stage in enumerate(STAGES):
        permit = f"P-{n // 3}" if n % 7 or number < 2 else f"P-{n // 3 + 1}"
        found.append({"number": f"A-{n}", **fields(employer=f"Invented {n // 4}"), "permit_number": permit, "employer_zh": "", **stage})
    return found


def ordered(order: str) -> list[dict[str, Any]]:
    grouped = [line for n in range(APPLICATIONS) for line in lines(n)]
    if order == "by time":
        return sorted(grouped, key=lambda line: line["stage_since"])
    if order == "shuffled":
        random.Random(20261125).shuffle(grouped)
    return grouped


def empty(database: Database) -> None:
    with database.session() as session:
        for model in (Conversation, Applicant, Employer):
            session.execute(delete(model))


def fill(database: Database) -> None:
    """Every second application as it was before, followed and proved by somebody, and one of another source."""
    with database.session() as session:
        known = [record(f"A-{n}", permit_number=f"P-{n // 3}" if n % 4 else None) for n in range(0, APPLICATIONS, 2)]
        deliver(session, known, "authority")
        deliver(session, [record("B-1", permit_number="P-2", employer="Other Ltd")], "other")
        session.flush()
        for case in session.execute(select(Application).order_by(Application.acceptance_number)).scalars().all():
            key = f"c-{case.acceptance_number}"
            session.add(Conversation(id=key, channel="socket", caller="test", sender=key, thread_id=key))
            session.flush()
            session.add(LookupProof(conversation_id=key, applicant_id=case.applicant_id, until=now() + timedelta(days=1)))
            following.follow(session, Proof(case.applicant_id, case.id, now()), key, [key], now(), timedelta(days=1))


def state(database: Database) -> list[Any]:
    """All that is known, without ids, and what is told of it."""
    found: list[Any] = []
    news: list[Any] = []
    with database.session() as session:
        cases = session.execute(select(Application).order_by(Application.acceptance_number_normalised)).scalars().all()
        for case in cases:
            values = (case.acceptance_number, case.source, case.stage, case.stage_since, case.employer.name, case.employer.name_zh)
            holder = case.applicant
            theirs = sorted(each.acceptance_number for each in holder.applications)
            person = (holder.permit_number, holder.given_name, holder.source, theirs)
            found.append((values, person, [(entry.stage, entry.at) for entry in case.history]))
        for column in (Applicant.permit_number, Employer.name, StageEntry.stage):
            found.append(sorted(map(str, session.execute(select(column)).scalars())))
        found.append(sorted(session.execute(select(LookupProof.conversation_id)).scalars()))
        following.sweep(session, now())
        for subscription in sorted(following.due(session, now())):
            told = session.execute(select(Subscription.conversation_id).where(Subscription.id == subscription)).scalar_one()
            seen = following.look(session, subscription, now())
            news.append((told, seen and seen[0]))
    return [*found, news]


def written(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("\n".join([",".join(HEADINGS), *(",".join(row[name] for name in HEADINGS) for row in rows)]), encoding="utf-8")
    return path


@pytest.mark.parametrize("order", ["grouped", "by time", "shuffled"])
def test_lines_in_batches_come_to_what_they_come_to_one_by_one(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    good = ordered(order)
    # Three of them are refused: a holder born on another day, and an application of somebody else's, twice.
    born, theirs = {**good[20], "number": "A-99", "date_of_birth": "1990-01-01"}, {**good[30], "number": "B-1"}
    files = [written(tmp_path / "good.csv", good), written(tmp_path / "bad.csv", [*good[:25], born, *good[25:], theirs, theirs])]

    def came_of(size: int) -> list[Any]:
        monkeypatch.setattr(imports, "BATCH", size)
        found = []
        for path in files:
            empty(database)
            fill(database)
            found += [bring_in(database, path, Layout(), READER, "authority").as_json(), state(database)]
        return found

    one_by_one = came_of(1)
    assert one_by_one[0]["written"] and one_by_one[0]["entered"] > 5 and one_by_one[2]["refused"] == 3
    assert {"changed", "withdrawn"} <= {kind for _, kind in one_by_one[1][-1]}
    for size in (7, 1000):
        assert came_of(size) == one_by_one


def test_lines_of_one_application_that_stand_together_fill_batches(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 20)
    told: list[int] = []
    path = written(tmp_path / "in.csv", ordered("grouped"))
    assert bring_in(sqlite_database, path, Layout(), READER, "authority", progress=lambda report: told.append(report.lines)).written
    assert told == [20, 40, 56]


def at(stage: str, day: int, **changes: Any) -> Record:
    return record("A-1", stage=stage, stage_since=f"2026-11-{day:02}", **changes)


@pytest.mark.parametrize(
    "records",
    [
        # A moment that was corrected is entered again later, and is not corrected then.
        [at("submitted", 10), at("submitted", 5), at("accepted", 6), at("submitted", 10), at("submitted", 10)],
        # Nobody has the permit number of the first line any more, until somebody else does, or somebody who had none.
        [at("submitted", 9, permit_number="P-1"), at("submitted", 9, permit_number="P-2"), record("A-2", permit_number="p1")],
        [
            record("A-2", given_name="Eve"),
            at("submitted", 9, permit_number="P-1"),
            at("submitted", 9, permit_number="P-2"),
            record("A-3", permit_number="P-1", date_of_birth="1990-01-01"),
            record("A-2", permit_number="P-1"),
        ],
    ],
)
@pytest.mark.parametrize("known", [0, 1])
def test_records_of_one_delivery_count_in_their_order(database: Database, records: list[Record], known: int) -> None:
    def came_of(*parts: Sequence[Record]) -> list[Any]:
        empty(database)
        with database.session() as session:
            given = [each for part in parts for each in deliver(session, part, "authority")]
        outcomes = [each.code if isinstance(each, Conflict) else (each.outcome, each.fields, each.entered) for each in given]
        return [outcomes, state(database)]

    assert came_of(records[:known], records[known:]) == came_of(*([each] for each in records))
