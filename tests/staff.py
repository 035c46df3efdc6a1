"""Accounts of staff for tests: made at once, without the work of passwords where none is needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pyotp
import pytest
import time_machine
from sqlalchemy.orm import Session

from bot.attempts import Attempts
from bot.db import Database, now
from bot.errors import BotError
from bot.staff import agreement, officers
from bot.staff.models import StaffAccount, StaffAgreement, StaffStation
from bot.staff.officers import Officer
from bot.staff.passwords import Passwords
from bot.staff.service import Staff
from bot.staff.sessions import SignedIn

STATIONS = ("civic_center", "guiyuan", "hetao", "joint_counter", "pingshan", "qianhai", "zhaoshang")
PASSWORD = "seven lanterns over the quay"
HERE, ELSEWHERE = "net:here", "net:elsewhere"


def cheap_passwords() -> Passwords:
    """Passwords that cost next to nothing to hash and compare."""
    return Passwords(memory_kib=64, rounds=1)


def make_staff() -> Staff:
    """The service with cheap passwords."""
    return Staff(b"k" * 32, Attempts(b"a" * 32), STATIONS, cheap_passwords())


def make_officer(
    session: Session,
    login: str = "chen.li",
    role: str = "officer",
    name: str = "Chen Li",
    stations: Sequence[str] = ("civic_center",),
    *,
    signed: bool = True,
    presence: str = "ready",
    language: str = "zh",
    password: str | None = None,
) -> Officer:
    """An account that is there, has signed, and can sign in with `password` if it is given."""
    account = StaffAccount(
        login=login,
        display_name=name,
        role=role,
        language=language,
        presence=presence,
        seen_at=now(),
        password_hash=None if password is None else cheap_passwords().hash(password),
    )
    session.add(account)
    session.flush()
    session.add_all(StaffStation(account_id=account.id, station=key) for key in stations)
    if signed:
        present = agreement.current()
        session.add(StaffAgreement(account_id=account.id, version=present.version, language="zh", text=present.texts["zh"]))
    session.flush()
    return officers.get(session, account.id)


def refused(work: Callable[[], object]) -> str:
    """The code of the error that `work` raises."""
    with pytest.raises(BotError) as error:
        work()
    return error.value.code


def together(*works: Callable[[], object]) -> list[object]:
    """What each gives or raises when all begin at the same moment."""
    barrier = threading.Barrier(len(works))
    results: list[object] = [None] * len(works)

    def begin(place: int) -> None:
        barrier.wait()
        try:
            results[place] = works[place]()
        except BotError as error:
            results[place] = error

    threads = [threading.Thread(target=begin, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def sign_in(
    database: Database, staff: Staff, password: str = PASSWORD, totp: str | None = None, login: str = "chen.li", caller: str = HERE
) -> tuple[str, SignedIn]:
    """Sign in, by default as `make_officer` makes somebody; the token and who it is."""
    with database.session() as session:
        return staff.sign_in(session, login, password, totp, caller, "Firefox/145.0 (Windows)")


def totp_on(database: Database, staff: Staff, account: int) -> pyotp.TOTP:
    """Turn the second factor on at a moment of its own, and return what makes its codes."""
    with time_machine.travel(datetime(2026, 11, 1, 1, tzinfo=UTC), tick=False):
        with database.session() as session:
            secret = pyotp.TOTP(staff.totp_begin(session, account, PASSWORD).secret)
        with database.session() as session:
            staff.totp_confirm(session, account, secret.now())
    return secret
