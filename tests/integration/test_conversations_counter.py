"""The staff's side: who may do what, who has a conversation, what is said once, and what the audit trail keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from bot import audit
from bot.conversations import ownership
from bot.conversations.counter import OUTCOMES
from bot.conversations.events import ConversationChanged, MessageStored, QueueChanged, StateChanged
from bot.conversations.ledger import Address
from bot.conversations.models import Handoff, StaffNote
from bot.conversations.overview import SearchQuery
from bot.conversations.states import Move, State
from bot.db import Database, now
from bot.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.office import ANN, BOB, Office


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def acts(office: Office, *actions: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Actor, subject and detail of what the audit trail keeps of these actions."""
    query = select(audit.AuditEntry).where(audit.AuditEntry.action.in_(actions)).order_by(audit.AuditEntry.id)
    return office.read(lambda session: [(row.actor, row.subject, row.detail) for row in session.execute(query).scalars()])


CALLS: dict[str, Callable[[Office, Any, str], Any]] = {
    "claim": lambda office, by, it: office.counter.claim(by, it),
    "join": lambda office, by, it: office.counter.join(by, it),
    "reply": lambda office, by, it: office.counter.reply(by, it, "x", "x"),
    "send_replies": lambda office, by, it: office.counter.send_replies(by, it, lambda *_: [{"text": "x", "language": "en"}], "x"),
    "use_draft": lambda office, by, it: office.counter.use_draft(by, 1, "x"),
    "hand_back": lambda office, by, it: office.counter.hand_back(by, it),
    "transfer": lambda office, by, it: office.counter.transfer(by, it),
    "close": lambda office, by, it: office.counter.close(by, it, "solved"),
    "reveal": lambda office, by, it: office.counter.reveal(by, "x", "because"),
    "reveal_contact": lambda office, by, it: office.counter.reveal_contact(by, 1, "because"),
    "take_left_message": lambda office, by, it: office.counter.take_left_message(by, 1),
    "answer_left_message": lambda office, by, it: office.counter.answer_left_message(by, 1, "x", "x"),
}


@pytest.mark.parametrize("call", CALLS)
async def test_trainee_may_do_nothing_that_an_applicant_notices(office: Office, call: str) -> None:
    (trainee,) = office.hire("trainee", names=["Lin Tao"])
    conversation = await office.queued()
    said = office.messages(conversation)
    with pytest.raises(NotAllowed, match="not_permitted"):
        await CALLS[call](office, trainee, conversation)
    assert office.messages(conversation) == said and office.state(conversation) is State.QUEUED


@pytest.mark.parametrize("call", CALLS)
async def test_officer_who_has_not_signed_may_watch_and_draft_only(office: Office, call: str) -> None:
    (unsigned,) = office.hire(signed=False, names=["Lin Tao"])
    conversation = await office.queued()
    with pytest.raises(NotAllowed, match="agreement_missing"):
        await CALLS[call](office, unsigned, conversation)
    assert (await office.counter.view(unsigned, conversation)).row.id == conversation
    await office.counter.draft(unsigned, conversation, "perhaps so", "d-1")


async def test_administrator_sees_no_conversation(office: Office) -> None:
    (administrator,) = office.hire("administrator", names=["Root"])
    conversation = await office.queued()
    counter = office.counter
    for call in (
        counter.queue(administrator),
        counter.mine(administrator),
        counter.search(administrator, SearchQuery()),
        counter.view(administrator, conversation),
        counter.left_messages(administrator),
        counter.tags_used(administrator),
        counter.note(administrator, conversation, "x", "n"),
        counter.tag(administrator, conversation, "x"),
    ):
        with pytest.raises(NotAllowed, match="not_permitted"):
            await call


async def test_stations_divide_what_officers_see(office: Office) -> None:
    (pingshan,) = office.hire(stations=["pingshan"], names=["Pingshan"])
    (qianhai,) = office.hire(stations=["qianhai"], names=["Qianhai"])
    (supervisor,) = office.hire("supervisor", stations=["qianhai"], names=["Over All"])
    conversation = await office.queued()
    assert [row.id for row in await office.counter.queue(qianhai)] == [conversation]
    await office.counter.claim(qianhai, conversation)
    await office.counter.transfer(qianhai, conversation, to_station="pingshan")
    assert await office.counter.queue(qianhai) == []
    assert [row.station for row in await office.counter.queue(pingshan)] == ["pingshan"]
    assert [row.id for row in await office.counter.queue(supervisor)] == [conversation]
    for refused in (office.counter.claim(qianhai, conversation), office.counter.view(qianhai, conversation)):
        with pytest.raises(NotAllowed, match="not_permitted"):
            await refused
    await office.counter.claim(pingshan, conversation)
    assert office.row(conversation).owner_id == pingshan.id and office.row(conversation).station is None


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
    assert [row.id for row in await office.counter.queue(officer)] == [first, second]
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


