"""Who of the staff could take a conversation over: everybody with a part in conversations, and whether they are there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.db import now
from bot.staff import officers
from bot.staff.logins import as_login
from bot.staff.models import StaffAccount
from bot.staff.officers import Officer
from bot.staff.roles import roles_with


def colleagues(session: Session, within_s: float) -> list[Officer]:
    """The active accounts with a part in conversations, by name; whoever was not heard of within so many seconds is off."""
    found = officers.find(session, StaffAccount.active, StaffAccount.role.in_(roles_with("conversation:read")))
    recent = StaffAccount.seen_at > now() - timedelta(seconds=within_s)
    heard = set(session.execute(select(StaffAccount.id).where(recent)).scalars())
    return [each if each.id in heard else replace(each, presence="off") for each in found]


def named(session: Session, words: str) -> int | None:
    """The account with this login or this name, active or not; None when there is none, or several have the name."""
    found = officers.find(session, or_(StaffAccount.login == as_login(words), StaffAccount.display_name == words.strip()))
    return found[0].id if len(found) == 1 else None
