"""The audit trail: who saw and changed what, written in the unit of work that does it, chained by hash, and read page by page."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import JSON, Column, Index, Integer, String, event, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.db import Base, UtcDateTime, now

APPLICANT = "applicant"
SYSTEM = "system"

# What stands before the first entry.
NOTHING: Final = "0" * 64

_PAGE: Final = 100
_PENDING: Final = "audit entries that are not chained yet"
# What makes a program for tables take a field for a formula, also in the forms of full width.
_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")
# Controls but tab and line ends, joiners, marks of direction, separators of lines, and letters without a shape.
_UNSEEN: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0]"
)


class AuditEntry(Base):
    """One act. `actor` is `staff:<id>`, `service:<name>`, `applicant` or `system`; `subject` is `<kind>:<id>`, as in `conversation:…`.

    Attributes:
        position: its place in the chain, counted from 1 without gaps; ids follow the order of writing, places that of commits.
        previous, hash: the keyed hash of the entry before, and its own over everything but the detail, which `detail_hash` stands for.
        salt: makes `detail_hash` tell nothing; None when the detail was erased.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject", "subject"),
        Index("ix_audit_entries_actor", "actor"),
        Index("ix_audit_entries_position", "position", unique=True),
    )

    id = Column(Integer, primary_key=True)
    at = Column(UtcDateTime, nullable=False, default=now)
    actor = Column(String(40), nullable=False)
    action = Column(String(60), nullable=False)
    subject = Column(String(80), nullable=False)
    detail = Column(JSON, nullable=False, default=dict)
    position = Column(Integer, nullable=True)
    previous = Column(String(64), nullable=True)
    hash = Column(String(64), nullable=True)
    detail_hash = Column(String(64), nullable=True)
    salt = Column(String(32), nullable=True)


class AuditChain(Base):
    """The one row that every writer locks before it appends, so that there is one chain.

    Attributes:
        position, hash: of the last entry.
        first, before: place of the first entry that is kept, and the hash of the one before it.
        seal: keyed hash of these four; once wrong it stays wrong, so that no later entry hides that somebody cut the chain.
    """

    __tablename__ = "audit_chain"

    id = Column(Integer, primary_key=True)
    position = Column(Integer, nullable=False)
    hash = Column(String(64), nullable=False)
    first = Column(Integer, nullable=False)
    before = Column(String(64), nullable=False)
    seal = Column(String(64), nullable=False)


@dataclass(frozen=True)
class Ends:
    """Both ends of the chain as `AuditChain` keeps them, and whether the seal over them is right."""

    position: int
    hash: str
    first: int
    before: str
    sealed: bool


def staff(account_id: int) -> str:
    """The name of an account as an actor."""
    return f"staff:{account_id}"


def service(name: str) -> str:
    """The name of a program that shows a token as an actor; names have 30 characters at most."""
    return f"service:{name}"


def record(session: Session, actor: str, action: str, subject: str, **detail: Any) -> None:
    """Write one act, in the form `resource:verb`; it is kept, and chained, exactly if the unit of work is.

    Raises:
        RuntimeError: the database was opened without the key of the trail.
    """
    key_of(session)
    entry = AuditEntry(at=now(), actor=actor, action=action, subject=subject, detail=detail)
    session.add(entry)
    session.info.setdefault(_PENDING, []).append(entry)


def key_of(session: Session) -> bytes:
    """The key of the trail, as `Database` was given it.

    Raises:
        RuntimeError: it was not.
    """
    key: bytes | None = session.get_bind().get_execution_options().get("audit_key")
    if not key:
        raise RuntimeError("acts are recorded in a database that was opened without the key of the audit trail")
    return key


def keys_of(session: Session) -> tuple[bytes, ...]:
    """All keys that the trail has had, the oldest first and the present one last."""
    former: tuple[bytes, ...] = session.get_bind().get_execution_options().get("former_audit_keys", ())
    return (*former, key_of(session))


def keyed_hash(key: bytes, value: Any) -> str:
    """SHA-256 of the canonical JSON of `value` under `key`, in hexadecimal: keys sorted, no spaces, ASCII only."""
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, plain.encode("ascii"), hashlib.sha256).hexdigest()


def hash_of_detail(key: bytes, salt: str, detail: Any) -> str:
    """What stands for a detail in the hash of its entry."""
    # A detail comes back from the database as JSON: keys are texts then, and tuples lists.
    return keyed_hash(key, [salt, json.loads(json.dumps(detail))])


def hash_of(key: bytes, entry: Any) -> str:
    """The hash that an entry, or a row with its columns, must have; UTC to the microsecond stands for its moment."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    names = ("id", "actor", "action", "subject", "position", "previous", "detail_hash")
    return keyed_hash(key, {"at": at, **{name: getattr(entry, name) for name in names}})


def seal_of(key: bytes, position: int, last: str, first: int, before: str) -> str:
    """The seal over both ends of the chain."""
    return keyed_hash(key, ["ends", position, last, first, before])


def ends(session: Session, lock: bool = False) -> Ends:
    """Both ends of the chain; with `lock` nobody else appends until the unit of work is over."""
    key, table = key_of(session), AuditChain.__table__
    if lock:
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        # Migrations make the row, with a seal. Where it is gone, an empty seal keeps telling so.
        made = insert(table).values(id=1, position=0, hash=NOTHING, first=1, before=NOTHING, seal="")
        session.execute(made.on_conflict_do_nothing(index_elements=["id"]))
    wanted = select(table.c.position, table.c.hash, table.c.first, table.c.before, table.c.seal).where(table.c.id == 1)
    row = session.execute(wanted.with_for_update() if lock else wanted).first()
    if row is None:
        return Ends(0, NOTHING, 1, NOTHING, sealed=False)
    position, last, first, before, seal = row
    return Ends(position, last, first, before, sealed=hmac.compare_digest(seal, seal_of(key, position, last, first, before)))


def move_ends(session: Session, old: Ends, **changed: Any) -> None:
    """Keep other ends; the chain must be locked since `old` was read."""
    new = replace(old, **changed)
    values = {"position": new.position, "hash": new.hash, "first": new.first, "before": new.before}
    if old.sealed:
        values["seal"] = seal_of(key_of(session), new.position, new.hash, new.first, new.before)
    session.execute(update(AuditChain.__table__).where(AuditChain.__table__.c.id == 1).values(**values))


def _chain(session: Session) -> None:
    """Append what was recorded to the chain.

    The lock is the last that a unit of work takes, so that two of them never wait for each other.
    """
    if session.in_nested_transaction():
        return
    entries = [entry for entry in session.info.pop(_PENDING, ()) if entry in session]
    if not entries:
        return
    session.flush()
    key, old = key_of(session), ends(session, lock=True)
    position, last = old.position, old.hash
    for entry in entries:
        position += 1
        chain(key, entry, position, last)
        last = entry.hash
    session.flush()
    move_ends(session, old, position=position, hash=last)


event.listen(Session, "before_commit", _chain)


def chain(key: bytes, entry: Any, position: int, previous: str) -> None:
    """Give an entry its place after the one whose hash is `previous`."""
    entry.position, entry.previous, entry.salt = position, previous, secrets.token_hex(16)
    entry.detail_hash = hash_of_detail(key, entry.salt, entry.detail)
    entry.hash = hash_of(key, entry)


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
