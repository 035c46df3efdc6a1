"""A short-lived store for what must not travel on: a typed token goes in its place, and the value stays here, encrypted."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Column, Index, Integer, LargeBinary, String, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot import db
from bot.errors import StartError

LIFE: Final[timedelta] = timedelta(minutes=15)
KINDS: Final[tuple[str, ...]] = ("NUMBER", "DATE", "POINT", "EMAIL", "PHONE", "RESULT")
KEY_FILE: Final[str] = "vault.key"
# What the keys are for that outlive a rotation: entries of the trail stay as they were hashed, tokens are with applicants.
AUDIT: Final[str] = "audit trail"
SESSIONS: Final[str] = "sessions"


class VaultEntry(db.Base):
    """One value that is kept out of everything else.

    Attributes:
        fingerprint: keyed hash of the value, so that the same value gets the same token.
        value: the value as encrypted JSON.
    """

    __tablename__ = "vault_entries"

    conversation_id: str = Column(String(64), primary_key=True)
    token: str = Column(String(32), primary_key=True)
    kind: str = Column(String(16), nullable=False)
    fingerprint: str = Column(String(64), nullable=False)
    value: bytes = Column(LargeBinary, nullable=False)
    expires_at: datetime = Column(db.UtcDateTime, nullable=False)

    __table_args__ = (
        Index("ix_vault_entries_conversation_id_fingerprint", "conversation_id", "fingerprint"),
        Index("ix_vault_entries_expires_at", "expires_at"),
    )


class VaultCounter(db.Base):
    """The last token number of a kind in a conversation; it outlives the entries, so that no token ever means two things."""

    __tablename__ = "vault_counters"

    conversation_id: str = Column(String(64), primary_key=True)
    kind: str = Column(String(16), primary_key=True)
    last: int = Column(Integer, nullable=False)


_ENTRIES: Final = VaultEntry.__table__
# Statements of every turn are built once: to build one takes longer than to execute it.
_KNOWN: Final = select(_ENTRIES.c.token).where(
    _ENTRIES.c.conversation_id == bindparam("conversation"),
    _ENTRIES.c.fingerprint == bindparam("of"),
    _ENTRIES.c.expires_at > bindparam("now"),
)
_RENEW: Final = (
    update(_ENTRIES)
    .where(_ENTRIES.c.conversation_id == bindparam("conversation"), _ENTRIES.c.token == bindparam("known"))
    .values(expires_at=bindparam("until"))
)


def read_or_create_key(path: Path) -> bytes:
    """The secret kept in `path`, made on first use; of several processes that start at once, all get the same.

    Raises:
        StartError: others than the owner can read the file, it holds no key, or its rotation was interrupted.
    """
    if next_of(path).exists():
        raise StartError("key_unfinished", detail=f"The rotation of {path} was interrupted; run it again: python -m bot keys rotate")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            # mkstemp makes the file with mode 0600; the link appears whole or not at all.
            os.write(handle, Fernet.generate_key())
            os.fsync(handle)
            os.link(name, path)
        except FileExistsError:
            pass
        finally:
            os.close(handle)
            os.unlink(name)
    return parse_key(path)


def next_of(path: Path) -> Path:
    """Where the next key lies while it is put in the place of the one in `path`."""
    return path.with_name(f"{path.name}.next")


def parse_key(path: Path) -> bytes:
    """The secret in the first line of `path`.

    Raises:
        StartError: others than the owner can read the file, or it holds no key.
    """
    if path.stat().st_mode & 0o077:
        raise StartError("key_not_private", detail=f"{path} must be readable by its owner only (chmod 600).")
    key = path.read_bytes().partition(b"\n")[0].strip()
    try:
        Fernet(key)
    except ValueError:
        raise StartError("key_unusable", detail=f"{path} holds no key; restore it or delete it.") from None
    return key


@dataclass(frozen=True)
class Former:
    """A key that was derived for one purpose from a secret that was in force until a rotation."""

    purpose: str
    key: bytes
    until: datetime


def former_keys(path: Path) -> list[Former]:
    """The keys that go on being read, the oldest first, from the lines after the first.

    Raises:
        StartError: a line cannot be read.
    """
    try:
        lines = [line.split("\t") for line in path.read_text(encoding="ascii").splitlines()[1:] if line.strip()]
        return [Former(purpose, bytes.fromhex(key), datetime.fromisoformat(until)) for purpose, key, until in lines]
    except ValueError:
        raise StartError("key_unusable", detail=f"A line of {path} cannot be read; restore the file.") from None


def write_key(path: Path, key: bytes, former: Sequence[Former]) -> None:
    """Write a new file of keys, readable by its owner only, and have it on the disk."""
    lines = [key.decode("ascii"), *("\t".join((each.purpose, each.key.hex(), each.until.isoformat())) for each in former)]
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())


def derived_key(key: bytes, purpose: str) -> bytes:
    """A secret for one purpose that tells nothing about `key` or the secrets for other purposes."""
    return hmac.new(key, purpose.encode(), hashlib.sha256).digest()


class Vault:
    """Values by conversation and token, gone after `life`.

    Args:
        key_path: file of the key; made on first use, readable by its owner only.
        clock: gives the present moment.
        life: how long a value can be had back after it was last put in.
    """

    def __init__(self, key_path: Path, clock: Callable[[], datetime] = db.now, life: timedelta = LIFE) -> None:
        self._key_path = key_path
        self._clock = clock
        self._life = life
        self._secrets: tuple[Fernet, bytes] | None = None

    def put(self, session: Session, conversation: str, kind: str, value: Any) -> str:
        """Keep `value` (JSON data) and return its token, such as `<NUMBER:3>`.

        The same value gets the same token while it lives, and lives anew. Numbers count up per conversation and kind
        and are never given twice.
        """
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no kind of the vault")
        fernet, secret = self._open()
        now = self._clock()
        plain = json.dumps(value, ensure_ascii=False, sort_keys=True)
        fingerprint = hmac.new(secret, f"{conversation}\0{kind}\0{plain}".encode("utf-8", "surrogatepass"), hashlib.sha256)
        known = self._renew(session, conversation, fingerprint.hexdigest(), now)
        if known is None:
            # Somebody else may put the same value in; whoever is second finds what the first has made.
            self._lock_counter(session, conversation, kind)
            known = self._renew(session, conversation, fingerprint.hexdigest(), now)
        if known is not None:
            return known
        counter = (VaultCounter.conversation_id == conversation, VaultCounter.kind == kind)
        session.execute(
            update(VaultCounter).where(*counter).values(last=VaultCounter.last + 1).execution_options(synchronize_session=False)
        )
        token = f"<{kind}:{session.execute(select(VaultCounter.last).where(*counter)).scalar_one()}>"
        session.execute(
            VaultEntry.__table__.insert().values(
                conversation_id=conversation,
                token=token,
                kind=kind,
                fingerprint=fingerprint.hexdigest(),
                value=fernet.encrypt(plain.encode("utf-8", "surrogatepass")),
                expires_at=now + self._life,
            )
        )
        return token

    def _renew(self, session: Session, conversation: str, fingerprint: str, now: datetime) -> str | None:
        """The token of a value that is here, which lives anew, or None."""
        token: str | None = session.execute(_KNOWN, {"conversation": conversation, "of": fingerprint, "now": now}).scalar()
        if token is None:
            return None
        renewed = session.execute(_RENEW, {"conversation": conversation, "known": token, "until": now + self._life})
        return token if renewed.rowcount == 1 else None

    def get(self, session: Session, conversation: str, token: str) -> Any | None:
        """The value behind `token`, or None when it expired or is not of this conversation."""
        value: bytes | None = session.execute(
            select(VaultEntry.value).where(
                VaultEntry.conversation_id == conversation,
                VaultEntry.token == token,
                VaultEntry.expires_at > self._clock(),
            )
        ).scalar_one_or_none()
        if value is None:
            return None
        try:
            return json.loads(self._open()[0].decrypt(bytes(value)).decode("utf-8", "surrogatepass"))
        except InvalidToken:
            # The key file was replaced: what the old key locked is lost, like an expired value.
            return None

    def forget(self, session: Session, conversation: str) -> None:
        """Drop every value and the numbering of a conversation that is over."""
        for model in (VaultEntry, VaultCounter):
            session.execute(delete(model).where(model.conversation_id == conversation).execution_options(synchronize_session=False))

    def purge(self, session: Session, now: datetime | None = None) -> int:
        """Drop expired values; returns how many."""
        expired = delete(VaultEntry).where(VaultEntry.expires_at <= (now or self._clock()))
        return int(session.execute(expired.execution_options(synchronize_session=False)).rowcount)

    def _open(self) -> tuple[Fernet, bytes]:
        if self._secrets is None:
            key = read_or_create_key(self._key_path)
            self._secrets = Fernet(key), derived_key(key, "vault fingerprints")
        return self._secrets

    @staticmethod
    def _lock_counter(session: Session, conversation: str, kind: str) -> None:
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        statement = insert(VaultCounter).values(conversation_id=conversation, kind=kind, last=0)
        session.execute(
            statement.on_conflict_do_update(index_elements=["conversation_id", "kind"], set_={"last": VaultCounter.__table__.c.last})
        )
