"""Signing in: who gets in, what strangers learn (nothing), and how often they may try."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import event, select, text

from bot.attempts import Attempts
from bot.audit import AuditEntry
from bot.db import Base, Database
from bot.errors import NotAllowed, TooMany
from bot.staff import signing_in
from bot.staff.models import StaffAccount, StaffSession
from bot.staff.passwords import Passwords
from bot.staff.service import Staff
from tests.servers import AUDIT_KEY
from tests.staff import ELSEWHERE, HERE, PASSWORD, STATIONS, make_officer, make_staff, refused, sign_in, together, totp_on


@pytest.fixture
def staff() -> Staff:
    return make_staff()


@pytest.fixture
def account(database: Database) -> int:
    with database.session() as session:
        return make_officer(session, password=PASSWORD).id


def written(database: Database) -> str:
    """Everything that stands in the database."""
    with database.session() as session:
        return "\n".join(str(tuple(row)) for table in Base.metadata.sorted_tables for row in session.execute(select(table)))


def test_the_right_password_opens_a_session(database: Database, staff: Staff, account: int) -> None:
    token, signed_in = sign_in(database, staff)
    assert signed_in.officer.id == account and signed_in.officer.name == "Chen Li"
    with database.session() as session:
        again = staff.signed_in(session, token)
    assert again == signed_in


@pytest.mark.parametrize("login", ["CHEN.LI", " chen.li ", "ｃｈｅｎ.ｌｉ"])
def test_a_login_is_the_same_however_it_is_typed(database: Database, staff: Staff, account: int, login: str) -> None:
    assert sign_in(database, staff, login=login)[1].officer.id == account


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


class Counting(Passwords):
    """Counts what is compared."""

    def __init__(self) -> None:
        super().__init__(memory_kib=64, rounds=1)
        self.compared = 0

    def verify(self, kept: str | None, password: str) -> bool:
        self.compared += 1
        return super().verify(kept, password)


def test_a_refusal_does_the_same_work_whatever_its_reason(database: Database, account: int) -> None:
    with database.session() as session:
        make_officer(session, "disabled", password=PASSWORD)
        make_officer(session, "invited")
        session.execute(text("UPDATE staff_accounts SET active = false WHERE login = 'disabled'"))
    done = {}
    for login, password in (
        ("chen.li", "eight lanterns over the quay"),
        ("nobody", PASSWORD),
        ("disabled", PASSWORD),
        ("invited", PASSWORD),
        ("invited", ""),
        ("no login\x00\ud800", PASSWORD),
    ):
        counting = Counting()
        staff = Staff(b"k" * 32, Attempts(b"a" * 32), STATIONS, counting)
        with statements(database) as seen, pytest.raises(NotAllowed) as error, database.session() as session:
            staff.sign_in(session, login, password, None, f"net:{login}{password}", "")
        done[login, password] = (error.value.code, error.value.params, counting.compared, seen)
    assert len({str(each) for each in done.values()}) == 1
    assert next(iter(done.values()))[:3] == ("sign_in_refused", {}, 1)


def test_five_wrong_passwords_from_one_network_are_the_limit_even_for_the_right_one(database: Database, staff: Staff, account: int) -> None:
    for _ in range(signing_in.PER_PAIR):
        assert refused(lambda: sign_in(database, staff, "wrong wrong wrong")) == "sign_in_refused"
    with pytest.raises(TooMany) as error:
        sign_in(database, staff)
    assert error.value.code == "too_many_attempts" and 0 < error.value.params["retry_after_s"] <= 900
    # Who asks from somewhere else is let in.
    assert sign_in(database, staff, caller=ELSEWHERE)[1].officer.id == account


def test_the_limit_holds_in_every_process_and_ends_with_its_window(database: Database, database_url: str, account: int) -> None:
    with time_machine.travel(datetime(2026, 11, 25, 1, tzinfo=UTC), tick=False) as clock:
        for _ in range(signing_in.PER_PAIR):
            other = Database(database_url, AUDIT_KEY)
            assert refused(lambda other=other: sign_in(other, make_staff(), "wrong wrong wrong")) == "sign_in_refused"
            other.close()
        assert refused(lambda: sign_in(database, make_staff())) == "too_many_attempts"
        clock.shift(signing_in.WINDOW + timedelta(seconds=1))
        assert sign_in(database, make_staff())[1].officer.id == account


def test_who_was_right_starts_over(database: Database, staff: Staff, account: int) -> None:
    for _ in range(3):
        for _ in range(signing_in.PER_PAIR - 1):
            assert refused(lambda: sign_in(database, staff, "wrong wrong wrong")) == "sign_in_refused"
        sign_in(database, staff)


def test_a_whole_office_signs_in_from_one_network(database: Database, staff: Staff, account: int) -> None:
    for _ in range(signing_in.PER_NETWORK + 5):
        sign_in(database, staff)


def test_one_network_cannot_try_every_account(database: Database, staff: Staff, account: int) -> None:
    for number in range(signing_in.PER_NETWORK):
        assert refused(lambda number=number: sign_in(database, staff, login=f"guess{number}")) == "sign_in_refused"
    assert refused(lambda: sign_in(database, staff, login="guess-more")) == "too_many_attempts"


def test_strangers_from_many_networks_do_not_shut_an_officer_out(database: Database, staff: Staff, account: int) -> None:
    sign_in(database, staff)
    for number in range(signing_in.PER_ACCOUNT):
        caller = f"net:{number // 3}"
        assert refused(lambda caller=caller: sign_in(database, staff, "wrong wrong wrong", caller=caller)) == "sign_in_refused"
    assert refused(lambda: sign_in(database, staff, caller="net:another")) == "too_many_attempts"
    assert sign_in(database, staff)[1].officer.id == account


def test_a_burst_does_not_pass_the_limit(database: Database) -> None:
    attempts = Attempts(b"a" * 32)

    def spend() -> None:
        with database.session() as session:
            attempts.spend(session, "sign_in_pair", "somebody", 5, timedelta(minutes=15))

    results = together(*[spend] * 12)
    assert sum(result is None for result in results) == 5
    assert sum(isinstance(result, TooMany) for result in results) == 7


def test_a_hash_of_another_cost_is_made_anew(database: Database, account: int) -> None:
    with database.session() as session:
        before = session.execute(select(StaffAccount.password_hash)).scalar_one()
    staff = Staff(b"k" * 32, Attempts(b"a" * 32), STATIONS, Passwords(memory_kib=128, rounds=2))
    sign_in(database, staff)
    with database.session() as session:
        after = session.execute(select(StaffAccount.password_hash)).scalar_one()
    assert "m=64,t=1" in before and "m=128,t=2" in after
    sign_in(database, staff)
    with database.session() as session:
        assert session.execute(select(StaffAccount.password_hash)).scalar_one() == after


def test_others_write_while_a_password_is_compared(database: Database, account: int) -> None:
    class Meanwhile(Passwords):
        def verify(self, kept: str | None, password: str) -> bool:
            with database.session() as other:
                other.execute(text("UPDATE staff_accounts SET seen_at = NULL"))
            return super().verify(kept, password)

    staff = Staff(b"k" * 32, Attempts(b"a" * 32), STATIONS, Meanwhile(memory_kib=64, rounds=1))
    assert sign_in(database, staff)[1].officer.id == account


@pytest.mark.parametrize("change", ["active = false", "password_hash = NULL", "password_hash = 'another'"])
def test_an_account_that_changes_while_its_password_is_compared_stays_shut(database: Database, account: int, change: str) -> None:
    class Meanwhile(Passwords):
        def verify(self, kept: str | None, password: str) -> bool:
            with database.session() as other:
                other.execute(text(f"UPDATE staff_accounts SET {change}"))
            return super().verify(kept, password)

    staff = Staff(b"k" * 32, Attempts(b"a" * 32), STATIONS, Meanwhile(memory_kib=64, rounds=1))
    assert refused(lambda: sign_in(database, staff)) == "sign_in_refused"
    with database.session() as session:
        assert session.execute(select(StaffSession.id)).all() == []


def test_nothing_secret_is_kept_as_it_is(database: Database, staff: Staff, account: int) -> None:
    totp = totp_on(database, staff, account)
    refused(lambda: sign_in(database, staff, "a very wrong password", login="typed in the wrong box"))
    token, signed_in = sign_in(database, staff, totp=totp.now())
    stored = written(database)
    for secret in (PASSWORD, token, signed_in.csrf, totp.secret, "a very wrong password", "typed in the wrong box", HERE):
        assert secret not in stored


def test_every_attempt_stands_in_the_audit_trail(database: Database, staff: Staff, account: int) -> None:
    refused(lambda: sign_in(database, staff, "wrong wrong wrong"))
    refused(lambda: sign_in(database, staff, login="nobody"))
    _, signed_in = sign_in(database, staff)
    with database.session() as session:
        entries = session.execute(select(AuditEntry).order_by(AuditEntry.id)).scalars().all()
        told = [(entry.actor, entry.action, entry.subject, entry.detail) for entry in entries]
    assert told == [
        ("system", "account:sign_in_refused", f"account:{account}", {}),
        ("system", "account:sign_in_refused", "account:unknown", {}),
        (f"staff:{account}", "account:sign_in", f"account:{account}", {"session_id": signed_in.session_id, "totp": False}),
    ]
