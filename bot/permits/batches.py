"""A batch of delivered records: what is known before, and what is written of it in a few statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from bot.db import now
from bot.permits import following
from bot.permits.models import Applicant, Application, Employer, LookupProof, StageEntry
from bot.permits.records import Record

PEOPLE: Final[Any] = Applicant.__table__
CASES: Final[Any] = Application.__table__
EMPLOYERS: Final[Any] = Employer.__table__
STAGES: Final[Any] = StageEntry.__table__
_PROOFS: Final[Any] = LookupProof.__table__
_ORDER: Final[tuple[Any, ...]] = (EMPLOYERS, PEOPLE, CASES, STAGES)
# An application moves to another holder by its permit number only.
_FIELDS: Final = {"acceptance_number": "number", "applicant_id": "permit_number", "employer_id": "employer", "name_zh": "employer_zh"}


@dataclass
class Batch:
    """What is known before a batch is written, and what is to be written."""

    session: Session
    source: str
    cases: dict[str, dict[str, Any]]
    people: dict[int, dict[str, Any]]
    by_permit: dict[str, dict[str, Any]]
    employers: dict[str, dict[str, Any]]
    histories: dict[int, list[tuple[str, Any]]]
    new_ids: dict[Any, Iterator[int]]
    inserts: dict[Any, dict[int, dict[str, Any]]] = field(default_factory=lambda: {table: {} for table in _ORDER})
    updates: dict[Any, dict[int, dict[str, Any]]] = field(default_factory=lambda: {table: {} for table in _ORDER})
    entered: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    corrected: list[dict[str, Any]] = field(default_factory=list)
    rewritten: list[int] = field(default_factory=list)
    left: set[int] = field(default_factory=set)
    unproved: set[int] = field(default_factory=set)
    moved: set[int] = field(default_factory=set)


def look(session: Session, records: Sequence[Record], source: str) -> Batch:
    """A batch with all that is known of what `records` name, held until the unit of work ends."""

    def rows(table: Any, column: Any, values: Iterable[Any], *more: Any, held: bool = True) -> list[dict[str, Any]]:
        wanted = sorted(set(values))
        if not wanted:
            return []
        statement = select(table).where(column.in_(wanted), *more).order_by(table.c.id)
        return [dict(row) for row in session.execute(statement.with_for_update() if held else statement).mappings()]

    cases = rows(CASES, CASES.c.acceptance_number_normalised, (record.key for record in records))
    owners = rows(PEOPLE, PEOPLE.c.id, (case["applicant_id"] for case in cases))
    named = rows(PEOPLE, PEOPLE.c.permit_number_normalised, (record.permit_key for record in records if record.permit_key))
    people = {person["id"]: person for person in [*owners, *named]}
    names = {each.employer for each in records if each.employer}
    # Many applications share an employer: held by a file, it would keep every other delivery of that employer out.
    employers = rows(EMPLOYERS, EMPLOYERS.c.name, names, EMPLOYERS.c.source == source, held=False)
    histories: dict[int, list[tuple[str, Any]]] = {}
    whole = {record.key for record in records if record.history}
    known = [case["id"] for case in cases if case["acceptance_number_normalised"] in whole]
    if known:
        entries = select(STAGES).where(STAGES.c.application_id.in_(known)).order_by(STAGES.c.at, STAGES.c.id)
        for entry in session.execute(entries).mappings():
            histories.setdefault(entry["application_id"], []).append((entry["stage"], entry["at"]))
    stages = sum(max(1, len(record.history)) for record in records)
    counts = {EMPLOYERS: len(records), PEOPLE: len(records), CASES: len(records), STAGES: stages}
    return Batch(
        session=session,
        source=source,
        cases={case["acceptance_number_normalised"]: case for case in cases},
        people=people,
        by_permit={each["permit_number_normalised"]: each for each in people.values() if each["permit_number_normalised"]},
        employers={employer["name"]: employer for employer in reversed(employers)},
        histories=histories,
        new_ids={table: _ids(session, table, count) for table, count in counts.items()},
    )


def _ids(session: Session, table: Any, count: int) -> Iterator[int]:
    """`count` ids that no row has, made when the first is asked for; rows that name each other can then be written by the batch."""
    if session.get_bind().dialect.name == "postgresql":
        statement = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
        yield from [int(row[0]) for row in session.execute(statement, {"table": table.name, "count": count})]
    else:
        # A unit of work on SQLite is alone from its beginning.
        first = int(session.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()) + 1
        yield from range(first, first + count)


def add(batch: Batch, table: Any, values: dict[str, Any]) -> int:
    """The id of a new row."""
    number = next(batch.new_ids[table])
    batch.inserts[table][number] = {"id": number, **values}
    return number


def enter(batch: Batch, application_id: int, entries: Iterable[tuple[str, Any]]) -> None:
    """Have an application enter stages, each with its moment."""
    for stage, at in entries:
        number = add(batch, STAGES, {"application_id": application_id, "stage": stage, "at": at})
        batch.entered.setdefault(application_id, []).append(batch.inserts[STAGES][number])


def correct(batch: Batch, application_id: int, entry: tuple[str, Any], at: Any) -> None:
    """Give a stage that was entered, here as stage and moment, another moment."""
    for row in batch.entered.get(application_id, ()):
        if (row["stage"], row["at"]) == entry:
            row["at"] = at
    if application_id not in batch.inserts[CASES]:
        batch.corrected.append({"number": application_id, "present": entry[0], "then": entry[1], "new": at})


def put(batch: Batch, table: Any, row: dict[str, Any], values: Mapping[str, Any]) -> list[str]:
    """Give a known or new row other values; the names of the record's fields that change."""
    changed = [name for name, value in values.items() if row[name] != value]
    if changed:
        row.update(values)
        added = batch.inserts[table].get(row["id"])
        if added is not None:
            added.update(values)
        else:
            batch.updates[table][row["id"]] = {name: row[name] for name in {*values, *batch.updates[table].get(row["id"], ())}}
    return [_FIELDS.get(name, name) for name in changed if not name.endswith("_normalised")]


