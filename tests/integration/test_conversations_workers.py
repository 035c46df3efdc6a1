"""A worker gets its turn in the commit that stores the message, and whatever happens to the turn, the message is stored."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from sqlalchemy import select

from bot.assistant import Question, Reply
from bot.conversations import ledger
from bot.conversations.events import MessageStored, StateChanged, TurnTaken
from bot.conversations.models import Turn
from bot.conversations.service import Task, Worker
from bot.conversations.turns import Turns
from bot.db import Database
from bot.metrics import Metrics
from tests.office import ANN, Office


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def hired(office: Office, name: str = "one") -> list[tuple[str, Task | None, int]]:
    """What a worker begins, each with how many events had been published before."""
    begun: list[tuple[str, Task | None, int]] = []
    office.conversations.hand_to(Worker(name, 30, lambda conversation, task: begun.append((conversation, task, len(office.events)))))
    return begun


def turns(office: Office) -> list[tuple[str, str | None, int]]:
    return [tuple(row) for row in office.read(lambda session: session.execute(select(Turn.state, Turn.owner, Turn.attempts)).all())]


async def test_worker_holds_the_turn_of_a_message_that_is_stored(office: Office) -> None:
    begun = hired(office)
    conversation = await office.says("my passport is E12345678, how long does it take?")
    ((where, task, published),) = begun
    assert where == conversation and task is not None and task.question is not None
    assert task.question.text == "my passport is <NUMBER:1>, how long does it take?"
    assert [type(event) for event in office.events[:published]] == [StateChanged, MessageStored, TurnTaken]
    assert turns(office) == [("taken", "one", 1)]
    assert await office.take(conversation, "two") is None
    ended = await office.answer(task.turn)
    assert (ended.outcome, ended.more) == ("answered", False)


async def test_later_message_waits_until_the_earlier_one_is_answered(office: Office) -> None:
    begun = hired(office)
    conversation = await office.says("one")
    await office.says("two")
    (_, first, _), (where, second, _) = begun
    assert first is not None and (where, second) == (conversation, None)
    assert turns(office) == [("taken", "one", 1), ("waiting", None, 0)]
    assert (await office.answer(first.turn)).more
    taken = await office.take(conversation)
    assert taken is not None and taken.text == "two"


async def test_message_sent_again_is_answered_once(office: Office) -> None:
    begun = hired(office)
    await office.says("one", "name-1")
    await office.says("one", "name-1")
    assert [task is not None for _, task, _ in begun] == [True, False]
    assert turns(office) == [("taken", "one", 1)]


def broken(*_: Any, **__: Any) -> Any:
    raise ValueError("E12345678")


async def test_message_whose_personal_data_cannot_be_taken_out_is_stored_and_not_asked(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = hired(office)
    monkeypatch.setattr("bot.conversations.questions.Questions.of", broken)
    conversation = await office.says("E12345678")
    assert [task for _, task, _ in begun] == [None]
    task = await office.conversations.take(conversation, "one", 30)
    assert task is not None and task.question is None and not task.desk and task.turn.attempts == 1
    await office.conversations.apologise(task.turn, "one")
    assert [author for _, author, _ in office.messages(conversation)] == ["applicant", "system"]


@pytest.mark.parametrize("part", ["bot.conversations.switch.is_on", "bot.conversations.obligations.take_turn"])
async def test_message_is_stored_whatever_goes_wrong_with_its_turn(office: Office, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    begun = hired(office)
    with monkeypatch.context() as patched:
        patched.setattr(part, broken)
        conversation = await office.says("hello")
    assert [task for _, task, _ in begun] == [None] and turns(office) == [("waiting", None, 0)]
    assert TurnTaken not in map(type, office.events)
    assert await office.take(conversation) is not None


async def test_message_that_is_stored_while_the_process_stops_waits_for_another(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    class Nobody:
        async def ask(self, question: Question) -> list[Reply]:
            raise AssertionError("this process has stopped")

    workers = Turns(office.conversations, Nobody(), Metrics(), 30)
    await workers.start()
    storing, stopped = threading.Event(), threading.Event()
    store = ledger.store_applicants

    def slowly(*arguments: Any, **named: Any) -> Any:
        storing.set()
        assert stopped.wait(10)
        return store(*arguments, **named)

    monkeypatch.setattr(ledger, "store_applicants", slowly)
    saying = asyncio.create_task(office.conversations.applicant_says(ANN, "hello"))
    assert await asyncio.to_thread(storing.wait, 10)
    # SQLite has one writer at a time, so that giving back what is held waits for the message.
    asyncio.get_running_loop().call_later(0.1, stopped.set)
    await workers.stop()
    await saying
    await asyncio.sleep(0.1)
    assert turns(office) == [("waiting", None, 0)]


async def test_turn_is_begun_when_the_client_has_gone_meanwhile(office: Office) -> None:
    begun = hired(office)
    saying = asyncio.create_task(office.conversations.applicant_says(ANN, "hello"))
    await asyncio.sleep(0)
    saying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saying
    for _ in range(500):
        if begun:
            break
        await asyncio.sleep(0.01)
    ((_, task, _),) = begun
    assert task is not None and task.turn.text == "hello"
