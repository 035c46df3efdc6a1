"""The audit trail: who saw and changed what, written in the unit of work that does it, and read page by page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, Column, Index, Integer, String, select
from sqlalchemy.orm import Session

from bot.db import Base, UtcDateTime, now

APPLICANT = "applicant"
SYSTEM = "system"

_PAGE: Final = 100
# What makes a program for tables take a field for a formula, also in the forms of full width.
_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")
# Controls but tab and line ends, joiners, marks of direction, separators of lines, and letters without a shape.
_UNSEEN: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0]"
)


class AuditEntry(Base):
    """One act. `actor` is `staff:<id>`, `applicant` or `system`; `subject` is `<kind>:<id>`, as in `conversation:…`."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_subject", "subject"), Index("ix_audit_entries_actor", "actor"))

    id = Column(Integer, primary_key=True)
    at = Column(UtcDateTime, nullable=False, default=now)
    actor = Column(String(40), nullable=False)
    action = Column(String(60), nullable=False)
    subject = Column(String(80), nullable=False)
    detail = Column(JSON, nullable=False, default=dict)


def staff(account_id: int) -> str:
    """The name of an account as an actor."""
    return f"staff:{account_id}"


def record(session: Session, actor: str, action: str, subject: str, **detail: Any) -> None:
    """Write one act, in the form `resource:verb`; it is kept exactly if the unit of work is."""
    session.add(AuditEntry(at=now(), actor=actor, action=action, subject=subject, detail=detail))


@dataclass(frozen=True)
class Query:
    """Which entries are wanted: those that meet every condition that is given.

    Attributes:
        actor: exactly this actor.
        action, subject: exactly this, or everything that begins with it when it ends with a colon: `account:`.
        since, until: from this moment on; before this moment.
        before: entries older than the one with this id, for the next page.
    """

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


@dataclass(frozen=True)
class Entry:
    """One act as it was written."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class Page:
    """Some entries, the newest first; `more` says whether there are older ones."""

    entries: list[Entry]
    more: bool


def search(session: Session, query: Query, limit: int = _PAGE) -> Page:
    """The newest entries that are wanted."""
    columns = (AuditEntry.id, AuditEntry.at, AuditEntry.actor, AuditEntry.action, AuditEntry.subject, AuditEntry.detail)
    rows = session.execute(select(*columns).where(*_conditions(query)).order_by(AuditEntry.id.desc()).limit(limit + 1)).all()
    return Page([Entry(*row) for row in rows[:limit]], len(rows) > limit)


def everything(session: Session, query: Query) -> Iterator[Entry]:
    """All entries that are wanted, the newest first, read page by page."""
    page = search(session, query, 1000)
    yield from page.entries
    while page.more:
        query = replace(query, before=page.entries[-1].id)
        page = search(session, query, 1000)
        yield from page.entries


def formula_safe(value: object) -> str:
    """`value` as a field of a table that no program takes for a formula: what looks like one gets an apostrophe before it.

    Characters that cannot be seen or that turn others around are written as their numbers, so that no field looks like another.
    """
    text = _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", str(value))
    return f"'{text}" if text.lstrip(" \u00a0\u3000").startswith(_FORMULA) else text


def _conditions(query: Query) -> list[Any]:
    conditions: list[Any] = []
    if query.actor is not None:
        conditions.append(AuditEntry.actor == query.actor)
    for column, wanted in ((AuditEntry.action, query.action), (AuditEntry.subject, query.subject)):
        if wanted is not None:
            conditions.append(column.startswith(wanted, autoescape=True) if wanted.endswith(":") else column == wanted)
    if query.since is not None:
        conditions.append(AuditEntry.at >= query.since)
    if query.until is not None:
        conditions.append(AuditEntry.at < query.until)
    if query.before is not None:
        conditions.append(AuditEntry.id < query.before)
    return conditions
