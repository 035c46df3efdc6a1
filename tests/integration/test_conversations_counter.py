"""The staff's side: who has a conversation, what is said once, and to whom a left message belongs."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot import audit
from bot.conversations import ownership
from bot.conversations.counter import OUTCOMES
from bot.conversations.events import MessageStored, QueueChanged, StateChanged
from bot.conversations.models import Handoff
from bot.conversations.states import Move, State
from bot.db import Database
from bot.errors import Conflict, Invalid, NotFound
from tests.office import ANN, BOB, Office


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


async def test_applicant_is_told_who_took_the_conversation_and_every_listener_who_has_it(office: Office) -> None:
    officer, *_ = office.hire()
    conversation = await office.queued()
    office.events.clear()
    await office.counter.claim(officer, conversation)
    changed, queue, said = office.events
    assert isinstance(changed, StateChanged) and changed.state is State.WITH_STAFF and changed.address == ANN
    assert changed.owner is not None and changed.owner.name == officer.name
    assert queue == QueueChanged() and isinstance(said, MessageStored)
    assert said.message.author == "system" and said.message.payload["desk"] == "claimed" and officer.name in said.message.text


async def test_second_claim_is_refused_with_the_name_and_ones_own_again_changes_nothing(office: Office) -> None:
    first, second, _ = office.hire()
    conversation = await office.queued()
    await office.counter.claim(first, conversation)
    said = office.messages(conversation)
    await office.counter.claim(first, conversation)
    for call in (office.counter.claim(second, conversation), office.counter.join(second, conversation)):
        with pytest.raises(Conflict) as refused:
            await call
        assert refused.value.code == "already_claimed" and refused.value.params == {"name": first.name}
    assert office.messages(conversation) == said
    await office.counter.hand_back(first, conversation)
    with pytest.raises(Conflict) as refused:
        await office.counter.claim(second, conversation)
    assert refused.value.code == "state_changed" and refused.value.params == {"state": "BOT"}


async def test_reply_after_losing_the_conversation_is_refused_but_one_that_was_said_is_acknowledged_again(office: Office) -> None:
    first, second, _ = office.hire()
    conversation = await office.queued()
    await office.counter.claim(first, conversation)
    said = await office.counter.reply(first, conversation, "good morning", "r-1")
    assert said.fresh and said.message.staff is not None and said.message.staff.name == first.name
    assert said.message.author == "staff" and said.message.client_id == "r-1"
    await office.counter.transfer(first, conversation, to_staff=second.id)
    with pytest.raises(Conflict) as refused:
        await office.counter.reply(first, conversation, "and then", "r-2")
    assert refused.value.code == "conversation_lost" and refused.value.params == {"name": None}
    await office.counter.claim(second, conversation)
    with pytest.raises(Conflict) as refused:
        await office.counter.reply(first, conversation, "and then", "r-2")
    assert refused.value.params == {"name": second.name}
    again = await office.counter.reply(first, conversation, "good morning", "r-1")
    assert not again.fresh and again.message.id == said.message.id
    # The same name of another officer's client is another message.
    assert (await office.counter.reply(second, conversation, "hello", "r-1")).fresh
    await office.counter.close(second, conversation, "solved")
    assert not (await office.counter.reply(second, conversation, "hello", "r-1")).fresh


async def test_applicant_and_officer_may_give_their_messages_the_same_name(office: Office) -> None:
    officer, *_ = office.hire()
    conversation = await office.queued()
    await office.counter.claim(officer, conversation)
    await office.says("from me", "1")
    await office.counter.reply(officer, conversation, "from the office", "1")
    await office.says("from me", "1")
    texts = [text for _, _, text in office.messages(conversation)]
    assert texts.count("from me") == 1 and texts.count("from the office") == 1


async def test_conversation_that_comes_back_stands_before_those_who_asked_later(office: Office) -> None:
    officer, *_ = office.hire()
    first, second = await office.queued(), await office.queued(BOB)
    await office.counter.claim(officer, first)
    await office.counter.transfer(officer, first, note="  The contract is missing.  ")
    assert [row.id for row in (await office.counter.board(officer)).queue] == [first, second]
    assert (await office.conversations.catch_up(BOB)).position == 2 and (await office.conversations.catch_up(ANN)).position == 1
    rows = office.read(lambda session: list(session.execute(select(Handoff).order_by(Handoff.id)).scalars()))
    assert [row.ended for row in rows] == ["claimed", None, None] and rows[2].requested_at == rows[0].requested_at
    assert rows[2].queued_at > rows[0].queued_at
    (note,) = (await office.counter.view(officer, first)).notes
    assert note.text == "The contract is missing." and note.by is not None and note.by.id == officer.id


async def test_reclaim_needs_the_owner_to_be_who_it_was(office: Office) -> None:
    first, second, _ = office.hire()
    conversation = await office.queued()
    await office.counter.claim(first, conversation)
    with office.database.session() as session:
        assert ownership.requeue(session, conversation, Move.RECLAIM, second.id, audit.SYSTEM) is None
        assert ownership.requeue(session, conversation, Move.RECLAIM, first.id, audit.SYSTEM) is not None
    assert office.state(conversation) is State.QUEUED


async def test_transfer_goes_to_nobody_who_cannot_take_it(office: Office) -> None:
    officer, *_ = office.hire()
    (trainee,) = office.hire("trainee", names=["Lin Tao"])
    conversation = await office.queued()
    await office.counter.claim(officer, conversation)
    for target in (officer.id, trainee.id, 999):
        with pytest.raises(Invalid, match="transfer_target"):
            await office.counter.transfer(officer, conversation, to_staff=target)
    assert office.row(conversation).owner_id == officer.id


async def test_only_the_owner_lets_go(office: Office) -> None:
    first, second, _ = office.hire()
    conversation = await office.queued()
    await office.counter.claim(first, conversation)
    counter = office.counter
    for call in (
        counter.hand_back(second, conversation),
        counter.transfer(second, conversation),
        counter.close(second, conversation, "solved"),
    ):
        with pytest.raises(Conflict, match="conversation_lost"):
            await call
    with pytest.raises(Invalid, match="outcome_unknown"):
        await counter.close(first, conversation, "ended")
    assert office.row(conversation).owner_id == first.id


async def test_what_is_said_last_comes_before_the_close_and_nothing_after_it(office: Office) -> None:
    officer, *_ = office.hire()
    conversation = await office.queued()
    await office.counter.claim(officer, conversation)
    office.events.clear()
    await office.counter.close(officer, conversation, OUTCOMES[0])
    assert [type(event).__name__ for event in office.events] == ["MessageStored", "StateChanged", "QueueChanged"]
    row = office.row(conversation)
    assert (row.state, row.outcome, row.owner_id) == ("CLOSED", "solved", None) and row.closed_at is not None
    said = office.messages(conversation)
    counter = office.counter
    for call in (
        counter.reply(officer, conversation, "x", "x"),
        counter.close(officer, conversation, "solved"),
        counter.join(officer, conversation),
        counter.draft(officer, conversation, "x", "x"),
        counter.hand_back(officer, conversation),
    ):
        with pytest.raises(Conflict):
            await call
    assert office.messages(conversation) == said


async def test_cards_are_sent_as_the_bot_sends_them_by_the_officer(office: Office) -> None:
    officer, *_ = office.hire()
    conversation = await office.queued()
    await office.counter.claim(officer, conversation)
    replies = [
        {
            "text": "Your list",
            "language": "zh",
            "topic": "materials",
            "card": {"type": "checklist", "items": []},
            "sources": [{"title": "Notice", "url": "https://example.gov.cn/a", "date": "2026-01-02"}],
        },
        {"text": "And where", "language": "zh", "quick_replies": [{"title": "Fee", "payload": "/fee"}]},
    ]
    receipt = await office.counter.send_replies(officer, conversation, lambda *_: replies, "c-1")
    assert receipt.fresh and receipt.message.text == "Your list" and receipt.message.author == "staff" and receipt.message.language == "zh"
    assert receipt.message.payload["card"]["type"] == "checklist" and receipt.message.payload["sources"][0]["title"] == "Notice"
    again = await office.counter.send_replies(officer, conversation, lambda *_: replies, "c-1")
    assert not again.fresh and again.message.id == receipt.message.id
    assert [text for _, author, text in office.messages(conversation) if author == "staff"] == ["Your list", "And where"]


async def test_left_message_is_taken_answered_once_and_read_in_the_window(office: Office) -> None:
    first, second, _ = office.hire()
    left = await office.conversations.leave_message(ANN, "Please call me.", "email", "ann@example.org", "m-1")
    assert not (await office.conversations.leave_message(ANN, "Please call me.", "email", "ann@example.org", "m-1")).fresh
    (item,) = await office.counter.left_messages(first)
    assert item.text.text == "Please call me." and item.contact == "ann@example.org"
    assert item.owner is None and item.due_at > item.created_at
    await office.counter.take_left_message(first, item.id)
    await office.counter.take_left_message(first, item.id)
    for call in (office.counter.take_left_message(second, item.id), office.counter.answer_left_message(second, item.id, "x", "x")):
        with pytest.raises(Conflict) as refused:
            await call
        assert refused.value.code == "already_claimed" and refused.value.params == {"name": first.name}
    assert await office.counter.reveal_contact(first, item.id, "to answer") == "ann@example.org"
    await office.conversations.end(ANN)
    said = await office.counter.answer_left_message(first, item.id, "It is ready.", "a-1")
    assert not (await office.counter.answer_left_message(first, item.id, "It is ready.", "a-1")).fresh
    with pytest.raises(Conflict, match="left_message_answered"):
        await office.counter.answer_left_message(first, item.id, "Again.", "a-2")
    with pytest.raises(Conflict, match="left_message_answered"):
        await office.counter.take_left_message(first, item.id)
    assert await office.counter.left_messages(first) == []
    (item,) = await office.counter.left_messages(first, open_only=False)
    assert item.answer == "It is ready." and item.answered_by is not None and item.answered_by.id == first.id
    # Nothing is said after a close, so the answer begins the conversation that follows.
    assert said.message.conversation_id != left.message.conversation_id and said.message.answers == left.message.id
    snapshot = await office.conversations.catch_up(ANN, left.message.conversation_id, left.message.seq)
    assert snapshot.messages[-1].text == "It is ready." and snapshot.state is State.BOT
    with pytest.raises(NotFound, match="left_message_unknown"):
        await office.counter.take_left_message(first, 999)
    assert [actor for actor, _, _ in office.acts("left_message:take", "left_message:answer", "number:reveal")] == [
        audit.staff(first.id)
    ] * 3
