"""Rasa's working memory: the log on disk and the tracker store over it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy import create_engine, text

from bot.nlu.event_log import EventLog, State, WentOnElsewhere, memory_of
from bot.nlu.tracker_store import WorkingMemory
from tests.servers import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | str]:
    if request.param == "sqlite":
        yield tmp_path / "deep" / "rasa.db"
        return
    server = request.getfixturevalue("postgres")
    yield server.create("memory")
    server.drop("memory")


@pytest.fixture
def log(where: Path | str) -> Iterator[EventLog]:
    opened = EventLog(where)
    yield opened
    opened.close()


def change(where: Path | str, statement: str) -> None:
    """Do to the database what a test needs."""
    if isinstance(where, Path):
        with sqlite3.connect(where) as database:
            database.execute(statement.format(events="events"))
    else:
        with create_engine(where, future=True).begin() as connection:
            connection.execute(text(statement.format(events="rasa_events")))


def test_events_come_back_in_order_by_conversation(log: EventLog) -> None:
    log.append("a", [{"event": "user", "text": "一"}])
    log.append("b", [{"event": "user"}])
    log.append("a", [{"event": "bot"}])
    assert [event["event"] for event in log.read("a")] == ["user", "bot"]
    assert (log.state("a").events, log.senders()) == (2, ["a", "b"])


def test_very_many_events_of_one_turn_come_back_in_order(log: EventLog) -> None:
    told = [{"event": "slot", "value": number} for number in range(450)]
    assert log.append("a", told) == log.state("a") and log.read("a") == told


def test_a_new_session_drops_what_was_before_it(log: EventLog) -> None:
    log.append("a", [{"event": "user"}, {"event": "bot"}])
    log.append("a", [{"event": "action"}, {"event": "session_started"}, {"event": "action"}])
    assert [event["event"] for event in log.read("a")] == ["session_started", "action"]


def test_oldest_events_are_replaced_in_their_place_and_in_one_step_with_what_is_new(log: EventLog) -> None:
    log.append("a", [{"event": "user", "text": str(number)} for number in range(4)])
    log.append("b", [{"event": "bot"}])
    before = log.append("a", [{"event": "user", "text": "4"}])
    first = {"event": "session_started"}
    after = log.append("a", [{"event": "user", "text": "5"}], before, forgotten=3, instead=[first, {"event": "slot"}])
    assert [event.get("text", event["event"]) for event in log.read("a")] == ["session_started", "slot", "3", "4", "5"]
    assert after == log.state("a") and after.events == 5 and len(log.read("b")) == 1
    with pytest.raises(WentOnElsewhere):
        log.append("a", [{"event": "user"}], before, forgotten=3, instead=[first])
    with pytest.raises(TypeError):
        log.append("a", [{"event": {1, 2}}], after, forgotten=3, instead=[first])
    assert log.state("a") == after
    shorter = log.append("a", [], after, forgotten=4, instead=[first])
    assert shorter == log.state("a") and [event["event"] for event in log.read("a")] == ["session_started", "user"]
    assert shorter != after


def test_a_failed_append_keeps_nothing(log: EventLog) -> None:
    with pytest.raises(TypeError):
        log.append("a", [{"event": "user"}, {"event": {1, 2}}])
    assert log.read("a") == []


def test_a_conversation_can_be_erased(log: EventLog) -> None:
    log.append("a", [{"event": "user"}])
    log.append("b", [{"event": "user"}])
    log.erase("a")
    assert log.senders() == ["b"]


def test_nothing_is_left_of_what_was_being_written_when_a_conversation_was_erased(log: EventLog, where: Path | str) -> None:
    before = log.append("a", [{"event": "user"}] * 5)
    other = EventLog(where)
    begun, go_on = threading.Event(), threading.Event()
    state = log.state

    def slowly(sender: str) -> State:
        found = state(sender)
        begun.set()
        assert go_on.wait(10)
        return found

    log.state = slowly  # type: ignore[method-assign]
    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(log.append, "a", [{"event": "bot"}], before, 3, [{"event": "session_started"}])
        assert begun.wait(10)
        erasing = pool.submit(other.erase, "a")
        threading.Timer(0.2, go_on.set).start()
        assert writing.result(10).events == 4 and erasing.result(10) == 4
    assert other.read("a") == []
    other.close()


def test_old_events_that_are_gone_are_not_replaced(log: EventLog, where: Path | str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = log.append("a", [{"event": "user"}] * 5)
    state = log.state

    def then_erased(sender: str) -> State:
        found = state(sender)
        log._store.run(f"DELETE FROM {log._store.table} WHERE sender_id = ?", (sender,))
        return found

    with monkeypatch.context() as patched:
        patched.setattr(log, "state", then_erased)
        with pytest.raises(WentOnElsewhere):
            log.append("a", [{"event": "bot"}], before, forgotten=3, instead=[{"event": "session_started"}])
    assert log.state("a") == before


def test_old_conversations_are_forgotten_as_a_whole(log: EventLog, where: Path | str) -> None:
    log.append("old", [{"event": "user"}])
    log.append("revived", [{"event": "user"}])
    change(where, "UPDATE {events} SET stored = stored - 40 * 86400")
    log.append("revived", [{"event": "user"}])
    assert log.erase_older_than(30) == 1
    assert log.senders() == ["revived"]


def test_two_processes_do_not_write_over_each_other(log: EventLog, where: Path | str) -> None:
    first = log.append("a", [{"event": "user"}], after=State())
    other = EventLog(where)
    second = other.append("a", [{"event": "bot"}], after=first)
    assert (first.events, second.events) == (1, 2) and log.read_with_state("a") == (second, [{"event": "user"}, {"event": "bot"}])
    with pytest.raises(WentOnElsewhere):
        log.append("a", [{"event": "late"}], after=first)
    assert [event["event"] for event in log.read("a")] == ["user", "bot"]
    third = log.append("a", [{"event": "session_started"}], after=second)
    # What was taken back holds nobody up and stays taken back.
    assert third.events == 1 and other.append("a", [{"event": "next"}], after=third).events == 2
    other.close()


def test_memory_that_was_shortened_to_as_many_events_is_another_one(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    read = log.append("a", [{"event": "user"}, {"event": "bot"}])
    # Somebody sets the clock back.
    monkeypatch.setattr("bot.nlu.event_log.time.time", lambda: 1.0)
    again = log.append("a", [{"event": "session_started"}, {"event": "bot"}], after=read)
    assert again.events == read.events and again == log.state("a")
    with pytest.raises(WentOnElsewhere):
        log.append("a", [{"event": "late"}], after=read)


def test_many_writers_lose_nothing(where: Path | str) -> None:
    def write(number: int) -> None:
        mine = EventLog(where)
        for each in range(20):
            mine.append("a", [{"event": f"{number}.{each}"}])
        mine.close()

    EventLog(where).close()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    log = EventLog(where)
    assert {event["event"] for event in log.read("a")} == {f"{number}.{each}" for number in range(4) for each in range(20)}
    log.close()


def test_a_server_that_was_started_anew_is_found_again(postgres: Postgres) -> None:
    where = postgres.create("memory_again")
    log = EventLog(where)
    log.append("a", [{"event": "user"}])
    with create_engine(where, future=True).begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rasa'"))
    assert [event["event"] for event in log.read("a")] == ["user"]
    log.append("a", [{"event": "bot"}])
    assert log.state("a").events == 2
    log.close()
    postgres.drop("memory_again")


def test_memory_lies_beside_the_record_where_processes_can_share_it(tmp_path: Path) -> None:
    assert memory_of("", tmp_path) == memory_of("sqlite:///x.db", tmp_path) == tmp_path / "rasa.db"
    assert memory_of("postgresql+psycopg2://u@h/d", tmp_path) == "postgresql+psycopg2://u@h/d"


async def test_a_tracker_is_continued_where_it_was_saved(where: Path | str) -> None:
    store = WorkingMemory(Domain.empty(), where=where)
    assert await store.retrieve("a") is None
    beginning = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]
    tracker = DialogueStateTracker.from_events("a", beginning)
    await store.save(tracker)
    for _ in range(2):
        again = await store.retrieve("a")
        assert again is not None
        again.update(UserUttered("hello"))
        again.update(SlotSet("requested_slot", "x"))
        await store.save(again)
    final = await store.retrieve("a")
    assert final is not None
    assert [event.type_name for event in final.events] == ["session_started", "action", "user", "slot", "user", "slot"]
    store.close()


async def test_of_two_processes_in_one_turn_only_the_first_is_kept(where: Path | str) -> None:
    one, other = WorkingMemory(Domain.empty(), where=where), WorkingMemory(Domain.empty(), where=where)
    begun = DialogueStateTracker.from_events("a", [SessionStarted(), ActionExecuted("action_listen")])
    await one.save(begun)
    late, quick = await one.retrieve("a"), await other.retrieve("a")
    assert late is not None and quick is not None
    quick.update(UserUttered("hello"))
    await other.save(quick)
    late.update(UserUttered("hello"))
    with pytest.raises(WentOnElsewhere):
        await one.save(late)
    assert len((await one.retrieve("a")).events) == 3  # type: ignore[union-attr]
    one.close()
    other.close()


async def test_an_error_of_the_database_is_raised(tmp_path: Path) -> None:
    store = WorkingMemory(Domain.empty(), where=tmp_path / "rasa.db")
    store.close()
    with pytest.raises(sqlite3.ProgrammingError):
        await store.retrieve("a")
