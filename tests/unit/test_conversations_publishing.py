"""Events are told after the commit, in its order, and what is committed does not depend on anybody being told."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations.events import Event, QueueChanged
from bot.conversations.models import Conversation, Message
from bot.conversations.publishing import Happened, Record
from bot.db import Database
from bot.errors import Invalid
from tests.office import ANN, Office


class Cut(Record):
    """A record whose process dies after each commit."""

    def _publish(self, events: list[Event]) -> None:
        pass


def test_unit_of_work_that_fails_tells_nothing_and_changes_nothing(sqlite_database: Database) -> None:
    async def scene() -> None:
        office = Office(sqlite_database)

        def fails(session: Session, happened: Happened) -> None:
            session.add(Conversation(id="x", channel="a", caller="b", sender="c"))
            happened.append(QueueChanged())
            raise Invalid("message_empty")

        with pytest.raises(Invalid):
            await office.record.run(fails)
        assert office.events == [] and office.read(lambda session: session.get(Conversation, "x")) is None

    asyncio.run(scene())


async def test_listener_finds_in_the_record_what_it_is_told_of_and_the_caller_finds_it_told(sqlite_database: Database) -> None:
    office = Office(sqlite_database)
    found: list[int] = []
    count = select(Message.seq)
    office.record.listen(lambda _: found.append(len(office.read(lambda session: session.execute(count).all()))))
    await office.says()
    assert found and set(found) == {1}


async def test_caller_who_is_gone_keeps_nobody_from_being_told(sqlite_database: Database) -> None:
    office = Office(sqlite_database)
    begun, go_on, told = threading.Event(), threading.Event(), asyncio.Event()
    office.record.listen(lambda _: told.set())

    def slow(session: Session, happened: Happened) -> None:
        begun.set()
        go_on.wait(10)
        session.add(Conversation(id="x", channel="a", caller="b", sender="c"))
        happened.append(QueueChanged())

    call = asyncio.create_task(office.record.run(slow))
    await asyncio.to_thread(begun.wait, 10)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    go_on.set()
    await asyncio.wait_for(told.wait(), 10)
    assert office.events == [QueueChanged()] and office.read(lambda session: session.get(Conversation, "x")) is not None


async def test_listener_that_fails_keeps_nothing_from_the_others(sqlite_database: Database, caplog: pytest.LogCaptureFixture) -> None:
    record = Record(sqlite_database)
    heard: list[Event] = []

    def fails(_event: Event) -> None:
        raise RuntimeError("secret")

    record.listen(fails)
    record.listen(heard.append)
    with caplog.at_level(logging.ERROR):
        await record.run(lambda session, happened: happened.append(QueueChanged()))
    assert heard == [QueueChanged()] and "listener failed" in caplog.text and "secret" not in caplog.text


async def test_process_that_dies_between_commit_and_publishing_leaves_everything_for_catching_up(database: Database) -> None:
    dead = Office(database, Cut)
    officer, *_ = dead.hire()
    conversation = await dead.queued()
    await dead.says("hello", "m-1")
    await dead.counter.claim(officer, conversation)
    await dead.counter.reply(officer, conversation, "good morning", "r-1")
    await dead.counter.close(officer, conversation, "solved")
    assert dead.events == []
    living = Office(database)
    # The client had heard of nothing, and sends its message again, because the acknowledgement may have been lost as well.
    again = await living.conversations.applicant_says(ANN, "hello", "m-1")
    assert not again.fresh
    snapshot = await living.conversations.catch_up(ANN, conversation, 0)
    said = [(message.seq, message.author, message.text) for message in snapshot.messages]
    assert said == living.messages(conversation) and [seq for seq, _, _ in said] == list(range(1, len(said) + 1))
    assert snapshot.state.value == "CLOSED" and ("staff", "good morning") in [(author, text) for _, author, text in said]
    # So does the officer's.
    receipt = await living.counter.reply(officer, conversation, "good morning", "r-1")
    assert not receipt.fresh and receipt.message.text == "good morning"
