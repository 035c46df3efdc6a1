"""Two at the same moment, with real threads and connections: exactly one wins, and nothing is stored twice."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from sqlalchemy import func, select

from bot import audit
from bot.conversations.events import MessageStored, StateChanged
from bot.conversations.models import Conversation, Handoff, Message
from bot.conversations.publishing import Record
from bot.conversations.states import State
from bot.db import Database
from bot.errors import BotError, Conflict, NotAllowed
from tests.office import ANN, Office

T = TypeVar("T")

ROUNDS = 25


class Together(Record):
    """A record in which those who are `awaited` begin at the same moment."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.barrier: threading.Barrier | None = None

    async def run(self, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
        barrier = self.barrier

        def together(*given: Any, **also: Any) -> T:
            if barrier is not None:
                barrier.wait(10)
            return work(*given, **also)

        return await super().run(together, *arguments, **named)


async def at_once(office: Office, *calls: Awaitable[Any]) -> list[Any]:
    """What each call comes to, when all begin together; refusals are results."""
    record = office.record
    assert isinstance(record, Together)
    record.barrier = threading.Barrier(len(calls))
    try:
        results = await asyncio.gather(*calls, return_exceptions=True)
    finally:
        record.barrier = None
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, BotError):
            raise result
    return results


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database, Together)


async def test_of_officers_who_claim_in_the_same_moment_exactly_one_gets_it_and_the_others_hear_who(office: Office) -> None:
    officers = office.hire()
    for _ in range(ROUNDS):
        conversation = await office.queued()
        results = await at_once(office, *(office.counter.claim(by, conversation) for by in officers))
        (winner,) = (officer for officer, result in zip(officers, results, strict=True) if result is None)
        refused = [result for result in results if result is not None]
        assert len(refused) == 2 and all(isinstance(each, Conflict) and each.code == "already_claimed" for each in refused)
        assert {each.params["name"] for each in refused} == {winner.name}
        assert office.row(conversation).owner_id == winner.id
        claims = [event for event in office.events if isinstance(event, StateChanged) and event.state is State.WITH_STAFF]
        assert [event.owner and event.owner.id for event in claims] == [winner.id]
        assert [author for _, author, _ in office.messages(conversation)].count("system") == 2
        await office.counter.close(winner, conversation, "solved")
        office.events.clear()
    claimed = select(func.count()).where(audit.AuditEntry.action == "conversation:claim")
    assert office.read(lambda session: session.execute(claimed).scalar_one()) == ROUNDS
    handoffs = select(func.count()).where(Handoff.ended == "claimed")
    assert office.read(lambda session: session.execute(handoffs).scalar_one()) == ROUNDS


async def test_officer_who_joins_while_the_bot_answers_either_finds_the_answer_or_silences_it(office: Office) -> None:
    officer, *_ = office.hire()
    outcomes = set()
    for number in range(ROUNDS):
        conversation = await office.says(f"question {number}")
        turn = await office.take(conversation)
        assert turn is not None
        joined, ended = await at_once(office, office.counter.join(officer, conversation), office.answer(turn, f"answer {number}"))
        assert joined is None and office.row(conversation).owner_id == officer.id
        said = [(author, text) for _, author, text in office.messages(conversation)]
        outcomes.add(ended.outcome)
        assert (("bot", f"answer {number}") in said) == (ended.outcome == "answered")
        if ended.outcome == "answered":
            # The bot was first: whatever the officer did came after it.
            assert said.index(("bot", f"answer {number}")) < max(index for index, (author, _) in enumerate(said) if author == "system")
        await office.counter.close(officer, conversation, "solved")
    assert outcomes <= {"answered", "silenced"}


async def test_reply_that_races_with_a_transfer_is_said_before_it_or_refused(office: Office) -> None:
    officer, *_ = office.hire()
    for number in range(ROUNDS):
        conversation = await office.queued()
        await office.counter.claim(officer, conversation)
        replied, transferred = await at_once(
            office,
            office.counter.reply(officer, conversation, f"reply {number}", f"r-{number}"),
            office.counter.transfer(officer, conversation, to_station="pingshan"),
        )
        assert transferred is None and office.state(conversation) is State.QUEUED
        texts = [text for _, _, text in office.messages(conversation)]
        if isinstance(replied, Conflict):
            assert replied.code == "conversation_lost" and f"reply {number}" not in texts
        else:
            # The transfer's own line is the last.
            assert replied.fresh and texts[-2] == f"reply {number}"
        await office.conversations.end(ANN)


