"""The second factor: how it is turned on and off, which codes are good, and how often somebody may try."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine
from sqlalchemy import select

from bot.attempts import Attempts
from bot.db import Database
from bot.errors import BotError, NotAllowed
from bot.staff import signing_in
from bot.staff.models import StaffSession
from bot.staff.officers import Officer
from bot.staff.passwords import Passwords
from bot.staff.service import Staff
from tests.staff import PASSWORD, STATIONS, make_officer, make_staff, refused, sign_in, together, totp_on


@pytest.fixture
def staff() -> Staff:
    return make_staff()


@pytest.fixture
def officer(database: Database) -> Officer:
    with database.session() as session:
        return make_officer(session, password=PASSWORD)


@pytest.fixture
def account(officer: Officer) -> int:
    return officer.id


def test_the_second_factor_is_turned_on_with_a_code_and_off_with_the_password(database: Database, staff: Staff, officer: Officer) -> None:
    with database.session() as session:
        assert refused(lambda: staff.totp_confirm(session, officer.id, "123456")) == "totp_not_begun"
    with database.session() as session:
        assert refused(lambda: staff.totp_begin(session, officer.id, "wrong wrong wrong")) == "password_wrong"
    with database.session() as session:
        begun = staff.totp_begin(session, officer.id, PASSWORD)
    assert begun.uri.startswith("otpauth://totp/") and begun.secret in begun.uri and "chen.li" in begun.uri
    assert begun.svg.startswith("<svg ") and "xmlns" in begun.svg and "<script" not in begun.svg
    code = pyotp.TOTP(begun.secret).now()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    with database.session() as session:
        assert refused(lambda: staff.totp_confirm(session, officer.id, wrong)) == "totp_wrong"
        assert not staff.officer(session, officer.id).totp
    with database.session() as session:
        staff.totp_confirm(session, officer.id, code)
    with database.session() as session:
        assert staff.officer(session, officer.id).totp
        assert refused(lambda: staff.totp_begin(session, officer.id, PASSWORD)) == "totp_is_on"
        assert refused(lambda: staff.totp_confirm(session, officer.id, code)) == "totp_is_on"
    # The code that turned it on is used up.
    with pytest.raises(NotAllowed, match="totp_wrong"), database.session() as session:
        staff.sign_in(session, "chen.li", PASSWORD, code, "net:here")
    with database.session() as session:
        assert refused(lambda: staff.totp_off(session, officer.id, "wrong wrong wrong")) == "password_wrong"
    with database.session() as session:
        staff.totp_off(session, officer.id, PASSWORD)
        staff.sign_in(session, "chen.li", PASSWORD, None, "net:here")


def test_a_secret_that_was_begun_but_not_confirmed_asks_for_nothing(database: Database, staff: Staff, officer: Officer) -> None:
    with database.session() as session:
        staff.totp_begin(session, officer.id, PASSWORD)
    sign_in(database, staff)


def test_a_whole_office_with_second_factors_signs_in_from_one_network(database: Database, staff: Staff, account: int) -> None:
    totp_on(database, staff, account)
    for _ in range(signing_in.PER_NETWORK + 5):
        assert refused(lambda: sign_in(database, staff)) == "totp_needed"


def test_with_a_second_factor_a_code_is_needed_after_the_right_password_only(database: Database, staff: Staff, account: int) -> None:
    totp_on(database, staff, account)
    assert refused(lambda: sign_in(database, staff)) == "totp_needed"
    assert refused(lambda: sign_in(database, staff, "wrong wrong wrong")) == "sign_in_refused"
    assert refused(lambda: sign_in(database, staff, "wrong wrong wrong", "000000")) == "sign_in_refused"


@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(database: Database, staff: Staff, account: int, steps: int, right: bool) -> None:
    totp = totp_on(database, staff, account)
    moment = datetime(2026, 11, 25, 1, 0, 10, tzinfo=UTC)
    with time_machine.travel(moment, tick=False):
        code = totp.at(moment + timedelta(seconds=30 * steps))
        if right:
            assert sign_in(database, staff, totp=f"{code[:3]} {code[3:]}")[1].officer.totp
        else:
            assert refused(lambda: sign_in(database, staff, totp=code)) == "totp_wrong"


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12345\x00", "\ud800"])
def test_what_is_no_code_is_wrong(database: Database, staff: Staff, account: int, code: str) -> None:
    totp_on(database, staff, account)
    assert refused(lambda: sign_in(database, staff, totp=code)) == ("totp_wrong" if code else "totp_needed")


def test_a_code_works_once_and_none_before_it_after_it(database: Database, staff: Staff, account: int) -> None:
    totp = totp_on(database, staff, account)
    moment = datetime(2026, 11, 25, 1, 0, 10, tzinfo=UTC)
    with time_machine.travel(moment, tick=False):
        sign_in(database, staff, totp=totp.now())
        assert refused(lambda: sign_in(database, staff, totp=totp.now())) == "totp_wrong"
        assert refused(lambda: sign_in(database, staff, totp=totp.at(moment - timedelta(seconds=30)))) == "totp_wrong"


def test_a_code_that_is_used_twice_at_once_opens_one_session(database: Database, staff: Staff, account: int) -> None:
    totp = totp_on(database, staff, account)
    with time_machine.travel(datetime(2026, 11, 25, 1, 0, 10, tzinfo=UTC), tick=False):
        code = totp.now()
        results = together(*[lambda: sign_in(database, make_staff(), totp=code)] * 4)
    assert sum(isinstance(result, tuple) for result in results) == 1
    assert [result.code for result in results if isinstance(result, BotError)] == ["totp_wrong"] * 3
    with database.session() as session:
        assert len(session.execute(select(StaffSession.id)).all()) == 1


def test_codes_cannot_be_tried_for_long(database: Database, staff: Staff, account: int) -> None:
    totp_on(database, staff, account)
    for number in range(signing_in.PER_SECOND_FACTOR):
        caller = f"net:{number}"
        assert refused(lambda caller=caller: sign_in(database, staff, totp="000000", caller=caller)) == "totp_wrong"
    assert refused(lambda: sign_in(database, staff, totp="000000", caller="net:last")) == "too_many_attempts"


def test_a_code_of_another_key_file_is_no_code(database: Database, staff: Staff, account: int) -> None:
    totp = totp_on(database, staff, account)
    other = Staff(b"another key" * 3, Attempts(b"a" * 32), STATIONS, Passwords(memory_kib=64, rounds=1))
    assert refused(lambda: sign_in(database, other, totp=totp.now())) == "totp_wrong"
