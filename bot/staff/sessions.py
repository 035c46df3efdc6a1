"""Signed-in browsers: opened by signing in, found by their token, ended by time or by hand."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.db import now
from bot.sealing import signature
from bot.staff import officers
from bot.staff.browsers import described
from bot.staff.events import Announcer, SessionsRevoked
from bot.staff.invitations import hashed
from bot.staff.models import StaffAccount, StaffSession
from bot.staff.officers import Officer

ABSOLUTE_LIFE: Final = timedelta(hours=12)
IDLE_LIFE: Final = timedelta(hours=2)
# How long a session that ended is kept: it tells from where an account is known to sign in.
KEPT: Final = timedelta(days=30)
_ID: Final = re.compile(r"[0-9a-f]{32}")
_SEEN_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class SignedIn:
    """Who speaks in a session; `csrf` must come with every change that its cookie authorises."""

    officer: Officer
    session_id: str
    csrf: str


@dataclass(frozen=True)
class OpenSession:
    """A session in a list; `described` is browser and system in a few words."""

    id: str
    described: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


class Sessions:
    """Sessions of staff in the database.

    Args:
        key: secret from which the word against forged requests is made.
        announcer: tells who must be cut off.
    """

    def __init__(self, key: bytes, announcer: Announcer) -> None:
        self._key = key
        self._announcer = announcer

    def open(self, session: Session, account_id: int, user_agent: str, network_hash: str | None) -> tuple[str, SignedIn]:
        """A new session and its token, which is told only here."""
        token, session_id, moment = secrets.token_urlsafe(32), secrets.token_hex(16), now()
        session.add(
            StaffSession(
                id=session_id,
                account_id=account_id,
                token_hash=hashed(token),
                network_hash=network_hash,
                described=described(user_agent),
                created_at=moment,
                last_seen_at=moment,
                expires_at=moment + ABSOLUTE_LIFE,
            )
        )
        session.flush()
        return token, SignedIn(officers.get(session, account_id), session_id, self._csrf(token))

    def signed_in(self, session: Session, token: str, touch: bool = True) -> SignedIn | None:
        """Whose session the token opens, or None; with `touch` this counts as use, noted once a minute."""
        row = session.execute(
            select(StaffSession.id, StaffSession.account_id, StaffSession.last_seen_at)
            .join(StaffAccount, StaffAccount.id == StaffSession.account_id)
            .where(StaffSession.token_hash == hashed(token), *_open())
        ).one_or_none()
        if row is None:
            return None
        if touch and now() - row.last_seen_at >= _SEEN_EVERY:
            session.execute(
                update(StaffSession)
                .where(StaffSession.id == row.id)
                .values(last_seen_at=now())
                .execution_options(synchronize_session=False)
            )
        return SignedIn(officers.get(session, row.account_id), row.id, self._csrf(token))

    def of(self, session: Session, account_id: int) -> list[OpenSession]:
        """The open sessions of an account, the one that was used last first."""
        rows = session.execute(
            select(
                StaffSession.id,
                StaffSession.described,
                StaffSession.created_at,
                StaffSession.last_seen_at,
                StaffSession.expires_at,
            )
            .join(StaffAccount, StaffAccount.id == StaffSession.account_id)
            .where(StaffSession.account_id == account_id, *_open())
            .order_by(StaffSession.last_seen_at.desc(), StaffSession.created_at.desc())
        )
        return [OpenSession(*row) for row in rows]

    def owner(self, session: Session, session_id: str) -> int | None:
        """The account of an open session."""
        if not _ID.fullmatch(session_id):
            return None
        found = select(StaffSession.account_id).join(StaffAccount, StaffAccount.id == StaffSession.account_id)
        account_id: int | None = session.execute(found.where(StaffSession.id == session_id, *_open())).scalar()
        return account_id

    def end(self, session: Session, account_id: int, session_id: str) -> bool:
        """End one session of an account; whether it was still open."""
        ended = self._revoke(session, StaffSession.account_id == account_id, StaffSession.id == session_id)
        if ended:
            self._announcer.after_commit(session, SessionsRevoked(account_id, frozenset({session_id})))
        return ended

    def end_all(self, session: Session, account_id: int, keep: str | None = None) -> None:
        """End every session of an account but `keep`."""
        mine = StaffSession.account_id == account_id
        if keep is None:
            self._revoke(session, mine)
            self._announcer.after_commit(session, SessionsRevoked(account_id, None))
            return
        others = frozenset(each.id for each in self.of(session, account_id) if each.id != keep)
        self._revoke(session, mine, StaffSession.id != keep)
        if others:
            self._announcer.after_commit(session, SessionsRevoked(account_id, others))

    @staticmethod
    def ended(session: Session, session_ids: Collection[str]) -> set[str]:
        """Those of `session_ids` that are over: revoked, too old, idle too long, or of a disabled account.

        Gateways ask this about the connections they hold, because what ends a session may happen in another one.
        """
        wanted = set(session_ids)
        if not wanted:
            return set()
        still = (
            select(StaffSession.id)
            .join(StaffAccount, StaffAccount.id == StaffSession.account_id)
            .where(StaffSession.id.in_(wanted), *_open())
        )
        return wanted - set(session.execute(still).scalars())

    @staticmethod
    def known_network(session: Session, account_id: int, network_hash: str) -> bool:
        """Whether the account has signed in from this network within the time that sessions are kept."""
        found = select(StaffSession.id).where(
            StaffSession.account_id == account_id,
            StaffSession.network_hash == network_hash,
            StaffSession.created_at > now() - KEPT,
        )
        return session.execute(found.limit(1)).first() is not None

    @staticmethod
    def purge(session: Session) -> None:
        """Drop sessions that ended long ago."""
        session.execute(delete(StaffSession).where(StaffSession.expires_at < now() - KEPT).execution_options(synchronize_session=False))

    @staticmethod
    def _revoke(session: Session, *conditions: Any) -> bool:
        result = session.execute(
            update(StaffSession)
            .where(*conditions, StaffSession.revoked_at.is_(None))
            .values(revoked_at=now())
            .execution_options(synchronize_session=False)
        )
        return bool(result.rowcount)

    def _csrf(self, token: str) -> str:
        return signature(self._key, "csrf", token)


def _open() -> tuple[Any, ...]:
    moment = now()
    return (
        StaffSession.revoked_at.is_(None),
        StaffSession.expires_at > moment,
        StaffSession.last_seen_at > moment - IDLE_LIFE,
        StaffAccount.active,
    )