async def test_claim_that_races_with_the_applicant_leaving_the_queue_leaves_one_of_both(office: Office) -> None:
    officer, *_ = office.hire()
    for _ in range(ROUNDS):
        conversation = await office.queued()
        await office.says("desk:leave")
        turn = await office.take(conversation)
        assert turn is not None and turn.desk
        claimed, left = await at_once(office, office.counter.claim(officer, conversation), office.answer(turn))
        row = office.row(conversation)
        if claimed is None:
            assert left.outcome == "silenced" and row.state == State.WITH_STAFF.value and row.owner_id == officer.id
        else:
            assert claimed.code == "state_changed" and left.outcome == "desk" and row.state == State.BOT.value
        await office.conversations.end(ANN)


async def test_same_message_sent_twice_at_once_is_stored_once_and_acknowledged_twice(office: Office) -> None:
    for number in range(ROUNDS):
        first, second = await at_once(office, *(office.conversations.applicant_says(ANN, "hello", f"m-{number}") for _ in range(2)))
        assert first.message.id == second.message.id and sorted([first.fresh, second.fresh]) == [False, True]
        assert first.owed and second.owed
    assert len(office.messages(first.message.conversation_id)) == ROUNDS


async def test_same_reply_sent_twice_at_once_is_said_once(office: Office) -> None:
    officer, *_ = office.hire()
    conversation = await office.queued()
    await office.counter.claim(officer, conversation)
    for number in range(ROUNDS):
        first, second = await at_once(office, *(office.counter.reply(officer, conversation, "hello", f"r-{number}") for _ in range(2)))
        assert first.message.id == second.message.id and sorted([first.fresh, second.fresh]) == [False, True]
    assert [author for _, author, _ in office.messages(conversation)].count("staff") == ROUNDS


async def test_two_windows_that_write_after_a_close_open_one_conversation(office: Office) -> None:
    conversation = await office.says()
    for number in range(ROUNDS):
        await office.conversations.end(ANN)
        first, second = await at_once(office, *(office.conversations.applicant_says(ANN, "again", f"{each}-{number}") for each in "ab"))
        assert first.message.conversation_id == second.message.conversation_id != conversation
        assert {first.message.seq, second.message.seq} == {1, 2}
        conversation = first.message.conversation_id
    ordinals = select(Conversation.ordinal).order_by(Conversation.ordinal)
    assert office.read(lambda session: session.execute(ordinals).scalars().all()) == list(range(1, ROUNDS + 2))


async def test_first_messages_of_two_windows_begin_one_conversation(office: Office) -> None:
    first, second = await at_once(office, *(office.conversations.applicant_says(ANN, "hello") for _ in range(2)))
    assert first.message.conversation_id == second.message.conversation_id
    assert [seq for seq, _, _ in office.messages(first.message.conversation_id)] == [1, 2]


async def test_message_that_races_with_the_close_is_in_this_conversation_or_in_the_next(office: Office) -> None:
    officer, *_ = office.hire()
    for number in range(ROUNDS):
        conversation = await office.queued()
        await office.counter.claim(officer, conversation)
        receipt, closed = await at_once(
            office,
            office.conversations.applicant_says(ANN, "one more thing", f"m-{number}"),
            office.counter.close(officer, conversation, "solved"),
        )
        assert closed is None and office.state(conversation) is State.CLOSED
        assert receipt.owed == (receipt.message.conversation_id != conversation)
        assert office.messages(conversation)[-1][1] == "system"
        await office.conversations.end(ANN)


async def test_return_code_used_twice_at_once_works_once(office: Office) -> None:
    await office.says()
    for _ in range(5):
        code, _ = await office.conversations.make_return_code(ANN)
        results = await at_once(office, *(office.conversations.use_return_code(code, f"net:{by}") for by in "ab"))
        assert [type(result) for result in results].count(str) == 1
        assert [result.code for result in results if isinstance(result, NotAllowed)] == ["return_code_wrong"]


async def test_left_message_taken_at_once_is_one_officers(office: Office) -> None:
    officers = office.hire()[:2]
    for number in range(5):
        await office.conversations.leave_message(ANN, "call me", "email", "ann@example.org", f"m-{number}")
        item = next(item for item in await office.counter.left_messages(officers[0]) if item.owner is None)
        results = await at_once(office, *(office.counter.take_left_message(by, item.id) for by in officers))
        assert [type(result) for result in results].count(type(None)) == 1
        results = await at_once(office, *(office.counter.answer_left_message(by, item.id, "answer", f"x-{number}") for by in officers))
        assert [isinstance(result, Conflict) for result in results].count(True) == 1


async def test_events_of_a_conversation_are_told_in_the_order_of_its_numbers(office: Office) -> None:
    heard: list[int] = []
    office.record.listen(lambda event: heard.append(event.message.seq) if isinstance(event, MessageStored) else None)
    await asyncio.gather(*(office.says(f"message {number}") for number in range(60)))
    assert heard == list(range(1, 61))
    assert office.read(lambda session: session.execute(select(func.count()).select_from(Message)).scalar_one()) == 60