async def test_draft_of_a_trainee_becomes_the_officers_message_once(office: Office) -> None:
    first, second, _ = office.hire()
    (trainee,) = office.hire("trainee", names=["Lin Tao"])
    conversation = await office.queued()
    draft = await office.counter.draft(trainee, conversation, "Bring your passport.", "d-1")
    assert await office.counter.draft(trainee, conversation, "Bring your passport.", "d-1") == draft
    assert [each.id for each in (await office.counter.view(first, conversation)).drafts] == [draft.id]
    with pytest.raises(Conflict, match="conversation_lost"):
        await office.counter.use_draft(first, draft.id, "r-1")
    await office.counter.claim(first, conversation)
    sent = await office.counter.use_draft(first, draft.id, "r-1", "Please bring your passport.")
    assert sent.message.text == "Please bring your passport." and sent.message.staff is not None and sent.message.staff.id == first.id
    assert not (await office.counter.use_draft(first, draft.id, "r-1")).fresh
    for call in (office.counter.use_draft(first, draft.id, "r-2"), office.counter.dismiss_draft(trainee, draft.id)):
        with pytest.raises(Conflict, match="draft_settled"):
            await call
    assert (await office.counter.view(first, conversation)).drafts == []
    row = office.read(lambda session: session.get(StaffNote, draft.id))
    assert row.used_as == sent.message.id and row.staff_id == trainee.id
    assert [text for _, author, text in office.messages(conversation) if author == "staff"] == ["Please bring your passport."]
    other = await office.counter.draft(trainee, conversation, "And a photo.", "d-2")
    await office.counter.dismiss_draft(second, other.id)
    with pytest.raises(NotFound, match="note_unknown"):
        await office.counter.dismiss_draft(second, 999)


async def test_applicant_never_gets_notes_drafts_or_tags(office: Office) -> None:
    officer, *_ = office.hire()
    conversation = await office.queued()
    said = office.messages(conversation)
    office.events.clear()
    await office.counter.note(officer, conversation, "private", "n-1")
    await office.counter.note(officer, conversation, "private", "n-1")
    await office.counter.draft(officer, conversation, "private", "d-1")
    await office.counter.tag(officer, conversation, "  needs   care ")
    await office.counter.tag(officer, conversation, "needs care")
    assert office.messages(conversation) == said and office.events == [ConversationChanged(conversation)] * 3
    view = await office.counter.view(officer, conversation)
    assert [note.text for note in view.notes] == ["private"] and view.row.tags == ("needs care",)
    assert await office.counter.tags_used(officer) == ["needs care"]
    await office.counter.untag(officer, conversation, "needs care")
    assert (await office.counter.view(officer, conversation)).row.tags == ()
    for tag in ("", " ", "x" * 41, "a\x00b"):
        with pytest.raises(Invalid, match="tag_unusable"):
            await office.counter.tag(officer, conversation, tag)


async def test_every_move_note_and_reveal_is_in_the_audit_trail_and_reading_once_an_hour(office: Office) -> None:
    officer, *_ = office.hire()
    me = audit.staff(officer.id)
    conversation = await office.queued()
    here = f"conversation:{conversation}"
    await office.counter.claim(officer, conversation)
    receipt = await office.conversations.applicant_says(ANN, "my number is E12345678")
    assert await office.counter.reveal(officer, receipt.message.id, "to look it up") == "my number is E12345678"
    for reason in ("", "  "):
        with pytest.raises(Invalid):
            await office.counter.reveal(officer, receipt.message.id, reason)
    with pytest.raises(NotFound, match="message_unknown"):
        await office.counter.reveal(officer, "nothing", "to look it up")
    note = await office.counter.note(officer, conversation, "careful", "n-1")
    await office.counter.tag(officer, conversation, "vip")
    await office.counter.hand_back(officer, conversation)
    await office.counter.join(officer, conversation)
    await office.counter.transfer(officer, conversation, to_station="pingshan")
    await office.conversations.end(ANN)
    moves = [f"conversation:{move.value}" for move in Move]
    assert [(actor, subject) for actor, subject, _ in acts(office, *moves)] == [
        (audit.APPLICANT, here),
        (me, here),
        (me, here),
        (me, here),
        (me, here),
        (audit.APPLICANT, here),
    ]
    assert acts(office, "number:reveal") == [(me, here, {"message": receipt.message.id, "reason": "to look it up"})]
    assert acts(office, "conversation:note") == [(me, here, {"id": note.id})]
    assert acts(office, "conversation:transfer")[0][2] == {"station": "pingshan", "wanted": None}
    assert acts(office, "conversation:close")[0][2] == {"outcome": "ended"}
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(3):
            await office.counter.view(officer, conversation)
        assert len(acts(office, "conversation:read")) == 1
        clock.shift(3601)
        await office.counter.view(officer, conversation)
    assert len(acts(office, "conversation:read")) == 2
    texts = str(acts(office, *moves, "conversation:note", "conversation:tag", "number:reveal", "conversation:read"))
    assert "E12345678" not in texts and "careful" not in texts


