"""One's own password and second factor, changed by whoever is signed in and knows the password."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import audit
from bot.attempts import Attempts
from bot.db import now
from bot.errors import Conflict, Invalid, NotAllowed
from bot.staff import officers, passwords
from bot.staff.models import StaffAccount
from bot.staff.passwords import Passwords
from bot.staff.sessions import Sessions, SignedIn
from bot.staff.signing_in import PER_SECOND_FACTOR, SECOND_FACTOR_WINDOW
from bot.staff.totp import Enrolment, SecondFactor

# Of the password of somebody who is signed in already.
_PER_PASSWORD: Final = 10
_PASSWORD_WINDOW: Final = timedelta(minutes=15)


class Credentials:
    """What people prove themselves with. Every method commits in between and must be the only work of its unit."""

    def __init__(self, attempts: Attempts, passwords: Passwords, sessions: Sessions, factor: SecondFactor) -> None:
        self._attempts = attempts
        self._passwords = passwords
        self._sessions = sessions
        self._factor = factor

    def change_password(self, session: Session, signed_in: SignedIn, old: str, new: str) -> None:
        """Set another password, which ends every other session of the account.

        Raises:
            NotAllowed: the old password is wrong.
            Invalid: the new password cannot be one.
            Conflict: the password was changed meanwhile.
            TooMany: too many attempts.
        """
        officer = signed_in.officer
        plain = passwords.check(new, officer.login, officer.name)
        kept = self._require_password(session, officer.id, old)
        if passwords.normalised(old) == plain:
            raise Invalid("password_same")
        fresh = self._passwords.hash(plain)
        result = session.execute(
            update(StaffAccount)
            .where(StaffAccount.id == officer.id, StaffAccount.active, StaffAccount.password_hash == kept)
            .values(password_hash=fresh, password_changed_at=now())
            .execution_options(synchronize_session=False)
        )
        if not result.rowcount:
            raise Conflict("password_changed_meanwhile")
        self._sessions.end_all(session, officer.id, keep=signed_in.session_id)
        audit.record(session, audit.staff(officer.id), "account:change_password", f"account:{officer.id}", login=officer.login)
        session.commit()

    def totp_begin(self, session: Session, account_id: int, password: str) -> Enrolment:
        """A secret for an authenticator app; in force once `totp_confirm` got a code of it.

        The password is asked for, so that whoever finds a browser signed in cannot bind the account to a phone of theirs.

        Raises:
            NotAllowed: the password is wrong.
            Conflict: a second factor is on already.
            TooMany: too many attempts.
        """
        self._require_password(session, account_id, password)
        officer = officers.get(session, account_id)
        return self._factor.begin(session, account_id, officer.login, officer.language)

    def totp_confirm(self, session: Session, account_id: int, code: str) -> None:
        """Put the begun secret in force.

        Raises:
            NotAllowed: `totp_wrong`.
            Conflict: a second factor is on already, or none was begun.
            TooMany: too many attempts.
        """
        self._attempts.spend(session, "totp", str(account_id), PER_SECOND_FACTOR, SECOND_FACTOR_WINDOW)
        session.commit()
        right = self._factor.confirm(session, account_id, code)
        if right:
            self._attempts.forget(session, "totp", str(account_id))
            audit.record(session, audit.staff(account_id), "account:totp_on", f"account:{account_id}")
        session.commit()
        if not right:
            raise NotAllowed("totp_wrong")

    def totp_off(self, session: Session, account_id: int, password: str) -> None:
        """Do without a second factor from now on.

        Raises:
            NotAllowed: the password is wrong.
            TooMany: too many attempts.
        """
        self._require_password(session, account_id, password)
        if self._factor.off(session, account_id):
            audit.record(session, audit.staff(account_id), "account:totp_off", f"account:{account_id}")
        session.commit()

    def _require_password(self, session: Session, account_id: int, password: str) -> str:
        """The hash that the password of an account is kept as; commits the attempt."""
        self._attempts.spend(session, "password", str(account_id), _PER_PASSWORD, _PASSWORD_WINDOW)
        kept: str | None = session.execute(
            select(StaffAccount.password_hash).where(StaffAccount.id == account_id, StaffAccount.active)
        ).scalar_one_or_none()
        session.commit()
        if not self._passwords.verify(kept, password):
            audit.record(session, audit.staff(account_id), "account:password_wrong", f"account:{account_id}")
            session.commit()
            raise NotAllowed("password_wrong")
        self._attempts.forget(session, "password", str(account_id))
        session.commit()
        assert kept is not None
        return kept
