"""Sessions of staff: how long they last, what ends them at once, and that those who hold connections hear of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from bot.attempts import Attempts
from bot.db import Database
from bot.staff.events import SessionsRevoked
from bot.staff.models import StaffAccount, StaffSession
from bot.staff.officers import Officer
from bot.staff.service import Staff
from bot.staff.sessions import ABSOLUTE_LIFE, IDLE_LIFE, KEPT, SignedIn
from tests.staff import PASSWORD, make_officer, make_staff, refused

MORNING = datetime(2026, 11, 25, 1, tzinfo=UTC)
OTHER_PASSWORD = "eleven kites above the bay"


@pytest.fixture
def staff() -> Staff:
    return make_staff()


@pytest.fixture
def told(staff: Staff) -> list[SessionsRevoked]:
    heard: list[SessionsRevoked] = []
    staff.listen(heard.append)
    return heard


@pytest.fixture
def officer(database: Database) -> Officer:
    with database.session() as session:
        return make_officer(session, password=PASSWORD)


@pytest.fixture
def administrator(database: Database) -> Officer:
    with database.session() as session:
        return make_officer(session, "administrator", "administrator", "Wang Fang", (), password=PASSWORD)


def sign_in(database: Database, staff: Staff, login: str = "chen.li", browser: str = "Firefox/145.0 (X11; Linux)") -> tuple[str, SignedIn]:
    with database.session() as session:
        return staff.sign_in(session, login, PASSWORD, None, "net:here", browser)


def alive(database: Database, staff: Staff, token: str, touch: bool = True) -> bool:
    with database.session() as session:
        return staff.signed_in(session, token, touch) is not None


def test_a_session_ends_twelve_hours_after_it_began_however_much_it_is_used(database: Database, staff: Staff, officer: Officer) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        token, _ = sign_in(database, staff)
        while clock.shift(timedelta(hours=1)) or datetime.now(UTC) < MORNING + ABSOLUTE_LIFE:
            assert alive(database, staff, token)
        assert not alive(database, staff, token)


def test_a_session_ends_two_hours_after_its_last_use(database: Database, staff: Staff, officer: Officer) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        token, _ = sign_in(database, staff)
        clock.shift(IDLE_LIFE - timedelta(seconds=1))
        assert alive(database, staff, token)
        clock.shift(IDLE_LIFE - timedelta(seconds=1))
        assert alive(database, staff, token)
        clock.shift(IDLE_LIFE)
        assert not alive(database, staff, token)


def test_what_a_page_does_by_itself_does_not_keep_a_session_alive(database: Database, staff: Staff, officer: Officer) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        token, _ = sign_in(database, staff)
        for _ in range(3):
            clock.shift(timedelta(minutes=30))
            assert alive(database, staff, token, touch=False)
        clock.shift(timedelta(minutes=30))
        assert not alive(database, staff, token, touch=False)


def test_use_is_noted_once_a_minute(database: Database, staff: Staff, officer: Officer) -> None:
    def last_seen() -> datetime:
        with database.session() as session:
            return session.execute(select(StaffSession.last_seen_at)).scalar_one()

    with time_machine.travel(MORNING, tick=False) as clock:
        token, _ = sign_in(database, staff)
        clock.shift(timedelta(seconds=59))
        alive(database, staff, token)
        assert last_seen() == MORNING
        clock.shift(timedelta(seconds=1))
        alive(database, staff, token)
        assert last_seen() == MORNING + timedelta(minutes=1)


@pytest.mark.parametrize("token", ["", "x", "\x00", "\ud800", "a" * 10_000])
def test_a_token_that_nobody_was_given_opens_nothing(database: Database, staff: Staff, officer: Officer, token: str) -> None:
    assert not alive(database, staff, token)


def test_a_hash_of_a_token_is_no_token(database: Database, staff: Staff, officer: Officer) -> None:
    sign_in(database, staff)
    with database.session() as session:
        kept = session.execute(select(StaffSession.token_hash)).scalar_one()
    assert not alive(database, staff, kept)


def test_the_word_against_forged_requests_belongs_to_one_session_and_one_key(database: Database, staff: Staff, officer: Officer) -> None:
    (first, one), (second, two) = sign_in(database, staff), sign_in(database, staff)
    assert len({one.csrf, two.csrf, first, second}) == 4
    with database.session() as session:
        again = make_staff().signed_in(session, first)
        other_key = Staff(b"another key" * 3, Attempts(b"a" * 32)).signed_in(session, first)
    assert again is not None and again.csrf == one.csrf
    assert other_key is not None and other_key.csrf != one.csrf


def test_what_changed_about_an_officer_is_seen_in_the_next_request(
    database: Database, staff: Staff, officer: Officer, administrator: Officer
) -> None:
    token, _ = sign_in(database, staff)
    with database.session() as session:
        staff.update_account(session, administrator, officer.id, display_name="Chen Li-Na", stations=["qianhai", "hetao"])
    with database.session() as session:
        signed_in = staff.signed_in(session, token)
    assert signed_in is not None
    assert (signed_in.officer.name, signed_in.officer.stations) == ("Chen Li-Na", ("hetao", "qianhai"))


def test_people_recognise_their_sessions(database: Database, staff: Staff, officer: Officer) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        sign_in(database, staff)
        clock.shift(timedelta(minutes=5))
        sign_in(database, staff, browser="Chrome/142.0 (Windows NT 10.0)")
        with database.session() as session:
            listed = staff.sessions(session, officer, officer.id)
    assert [(each.described, each.created_at) for each in listed] == [
        ("Chrome, Windows", MORNING + timedelta(minutes=5)),
        ("Firefox, Linux", MORNING),
    ]


def test_officers_see_and_end_their_own_sessions_only(
    database: Database, staff: Staff, officer: Officer, told: list[SessionsRevoked]
) -> None:
    with database.session() as session:
        colleague = make_officer(session, "li.na", name="Li Na", password=PASSWORD)
    token, mine = sign_in(database, staff)
    with database.session() as session:
        assert refused(lambda: staff.sessions(session, colleague, officer.id)) == "not_permitted"
        for session_id in (mine.session_id, "unknown", "\x00", "f" * 32):
            assert refused(lambda session_id=session_id: staff.revoke(session, colleague, session_id)) == "session_unknown"
    assert alive(database, staff, token) and told == []
    with database.session() as session:
        staff.revoke(session, officer, mine.session_id)
    assert not alive(database, staff, token)
    assert told == [SessionsRevoked(officer.id, frozenset({mine.session_id}))]


def test_those_who_manage_accounts_end_any_session(
    database: Database, staff: Staff, officer: Officer, administrator: Officer, told: list[SessionsRevoked]
) -> None:
    token, mine = sign_in(database, staff)
    with database.session() as session:
        assert [each.id for each in staff.sessions(session, administrator, officer.id)] == [mine.session_id]
        staff.revoke(session, administrator, mine.session_id)
    assert not alive(database, staff, token) and len(told) == 1
    with database.session() as session:
        assert refused(lambda: staff.revoke(session, administrator, mine.session_id)) == "session_unknown"


def test_a_disabled_account_is_out_at_once(
    database: Database, staff: Staff, officer: Officer, administrator: Officer, told: list[SessionsRevoked]
) -> None:
    token, mine = sign_in(database, staff)
    with database.session() as session:
        staff.set_active(session, administrator, officer.id, False)
        assert told == []
    assert told == [SessionsRevoked(officer.id, None)]
    assert not alive(database, staff, token)
    with database.session() as session:
        assert staff.ended(session, {mine.session_id}) == {mine.session_id}
        staff.set_active(session, administrator, officer.id, True)
    # What was ended stays ended.
    assert not alive(database, staff, token)


def test_nobody_is_told_of_what_was_rolled_back(
    database: Database, staff: Staff, officer: Officer, administrator: Officer, told: list[SessionsRevoked]
) -> None:
    token, _ = sign_in(database, staff)
    with pytest.raises(RuntimeError), database.session() as session:
        staff.set_active(session, administrator, officer.id, False)
        raise RuntimeError
    assert told == [] and alive(database, staff, token)


def test_a_listener_that_fails_does_not_keep_others_from_hearing(
    database: Database, staff: Staff, officer: Officer, administrator: Officer
) -> None:
    heard: list[SessionsRevoked] = []

    def fail(_event: SessionsRevoked) -> None:
        raise RuntimeError

    staff.listen(fail)
    staff.listen(heard.append)
    sign_in(database, staff)
    with database.session() as session:
        staff.set_active(session, administrator, officer.id, False)
    assert len(heard) == 1
    with database.session() as session:
        assert not session.execute(select(StaffAccount.active).where(StaffAccount.id == officer.id)).scalar_one()


def test_another_role_means_signing_in_again(
    database: Database, staff: Staff, officer: Officer, administrator: Officer, told: list[SessionsRevoked]
) -> None:
    token, _ = sign_in(database, staff)
    with database.session() as session:
        staff.update_account(session, administrator, officer.id, role="trainee")
    assert told == [SessionsRevoked(officer.id, None)] and not alive(database, staff, token)


def test_a_new_password_ends_every_other_session(database: Database, staff: Staff, officer: Officer, told: list[SessionsRevoked]) -> None:
    here, mine = sign_in(database, staff)
    there, other = sign_in(database, staff)
    with database.session() as session:
        staff.change_password(session, mine, PASSWORD, OTHER_PASSWORD)
    assert alive(database, staff, here) and not alive(database, staff, there)
    assert told == [SessionsRevoked(officer.id, frozenset({other.session_id}))]
    with database.session() as session:
        assert refused(lambda: staff.sign_in(session, "chen.li", PASSWORD, None, "net:here")) == "sign_in_refused"
    with database.session() as session:
        staff.sign_in(session, "chen.li", OTHER_PASSWORD, None, "net:here")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("wrong wrong wrong", OTHER_PASSWORD, "password_wrong"),
        (PASSWORD, "short", "password_short"),
        (PASSWORD, PASSWORD, "password_same"),
        (PASSWORD, "chen.li.chen.li.1", "password_like_name"),
    ],
)
def test_a_password_that_cannot_be_changed_stays(
    database: Database, staff: Staff, officer: Officer, told: list[SessionsRevoked], old: str, new: str, code: str
) -> None:
    _, mine = sign_in(database, staff)
    other, _ = sign_in(database, staff)
    with database.session() as session:
        assert refused(lambda: staff.change_password(session, mine, old, new)) == code
    assert alive(database, staff, other) and told == []


def test_a_stolen_session_cannot_try_passwords_for_long(database: Database, staff: Staff, officer: Officer) -> None:
    _, mine = sign_in(database, staff)
    codes = []
    for _ in range(11):
        with pytest.raises(Exception) as error, database.session() as session:
            staff.change_password(session, mine, "wrong wrong wrong", OTHER_PASSWORD)
        codes.append(error.value.code)
    assert codes == ["password_wrong"] * 10 + ["too_many_attempts"]


def test_who_signs_out_is_out_and_with_the_last_session_off(database: Database, staff: Staff, officer: Officer) -> None:
    (here, mine), (there, other) = sign_in(database, staff), sign_in(database, staff)
    with database.session() as session:
        staff.sign_out(session, mine)
        assert staff.officer(session, officer.id).presence == "ready"
    assert not alive(database, staff, here) and alive(database, staff, there)
    with database.session() as session:
        staff.sign_out(session, other)
        assert staff.officer(session, officer.id).presence == "off"


def test_a_gateway_learns_which_of_its_connections_must_end(database: Database, staff: Staff, officer: Officer) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        _, idle = sign_in(database, staff)
        clock.shift(timedelta(hours=1, minutes=30))
        _, signed_out = sign_in(database, staff)
        _, open_still = sign_in(database, staff)
        clock.shift(timedelta(minutes=45))
        with database.session() as session:
            staff.sign_out(session, signed_out)
            asked = {idle.session_id, signed_out.session_id, open_still.session_id, "never-was"}
            assert staff.ended(session, asked) == asked - {open_still.session_id}
            assert staff.ended(session, set()) == set()


def test_sessions_are_dropped_a_month_after_their_end(database: Database, staff: Staff, officer: Officer) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        sign_in(database, staff)
        for days, kept in ((20, 1), (11, 0)):
            clock.shift(timedelta(days=days))
            with database.session() as session:
                staff.purge(session)
            with database.session() as session:
                assert len(session.execute(select(StaffSession.id)).all()) == kept
    assert timedelta(days=20) < KEPT < timedelta(days=31)
