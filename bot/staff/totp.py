"""The second factor: codes of an authenticator app, each good once."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from bot.db import now
from bot.errors import Conflict
from bot.languages import Language
from bot.sealing import lock_with
from bot.staff.models import StaffAccount
from bot.vault import derived_key

STEP_S: Final = 30
# How many steps a clock may be ahead or behind.
WINDOW: Final = 1


def _lock(key: bytes) -> Fernet:
    return lock_with(derived_key(key, "totp"))


def lock_anew(session: Session, old: bytes, new: bytes) -> tuple[int, int]:
    """Encrypt every secret under another key; how many were, and how many `old` did not open, which stay as they are."""
    before, after, done, lost = _lock(old), _lock(new), 0, 0
    rows = session.execute(select(StaffAccount.id, StaffAccount.totp_secret).where(StaffAccount.totp_secret.is_not(None))).all()
    for account_id, kept in rows:
        try:
            secret = before.decrypt(bytes(kept))
        except InvalidToken:
            lost += 1
            continue
        change = update(StaffAccount).where(StaffAccount.id == account_id).values(totp_secret=after.encrypt(secret))
        session.execute(change.execution_options(synchronize_session=False))
        done += 1
    return done, lost


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator app needs: the secret to type, the address that holds it, and a picture of the address."""

    secret: str
    uri: str
    svg: str


class SecondFactor:
    """Secrets of authenticator apps, encrypted in the database.

    Args:
        key: secret from which the key of the encryption is made.
        issuer: under which name the app lists the account.
    """

    def __init__(self, key: bytes, issuer: Mapping[Language, str]) -> None:
        self._fernet = _lock(key)
        self._issuer = issuer

    def begin(self, session: Session, account_id: int, login: str, language: Language) -> Enrolment:
        """A new secret, in force once a code of it is confirmed.

        Raises:
            Conflict: a second factor is on already.
        """
        secret = pyotp.random_base32()
        uri = pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=self._issuer[language])
        result = session.execute(
            update(StaffAccount)
            .where(StaffAccount.id == account_id, StaffAccount.totp_on.is_(False))
            .values(totp_secret=self._fernet.encrypt(f"{account_id}:{secret}".encode()), totp_last_step=None)
            .execution_options(synchronize_session=False)
        )
        if not result.rowcount:
            raise Conflict("totp_is_on")
        picture = io.BytesIO()
        segno.make(uri, error="m").save(picture, kind="svg", scale=5, border=4, dark="#000000", light="#ffffff", xmldecl=False)
        return Enrolment(secret, uri, picture.getvalue().decode())

    def confirm(self, session: Session, account_id: int, code: str) -> bool:
        """Put the begun secret in force if `code` is one of its codes; whether it was.

        Raises:
            Conflict: a second factor is on already, or none was begun.
        """
        row = session.execute(select(StaffAccount.totp_on, StaffAccount.totp_secret).where(StaffAccount.id == account_id)).one()
        if row.totp_on:
            raise Conflict("totp_is_on")
        if row.totp_secret is None:
            raise Conflict("totp_not_begun")
        return self._use(session, account_id, row.totp_secret, code, on=False)

    def check(self, session: Session, account_id: int, code: str) -> bool:
        """Use up a code of the secret in force; of several uses of one code exactly one is right."""
        row = session.execute(select(StaffAccount.totp_on, StaffAccount.totp_secret).where(StaffAccount.id == account_id)).one()
        return bool(row.totp_on) and row.totp_secret is not None and self._use(session, account_id, row.totp_secret, code, on=True)

    @staticmethod
    def off(session: Session, account_id: int) -> bool:
        """Do without a second factor, and forget a begun one; whether it was on."""
        on = bool(session.execute(select(StaffAccount.totp_on).where(StaffAccount.id == account_id)).scalar())
        session.execute(
            update(StaffAccount)
            .where(StaffAccount.id == account_id)
            .values(totp_on=False, totp_secret=None, totp_last_step=None)
            .execution_options(synchronize_session=False)
        )
        return on

    def _use(self, session: Session, account_id: int, kept: bytes, code: str, on: bool) -> bool:
        step = self._step_of(account_id, kept, code)
        if step is None:
            return False
        # The secret is compared too: another one may have been begun meanwhile.
        result = session.execute(
            update(StaffAccount)
            .where(
                StaffAccount.id == account_id,
                StaffAccount.totp_on.is_(on),
                StaffAccount.totp_secret == kept,
                or_(StaffAccount.totp_last_step.is_(None), StaffAccount.totp_last_step < step),
            )
            .values(totp_last_step=step, totp_on=True)
            .execution_options(synchronize_session=False)
        )
        return bool(result.rowcount)

    def _step_of(self, account_id: int, kept: bytes, code: str) -> int | None:
        """The time step whose code this is."""
        digits = "".join(code.split())
        if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
            return None
        try:
            owner, _, secret = self._fernet.decrypt(bytes(kept)).decode().partition(":")
        except InvalidToken:
            # The key file was replaced: a new invitation turns the second factor off.
            return None
        if owner != str(account_id):
            return None
        totp = pyotp.TOTP(secret)
        present = int(now().timestamp()) // STEP_S
        steps = range(present - WINDOW, present + WINDOW + 1)
        found = [step for step in steps if pyotp.utils.strings_equal(totp.at(step * STEP_S), digits)]
        return found[-1] if found else None
