"""The status look-up: found after proof, refused without a hint, limited, and always by index."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import IntegrityError

from bot.db import Database
from bot.permits.models import Applicant, Application, LookupAttempt, LookupNetwork, LookupProof, StageEntry
from bot.permits.results import REFUSED, LookupResult
from bot.permits.service import DAY, PROOF_LASTS, WINDOW, Permits

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
BORN = date(1990, 3, 4)
OTHER_DAY = date(1990, 4, 3)
PERMIT = "DEMO-P-100001"
OPEN = "DEMO-A-200003"


@pytest.fixture
def permits() -> Permits:
    return Permits(b"a secret of these tests", lambda: NOON, attempts=3, of_network=4)


@pytest.fixture
def filled(database: Database) -> Database:
    """A holder with three applications and one without a permit."""
    with database.session() as session:
        holder = _applicant("Freja", "Kjær", BORN, PERMIT)
        newcomer = _applicant("Rohan", "Menon", date(1985, 12, 1), None)
        session.add_all(
            [
                _application(holder, "DEMO-A-200001", "new_abroad", "expired", ("draft", "submitted", "expired"), 400),
                _application(holder, "DEMO-A-200002", "extension", "in_force", ("draft", "in_force"), 100),
                _application(holder, OPEN, "change_information", "submitted", ("draft", "returned", "submitted"), 3),
                _application(newcomer, "DEMO-A-200004", "new_abroad", "accepted", ("draft", "accepted"), 1),
            ]
        )
    return database


def _applicant(given: str, family: str, born: date, permit: str | None) -> Applicant:
    return Applicant(given_name=given, family_name=family, nationality="DK", date_of_birth=born, permit_number=permit, source="demo")


def _application(
    applicant: Applicant, number: str, application_type: str, stage: str, history: tuple[str, ...], days_ago: int
) -> Application:
    since = NOON - timedelta(days=days_ago)
    entries = [StageEntry(stage=each, at=since - timedelta(days=back)) for back, each in enumerate(reversed(history))]
    return Application(
        applicant=applicant,
        application_type=application_type,
        category="B",
        acceptance_number=number,
        station="civic_center",
        stage=stage,
        stage_since=since,
        submitted_at=since - timedelta(days=1),
        history=entries,
        source="demo",
    )


def _look(
    database: Database, permits: Permits, number: str = PERMIT, born: Any = BORN, conversation: str = "c1", now: datetime = NOON
) -> LookupResult:
    with database.session() as session:
        return permits.look_up(session, number, born, conversation, now)


def _look_from(database: Database, permits: Permits, network: str, number: str = PERMIT, **options: Any) -> LookupResult:
    with database.session() as session:
        permits.came_from(session, options.get("conversation", "c1"), network, options.get("now", NOON))
    return _look(database, permits, number, **options)


@contextmanager
def _statements(database: Database) -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if not statement.startswith("BEGIN"):
            seen.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_permit_number_shows_the_open_application_first_and_lists_the_others(filled: Database, permits: Permits) -> None:
    result = _look(filled, permits)
    assert result.outcome == "found"
    assert [each.stage for each in result.applications] == ["submitted", "in_force", "expired"]
    assert [each.open for each in result.applications] == [True, False, False]


def test_found_application_tells_stage_history_and_place(filled: Database, permits: Permits) -> None:
    status = _look(filled, permits).applications[0]
    assert (status.application_type, status.category, status.stage) == ("change_information", "B", "submitted")
    assert status.since == NOON - timedelta(days=3)
    assert [change.stage for change in status.history] == ["draft", "returned", "submitted"]
    assert [change.at for change in status.history] == sorted(change.at for change in status.history)
    assert status.collect_at == "civic_center"
    assert status.submitted_at == NOON - timedelta(days=4)


def test_application_number_shows_that_application_only(filled: Database, permits: Permits) -> None:
    assert [each.stage for each in _look(filled, permits, "DEMO-A-200001").applications] == ["expired"]


@pytest.mark.parametrize("typed", ["demo a 200003", "ＤＥＭＯ－Ａ－２００００３", "DEMOA200003", " Demo/a/200 003 "])
def test_any_spelling_of_the_number_is_found(filled: Database, permits: Permits, typed: str) -> None:
    assert _look(filled, permits, typed).outcome == "found"


def test_result_never_holds_the_whole_number(filled: Database, permits: Permits) -> None:
    shown = json.dumps(_look(filled, permits).as_json())
    assert "200003" not in shown
    assert "DEMO" not in shown
    assert "1990-03-04" not in shown


def test_result_survives_the_way_through_the_vault(filled: Database, permits: Permits) -> None:
    result = _look(filled, permits)
    assert LookupResult.from_json(json.loads(json.dumps(result.as_json()))) == result
    assert LookupResult.from_json(json.loads(json.dumps(REFUSED.as_json()))) == REFUSED


def test_one_of_several_candidate_dates_is_enough(filled: Database, permits: Permits) -> None:
    assert _look(filled, permits, born=[OTHER_DAY, BORN]).outcome == "found"


@pytest.mark.parametrize("dates", [[], [BORN] * 5])
def test_no_date_and_a_whole_list_of_dates_are_errors_of_the_caller(filled: Database, permits: Permits, dates: list[date]) -> None:
    with pytest.raises(ValueError, match="dates"):
        _look(filled, permits, born=dates)


@pytest.mark.parametrize("number", ["", "   ", "---", "\x00", "?" * 500, "9" * 500, "號碼", "\ud800"])
def test_no_number_is_refused_by_its_form_and_none_breaks_the_search(filled: Database, permits: Permits, number: str) -> None:
    assert _look(filled, permits, number) == REFUSED


def _no_such_number(database: Database, permits: Permits) -> LookupResult:
    return _look(database, permits, "DEMO-X-999999")


def _not_yours(database: Database, permits: Permits) -> LookupResult:
    return _look(database, permits, born=OTHER_DAY)


def _not_yours_by_application_number(database: Database, permits: Permits) -> LookupResult:
    return _look(database, permits, OPEN, OTHER_DAY)


def _limited_conversation(database: Database, permits: Permits) -> LookupResult:
    for attempt in range(3):
        _look(database, permits, f"DEMO-X-{attempt}")
    return _look(database, permits)


def _limited_number(database: Database, permits: Permits) -> LookupResult:
    for attempt in range(3):
        _look(database, permits, born=OTHER_DAY, conversation=f"stranger {attempt}")
    return _look(database, permits)


def _limited_network(database: Database, permits: Permits) -> LookupResult:
    for attempt in range(4):
        _look_from(database, permits, "net:office", f"DEMO-X-{attempt}", conversation=f"stranger {attempt}")
    return _look_from(database, permits, "net:office", conversation="owner")


REFUSALS = [_no_such_number, _not_yours, _not_yours_by_application_number, _limited_conversation, _limited_number]


def test_refusals_cannot_be_told_apart_by_what_they_give_or_do(filled: Database, permits: Permits) -> None:
    seen = []
    for refuse in REFUSALS:
        with filled.session() as session:
            session.execute(text("DELETE FROM lookup_attempts"))
        with _statements(filled) as statements:
            assert refuse(filled, permits) is REFUSED
        per_look_up = len(seen[0]) if seen else len(statements)
        seen.append([statement for statement, _ in statements][-per_look_up:])
        assert len(statements) % per_look_up == 0
    assert all(each == seen[0] for each in seen)


def test_every_look_up_hashes_and_compares_equally_often(filled: Database, permits: Permits, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    hashed: list[bytes] = []
    compare, make = hmac.compare_digest, hmac.new

    def compares(one: str, other: str) -> bool:
        compared.extend((one, other))
        return compare(one, other)

    def hashes(key: bytes, value: bytes, kind: Any) -> Any:
        hashed.append(value)
        return make(key, value, kind)

    monkeypatch.setattr("bot.permits.service.hmac.compare_digest", compares)
    monkeypatch.setattr("bot.permits.service.hmac.new", hashes)
    third = OTHER_DAY + timedelta(days=1)
    found = 0
    for dates in ([OTHER_DAY], [BORN], [BORN, OTHER_DAY, third], [OTHER_DAY, third, BORN], [OTHER_DAY, third, third]):
        for number in ("DEMO-X-999999", PERMIT, OPEN):
            for conversation in (f"fresh {number}", "limited", "limited"):
                del compared[:], hashed[:]
                found += _look(filled, permits, number, dates, conversation) is not REFUSED
                # Two places where a number can stand, each compared with each date; nothing is compared but hashes of one length.
                assert len(compared) == 2 * 2 * len(dates) and {len(each) for each in compared} == {64}
                assert len(hashed) == 2 + 2 * 2 * len(dates), "conversation and number, and both sides of each comparison"
        with filled.session() as session:
            session.execute(text("DELETE FROM lookup_attempts"))
    assert 0 < found < 5 * 3 * 3


def test_right_data_is_refused_once_the_conversation_has_used_its_attempts(filled: Database, permits: Permits) -> None:
    assert _limited_conversation(filled, permits) == REFUSED
    assert _look(filled, permits, conversation="another").outcome == "found"


def test_attempts_on_a_number_count_across_conversations_and_spellings(filled: Database, permits: Permits) -> None:
    for conversation, spelling in [("c1", "DEMO-P-100001"), ("c2", "demo p 100001"), ("c3", "ＤＥＭＯＰ100001")]:
        assert _look(filled, permits, spelling, OTHER_DAY, conversation) == REFUSED
    assert _look(filled, permits, conversation="c4") == REFUSED


def test_successful_looks_use_no_attempts(filled: Database, permits: Permits) -> None:
    assert [_look(filled, permits).outcome for _ in range(5)] == ["found"] * 5


def test_each_candidate_date_is_an_attempt(filled: Database, permits: Permits) -> None:
    _look(filled, permits, born=[OTHER_DAY, date(1990, 5, 3)])
    assert _look(filled, permits, born=[OTHER_DAY, BORN]) == REFUSED
    assert _look(filled, permits).outcome == "found"


def test_attempts_are_free_again_after_the_window(filled: Database, permits: Permits) -> None:
    _limited_conversation(filled, permits)
    assert _look(filled, permits, now=NOON + WINDOW - timedelta(seconds=1)) == REFUSED
    assert _look(filled, permits, now=NOON + WINDOW).outcome == "found"


def test_asking_on_while_limited_does_not_lock_the_owner_out_for_longer(filled: Database, permits: Permits) -> None:
    _limited_number(filled, permits)
    for minute in range(1, 60):
        _look(filled, permits, born=OTHER_DAY, conversation="attacker", now=NOON + timedelta(minutes=minute))
    assert _look(filled, permits, now=NOON + WINDOW).outcome == "found"


def test_a_number_is_tried_so_often_within_a_day_however_many_places_try_it(filled: Database, permits: Permits) -> None:
    # Three within an hour, from a new conversation each time, for a day.
    for guess in range(24 * 3):
        _look(filled, permits, born=OTHER_DAY, conversation=f"place {guess}", now=NOON + timedelta(minutes=20 * guess))
    with filled.session() as session:
        assert session.execute(select(func.sum(LookupAttempt.guesses))).scalar() == 3 * 4
    # Other numbers stay open, and the owner's own is open again a day after the guesses that counted.
    assert _look(filled, permits, "DEMO-A-200004", date(1985, 12, 1), "owner", NOON + DAY - timedelta(minutes=1)).outcome == "found"
    assert _look(filled, permits, conversation="owner", now=NOON + DAY - timedelta(minutes=1)) == REFUSED
    assert _look(filled, permits, conversation="owner", now=NOON + DAY + timedelta(hours=4)).outcome == "found"


def test_attempts_of_a_network_count_across_conversations_and_numbers(filled: Database, permits: Permits) -> None:
    assert _limited_network(filled, permits) == REFUSED
    # Whoever comes from elsewhere is not held up, nor is the same conversation once it comes from there.
    assert _look_from(filled, permits, "net:home", conversation="neighbour").outcome == "found"
    assert _look_from(filled, permits, "net:home", conversation="owner").outcome == "found"


def test_right_look_ups_of_an_office_are_not_counted(filled: Database, permits: Permits) -> None:
    found = [_look_from(filled, permits, "net:office", conversation=f"employee {each}").outcome for each in range(9)]
    assert found == ["found"] * 9


def test_a_network_is_free_again_after_the_window_and_limited_over_the_day(filled: Database, permits: Permits) -> None:
    for guess in range(24 * 4):
        moment = NOON + timedelta(minutes=15 * guess)
        if guess == 4:
            assert _look_from(filled, permits, "net:harvester", conversation="later", now=moment).outcome == "found"
        _look_from(filled, permits, "net:harvester", f"DEMO-X-{guess}", conversation=f"c{guess}", now=moment)
    with filled.session() as session:
        assert session.execute(select(func.sum(LookupAttempt.guesses))).scalar() == 4 * 4


def test_a_refusal_for_the_network_does_the_work_of_every_other(filled: Database, permits: Permits) -> None:
    seen = []
    for refuse in (
        lambda: _look_from(filled, permits, "net:office", "DEMO-X-999999", conversation="a"),
        lambda: _look_from(filled, permits, "net:office", born=OTHER_DAY, conversation="b"),
        lambda: _limited_network(filled, permits),
    ):
        with _statements(filled) as statements:
            assert refuse() is REFUSED
        seen.append([statement for statement, _ in statements])
    one = len(seen[0])
    assert seen[0] == seen[1] == seen[2][-one:] and len(seen[2]) == 5 * one


@pytest.mark.parametrize("conversation", [lambda number: "c1", lambda number: f"c{number}"], ids=["one conversation", "many"])
def test_attempts_at_once_cannot_exceed_the_limit(filled: Database, permits: Permits, conversation: Callable[[int], str]) -> None:
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda n: _look(filled, permits, born=OTHER_DAY, conversation=conversation(n)), range(12)))
    with filled.session() as session:
        assert session.execute(select(func.sum(LookupAttempt.guesses))).scalar() == 3
        assert session.execute(select(func.count(LookupAttempt.id))).scalar() == 12


def test_attempts_at_once_from_one_network_cannot_exceed_its_limit(filled: Database, permits: Permits) -> None:
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda n: _look_from(filled, permits, "net:office", f"DEMO-X-{n}", conversation=f"c{n}"), range(12)))
    with filled.session() as session:
        assert session.execute(select(func.sum(LookupAttempt.guesses))).scalar() == 4


def test_attempts_hold_no_personal_data(filled: Database, permits: Permits) -> None:
    _look_from(filled, permits, "net:0123456789abcdef")
    with filled.session() as session:
        row = str(dict(session.execute(text("SELECT * FROM lookup_attempts")).mappings().one()))
        row += str(dict(session.execute(text("SELECT * FROM lookup_networks")).mappings().one()))
    assert "0123456789abcdef" not in row
    assert "100001" not in row
    assert "c1" not in row.split("'conversation_hash'")[0]
    assert "1990" not in row


def test_number_is_hashed_with_the_key_of_the_installation(filled: Database) -> None:
    for key in (b"one", b"another"):
        _look(filled, Permits(key, lambda: NOON))
    with filled.session() as session:
        assert len(set(session.execute(select(LookupAttempt.number_hash)).scalars())) == 2


def test_proof_lasts_ten_minutes(filled: Database, permits: Permits) -> None:
    assert timedelta(minutes=10) == PROOF_LASTS
    _look(filled, permits)
    with filled.session() as session:
        again = permits.look_again(session, "c1", NOON + PROOF_LASTS - timedelta(seconds=1))
        assert again is not None and [each.stage for each in again.applications] == ["submitted", "in_force", "expired"]
        assert permits.look_again(session, "c1", NOON + PROOF_LASTS) is None


def test_proof_is_of_one_conversation_and_of_what_was_proved(filled: Database, permits: Permits) -> None:
    _look(filled, permits, "DEMO-A-200001")
    with filled.session() as session:
        again = permits.look_again(session, "c1", NOON)
        assert again is not None and [each.stage for each in again.applications] == ["expired"]
        assert permits.proof(session, "c2", NOON) is None


def test_refusal_proves_nothing_and_forgetting_ends_a_proof(filled: Database, permits: Permits) -> None:
    _not_yours(filled, permits)
    with filled.session() as session:
        assert permits.proof(session, "c1", NOON) is None
    _look(filled, permits)
    with filled.session() as session:
        permits.forget(session, "c1")
        assert permits.proof(session, "c1", NOON) is None


def test_purge_drops_what_no_longer_counts(filled: Database, permits: Permits) -> None:
    _look_from(filled, permits, "net:office")
    _not_yours(filled, permits)
    with filled.session() as session:
        permits.purge(session, NOON + timedelta(minutes=5))
        assert session.execute(select(func.count(LookupAttempt.id))).scalar() == 2
        permits.purge(session, NOON + WINDOW)
        assert session.execute(select(func.count(LookupAttempt.id))).scalar() == 2
        permits.purge(session, NOON + DAY)
        counts = [
            session.execute(select(func.count()).select_from(model)).scalar() for model in (LookupAttempt, LookupProof, LookupNetwork)
        ]
    assert counts == [0, 0, 0]


def test_every_search_of_a_look_up_uses_an_index(filled: Database, permits: Permits) -> None:
    with filled.session() as session:
        _many_rows(session)
    with filled.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    with _statements(filled) as statements:
        assert _look_from(filled, permits, "net:office").outcome == "found"
    searches = [(statement, parameters) for statement, parameters in statements if statement.startswith("SELECT")]
    assert len(searches) >= 4
    explain = "EXPLAIN" if filled.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    with filled.engine.connect() as connection:
        for statement, parameters in searches:
            plan = "\n".join(str(row) for row in connection.exec_driver_sql(f"{explain} {statement}", parameters))
            assert "index" in plan.lower(), plan
            assert "Seq Scan" not in plan and "SCAN applic" not in plan and "SCAN stage" not in plan, plan


def _many_rows(session: Any) -> None:
    rows = range(1000, 4000)
    session.execute(
        LookupNetwork.__table__.insert(), [{"conversation_hash": f"c{row}", "network_hash": f"n{row}", "at": NOON} for row in rows]
    )
    session.execute(
        Applicant.__table__.insert(),
        [
            {
                "id": row,
                "given_name": "Demo",
                "family_name": "Person",
                "nationality": "DK",
                "date_of_birth": BORN,
                "permit_number": f"DEMO-P-{row}",
                "permit_number_normalised": f"DEMOP{row}",
                "source": "demo",
            }
            for row in rows
        ],
    )
    session.execute(
        Application.__table__.insert(),
        [
            {
                "id": row,
                "applicant_id": row,
                "application_type": "extension",
                "category": "B",
                "acceptance_number": f"DEMO-A-{row}",
                "acceptance_number_normalised": f"DEMOA{row}",
                "stage": "draft",
                "stage_since": NOON,
                "source": "demo",
            }
            for row in rows
        ],
    )
    session.execute(StageEntry.__table__.insert(), [{"application_id": row, "stage": "draft", "at": NOON} for row in rows])
    session.execute(
        LookupAttempt.__table__.insert(),
        [{"conversation_hash": f"c{row}", "number_hash": f"n{row}", "at": NOON, "guesses": 1} for row in rows],
    )
    session.execute(
        LookupProof.__table__.insert(),
        [{"conversation_id": f"c{row}", "applicant_id": row, "until": NOON} for row in rows],
    )


def test_number_belongs_to_one_person_and_one_application(filled: Database) -> None:
    with pytest.raises(IntegrityError), filled.session() as session:
        session.add(_applicant("Ada", "Other", BORN, "demo p 100001"))
    with pytest.raises(IntegrityError), filled.session() as session:
        session.add(_application(_applicant("Ada", "Other", BORN, None), "demo-a 200001", "extension", "draft", ("draft",), 1))
