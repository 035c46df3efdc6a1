"""One-time links with which people set their password; each works once, for two days, and until a newer one is made."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot import audit
from bot.db import now
from bot.errors import NotFound
from bot.staff import officers
from bot.staff.models import StaffAccount, StaffInvitation
from bot.staff.officers import Officer

LIFE: Final = timedelta(hours=48)
_KEPT: Final = timedelta(days=30)


@dataclass(frozen=True)
class Invited:
    """Whom an invitation is for."""

    account_id: int
    login: str
    name: str
    expires_at: datetime


def hashed(token: str) -> str:
    """What is kept of a token: it is random and long, so a plain hash tells nothing."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def invite(session: Session, actor: str, account_id: int) -> str:
    """Make the token of a new invitation; older ones of the account end.

    Raises:
        NotFound: there is no such account.
    """
    officer = officers.get(session, account_id)
    moment, token = now(), secrets.token_urlsafe(32)
    session.execute(
        update(StaffInvitation)
        .where(StaffInvitation.account_id == account_id, StaffInvitation.used_at.is_(None), StaffInvitation.expires_at > moment)
        .values(expires_at=moment)
        .execution_options(synchronize_session=False)
    )
    session.add(StaffInvitation(account_id=account_id, token_hash=hashed(token), expires_at=moment + LIFE, created_at=moment))
    session.flush()
    audit.record(session, actor, "account:invite", f"account:{account_id}", login=officer.login, name=officer.name)
    return token


def look(session: Session, token: str) -> Invited:
    """Whom the token invites.

    Raises:
        NotFound: it is unknown, used or too old, or the account is disabled.
    """
    row = session.execute(
        select(StaffAccount.id, StaffAccount.login, StaffAccount.display_name, StaffInvitation.expires_at)
        .join(StaffInvitation, StaffInvitation.account_id == StaffAccount.id)
        .where(
            StaffInvitation.token_hash == hashed(token),
            StaffInvitation.used_at.is_(None),
            StaffInvitation.expires_at > now(),
            StaffAccount.active,
        )
    ).one_or_none()
    if row is None:
        raise NotFound("invitation_unusable")
    return Invited(row.id, row.login, row.display_name, row.expires_at)


def use(session: Session, token: str) -> Invited:
    """Use up the token: of several attempts at once exactly one succeeds.

    Raises:
        NotFound: as for `look`.
    """
    invited = look(session, token)
    moment = now()
    result = session.execute(
        update(StaffInvitation)
        .where(StaffInvitation.token_hash == hashed(token), StaffInvitation.used_at.is_(None), StaffInvitation.expires_at > moment)
        .values(used_at=moment)
        .execution_options(synchronize_session=False)
    )
    if not result.rowcount:
        raise NotFound("invitation_unusable")
    return invited


def require_manager(by: Officer | None) -> str:
    """The name of the actor in the audit trail; `by` is None for the operator of the machine.

    Raises:
        NotAllowed: `by` does not manage accounts.
    """
    if by is None:
        return audit.SYSTEM
    by.require("account:manage")
    return audit.staff(by.id)


def purge(session: Session) -> None:
    """Drop invitations that ended long ago."""
    session.execute(delete(StaffInvitation).where(StaffInvitation.expires_at < now() - _KEPT).execution_options(synchronize_session=False))
