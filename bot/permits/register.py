"""Writing delivered records: whose they are, what they change, and what may not be changed by them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import Conflict
from bot.permits import batches
from bot.permits.batches import CASES, EMPLOYERS, PEOPLE, Batch
from bot.permits.records import Record

Outcome = Literal["added", "changed", "unchanged", "older"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("added", "changed", "unchanged", "older")
LONGEST_SOURCE: Final = 30

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
        batch = batches.look(session, rest, source)
        for record in rest:
            named = batch.by_permit.get(record.permit_key or "")
            if named is not None and named["id"] in batch.left:
                # Only once it is written is it known whether there still is somebody with this permit number.
                break
            try:
                outcomes.append(_place(batch, record))
            except Conflict as conflict:
                outcomes.append(conflict)
        batches.write(batch)
    return outcomes


def _place(batch: Batch, record: Record) -> Delivery:
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
        number = batches.add(batch, CASES, values)
        batch.cases[record.key] = {"id": number, **values}
        batches.enter(batch, number, record.history or ((record.stage, record.stage_since),))
        return Delivery("added", number)
    number, before = case["id"], (case["stage"], case["stage_since"])
    if case["applicant_id"] != holder["id"]:
        batch.left.add(case["applicant_id"])
        batch.moved.add(number)
    fields += changed + batches.put(batch, CASES, case, values)
    if record.history:
        if list(record.history) != batch.histories.get(number, []):
            batch.rewritten.append(number)
            batches.enter(batch, number, record.history)
            fields.append("history")
    elif record.stage != before[0]:
        batches.enter(batch, number, ((record.stage, record.stage_since),))
    elif record.stage_since != before[1]:
        batches.correct(batch, number, before, record.stage_since)
    entered = record.stage if record.stage != before[0] else None
    return Delivery("changed" if fields else "unchanged", number, tuple(dict.fromkeys(fields)), entered)


def _holder(batch: Batch, record: Record, case: Mapping[str, Any] | None) -> tuple[dict[str, Any], list[str]]:
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
        number = batches.add(batch, PEOPLE, values)
        named = batch.people[number] = {"id": number, **values}
        changed: list[str] = []
    else:
        ours = named["source"] == batch.source
        if named["date_of_birth"] != record.date_of_birth:
            if not (ours and named is present):
                raise Conflict("record_holder_differs")
            if _is_shared(batch, named):
                raise Conflict("record_holder_shared")
        changed = batches.put(batch, PEOPLE, named, values) if ours else []
        if "date_of_birth" in changed:
            batch.unproved.add(named["id"])
    if named["permit_number_normalised"]:
        batch.by_permit[named["permit_number_normalised"]] = named
    return named, changed


def _is_shared(batch: Batch, person: Mapping[str, Any]) -> bool:
    """Whether applications of another source are proved by this person's date of birth; no batch adds or moves any of those."""
    theirs = select(CASES.c.id).where(CASES.c.applicant_id == person["id"], CASES.c.source != batch.source)
    return batch.session.execute(theirs.limit(1)).first() is not None


def _employer(batch: Batch, record: Record) -> tuple[int | None, list[str]]:
    """Id of the employer, brought up to date, and which of its fields changed."""
    if record.employer is None:
        return None, []
    changed: list[str] = []
    known = batch.employers.get(record.employer)
    if known is None:
        values = {"name": record.employer, "name_zh": record.employer_zh, "source": batch.source}
        known = batch.employers[record.employer] = {"id": batches.add(batch, EMPLOYERS, values), **values}
    elif record.employer_zh:
        changed = batches.put(batch, EMPLOYERS, known, {"name_zh": record.employer_zh})
    return int(known["id"]), changed
