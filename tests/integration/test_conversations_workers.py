"""A worker gets its turn in the commit that stores the message, and whatever happens to the turn, the message is stored."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from bot.assistant import Question, QuickReply, Reply
from bot.conversations import ledger
from bot.conversations.events import ConversationChanged, MessageStored, StateChanged, TurnTaken
from bot.conversations.models import Message, Turn
from bot.conversations.service import Task, Worker
from bot.conversations.turns import Turns
from bot.db import Database, now
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


def noted(office: Office) -> list[tuple[str, dict[str, Any]]]:
    mine = select(Message.text, Message.payload).where(Message.author == "applicant").order_by(Message.seq)
    return [tuple(row) for row in office.read(lambda session: session.execute(mine).all())]


async def test_message_is_stored_with_the_question_that_was_open(office: Office) -> None:
    conversation = await office.says("where is my application?", "m-1")
    turn = await office.take(conversation)
    assert turn is not None
    asked = Reply("The date of birth?", "en", quick_replies=(QuickReply("Rather not", "/cancel"),), expects="birth_date")
    await office.conversations.answer(turn, "one", [asked])
    for _ in range(2):
        await office.says("fifteen eleven nineteen eighty-seven", "m-2")
    await office.says("/cancel", "m-3")
    assert noted(office) == [
        ("where is my application?", {}),
        ("fifteen eleven nineteen eighty-seven", {"expects": "birth_date"}),
        ("Rather not", {"choice": "/cancel"}),
    ]


async def test_message_that_came_before_the_question_counts_as_the_answer_that_it_is_taken_for(office: Office) -> None:
    conversation = await office.says("where is it, number GD-1?", "m-1")
    await office.says("fifteen eleven nineteen eighty-seven", "m-2")
    turn = await office.take(conversation)
    assert turn is not None and noted(office)[1][1] == {}
    await office.conversations.answer(turn, "one", [Reply("The date of birth?", "en", expects="birth_date")])
    office.events.clear()
    turn = await office.take(conversation)
    assert turn is not None and turn.expects == "birth_date" and noted(office)[1][1] == {"expects": "birth_date"}
    # Whoever of the staff watches is told to look again.
    assert [type(event) for event in office.events] == [TurnTaken, ConversationChanged]


async def test_open_question_costs_a_turn_no_statement(office: Office, database: Database) -> None:
    counted: list[int] = []
    conversation = await office.says("hello", "m-1")
    turn = await office.take(conversation)
    assert turn is not None
    await office.conversations.answer(turn, "one", [Reply("Born when?", "en", expects="birth_date")])
    for expects in ("birth_date", None):
        seen: list[str] = []

        def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)  # noqa: B023

        event.listen(database.engine, "before_cursor_execute", count)
        begun = hired(office)
        await office.says("15 Nov 1987", f"n-{expects}")
        event.remove(database.engine, "before_cursor_execute", count)
        counted.append(len(seen))
        ((_, task, _),) = begun
        assert task is not None and task.turn.expects == expects
        await office.conversations.answer(task.turn, "one", [Reply("echo", "en")])
    assert counted[0] == counted[1]


async def test_end_of_a_number_is_noted_as_one_and_only_bare_figures_cost_a_statement(office: Office, database: Database) -> None:
    counted: dict[str, int] = {}
    for text in ("it is E1234", "hello", "5678", "it is E1234", "5678"):
        seen: list[str] = []

        def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)  # noqa: B023

        conversation = await office.says(text)
        event.listen(database.engine, "before_cursor_execute", count)
        turn = await office.take(conversation)
        event.remove(database.engine, "before_cursor_execute", count)
        counted.setdefault(text, len(seen))
        assert turn is not None and turn.expects is None
        await office.answer(turn, "echo")
    assert counted == {"it is E1234": counted["hello"], "hello": counted["hello"], "5678": counted["hello"] + 1}
    assert [payload for _, payload in noted(office)] == [{}, {}, {}, {}, {"expects": "number"}]


@pytest.mark.parametrize(("minutes", "ends"), [(9, True), (11, False)])
async def test_figures_end_a_number_begun_a_few_minutes_before(office: Office, database: Database, minutes: int, ends: bool) -> None:
    conversation = await office.says("it is E1234")
    turn = await office.take(conversation)
    assert turn is not None
    await office.answer(turn, "echo")
    with database.session() as session:
        session.execute(update(Message).values(created_at=now() - timedelta(minutes=minutes)))
    await office.says("5678")
    turn = await office.take(conversation)
    assert turn is not None and turn.ends_number is ends


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


@pytest.mark.parametrize("part", ["bot.conversations.switch.is_on", "bot.conversations.obligations.begin_turn"])
async def test_message_is_stored_whatever_goes_wrong_with_its_turn(office: Office, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    begun = hired(office)
    with monkeypatch.context() as patched:
        patched.setattr(part, broken)
        conversation = await office.says("hello")
    assert [task for _, task, _ in begun] == [None] and turns(office) == [("waiting", None, 0)]
    assert TurnTaken not in map(type, office.events)
    assert await office.take(conversation) is not None


@pytest.mark.parametrize("first", ["stopped", "stored"])
async def test_message_that_is_stored_while_the_process_stops_waits_for_another(
    office: Office, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    class Nobody:
        async def ask(self, question: Question) -> list[Reply]:
            raise AssertionError("this process has stopped")

    workers = Turns(office.conversations, Nobody(), Metrics(), 30)
    await workers.start()
    storing, stopped = threading.Event(), threading.Event()
    store = ledger.store_applicants

    def slowly(*arguments: Any, **named: Any) -> Any:
        done = store(*arguments, **named) if first == "stored" else None
        storing.set()
        assert stopped.wait(10)
        return done or store(*arguments, **named)

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
