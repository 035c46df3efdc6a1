"""What staff may do and see, what stays among them, and what the audit trail keeps of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from bot import audit
from bot.conversations.events import ConversationChanged
from bot.conversations.ledger import Address
from bot.conversations.models import StaffNote
from bot.conversations.overview import SearchQuery
from bot.conversations.states import Move, State
from bot.db import Database, now
from bot.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.office import ANN, BOB, Office


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


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
async def test_officer_who_has_not_signed_sees_and_does_nothing(office: Office, call: str) -> None:
    (unsigned,) = office.hire(signed=False, names=["Lin Tao"])
    conversation = await office.queued()
    with pytest.raises(NotAllowed, match="agreement_missing"):
        await CALLS[call](office, unsigned, conversation)
    counter = office.counter
    for look in (counter.view(unsigned, conversation), counter.board(unsigned), counter.search(unsigned, SearchQuery())):
        with pytest.raises(NotAllowed, match="agreement_missing"):
            await look


async def test_administrator_sees_no_conversation(office: Office) -> None:
    (administrator,) = office.hire("administrator", names=["Root"])
    conversation = await office.queued()
    counter = office.counter
    for call in (
        counter.board(administrator),
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
    assert [row.id for row in (await office.counter.board(qianhai)).queue] == [conversation]
    await office.counter.claim(qianhai, conversation)
    await office.counter.transfer(qianhai, conversation, to_station="pingshan")
    assert (await office.counter.board(qianhai)).queue == []
    assert [row.station for row in (await office.counter.board(pingshan)).queue] == ["pingshan"]
    assert [row.id for row in (await office.counter.board(supervisor)).queue] == [conversation]
    for refused in (office.counter.claim(qianhai, conversation), office.counter.view(qianhai, conversation)):
        with pytest.raises(NotAllowed, match="other_station"):
            await refused
    await office.counter.claim(pingshan, conversation)
    assert office.row(conversation).owner_id == pingshan.id and office.row(conversation).station is None


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
    assert [(actor, subject) for actor, subject, _ in office.acts(*moves)] == [
        (audit.APPLICANT, here),
        (me, here),
        (me, here),
        (me, here),
        (me, here),
        (audit.APPLICANT, here),
    ]
    assert office.acts("number:reveal") == [(me, here, {"message": receipt.message.id, "reason": "to look it up"})]
    assert office.acts("conversation:note") == [(me, here, {"id": note.id})]
    assert office.acts("conversation:transfer")[0][2] == {"station": "pingshan", "wanted": None}
    assert office.acts("conversation:close")[0][2] == {"outcome": "ended"}
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(3):
            await office.counter.view(officer, conversation)
        assert len(office.acts("conversation:read")) == 1
        clock.shift(3601)
        await office.counter.view(officer, conversation)
    assert len(office.acts("conversation:read")) == 2
    texts = str(office.acts(*moves, "conversation:note", "conversation:tag", "number:reveal", "conversation:read"))
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
    (row,) = (await office.counter.board(officer)).queue
    assert row.first_line.text == "How long does it take?" and row.state is State.QUEUED and row.waiting_since is not None
    assert row.unread == 0 and row.owner is None and row.reason == "asked" and row.ordinal == 1 and len(row.applicant) == 4
    await office.counter.claim(officer, conversation)
    assert (await office.counter.board(officer)).queue == [] and (await office.counter.board(second)).mine == []
    await office.counter.reply(officer, conversation, "Ten days.", "r-1")
    await office.says("thank you")
    await office.says("and then?")
    (row,) = (await office.counter.board(officer)).mine
    assert row.unread == 2 and row.waiting_since is None and row.first_line.text == "and then?"
    await office.counter.transfer(officer, conversation, to_staff=second.id)
    (row,) = (await office.counter.board(second)).queue
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