def write(batch: Batch) -> None:
    """Write all of it, have what was proved of other holders forgotten, and drop people who have no application any more."""
    session = batch.session
    if batch.moved or batch.unproved:
        mine = _PROOFS.c.application_id.in_(batch.moved) | _PROOFS.c.applicant_id.in_(batch.unproved | batch.left)
        session.execute(delete(_PROOFS).where(mine))
        following.withdraw(session, batch.unproved | batch.left, batch.moved, now())
    if batch.rewritten:
        session.execute(delete(STAGES).where(STAGES.c.application_id.in_(batch.rewritten)))
    # What the batch itself enters is correct already.
    if batch.corrected:
        then = (STAGES.c.application_id == bindparam("number")) & (STAGES.c.stage == bindparam("present"))
        statement = update(STAGES).where(then, STAGES.c.at == bindparam("then", type_=STAGES.c.at.type))
        session.connection().execute(statement.values(at=bindparam("new")), batch.corrected)
    for table in _ORDER:
        if batch.inserts[table]:
            session.execute(insert(table), list(batch.inserts[table].values()))
        # One statement takes many rows that change the same fields.
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for number, values in batch.updates[table].items():
            alike.setdefault(tuple(sorted(values)), []).append({"row": number, **{f"new_{name}": value for name, value in values.items()}})
        for names, rows in alike.items():
            statement = update(table).where(table.c.id == bindparam("row")).values({name: bindparam(f"new_{name}") for name in names})
            session.connection().execute(statement, rows)
    if batch.left:
        cases = select(CASES.c.id).where(CASES.c.applicant_id == PEOPLE.c.id).exists()
        session.execute(delete(PEOPLE).where(PEOPLE.c.id.in_(batch.left), PEOPLE.c.source == batch.source, ~cases))
    # Whoever looks at these rows through the same session must not see what they were before.
    session.expire_all()
