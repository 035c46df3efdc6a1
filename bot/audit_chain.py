"""The chain of the audit trail as a whole: verified, and kept whole where details are erased and old entries dropped."""

from __future__ import annotations

import contextlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from bot import audit, jobs, migrations
from bot.audit import AuditChain, AuditEntry, Ends
from bot.db import Database
from bot.errors import StartError
from bot.i18n import Texts
from bot.languages import Language
from bot.settings import Settings
from bot.vault import AUDIT, KEY_FILE, derived_key, former_keys, next_of, read_or_create_key

SEEN_FILE: Final = "audit.seen"
_ERASE: Final = "audit:erase"
_ROTATE: Final = "keys:rotate"
_PAGE: Final = 1000
_COLUMNS: Final = tuple(AuditEntry.__table__.c)


def opened(settings: Settings) -> Database:
    """The database of these settings with the key of the trail, which comes from the key of the vault.

    Raises:
        StartError: address or key file cannot be used.
    """
    path = settings.data_dir / KEY_FILE
    key = read_or_create_key(path)
    former = [each.key for each in former_keys(path) if each.purpose == AUDIT]
    return Database(settings.resolved_database_url, derived_key(key, AUDIT), former)


_WAY_OUT: Final = "load the settings that the assistant runs with (docs/operations.md), or begin a new one: python -m bot migrate"


def require_there(settings: Settings) -> None:
    """Make sure, without opening it, that an assistant may have used the database of these settings.

    Raises:
        StartError: its file or its key is missing, so that these are probably not the settings of the assistant that is meant.
    """
    url, key = make_url(settings.resolved_database_url), settings.data_dir / KEY_FILE
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise StartError("database_absent", detail=f"There is no database {shown}; {_WAY_OUT}")
    if not key.exists() and not next_of(key).exists():
        raise StartError("key_missing", detail=f"{key} is missing, the key of the database {shown}; {_WAY_OUT}")


def in_use(settings: Settings) -> Database:
    """The database of an assistant that is in use, as it is: neither it nor its key is ever made, and its schema never changed.

    Raises:
        StartError: see `require_there`; the database is empty or has another schema than this code, or database or key cannot be used.
    """
    with contextlib.closing(Database(settings.resolved_database_url)) as looked_at:
        require_there(settings)
        at, head = migrations.found(looked_at.engine), migrations.head()
        if at is None:
            shown = looked_at.engine.url.render_as_string(hide_password=True)
            raise StartError("database_absent", detail=f"The database {shown} is empty; {_WAY_OUT}")
        if at != head:
            raise StartError("database_newer" if at > head else "database_older", detail=migrations.told_apart(at))
    return opened(settings)


@dataclass(frozen=True)
class Broken:
    """The first place where the chain does not hold; what is `erased` or about its end is told where all entries hold.

    Attributes:
        how: `changed` (the entry is not as it was written), `detail` (its detail is not), `erased` (its detail is gone and no entry
            says so), `missing` (entries before it are gone, or it was put in between), `loose` (it was never chained), `cut` (the
            end of the chain is not where it was), `ends` (the seal over both ends is wrong).
        entry: id of the entry; None when it is about the end of the chain.
        position: its place in the chain; for `cut` and `ends` that of the last entry there is.
    """

    how: str
    entry: int | None
    position: int | None


@dataclass(frozen=True)
class Verdict:
    """How many entries were found, the last of them, and where the chain breaks; `broken` is None when it is whole."""

    entries: int
    position: int
    hash: str
    broken: Broken | None


def verify(database: Database, seen: tuple[int, str] | None = None) -> Verdict:
    """Look at every entry, page by page, without keeping writers waiting.

    Args:
        database: opened with the key of the trail.
        seen: place and hash of an entry that was the last one once; the chain must still hold it unless it was dropped since.
    """
    with database.session() as session:
        begin = audit.ends(session)
        loose = session.execute(select(func.min(AuditEntry.id)).where(AuditEntry.position.is_(None))).scalar()
    count, position, last, size = 0, begin.first - 1, begin.before, _PAGE
    # Which of the keys the entries are under; a rotation is an entry under the next.
    epoch: int | None = None
    # Places of entries without detail, by id, until an entry after them says that it was erased.
    emptied: dict[int, int] = {}

    def verdict(how: str | None, entry: int | None = None, at: int | None = None) -> Verdict:
        return Verdict(count, position, last, None if how is None else Broken(how, entry, at))

    while True:
        with database.session() as session:
            present = audit.ends(session)
            following = (AuditEntry.position > position, AuditEntry.position, size)
            try:
                rows = _page(session, _COLUMNS, *following)
            except ValueError:
                # Somebody wrote what is no moment or no JSON; read alone, the entry can be named.
                if size > 1:
                    size = 1
                    continue
                unreadable = _page(session, (AuditEntry.id, AuditEntry.position), *following)[0]
                return verdict("changed", unreadable.id, unreadable.position)
            keys = audit.keys_of(session)
            dropped = audit.ends(session).first != begin.first
        if dropped:
            return verify(database, seen)
        for row in rows:
            epoch = _epoch(keys, row, epoch)
            how = _wrong(keys[epoch], row, position, last)
            if how is None and seen is not None and seen[0] == row.position and seen[1] != row.hash:
                how = "changed"
            if how is not None:
                return verdict(how, row.id, row.position)
            if row.salt is None:
                emptied[row.id] = row.position
            elif row.action == _ERASE:
                for each in row.detail["entries"]:
                    emptied.pop(each, None)
            count, position, last = count + 1, row.position, row.hash
        if not rows:
            break
    if emptied:
        return verdict("erased", *next(iter(emptied.items())))
    if loose is not None:
        return verdict("loose", loose)
    if (present.position, present.hash) != (position, last) or (seen is not None and seen[0] > position):
        return verdict("cut", None, position)
    return verdict(None if present.sealed else "ends", None, position)


