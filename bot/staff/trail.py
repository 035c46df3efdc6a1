"""The audit trail as members of the staff may read it; that they read it stands in it too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import audit
from bot.audit import AuditEntry, Entry, Query
from bot.db import now
from bot.staff.names import StaffName, names
from bot.staff.officers import Officer

# Subjects whose entries may hold what applicants wrote or were told.
_OF_APPLICANTS: Final = ("conversation:", "message:", "left_message:")
_READING_TOLD_EVERY: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Line:
    """An entry as it is shown.

    Attributes:
        who: the member of the staff who acted, None when it was an applicant or the system.
        whom: the member of the staff whose account it is about, if it is about one.
        withheld: whether the detail is left out because the reader has no part in conversations.
    """

    entry: Entry
    who: StaffName | None
    whom: StaffName | None
    withheld: bool


@dataclass(frozen=True)
class Lines:
    """Some entries, the newest first; `more` says whether there are older ones."""

    lines: list[Line]
    more: bool


def search(session: Session, by: Officer, query: Query) -> Lines:
    """A page of the trail.

    Raises:
        NotAllowed: `by` may not read it.
    """
    by.require("audit:read")
    _tell_of_reading(session, by)
    page = audit.search(session, query)
    return Lines(list(_shown(session, by, page.entries)), page.more)


def export(session: Session, by: Officer, query: Query) -> list[Line]:
    """All of the trail that is wanted, for a file.

    Raises:
        NotAllowed: `by` may not read it.
    """
    by.require("audit:read")
    wanted = {name: str(value) for name, value in asdict(query).items() if value is not None}
    audit.record(session, audit.staff(by.id), "audit:export", "audit:entries", query=wanted)
    return list(_shown(session, by, list(audit.everything(session, query))))


def _shown(session: Session, by: Officer, entries: list[Entry]) -> Iterator[Line]:
    named = names(session, _accounts(entries))
    for entry in entries:
        hidden = entry.subject.startswith(_OF_APPLICANTS) and not by.may("conversation:read_all")
        yield Line(
            entry=replace(entry, detail={}) if hidden else entry,
            who=named.get(_account(entry.actor, "staff:") or 0),
            whom=named.get(_account(entry.subject, "account:") or 0),
            withheld=hidden and bool(entry.detail),
        )


def _accounts(entries: Iterable[Entry]) -> Iterator[int | None]:
    for entry in entries:
        yield _account(entry.actor, "staff:")
        yield _account(entry.subject, "account:")


def _account(text: str, prefix: str) -> int | None:
    number = text.removeprefix(prefix)
    return int(number) if text.startswith(prefix) and number.isascii() and number.isdecimal() and len(number) < 10 else None


def _tell_of_reading(session: Session, by: Officer) -> None:
    """Once an hour is enough: a page that is read again in the same sitting tells nothing new."""
    mine = (AuditEntry.actor == audit.staff(by.id), AuditEntry.action == "audit:read")
    told = select(AuditEntry.id).where(*mine, AuditEntry.at > now() - _READING_TOLD_EVERY).limit(1)
    if session.execute(told).first() is None:
        audit.record(session, audit.staff(by.id), "audit:read", "audit:entries")
