"""Rasa's working memory: the log on disk and the tracker store over it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.nlu.event_log import EventLog
from bot.nlu.tracker_store import WorkingMemory


@pytest.fixture
def log(tmp_path: Path) -> EventLog:
    return EventLog(tmp_path / "deep" / "rasa.db")


def test_events_come_back_in_order_by_conversation(log: EventLog) -> None:
    log.append("a", [{"event": "user", "text": "一"}])
    log.append("b", [{"event": "user"}])
    log.append("a", [{"event": "bot"}])
    assert [event["event"] for event in log.read("a")] == ["user", "bot"]
    assert (log.count("a"), log.senders()) == (2, ["a", "b"])


def test_a_new_session_drops_what_was_before_it(log: EventLog) -> None:
    log.append("a", [{"event": "user"}, {"event": "bot"}])
    log.append("a", [{"event": "action"}, {"event": "session_started"}, {"event": "action"}])
    assert [event["event"] for event in log.read("a")] == ["session_started", "action"]


def test_a_failed_append_keeps_nothing(log: EventLog) -> None:
    with pytest.raises(TypeError):
        log.append("a", [{"event": "user"}, {"event": {1, 2}}])
    assert log.read("a") == []


def test_a_conversation_can_be_erased(log: EventLog) -> None:
    log.append("a", [{"event": "user"}])
    log.append("b", [{"event": "user"}])
    log.erase("a")
    assert log.senders() == ["b"]


def test_old_conversations_are_forgotten_as_a_whole(log: EventLog, tmp_path: Path) -> None:
    log.append("old", [{"event": "user"}])
    log.append("revived", [{"event": "user"}])
    with sqlite3.connect(tmp_path / "deep" / "rasa.db") as database:
        database.execute("UPDATE events SET stored = stored - 40 * 86400")
    log.append("revived", [{"event": "user"}])
    assert log.erase_older_than(30) == 1
    assert log.senders() == ["revived"]


async def test_a_tracker_is_continued_where_it_was_saved(tmp_path: Path) -> None:
    store = WorkingMemory(Domain.empty(), path=tmp_path / "rasa.db")
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


async def test_an_error_of_the_database_is_raised(tmp_path: Path) -> None:
    store = WorkingMemory(Domain.empty(), path=tmp_path / "rasa.db")
    store.close()
    with pytest.raises(sqlite3.ProgrammingError):
        await store.retrieve("a")