def _page(session: Session, columns: Sequence[Any], where: Any, order: Any, size: int) -> list[Any]:
    return list(session.execute(select(*columns).where(where).order_by(order).limit(size)).all())


def _epoch(keys: Sequence[bytes], row: Any, before: int | None) -> int:
    """Which key an entry must be under, after one that was under the key `before`.

    Whoever has a former key can write entries under it, but none that the first entry under the next key follows.
    """

    def fits(at: int) -> bool:
        return hmac.compare_digest(row.hash or "", audit.hash_of(keys[at], row))

    if before is None:
        return next((at for at in range(len(keys)) if fits(at)), len(keys) - 1)
    return before + 1 if row.action == _ROTATE and before + 1 < len(keys) and fits(before + 1) else before


def go_on_under_this_key(session: Session, former: bytes) -> None:
    """Have a chain that was written under the key `former` go on under that of the session; the first entry under it says so.

    Raises:
        StartError: the seal over the ends of the chain was not made with `former`.
    """
    row = session.execute(select(AuditChain.__table__).where(AuditChain.__table__.c.id == 1)).one()
    ends = (row.position, row.hash, row.first, row.before)
    if not hmac.compare_digest(row.seal, audit.seal_of(former, *ends)):
        raise StartError("trail_broken", detail="The audit trail is not whole; run: python -m bot audit verify")
    sealed = update(AuditChain.__table__).where(AuditChain.__table__.c.id == 1).values(seal=audit.seal_of(audit.key_of(session), *ends))
    session.execute(sealed)
    audit.record(session, audit.SYSTEM, _ROTATE, "key:vault")


def _wrong(key: bytes, row: Any, position: int, last: str) -> str | None:
    """What is wrong with an entry that follows the one at `position`, whose hash is `last`."""
    if not hmac.compare_digest(row.hash or "", audit.hash_of(key, row)):
        return "changed"
    if row.position != position + 1 or row.previous != last:
        return "missing"
    if row.salt is None:
        return None if row.detail == {} else "detail"
    return None if hmac.compare_digest(row.detail_hash, audit.hash_of_detail(key, row.salt, row.detail)) else "detail"


def erase(session: Session, actor: str, subject: str) -> int:
    """Take the details of all entries about `subject` that earlier units of work wrote out of the trail; returns of how many.

    The entries stay, with the hash that stood for the detail and without the salt, so that nothing can be guessed from it. That
    they were erased is recorded, and their chain stays whole.
    """
    session.flush()
    found = select(AuditEntry.id).where(AuditEntry.subject == subject, AuditEntry.action != _ERASE, AuditEntry.salt.isnot(None))
    ids = list(session.execute(found.order_by(AuditEntry.id)).scalars())
    for begin in range(0, len(ids), _PAGE):
        some = ids[begin : begin + _PAGE]
        emptied = update(AuditEntry).where(AuditEntry.id.in_(some)).values(detail={}, salt=None)
        session.execute(emptied.execution_options(synchronize_session="fetch"))
        audit.record(session, actor, _ERASE, subject, entries=some)
    return len(ids)


def drop_before(session: Session, actor: str, moment: datetime) -> int:
    """Delete the oldest entries up to the first that is not older than `moment`; returns how many.

    The chain then begins with the first that is kept, under a seal; that entries were dropped is recorded. It holds the lock of the
    chain until the unit of work is over: do it in one of its own.
    """
    old: Ends = audit.ends(session, lock=True)
    kept = session.execute(select(func.min(AuditEntry.position)).where(AuditEntry.at >= moment)).scalar()
    first = old.position + 1 if kept is None else int(kept)
    if first <= old.first:
        return 0
    # Where somebody took that entry out, nothing fits: the chain stays broken, and the rest still ends in time.
    before = session.execute(select(AuditEntry.hash).where(AuditEntry.position == first - 1)).scalar() or ""
    dropped = delete(AuditEntry).where(AuditEntry.position < first).execution_options(synchronize_session=False)
    count = int(session.execute(dropped).rowcount)
    audit.move_ends(session, old, first=first, before=before)
    audit.record(session, actor, "audit:drop", "audit:entries", entries=count, before=moment.isoformat())
    return count


def command(settings: Settings, language: Language) -> int:
    """Print whether the trail is whole, and remember its last entry for the next time; 1 when it is not.

    Raises:
        StartError: the database or the key cannot be used.
    """
    texts, file = Texts.load(), settings.data_dir / SEEN_FILE
    try:
        seen = _read_seen(file)
    except (ValueError, TypeError):
        print(texts.get(language, "operator.audit.seen", file=file))
        return 1
    with contextlib.closing(in_use(settings)) as database:
        found = verify(database, seen)
        with database.session() as session:
            jobs.done(session, "audit", found.broken is None)
    if found.broken is not None:
        print(texts.get(language, f"operator.audit.{found.broken.how}", entry=found.broken.entry, position=found.broken.position))
        return 1
    file.write_text(json.dumps([found.position, found.hash]), encoding="utf-8")
    print(texts.get(language, "operator.audit.whole", entries=found.entries, position=found.position, hash=found.hash))
    return 0


def _read_seen(file: Path) -> tuple[int, str] | None:
    """The last entry of the last time; ValueError or TypeError when the file holds none."""
    try:
        position, last = json.loads(file.read_text(encoding="utf-8"))
        return int(position), str(last)
    except FileNotFoundError:
        return None
