"""Who is there: what officers say of themselves, and when their console was last heard of, the same for every gateway."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from bot import audit
from bot.db import now
from bot.errors import Invalid, NotFound
from bot.staff import officers
from bot.staff.models import StaffAccount
from bot.staff.officers import Officer
from bot.staff.roles import roles_with

PRESENCES = ("ready", "away", "off")


def set_presence(session: Session, account_id: int, presence: str) -> None:
    """Note what an officer says of themselves, which is a sign of life too.

    Raises:
        Invalid: `presence` is no such word.
        NotAllowed: only those who may claim conversations, and have signed the agreement, can be `ready`.
        NotFound: there is no such account, or it is disabled.
    """
    if presence not in PRESENCES:
        raise Invalid("unknown_value", name="presence", value=presence)
    officer = officers.get(session, account_id)
    if presence == "ready":
        officer.require("conversation:claim")
    result = session.execute(
        update(StaffAccount)
        .where(StaffAccount.id == account_id, StaffAccount.active)
        .values(presence=presence, seen_at=now())
        .execution_options(synchronize_session=False)
    )
    if not result.rowcount:
        raise NotFound("account_unknown")
    if presence != officer.presence:
        audit.record(session, audit.staff(account_id), "account:presence", f"account:{account_id}", presence=presence)


def heard_of(session: Session, account_id: int) -> None:
    """Note a sign of life of an officer's console."""
    session.execute(
        update(StaffAccount)
        .where(StaffAccount.id == account_id, StaffAccount.active)
        .values(seen_at=now())
        .execution_options(synchronize_session=False)
    )


def gone(session: Session, account_id: int) -> None:
    """Note that an officer has left: not ready, and not heard of any more, so that nothing waits for them."""
    session.execute(
        update(StaffAccount)
        .where(StaffAccount.id == account_id)
        .values(presence="off", seen_at=None)
        .execution_options(synchronize_session=False)
    )


def ready(session: Session, within_s: float) -> list[Officer]:
    """The officers who can take a conversation: active, signed, ready, and heard of within so many seconds."""
    found = officers.find(
        session,
        StaffAccount.active,
        StaffAccount.presence == "ready",
        StaffAccount.seen_at > now() - timedelta(seconds=within_s),
        StaffAccount.role.in_(roles_with("conversation:claim")),
    )
    return [officer for officer in found if officer.may("conversation:claim")]


def lost(session: Session, within_s: float) -> set[int]:
    """The accounts that cannot serve a conversation: not heard of within so many seconds, disabled, or without the role."""
    serving = (
        StaffAccount.active,
        StaffAccount.seen_at > now() - timedelta(seconds=within_s),
        StaffAccount.role.in_(roles_with("conversation:reply")),
    )
    here = select(StaffAccount.id).where(*serving)
    return set(session.execute(select(StaffAccount.id).where(or_(StaffAccount.id.not_in(here)))).scalars())
