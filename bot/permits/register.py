"""Writing delivered records: whose they are, what they change, and what may not be changed by them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sqlalchemy import bindparam, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from bot.db import now
from bot.errors import Conflict
from bot.permits import following
from bot.permits.models import Applicant, Application, Employer, LookupProof, StageEntry
from bot.permits.records import Record

Outcome = Literal["added", "changed", "unchanged", "older"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("added", "changed", "unchanged", "older")
LONGEST_SOURCE: Final = 30

_PEOPLE: Final[Any] = Applicant.__table__
_CASES: Final[Any] = Application.__table__
_EMPLOYERS: Final[Any] = Employer.__table__
_STAGES: Final[Any] = StageEntry.__table__
_PROOFS: Final[Any] = LookupProof.__table__
_ORDER: Final[tuple[Any, ...]] = (_EMPLOYERS, _PEOPLE, _CASES, _STAGES)
_OF_PEOPLE: Final = ("given_name", "family_name", "nationality", "date_of_birth")
_OF_CASES: Final = (
    "application_type",
    "category",
    "station",
    "stage",
    "stage_since",
    "submitted_at",
    "accepted_at",
    "decided_at",
    "valid_until",
)
# An application moves to another holder by its permit number only.
_FIELDS: Final = {"acceptance_number": "number", "applicant_id": "permit_number", "employer_id": "employer", "name_zh": "employer_zh"}


@dataclass(frozen=True)
class Delivery:
    """What came of one record.

    Attributes:
        outcome: `older` when a later stage is known already; then nothing was written.
        application_id: of the application.
        fields: names of the record's fields that changed, for an application that was there before.
        entered: the stage it is in now, when it was in another one before.
    """

    outcome: Outcome
    application_id: int
    fields: tuple[str, ...] = ()
    entered: str | None = None


@dataclass
class _Batch:
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


def deliver(session: Session, records: Sequence[Record], source: str) -> list[Delivery | Conflict]:
    """Write `records` as if they came one after the other, and say what came of each, in their order.

    The same record twice changes nothing the second time. A record with a history replaces the history; one without adds
    its stage to it, corrects the moment of the present stage, or is `older`. A permit number joins applications to one
    holder, for life: a record without one does not take it away, unless its date of birth is not that of a holder of another
    source. People and applications of another source are never changed. What a conversation has proved is forgotten when
    holder or date of birth change, and what it follows is told no longer.

    Returns:
        For each record its delivery, or the Conflict that kept it from being written: `record_of_other_source`,
        `record_holder_differs` when the permit number belongs to somebody with another date of birth, or
        `record_holder_shared` when the date of birth of a holder changes who has applications of another source, too.

    Raises:
        ValueError: a number that stands twice has a history.
    """
    times = Counter(record.key for record in records)
    if any(record.history and times[record.key] > 1 for record in records):
        raise ValueError("a number with a history stands twice in a batch")
    outcomes: list[Delivery | Conflict] = []
    while rest := records[len(outcomes) :]:
        batch = _look(session, rest, source)
        for record in rest:
            named = batch.by_permit.get(record.permit_key or "")
            if named is not None and named["id"] in batch.left:
                # Only once it is written is it known whether there still is somebody with this permit number.
                break
            try:
                outcomes.append(_place(batch, record))
            except Conflict as conflict:
                outcomes.append(conflict)
        _write(batch)
    return outcomes


def _look(session: Session, records: Sequence[Record], source: str) -> _Batch:
    def rows(table: Any, column: Any, values: Iterable[Any], *more: Any, held: bool = True) -> list[dict[str, Any]]:
        wanted = sorted(set(values))
        if not wanted:
            return []
        statement = select(table).where(column.in_(wanted), *more).order_by(table.c.id)
        return [dict(row) for row in session.execute(statement.with_for_update() if held else statement).mappings()]

    cases = rows(_CASES, _CASES.c.acceptance_number_normalised, (record.key for record in records))
    owners = rows(_PEOPLE, _PEOPLE.c.id, (case["applicant_id"] for case in cases))
    named = rows(_PEOPLE, _PEOPLE.c.permit_number_normalised, (record.permit_key for record in records if record.permit_key))
    people = {person["id"]: person for person in [*owners, *named]}
    names = {each.employer for each in records if each.employer}
    # Many applications share an employer: held by a file, it would keep every other delivery of that employer out.
    employers = rows(_EMPLOYERS, _EMPLOYERS.c.name, names, _EMPLOYERS.c.source == source, held=False)
    histories: dict[int, list[tuple[str, Any]]] = {}
    whole = {record.key for record in records if record.history}
    known = [case["id"] for case in cases if case["acceptance_number_normalised"] in whole]
    if known:
        entries = select(_STAGES).where(_STAGES.c.application_id.in_(known)).order_by(_STAGES.c.at, _STAGES.c.id)
        for entry in session.execute(entries).mappings():
            histories.setdefault(entry["application_id"], []).append((entry["stage"], entry["at"]))
    stages = sum(max(1, len(record.history)) for record in records)
    counts = {_EMPLOYERS: len(records), _PEOPLE: len(records), _CASES: len(records), _STAGES: stages}
    return _Batch(
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


def _place(batch: _Batch, record: Record) -> Delivery:
    case = batch.cases.get(record.key)
    if case is not None:
        if case["source"] != batch.source:
            raise Conflict("record_of_other_source")
        if not record.history and record.stage != case["stage"] and record.stage_since < case["stage_since"]:
            return Delivery("older", case["id"])
    holder, fields = _holder(batch, record, case)
    values = {name: getattr(record, name) for name in _OF_CASES}
    employer_id, changed = _employer(batch, record)
    values |= {"applicant_id": holder["id"], "employer_id": employer_id, "acceptance_number": record.number}
    if case is None:
        values |= {"acceptance_number_normalised": record.key, "source": batch.source}
        number = _add(batch, _CASES, values)
        batch.cases[record.key] = {"id": number, **values}
        _enter(batch, number, record.history or ((record.stage, record.stage_since),))
        return Delivery("added", number)
    number, before = case["id"], (case["stage"], case["stage_since"])
    if case["applicant_id"] != holder["id"]:
        batch.left.add(case["applicant_id"])
        batch.moved.add(number)
    fields += changed + _set(batch, _CASES, case, values)
    if record.history:
        if list(record.history) != batch.histories.get(number, []):
            batch.rewritten.append(number)
            _enter(batch, number, record.history)
            fields.append("history")
    elif record.stage != before[0]:
        _enter(batch, number, ((record.stage, record.stage_since),))
    elif record.stage_since != before[1]:
        _correct(batch, number, before, record.stage_since)
    entered = record.stage if record.stage != before[0] else None
    return Delivery("changed" if fields else "unchanged", number, tuple(dict.fromkeys(fields)), entered)


def _holder(batch: _Batch, record: Record, case: Mapping[str, Any] | None) -> tuple[dict[str, Any], list[str]]:
    """The person whose record it is, brought up to date, and which of their fields changed."""
    present = batch.people[case["applicant_id"]] if case is not None else None
    named = batch.by_permit.get(record.permit_key) if record.permit_key else None
    if named is None and present is not None:
        # Without a way to leave a holder of somebody else, two sources that share one could never correct its date of birth.
        leaves = record.permit_key is None and present["source"] != batch.source and present["date_of_birth"] != record.date_of_birth
        if not leaves and None in (record.permit_key, present["permit_number_normalised"]):
            named = present
    values: dict[str, Any] = {name: getattr(record, name) for name in _OF_PEOPLE}
    if record.permit_key is not None:
        values |= {"permit_number": record.permit_number, "permit_number_normalised": record.permit_key}
    if named is None:
        values = {"permit_number": None, "permit_number_normalised": None, **values, "source": batch.source}
        number = _add(batch, _PEOPLE, values)
        named = batch.people[number] = {"id": number, **values}
        changed: list[str] = []
    else:
        ours = named["source"] == batch.source
        if named["date_of_birth"] != record.date_of_birth:
            if not (ours and named is present):
                raise Conflict("record_holder_differs")
            if _is_shared(batch, named):
                raise Conflict("record_holder_shared")
        changed = _set(batch, _PEOPLE, named, values) if ours else []
        if "date_of_birth" in changed:
            batch.unproved.add(named["id"])
    if named["permit_number_normalised"]:
        batch.by_permit[named["permit_number_normalised"]] = named
    return named, changed


def _is_shared(batch: _Batch, person: Mapping[str, Any]) -> bool:
    """Whether applications of another source are proved by this person's date of birth; no batch adds or moves any of those."""
    theirs = select(_CASES.c.id).where(_CASES.c.applicant_id == person["id"], _CASES.c.source != batch.source)
    return batch.session.execute(theirs.limit(1)).first() is not None


