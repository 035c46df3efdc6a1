"""Signing in: the same work and the same answer whether the account exists, is disabled, has no password, or the password is wrong."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import audit
from bot.attempts import Attempts
from bot.errors import NotAllowed, TooMany
from bot.staff.logins import as_login, is_login
from bot.staff.models import StaffAccount
from bot.staff.passwords import Passwords, normalised
from bot.staff.sessions import Sessions, SignedIn
from bot.staff.totp import SecondFactor

WINDOW: Final = timedelta(minutes=15)
# Of one network at one account; of one network at all accounts, which an office of many people shares.
PER_PAIR: Final = 5
PER_NETWORK: Final = 30
# At one account from all networks that it is not known to sign in from.
PER_ACCOUNT: Final = 30
# Of second factors, which only somebody with the right password can try.
PER_SECOND_FACTOR: Final = 10
SECOND_FACTOR_WINDOW: Final = timedelta(hours=1)

_NOBODY: Final = 0


class SigningIn:
    """Opens sessions to those who know the password and, where it is on, have the second factor.

    Args:
        key: secret under which networks are kept.
    """

    def __init__(self, key: bytes, attempts: Attempts, passwords: Passwords, factor: SecondFactor, sessions: Sessions) -> None:
        self._key = key
        self._attempts = attempts
        self._passwords = passwords
        self._factor = factor
        self._sessions = sessions

    def sign_in(self, session: Session, login: str, password: str, totp: str | None, caller: str, user_agent: str) -> tuple[str, SignedIn]:
        """Open a session; commits what must hold also when it raises, and holds no transaction while it compares passwords.

        Raises:
            NotAllowed: `sign_in_refused`; with the right password `totp_needed` or `totp_wrong`.
            TooMany: too many attempts; `retry_after_s` says when to try again.
        """
        plain = as_login(login)
        network = self.network_hash(caller)
        # What cannot be a login is looked for all the same, under none: not every text can be sent to a database.
        found = session.execute(
            select(StaffAccount.id, StaffAccount.password_hash, StaffAccount.active).where(
                StaffAccount.login == (plain if is_login(plain) else "")
            )
        ).one_or_none()
        account_id = found.id if found else _NOBODY
        counted_as = self._spend(session, account_id, plain, caller, network)
        session.commit()
        kept = found.password_hash if found and found.active else None
        right = self._passwords.verify(kept, password)
        if not right:
            audit.record(session, audit.SYSTEM, "account:sign_in_refused", f"account:{account_id or 'unknown'}")
            session.commit()
            raise NotAllowed("sign_in_refused")
        assert kept is not None
        rehashed = self._rehashed(kept, password)
        self._attempts.forget(session, "sign_in_pair", _pair(plain, caller))
        self._attempts.give_back(session, "sign_in_network", caller)
        self._attempts.give_back(session, "sign_in_account", counted_as)
        self._second_factor(session, account_id, kept, totp)
        if rehashed is not None:
            self._keep(session, account_id, kept, rehashed)
        token, signed_in = self._sessions.open(session, account_id, user_agent, network)
        audit.record(
            session,
            audit.staff(account_id),
            "account:sign_in",
            f"account:{account_id}",
            session_id=signed_in.session_id,
            totp=signed_in.officer.totp,
        )
        session.commit()
        return token, signed_in

    def network_hash(self, caller: str) -> str:
        """What is kept of the network that somebody signs in from."""
        return hmac.new(self._key, f"network\0{caller}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def _spend(self, session: Session, account_id: int, login: str, caller: str, network: str) -> str:
        """Count the attempt; returns under which name it counts against the limit of the account."""
        self._attempts.spend(session, "sign_in_network", caller, PER_NETWORK, WINDOW)
        self._attempts.spend(session, "sign_in_pair", _pair(login, caller), PER_PAIR, WINDOW)
        # Strangers who use up the limit of an account do not shut its owner out of where they usually are: a network that
        # the account is known to sign in from counts by itself, with the same work.
        known = self._sessions.known_network(session, account_id, network)
        counted_as = _pair(login, caller) if known else login
        self._attempts.spend(session, "sign_in_account", counted_as, PER_ACCOUNT, WINDOW)
        return counted_as

    def _second_factor(self, session: Session, account_id: int, kept: str, totp: str | None) -> None:
        """Return if the account is still as it was read and, where a second factor is on, `totp` is one."""
        row = session.execute(
            select(StaffAccount.totp_on)
            .where(StaffAccount.id == account_id, StaffAccount.active, StaffAccount.password_hash == kept)
            .with_for_update()
        ).one_or_none()
        if row is None:
            session.rollback()
            raise NotAllowed("sign_in_refused")
        if not row.totp_on:
            return
        if not totp:
            # The password was right: that was no guess, and half of the people of an office may be at this step.
            session.commit()
            raise NotAllowed("totp_needed")
        self._attempts.spend(session, "totp", str(account_id), PER_SECOND_FACTOR, SECOND_FACTOR_WINDOW)
        if not self._factor.check(session, account_id, totp):
            audit.record(session, audit.SYSTEM, "account:totp_wrong", f"account:{account_id}")
            session.commit()
            raise NotAllowed("totp_wrong")
        self._attempts.forget(session, "totp", str(account_id))

    def _rehashed(self, kept: str, password: str) -> str | None:
        """The password at today's cost if it is kept at another, unless too many are signing in to spend time on that."""
        if not self._passwords.outdated(kept):
            return None
        try:
            return self._passwords.hash(normalised(password))
        except TooMany:
            return None

    def _keep(self, session: Session, account_id: int, kept: str, rehashed: str) -> None:
        session.execute(
            update(StaffAccount)
            .where(StaffAccount.id == account_id, StaffAccount.password_hash == kept)
            .values(password_hash=rehashed)
            .execution_options(synchronize_session=False)
        )


def _pair(login: str, caller: str) -> str:
    return f"{caller}\x1f{login}"