async def test_row_tells_what_a_glance_needs(office: Office) -> None:
    officer, second, _ = office.hire()
    await office.says("hello")
    turn = await office.take((await office.conversations.catch_up(ANN)).conversation_id or "")
    assert turn is not None
    await office.answer(turn)
    await office.says("How long does it take?\nI am in a hurry.")
    conversation = await office.says("desk:wait")
    while (turn := await office.take(conversation)) is not None:
        await office.answer(turn)
    (row,) = await office.counter.queue(officer)
    assert row.first_line == "How long does it take?" and row.state is State.QUEUED and row.waiting_since is not None
    assert row.unread == 0 and row.owner is None and row.reason == "asked" and row.ordinal == 1 and len(row.applicant) == 4
    await office.counter.claim(officer, conversation)
    assert await office.counter.queue(officer) == [] and await office.counter.mine(second) == []
    await office.counter.reply(officer, conversation, "Ten days.", "r-1")
    await office.says("thank you")
    await office.says("and then?")
    (row,) = await office.counter.mine(officer)
    assert row.unread == 2 and row.waiting_since is None and row.first_line == "and then?"
    await office.counter.transfer(officer, conversation, to_staff=second.id)
    (row,) = await office.counter.queue(second)
    assert row.wanted is not None and row.wanted.id == second.id


async def test_view_tells_what_may_be_done_now(office: Office) -> None:
    officer, second, _ = office.hire()
    (trainee,) = office.hire("trainee", names=["Lin Tao"])
    conversation = await office.queued()
    everybody = {"note", "tag", "draft"}
    assert (await office.counter.view(trainee, conversation)).may == everybody
    assert (await office.counter.view(officer, conversation)).may == everybody | {"claim", "reveal"}
    await office.counter.claim(officer, conversation)
    assert (await office.counter.view(officer, conversation)).may == everybody | {"reply", "hand_back", "transfer", "close", "reveal"}
    assert (await office.counter.view(second, conversation)).may == everybody | {"reveal"}
    await office.counter.close(officer, conversation, "solved")
    assert (await office.counter.view(officer, conversation)).may == {"note", "tag", "reveal"}
    with pytest.raises(NotFound, match="conversation_unknown"):
        await office.counter.view(officer, "nothing")


async def test_search_meets_every_condition_and_pages(office: Office) -> None:
    officer, *_ = office.hire()
    await office.says("about 100% of the fee", address=ANN)
    await office.says("多久能办好", address=BOB)
    conversation = await office.queued(address=Address("socket", "session", "carl"))
    await office.counter.claim(officer, conversation)
    await office.counter.tag(officer, conversation, "urgent")
    counter = office.counter

    async def found(**conditions: Any) -> list[str]:
        return [office.row(row.id).sender for row in await counter.search(officer, SearchQuery(**conditions))]

    assert await found() == ["carl", "bob", "ann"]
    assert await found(text="FEE") == ["ann"] and await found(text="100%") == ["ann"] and await found(text="1%0") == []
    assert await found(text="办好") == ["bob"] and await found(language="zh") == ["bob"]
    assert await found(state=State.WITH_STAFF) == ["carl"] and await found(owner=officer.id) == ["carl"]
    assert await found(tag="urgent") == ["carl"] and await found(tag="urgent", language="zh") == []
    (first,) = await counter.search(officer, SearchQuery(limit=1))
    rest = await counter.search(officer, SearchQuery(before=first.id))
    assert [office.row(row.id).sender for row in rest] == ["bob", "ann"]


async def test_left_message_is_taken_answered_once_and_read_in_the_window(office: Office) -> None:
    first, second, _ = office.hire()
    left = await office.conversations.leave_message(ANN, "Please call me.", "email", "ann@example.org", "m-1")
    assert not (await office.conversations.leave_message(ANN, "Please call me.", "email", "ann@example.org", "m-1")).fresh
    (item,) = await office.counter.left_messages(first)
    assert item.text == "Please call me." and item.contact == "ann@example.org" and item.owner is None and item.due_at > item.created_at
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
    assert [actor for actor, _, _ in acts(office, "left_message:take", "left_message:answer", "number:reveal")] == [
        audit.staff(first.id)
    ] * 3