def _employer(batch: _Batch, record: Record) -> tuple[int | None, list[str]]:
    """Id of the employer, brought up to date, and which of its fields changed."""
    if record.employer is None:
        return None, []
    changed: list[str] = []
    known = batch.employers.get(record.employer)
    if known is None:
        values = {"name": record.employer, "name_zh": record.employer_zh, "source": batch.source}
        known = batch.employers[record.employer] = {"id": _add(batch, _EMPLOYERS, values), **values}
    elif record.employer_zh:
        changed = _set(batch, _EMPLOYERS, known, {"name_zh": record.employer_zh})
    return int(known["id"]), changed


def _add(batch: _Batch, table: Any, values: dict[str, Any]) -> int:
    number = next(batch.new_ids[table])
    batch.inserts[table][number] = {"id": number, **values}
    return number


def _enter(batch: _Batch, application_id: int, entries: Iterable[tuple[str, Any]]) -> None:
    for stage, at in entries:
        number = _add(batch, _STAGES, {"application_id": application_id, "stage": stage, "at": at})
        batch.entered.setdefault(application_id, []).append(batch.inserts[_STAGES][number])


def _correct(batch: _Batch, application_id: int, entry: tuple[str, Any], at: Any) -> None:
    for row in batch.entered.get(application_id, ()):
        if (row["stage"], row["at"]) == entry:
            row["at"] = at
    if application_id not in batch.inserts[_CASES]:
        batch.corrected.append({"number": application_id, "present": entry[0], "then": entry[1], "new": at})


