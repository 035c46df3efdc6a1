"""The first administrator, whom the operator of the machine makes: nobody is invited by default, and no password is."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.attempts import Attempts
from bot.errors import Conflict
from bot.languages import Language
from bot.settings import Settings
from bot.staff import officers
from bot.staff.accounts import has_administrator, normalised_login
from bot.staff.models import StaffAccount
from bot.staff.service import Staff
from bot.vault import KEY_FILE, derived_key, read_or_create_key

LOGIN: Final = "administrator"


def staff_at(data_dir: Path) -> Staff:
    """The service with the secrets of this machine, for commands; it knows no stations, which administrators have none of."""
    key = read_or_create_key(data_dir / KEY_FILE)
    return Staff(derived_key(key, "staff"), Attempts(derived_key(key, "attempts")))


def invite_administrator(session: Session, staff: Staff, login: str = LOGIN, name: str | None = None, language: Language = "zh") -> str:
    """The token of an invitation for the administrator `login`, who is made if there is none, and let in again if disabled.

    Raises:
        Invalid: login or name cannot be used.
        Conflict: the login is that of somebody who is no administrator.
    """
    login = normalised_login(login)
    found = officers.find(session, StaffAccount.login == login)
    if not found:
        return staff.create_account(session, None, login, name or login, "administrator", (), language)[1]
    if found[0].role != "administrator":
        raise Conflict("login_taken", login=login)
    staff.set_active(session, None, found[0].id, True)
    return staff.invite(session, None, found[0].id)


def invite_first_administrator(session: Session, staff: Staff) -> str | None:
    """The token of an invitation while nobody can sign in and manage accounts, None as soon as somebody can."""
    if has_administrator(session):
        return None
    waiting = select(StaffAccount.login).where(StaffAccount.role == "administrator", StaffAccount.active).order_by(StaffAccount.id)
    login: str | None = session.execute(waiting.limit(1)).scalar()
    return invite_administrator(session, staff, login or LOGIN)


def link(settings: Settings, token: str) -> str:
    """The address that an invitation is opened at on this machine; the token stands behind #, so that no server logs it."""
    return f"{settings.local_url}/console/#invite={token}"
