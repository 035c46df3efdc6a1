"""Everything that can be done with accounts of staff, as functions on a unit of work."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot import audit
from bot.attempts import Attempts
from bot.db import now
from bot.errors import Conflict, Invalid, NotFound
from bot.i18n import Texts
from bot.languages import LANGUAGES, Language
from bot.staff import agreement, invitations, officers, passwords, presence
from bot.staff.accounts import Account, Accounts
from bot.staff.credentials import Credentials
from bot.staff.events import Announcer, Listener
from bot.staff.invitations import Invited, require_manager
from bot.staff.models import StaffAccount, StaffAgreement
from bot.staff.officers import Officer
from bot.staff.passwords import Passwords
from bot.staff.sessions import OpenSession, Sessions, SignedIn
from bot.staff.signing_in import SigningIn
from bot.staff.totp import Enrolment, SecondFactor
from bot.vault import derived_key


class Staff:
    """Accounts, signing in, sessions, second factors and agreements.

    Methods that compare or make passwords commit in between, so that no transaction waits for that and refused attempts
    count; they must be the only work of their unit. All others leave the commit to the caller.

    Args:
        key: a secret of its own, derived from that of the vault.
        stations: the keys of the stations that accounts can belong to.
        passwords: hashes them; with the usual cost when not given.
    """

    def __init__(self, key: bytes, attempts: Attempts, stations: Collection[str] = (), passwords: Passwords | None = None) -> None:
        texts = Texts.load()
        self._announcer = Announcer()
        self._passwords = passwords or Passwords()
        self._sessions = Sessions(derived_key(key, "sessions"), self._announcer)
        self._factor = SecondFactor(key, {language: texts.get(language, "staff.issuer") for language in LANGUAGES})
        self._credentials = Credentials(attempts, self._passwords, self._sessions, self._factor)
        self._accounts = Accounts(self._sessions, stations)
        self._signing_in = SigningIn(derived_key(key, "networks"), attempts, self._passwords, self._factor, self._sessions)

    def listen(self, listener: Listener) -> None:
        """Call `listener` with every `SessionsRevoked`, after its commit and in the thread that committed it."""
        self._announcer.listen(listener)

    # Accounts

    def create_account(
        self,
        session: Session,
        by: Officer | None,
        login: str,
        display_name: str,
        role: str,
        stations: Sequence[str] = (),
        language: Language = "zh",
    ) -> tuple[int, str]:
        """Make an account; returns its id and the token of its invitation. `by` is None for the operator of the machine.

        Raises:
            NotAllowed, Invalid, Conflict: see `Accounts.create`.
        """
        account_id = self._accounts.create(session, by, login, display_name, role, stations, language)
        return account_id, self.invite(session, by, account_id)

    def update_account(self, session: Session, by: Officer | None, account_id: int, **changes: Any) -> Officer:
        """Change display_name, role, stations, language; see `Accounts.update`."""
        return self._accounts.update(session, by, account_id, **changes)

    def set_active(self, session: Session, by: Officer | None, account_id: int, active: bool) -> None:
        """Disable an account, which ends its sessions at once, or let it in again; see `Accounts.set_active`."""
        self._accounts.set_active(session, by, account_id, active)

    def accounts(self, session: Session, by: Officer) -> list[Account]:
        """Every account, for those who manage them."""
        return self._accounts.all(session, by)

    def officer(self, session: Session, account_id: int) -> Officer:
        """One account.

        Raises:
            NotFound: there is none.
        """
        return officers.get(session, account_id)

    def set_language(self, session: Session, account_id: int, language: Language) -> None:
        """Choose the language of one's own console.

        Raises:
            Invalid: it is none of the languages.
        """
        if language not in LANGUAGES:
            raise Invalid("unknown_value", name="language", value=language)
        before = officers.get(session, account_id)
        if before.language != language:
            self._set(session, account_id, language=language)
            changed = {"language": [before.language, language]}
            audit.record(session, audit.staff(account_id), "account:change", f"account:{account_id}", login=before.login, changed=changed)

    # Invitations

    def invite(self, session: Session, by: Officer | None, account_id: int) -> str:
        """The token of a new invitation, which sets a new password and turns the second factor off; older ones end.

        Raises:
            NotAllowed, NotFound: `by` does not manage accounts, or there is no such account.
        """
        return invitations.invite(session, require_manager(by), account_id)

    def invitation(self, session: Session, token: str) -> Invited:
        """Whom an invitation is for.

        Raises:
            NotFound: it cannot be used, or not any more.
        """
        return invitations.look(session, token)

    def accept_invitation(
        self,
        session: Session,
        token: str,
        password: str,
        caller: str = "",
        user_agent: str = "",
        language: Language | None = None,
    ) -> tuple[str, SignedIn]:
        """Set the password of an invitation and sign in; ends every older session.

        Args:
            caller, user_agent: as for `sign_in`.
            language: in which the page was read; it becomes that of the account.

        Raises:
            NotFound: the invitation cannot be used, or not any more.
            Invalid: the password cannot be one; the invitation is not used up.
            TooMany: too many are signing in at this moment; the invitation is not used up.
        """
        if language is not None and language not in LANGUAGES:
            raise Invalid("unknown_value", name="language", value=language)
        invited = invitations.look(session, token)
        plain = passwords.check(password, invited.login, invited.name)
        session.commit()
        kept = self._passwords.hash(plain)
        invitations.use(session, token)
        account_id = invited.account_id
        totp_was_on = self._factor.off(session, account_id)
        chosen = {} if language is None else {"language": language}
        self._set(session, account_id, password_hash=kept, password_changed_at=now(), **chosen)
        self._sessions.end_all(session, account_id)
        actor = audit.staff(account_id)
        audit.record(session, actor, "account:accept_invitation", f"account:{account_id}", login=invited.login, totp_turned_off=totp_was_on)
        opened = self._sessions.open(session, account_id, user_agent, self._signing_in.network_hash(caller) if caller else None)
        session.commit()
        return opened

    # Signing in and sessions

    def sign_in(
        self, session: Session, login: str, password: str, totp: str | None, caller: str, user_agent: str = ""
    ) -> tuple[str, SignedIn]:
        """Open a session; returns its token and who it is.

        Args:
            caller: the network it comes from, as `bot.network.caller_of` names it.
            user_agent: the header; browser and system are kept in a few words.

        Raises:
            NotAllowed: `sign_in_refused`; with the right password `totp_needed` or `totp_wrong`.
            TooMany: too many attempts; `retry_after_s` says when to try again.
        """
        return self._signing_in.sign_in(session, login, password, totp, caller, user_agent)

    def signed_in(self, session: Session, token: str, touch: bool = True) -> SignedIn | None:
        """Whose open session this is, or None; `touch` is for what a person does, not for what a page does by itself."""
        return self._sessions.signed_in(session, token, touch)

    def ended(self, session: Session, session_ids: Collection[str]) -> set[str]:
        """Those sessions that are over; gateways ask this about the connections they hold."""
        return self._sessions.ended(session, session_ids)

    def sign_out(self, session: Session, signed_in: SignedIn) -> None:
        """End the session; with the last one of the account its owner is off."""
        account_id = signed_in.officer.id
        if self._sessions.end(session, account_id, signed_in.session_id):
            audit.record(session, audit.staff(account_id), "account:sign_out", f"account:{account_id}", session_id=signed_in.session_id)
        if not self._sessions.of(session, account_id):
            presence.gone(session, account_id)

    def sessions(self, session: Session, by: Officer, account_id: int) -> list[OpenSession]:
        """The open sessions of one's own account, or of any for those who manage accounts.

        Raises:
            NotAllowed: it is somebody else's.
        """
        if account_id != by.id:
            by.require("account:manage")
        return self._sessions.of(session, account_id)

    def revoke(self, session: Session, by: Officer, session_id: str) -> None:
        """End one of one's own sessions, or any for those who manage accounts.

        Raises:
            NotFound: it is not open, or not theirs to end.
        """
        account_id = self._sessions.owner(session, session_id)
        if account_id is None or (account_id != by.id and not by.may("account:manage")):
            raise NotFound("session_unknown")
        self._sessions.end(session, account_id, session_id)
        audit.record(session, audit.staff(by.id), "account:end_session", f"account:{account_id}", session_id=session_id)
        if not self._sessions.of(session, account_id):
            presence.gone(session, account_id)

    # Password and second factor; see `Credentials`

    def change_password(self, session: Session, signed_in: SignedIn, old: str, new: str) -> None:
        """Set another password, which ends every other session of the account."""
        self._credentials.change_password(session, signed_in, old, new)

    def totp_begin(self, session: Session, account_id: int, password: str) -> Enrolment:
        """A secret for an authenticator app; in force once `totp_confirm` got a code of it."""
        return self._credentials.totp_begin(session, account_id, password)

    def totp_confirm(self, session: Session, account_id: int, code: str) -> None:
        """Put the begun secret in force."""
        self._credentials.totp_confirm(session, account_id, code)

    def totp_off(self, session: Session, account_id: int, password: str) -> None:
        """Do without a second factor from now on."""
        self._credentials.totp_off(session, account_id, password)

    # The agreement

    def agreement(self, language: Language) -> tuple[str, str]:
        """Version and text of the duty and privacy agreement in force."""
        present = agreement.current()
        return present.version, present.texts[language]

    def sign_agreement(self, session: Session, account_id: int, version: str, language: Language) -> Officer:
        """Sign the version that was read; text and version are kept. Signing again changes nothing.

        Raises:
            Conflict: that is not the version in force.
            Invalid: the language is none of ours.
        """
        present = agreement.current()
        if version != present.version:
            raise Conflict("agreement_changed")
        if language not in LANGUAGES:
            raise Invalid("unknown_value", name="language", value=language)
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        values = {"account_id": account_id, "version": version, "language": language, "text": present.texts[language], "signed_at": now()}
        result = session.execute(insert(StaffAgreement).values(**values).on_conflict_do_nothing())
        if result.rowcount:
            detail = {"version": version, "language": language}
            audit.record(session, audit.staff(account_id), "account:sign_agreement", f"account:{account_id}", **detail)
        return officers.get(session, account_id)

    def purge(self, session: Session) -> None:
        """Drop sessions and invitations that ended long ago."""
        self._sessions.purge(session)
        invitations.purge(session)

    @staticmethod
    def _set(session: Session, account_id: int, **values: Any) -> None:
        session.execute(
            update(StaffAccount).where(StaffAccount.id == account_id).values(**values).execution_options(synchronize_session=False)
        )