def _set(batch: _Batch, table: Any, row: dict[str, Any], values: Mapping[str, Any]) -> list[str]:
    changed = [name for name, value in values.items() if row[name] != value]
    if changed:
        row.update(values)
        added = batch.inserts[table].get(row["id"])
        if added is not None:
            added.update(values)
        else:
            batch.updates[table][row["id"]] = {name: row[name] for name in {*values, *batch.updates[table].get(row["id"], ())}}
    return [_FIELDS.get(name, name) for name in changed if not name.endswith("_normalised")]


def _write(batch: _Batch) -> None:
    session = batch.session
    if batch.moved or batch.unproved:
        mine = _PROOFS.c.application_id.in_(batch.moved) | _PROOFS.c.applicant_id.in_(batch.unproved | batch.left)
        session.execute(delete(_PROOFS).where(mine))
        following.withdraw(session, batch.unproved | batch.left, batch.moved, now())
    if batch.rewritten:
        session.execute(delete(_STAGES).where(_STAGES.c.application_id.in_(batch.rewritten)))
    # What the batch itself enters is correct already.
    if batch.corrected:
        then = (_STAGES.c.application_id == bindparam("number")) & (_STAGES.c.stage == bindparam("present"))
        statement = update(_STAGES).where(then, _STAGES.c.at == bindparam("then", type_=_STAGES.c.at.type))
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
        cases = select(_CASES.c.id).where(_CASES.c.applicant_id == _PEOPLE.c.id).exists()
        session.execute(delete(_PEOPLE).where(_PEOPLE.c.id.in_(batch.left), _PEOPLE.c.source == batch.source, ~cases))
    # Whoever looks at these rows through the same session must not see what they were before.
    session.expire_all()
