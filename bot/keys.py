"""`python -m bot keys rotate`: another `vault.key`, under which the audit trail goes on and second factors still work."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet
from sqlalchemy import delete, text
from sqlalchemy.engine import make_url

from bot import audit, audit_chain
from bot.db import Database
from bot.errors import StartError
from bot.i18n import Texts
from bot.languages import Language
from bot.notifications import mailbox
from bot.ports import require_free
from bot.settings import Settings
from bot.staff import totp
from bot.supervisor import hold_data_dir
from bot.vault import (
    AUDIT,
    KEY_FILE,
    SESSIONS,
    Former,
    VaultEntry,
    derived_key,
    former_keys,
    next_of,
    parse_key,
    read_or_create_key,
    write_key,
)

_STAMP: Final = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True)
class Rotated:
    """What was done.

    Attributes:
        before: where the key that was in force before is kept; None where only an interrupted rotation was brought to its end.
        factors, lost: second factors that go on under the new key, and those that the old key did not open.
        entries: of the audit trail, verified before.
    """

    before: Path | None
    factors: int = 0
    lost: int = 0
    entries: int = 0


def rotate(settings: Settings, leaked: bool) -> Rotated:
    """Put another key in force; everything that uses the database must have stopped. An interrupted call is made good by the next.

    Args:
        leaked: somebody else may know the old key: sessions of applicants made under it end, instead of living on for their 30 days.

    Raises:
        StartError: something still runs; the trail is not whole; key or database cannot be used. Nothing is changed then.
    """
    path = settings.data_dir / KEY_FILE
    require_free(settings.http_host, settings.http_port, "BOT_HTTP_PORT")
    audit_chain.require_there(settings)
    with hold_data_dir(settings):
        if next_of(path).exists():
            if _is_in_force(settings, parse_key(next_of(path))):
                before = _put_in_place(path)
                return Rotated(before)
            next_of(path).unlink()
        old, former = read_or_create_key(path), former_keys(path)
        _require_alone(settings)
        with contextlib.closing(audit_chain.in_use(settings)) as database:
            found = audit_chain.verify(database)
        if found.broken is not None:
            raise StartError("trail_broken", detail="The audit trail is not whole; run: python -m bot audit verify")
        new, moment = Fernet.generate_key(), datetime.now(UTC)
        purposes = [AUDIT] if leaked else [AUDIT, SESSIONS]
        kept = [each for each in former if each.purpose in purposes]
        kept += [Former(purpose, derived_key(old, purpose), moment) for purpose in purposes]
        write_key(next_of(path), new, kept)
        factors, lost = _rekey(settings, old, new)
        return Rotated(_put_in_place(path), factors, lost, found.entries)


def _rekey(settings: Settings, old: bytes, new: bytes) -> tuple[int, int]:
    """In one unit of work: the trail goes on under the new key, second factors and addresses are locked anew, the vault is emptied."""
    with contextlib.closing(Database(settings.resolved_database_url, derived_key(new, AUDIT))) as database, database.session() as session:
        audit_chain.go_on_under_this_key(session, derived_key(old, AUDIT))
        factors, lost = totp.lock_anew(session, derived_key(old, "staff"), derived_key(new, "staff"))
        mailbox.lock_anew(session, derived_key(old, mailbox.ADDRESSES), derived_key(new, mailbox.ADDRESSES))
        session.execute(delete(VaultEntry))
        return factors, lost


def _is_in_force(settings: Settings, key: bytes) -> bool:
    with contextlib.closing(Database(settings.resolved_database_url, derived_key(key, AUDIT))) as database, database.session() as session:
        return audit.ends(session).sealed


def _put_in_place(path: Path) -> Path:
    before = path.with_name(f"{path.name}.before-{datetime.now(UTC).strftime(_STAMP)}")
    # A second name, so that there is a key at every moment: a start without one would make another.
    os.link(path, before)
    os.replace(next_of(path), path)
    return before


def _require_alone(settings: Settings) -> None:
    """Make sure that nobody uses the database: whoever still has the old key in memory would write what nobody can verify.

    Raises:
        StartError: somebody does.
    """
    url = make_url(settings.resolved_database_url)
    used = StartError("database_used", detail="The database is in use; stop every gateway and action server first.")
    if url.get_backend_name() == "sqlite":
        with contextlib.closing(sqlite3.connect(str(url.database), timeout=2)) as connection:
            try:
                # Folding in the write-ahead log needs the file for oneself, and anything that runs holds it open.
                connection.execute("PRAGMA journal_mode=DELETE")
            except sqlite3.OperationalError:
                raise used from None
    else:
        others = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"
        )
        with contextlib.closing(Database(settings.resolved_database_url)) as database, database.session() as session:
            if session.execute(text(others)).scalar_one():
                raise used


def command(settings: Settings, leaked: bool, language: Language) -> int:
    """Rotate, and print what has to be done with the two files.

    Raises:
        StartError: see `rotate`.
    """
    done, texts = rotate(settings, leaked), Texts.load()
    if done.entries:
        print(texts.get(language, "operator.keys.rotated", entries=done.entries, factors=done.factors))
    if done.lost:
        print(texts.get(language, "operator.keys.lost", lost=done.lost))
    print(texts.get(language, "operator.keys.files", file=settings.data_dir / KEY_FILE, before=done.before))
    print(texts.get(language, f"operator.keys.{'ended' if leaked else 'live_on'}"))
    return 0
