"""Limits on guessing that hold across processes: attempts are rows, under keyed hashes, and are dropped after their window."""

from __future__ import annotations

import hashlib
import hmac
import math
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, Index, Integer, String, delete, func, select
from sqlalchemy.orm import Session

from bot.db import Base, UtcDateTime, now
from bot.errors import TooMany

_LONGEST_WINDOW: Final = timedelta(days=1)


class Attempt(Base):
    """One attempt of a kind (`sign_in`, `return_code`, …) by or at somebody."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_kind_key_hash_at", "kind", "key_hash", "at"),)

    id = Column(Integer, primary_key=True)
    kind = Column(String(20), nullable=False)
    key_hash = Column(String(64), nullable=False)
    at = Column(UtcDateTime, nullable=False)


class Attempts:
    """Counts attempts; the counting must be committed whatever the attempt comes to."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def spend(self, session: Session, kind: str, who: str, limit: int, window: timedelta, code: str = "too_many_attempts") -> None:
        """Count one attempt of `who`.

        Raises:
            TooMany: `limit` attempts were made within `window`; `retry_after_s` says when the next may come.
        """
        moment, key_hash = now(), self._hash(kind, who)
        if session.get_bind().dialect.name == "postgresql":
            # Until commit nobody else counts for the same key: of many attempts at once no more than the limit pass.
            session.execute(select(func.pg_advisory_xact_lock(int(key_hash[:15], 16))))
        mine = (Attempt.kind == kind, Attempt.key_hash == key_hash, Attempt.at > moment - window)
        count, oldest = session.execute(select(func.count(), func.min(Attempt.at)).where(*mine)).one()
        if count >= limit:
            raise TooMany(code, retry_after_s=max(1, math.ceil((_aware(oldest) + window - moment).total_seconds())))
        session.add(Attempt(kind=kind, key_hash=key_hash, at=moment))
        session.flush()

    def give_back(self, session: Session, kind: str, who: str) -> None:
        """Take the newest attempt of `who` out of the count: it was none of guessing."""
        newest = select(func.max(Attempt.id)).where(Attempt.kind == kind, Attempt.key_hash == self._hash(kind, who)).scalar_subquery()
        session.execute(delete(Attempt).where(Attempt.id == newest).execution_options(synchronize_session=False))

    def forget(self, session: Session, kind: str, who: str) -> None:
        """Start over for `who`, who has shown to be right."""
        session.execute(delete(Attempt).where(Attempt.kind == kind, Attempt.key_hash == self._hash(kind, who)))

    @staticmethod
    def purge(session: Session) -> None:
        """Drop what no window reaches any more."""
        session.execute(delete(Attempt).where(Attempt.at < now() - _LONGEST_WINDOW))

    def _hash(self, kind: str, who: str) -> str:
        return hmac.new(self._key, f"{kind}\x1f{who}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=now().tzinfo)
