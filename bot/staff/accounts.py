"""The accounts of staff: made, changed, disabled and listed by those who manage them."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import audit
from bot.db import now
from bot.errors import Conflict, Invalid
from bot.languages import LANGUAGES, Language
from bot.staff import officers, presence
from bot.staff.invitations import require_manager
from bot.staff.logins import as_login, is_login
from bot.staff.models import StaffAccount, StaffStation
from bot.staff.officers import Officer
from bot.staff.roles import ROLES
from bot.staff.sessions import Sessions

_LONGEST_NAME: Final = 80
# Letters that show nothing, so that a name could pass for another or for none.
_SHAPELESS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")


@dataclass(frozen=True)
class Account:
    """An account as those who manage accounts see it."""

    officer: Officer
    active: bool
    has_password: bool
    created_at: datetime
    seen_at: datetime | None


class Accounts:
    """Accounts in the database.

    Args:
        sessions: ended when an account is disabled or gets another role.
        stations: the keys of the stations that accounts can belong to.
    """

    def __init__(self, sessions: Sessions, stations: Collection[str]) -> None:
        self._sessions = sessions
        self._stations = frozenset(stations)

    def create(
        self, session: Session, by: Officer | None, login: str, display_name: str, role: str, stations: Sequence[str], language: Language
    ) -> int:
        """Make an account without a password and return its id.

        Raises:
            NotAllowed: `by` does not manage accounts.
            Invalid: a value cannot be used.
            Conflict: the login is taken.
        """
        actor = require_manager(by)
        login, name = normalised_login(login), normalised_name(display_name)
        keys = self._checked(role, stations, language)
        account = StaffAccount(
            login=login, display_name=name, role=role, language=language, created_by=by.id if by else None, created_at=now(), presence="off"
        )
        if session.execute(select(StaffAccount.id).where(StaffAccount.login == login)).first() is not None:
            raise Conflict("login_taken", login=login)
        try:
            with session.begin_nested():
                session.add(account)
        except IntegrityError:
            raise Conflict("login_taken", login=login) from None
        session.add_all(StaffStation(account_id=account.id, station=key) for key in keys)
        session.flush()
        detail: dict[str, Any] = {"login": login, "name": name, "role": role, "stations": keys, "language": language}
        audit.record(session, actor, "account:create", f"account:{account.id}", **detail)
        return int(account.id)

    def update(
        self,
        session: Session,
        by: Officer | None,
        account_id: int,
        *,
        display_name: str | None = None,
        role: str | None = None,
        stations: Sequence[str] | None = None,
        language: Language | None = None,
    ) -> Officer:
        """Change what is given; another role ends the sessions of the account.

        Raises:
            NotAllowed, NotFound, Invalid: as for `create`.
            Conflict: nobody else could manage accounts any more.
        """
        actor = require_manager(by)
        _lock(session, account_id)
        before = officers.get(session, account_id)
        name = before.name if display_name is None else normalised_name(display_name)
        wanted = {"role": role or before.role, "language": language or before.language}
        keys = self._checked(wanted["role"], before.stations if stations is None else stations, wanted["language"], before.stations)
        changed: dict[str, Any] = {
            key: [old, new]
            for key, old, new in (
                ("name", before.name, name),
                ("role", before.role, wanted["role"]),
                ("stations", list(before.stations), keys),
                ("language", before.language, wanted["language"]),
            )
            if old != new
        }
        if not changed:
            return before
        if "role" in changed and before.role == "administrator":
            _require_another_administrator(session, account_id)
        _set(session, account_id, display_name=name, **wanted)
        if "stations" in changed:
            session.execute(delete(StaffStation).where(StaffStation.account_id == account_id).execution_options(synchronize_session=False))
            session.add_all(StaffStation(account_id=account_id, station=key) for key in keys)
            session.flush()
        if "role" in changed:
            presence.gone(session, account_id)
            self._sessions.end_all(session, account_id)
        audit.record(session, actor, "account:change", f"account:{account_id}", login=before.login, changed=changed)
        return officers.get(session, account_id)

    def set_active(self, session: Session, by: Officer | None, account_id: int, active: bool) -> None:
        """Disable an account, which ends its sessions at once, or let it in again.

        Raises:
            NotAllowed, NotFound: as for `create`.
            Conflict: nobody else could manage accounts any more.
        """
        actor = require_manager(by)
        _lock(session, account_id)
        officer = officers.get(session, account_id)
        if active == session.execute(select(StaffAccount.active).where(StaffAccount.id == account_id)).scalar_one():
            return
        if not active and officer.role == "administrator":
            _require_another_administrator(session, account_id)
        _set(session, account_id, active=active)
        if not active:
            presence.gone(session, account_id)
            self._sessions.end_all(session, account_id)
        action = "account:enable" if active else "account:disable"
        audit.record(session, actor, action, f"account:{account_id}", login=officer.login, name=officer.name)

    def all(self, session: Session, by: Officer | None) -> list[Account]:
        """Every account, by name.

        Raises:
            NotAllowed: `by` does not manage accounts.
        """
        require_manager(by)
        columns = (StaffAccount.id, StaffAccount.active, StaffAccount.password_hash, StaffAccount.created_at, StaffAccount.seen_at)
        rows = {row.id: row for row in session.execute(select(*columns))}
        return [
            Account(each, bool(row.active), row.password_hash is not None, row.created_at, row.seen_at)
            for each in officers.find(session)
            if (row := rows.get(each.id)) is not None
        ]

    def _checked(self, role: str, stations: Sequence[str], language: str, known: Collection[str] = ()) -> list[str]:
        """The stations, sorted and once each; a station that left the catalogue may stay with those who had it."""
        if role not in ROLES:
            raise Invalid("unknown_value", name="role", value=role)
        if language not in LANGUAGES:
            raise Invalid("unknown_value", name="language", value=language)
        for key in stations:
            if key not in self._stations and key not in known:
                raise Invalid("unknown_value", name="station", value=key)
        return sorted(set(stations))


def has_administrator(session: Session) -> bool:
    """Whether somebody can sign in and manage accounts."""
    return session.execute(select(StaffAccount.id).where(*_administrators()).limit(1)).first() is not None


def normalised_login(login: str) -> str:
    """The one form of a login.

    Raises:
        Invalid: it cannot be one.
    """
    plain = as_login(login)
    if not is_login(plain):
        raise Invalid("login_unusable")
    return plain


def normalised_name(name: str) -> str:
    """A display name with single spaces.

    Raises:
        Invalid: it is empty, too long, or holds characters that cannot be seen or that turn others around.
    """
    plain = " ".join(unicodedata.normalize("NFC", name).split())
    kinds = {unicodedata.category(character)[0] for character in plain}
    if not kinds & {"L", "N"} or "C" in kinds or len(plain) > _LONGEST_NAME or _SHAPELESS & set(plain):
        raise Invalid("name_unusable", field="display_name", limit=_LONGEST_NAME)
    return plain


def _administrators() -> tuple[Any, ...]:
    return (StaffAccount.role == "administrator", StaffAccount.active, StaffAccount.password_hash.is_not(None))


def _require_another_administrator(session: Session, account_id: int) -> None:
    # The rows are locked in one order, so that two administrators cannot disable each other at once.
    rows = session.execute(select(StaffAccount.id).where(*_administrators()).order_by(StaffAccount.id).with_for_update())
    administrators = set(rows.scalars())
    if administrators == {account_id}:
        raise Conflict("last_administrator")


def _lock(session: Session, account_id: int) -> None:
    administrators = StaffAccount.role == "administrator"
    session.execute(
        select(StaffAccount.id).where(administrators | (StaffAccount.id == account_id)).order_by(StaffAccount.id).with_for_update()
    )


def _set(session: Session, account_id: int, **values: Any) -> None:
    session.execute(update(StaffAccount).where(StaffAccount.id == account_id).values(**values).execution_options(synchronize_session=False))
