"""The applicant's side over time: what a client has missed, what follows a close, opinions, and going on from another device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from bot import audit
from bot.assistant import Reply
from bot.conversations import catching_up
from bot.conversations.events import ConversationChanged, MessageStored, StateChanged
from bot.conversations.ledger import Address
from bot.conversations.models import Feedback, Rating, ReturnCode
from bot.conversations.return_codes import ALPHABET, LENGTH
from bot.conversations.states import State
from bot.db import Database, now
from bot.errors import Invalid, NotAllowed, NotFound, TooMany
from tests.office import ANN, BOB, Office


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


async def served(office: Office, close: bool = True) -> str:
    """A conversation in which an officer took part, and which is over if wanted."""
    officer = office.hire(names=[f"Officer {len(office.events)}"])[0]
    conversation = await office.queued()
    await office.counter.claim(officer, conversation)
    await office.counter.reply(officer, conversation, "good morning", f"r-{conversation}")
    if close:
        await office.counter.close(officer, conversation, "solved")
    return conversation


async def test_nothing_is_stored_before_the_first_message(office: Office) -> None:
    snapshot = await office.conversations.catch_up(ANN)
    assert snapshot == catching_up.Snapshot()
    await office.conversations.set_language(ANN, "zh")
    await office.conversations.end(ANN)
    assert (await office.conversations.catch_up(ANN)).conversation_id is None and office.events == []
    for refused in (office.conversations.make_return_code(ANN), office.conversations.rate(ANN, 5)):
        with pytest.raises(NotFound):
            await refused


async def test_message_after_a_close_begins_the_next_conversation_which_knows_the_one_before(office: Office) -> None:
    await office.conversations.set_language(ANN, "zh")
    first = await office.says("hello", "m-1")
    await office.conversations.set_language(ANN, "zh")
    await office.conversations.end(ANN)
    office.events.clear()
    receipt = await office.conversations.applicant_says(ANN, "one more thing", "m-2")
    second = receipt.message.conversation_id
    assert second != first and receipt.message.seq == 1 and receipt.owed and receipt.message.language == "zh"
    assert receipt.message.address == ANN
    assert office.events == [StateChanged(second, ANN, State.BOT, None), MessageStored(receipt.message)]
    one, two = office.row(first), office.row(second)
    assert two.thread_id == one.thread_id == first and (one.ordinal, two.ordinal) == (1, 2)
    assert office.state(first) is State.CLOSED
    # A message of the conversation before, whose acknowledgement was lost, is still the same message.
    again = await office.conversations.applicant_says(ANN, "hello", "m-1")
    assert not again.fresh and again.message.conversation_id == first
    with office.database.session() as session:
        from bot.conversations import overview

        officer = office.hire(names=["Reader"])[0]
        assert [each.id for each in overview.view(session, officer, second, 0).earlier] == [first]


async def test_message_sent_again_after_a_close_does_not_begin_anything(office: Office) -> None:
    first = await office.says("hello", "m-1")
    await office.conversations.end(ANN)
    again = await office.conversations.applicant_says(ANN, "hello", "m-1")
    assert not again.fresh and again.message.conversation_id == first
    assert (await office.conversations.catch_up(ANN)).conversation_id == first


async def test_assistant_is_told_the_list_of_the_conversation_before_until_it_has_spoken(office: Office) -> None:
    profile = {"application_type": "extension", "category": "B", "circumstances": {}}

    async def heard(text: str) -> tuple[Mapping[str, Any], ...]:
        task = await office.conversations.take(await office.says(text), "one", 30)
        assert task is not None and task.question is not None
        card = {"type": "checklist", "profile": profile, "items": [{"id": "M01"}]}
        replies = [Reply("Your list for E12345678", "en", card=card)] if text == "materials" else [Reply("answer", "en")]
        await office.conversations.answer(task.turn, "one", replies)
        return task.question.meanwhile

    assert await heard("materials") == ()
    await office.conversations.end(ANN)
    (known,) = await heard("one more thing")
    assert known["author"] == "bot" and known["card"] == {"type": "checklist", "profile": profile}
    assert known["text"] == "Your list for <NUMBER:1>"
    assert await heard("and then") == ()
    # An officer who comes before the assistant has spoken does not make it forget.
    await office.conversations.end(ANN)
    conversation = await office.says("hello")
    officer = office.hire()[0]
    await office.counter.join(officer, conversation)
    await office.counter.reply(officer, conversation, "Good morning.", "r-1")
    await office.counter.hand_back(officer, conversation)
    assert [(entry["author"], entry.get("card") is not None) for entry in await heard("thank you")] == [
        ("bot", True),
        ("applicant", False),
        ("staff", False),
    ]


async def test_choice_offered_before_the_close_still_counts_after_it(office: Office) -> None:
    first = await served(office)
    assert any("desk:leave" in str(message.payload) for message in (await office.conversations.catch_up(ANN)).messages)
    receipt = await office.conversations.applicant_says(ANN, "desk:leave")
    assert receipt.message.conversation_id != first and receipt.message.payload == {"choice": "desk:leave"}


async def test_mark_gives_what_follows_across_conversations_and_a_strange_mark_everything(office: Office) -> None:
    first = await office.says("one")
    await office.says("two")
    await office.conversations.end(ANN)
    second = await office.says("three")
    await office.conversations.end(ANN)
    third = await office.says("four")
    stranger = await office.says("not yours", address=BOB)
    said = [message for each in (first, second, third) for message in ((each, *row) for row in office.messages(each))]

    async def caught(conversation_id: str | None, after: int) -> list[tuple[str, int, str, str]]:
        snapshot = await office.conversations.catch_up(ANN, conversation_id, after)
        assert snapshot.conversation_id == third and not snapshot.more
        return [(message.conversation_id, message.seq, message.author, message.text) for message in snapshot.messages]

    everything = await caught(None, 0)
    assert everything == said and [text for _, _, _, text in said if text in ("one", "two", "three", "four")] == [
        "one",
        "two",
        "three",
        "four",
    ]
    for index, (conversation_id, seq, _, _) in enumerate(said, 1):
        assert await caught(conversation_id, seq) == said[index:]
    assert await caught(second, 0) == [message for message in said if message[0] != first]
    for strange in ((stranger, 0), ("nothing", 3), (third, 99), (first, -1)):
        assert await caught(*strange) == said


async def test_long_absence_is_caught_up_with_in_pieces(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catching_up, "_MOST", 3)
    conversation = await office.says("1")
    for number in range(2, 9):
        await office.says(str(number))
    got: list[int] = []
    after, more = 0, True
    while more:
        snapshot = await office.conversations.catch_up(ANN, conversation, after)
        got += [message.seq for message in snapshot.messages]
        after, more = got[-1], snapshot.more
    assert got == list(range(1, 9))
    # Without a mark, the newest are what somebody wants to see.
    assert [message.seq for message in (await office.conversations.catch_up(ANN)).messages] == [6, 7, 8]


async def test_snapshot_tells_how_things_stand(office: Office) -> None:
    officer, *_ = office.hire()
    await office.queued(BOB)
    conversation = await office.says("多久能办好")
    assert (await office.conversations.catch_up(ANN)).answer_owed
    turn = await office.take(conversation)
    assert turn is not None
    await office.answer(turn)
    snapshot = await office.conversations.catch_up(ANN)
    assert not snapshot.answer_owed and snapshot.language == "zh" and snapshot.position is None and not snapshot.ratable
    conversation = await office.queued()
    snapshot = await office.conversations.catch_up(ANN)
    assert snapshot.state is State.QUEUED and snapshot.position == 2 and snapshot.expected_wait_s is None and snapshot.owner is None
    await office.counter.claim(officer, conversation)
    snapshot = await office.conversations.catch_up(ANN)
    assert snapshot.state is State.WITH_STAFF and snapshot.owner is not None and snapshot.owner.name == officer.name
    assert snapshot.position is None
    await office.counter.transfer(officer, conversation, to_station="pingshan")
    assert (await office.conversations.catch_up(ANN)).station == "pingshan"


async def test_applicant_who_ends_hears_a_last_word_and_the_waiting_question_is_not_answered_any_more(office: Office) -> None:
    conversation = await office.says("hello")
    office.events.clear()
    await office.conversations.end(ANN)
    await office.conversations.end(ANN)
    assert [type(event).__name__ for event in office.events] == ["MessageStored", "StateChanged", "TurnFinished", "QueueChanged"]
    assert office.messages(conversation)[-1][1] == "system" and office.row(conversation).outcome == "ended"
    assert await office.take(conversation) is None


async def test_feedback_is_kept_with_the_answer_and_a_second_takes_the_place_of_the_first(office: Office) -> None:
    conversation = await office.says("hello")
    turn = await office.take(conversation)
    assert turn is not None
    await office.answer(turn)
    question, answer = (await office.conversations.catch_up(ANN)).messages
    office.events.clear()
    await office.conversations.feedback(ANN, answer.id, True)
    await office.conversations.feedback(ANN, answer.id, False, "  too long  ")
    assert office.events == [ConversationChanged(conversation)] * 2
    assert (await office.conversations.catch_up(ANN)).feedback == {answer.id: False}
    row = office.read(lambda session: session.execute(select(Feedback)).scalar_one())
    assert (row.helpful, row.comment, row.conversation_id) == (False, "too long", conversation)
    await office.says("hello", address=BOB)
    for address, message_id in ((ANN, question.id), (ANN, "nothing"), (BOB, answer.id), (Address("socket", "session", "carl"), answer.id)):
        with pytest.raises(NotFound, match="message_unknown"):
            await office.conversations.feedback(address, message_id, True)
    with pytest.raises(Invalid, match="message_too_long"):
        await office.conversations.feedback(ANN, answer.id, True, "x" * 1001)
    # It stays possible after a close, and does not come back with another conversation's messages.
    await office.conversations.end(ANN)
    await office.conversations.feedback(ANN, answer.id, True)
    assert (await office.conversations.catch_up(ANN, conversation, answer.seq)).feedback == {}


async def test_rating_is_for_the_newest_conversation_that_staff_took_part_in_or_that_is_over(office: Office) -> None:
    await office.says("hello")
    with pytest.raises(NotFound, match="nothing_to_rate"):
        await office.conversations.rate(ANN, 5)
    await office.conversations.end(ANN)
    first = await served(office, close=False)
    assert (await office.conversations.catch_up(ANN)).ratable
    for score in (0, 6):
        with pytest.raises(Invalid, match="rating_score"):
            await office.conversations.rate(ANN, score)
    await office.conversations.rate(ANN, 4, "kind")
    assert not (await office.conversations.catch_up(ANN)).ratable
    await office.conversations.rate(ANN, 5)
    await office.conversations.end(ANN)
    await office.says("again")
    await office.conversations.rate(ANN, 3)
    rows = office.read(lambda session: list(session.execute(select(Rating)).scalars()))
    assert [(row.conversation_id, row.score, row.comment) for row in rows] == [(first, 3, None)]


async def test_language_of_the_interface_counts_only_until_the_applicant_shows_one(office: Office) -> None:
    say = office.conversations.applicant_says
    assert (await say(ANN, "/fee", interface="zh")).message.language == "zh"
    assert (await say(BOB, "how long does it take", interface="zh")).message.language == "en"
    assert (await say(BOB, "/fee", interface="zh")).message.language == "en"
    await office.conversations.set_language(BOB, "zh")
    assert (await say(BOB, "how long does it take")).message.language == "zh"


async def test_return_code_is_short_clear_and_works_once(office: Office) -> None:
    await office.says()
    with time_machine.travel(now(), tick=False) as clock:
        code, expires_at = await office.conversations.make_return_code(ANN)
        assert len(code) == LENGTH == 10 and set(code) <= set(ALPHABET) and not set("0O1ILU") & set(ALPHABET)
        assert (expires_at - now()).total_seconds() == 3600
        kept = office.read(lambda session: session.execute(select(ReturnCode)).scalar_one())
        assert code not in kept.code_hash and kept.sender == ANN.sender
        typed = f" {code[:5].lower()}-{code[5:].lower()} "
        assert await office.conversations.use_return_code(typed, "net:1") == ANN.sender
        other, _ = await office.conversations.make_return_code(ANN)
        newer, _ = await office.conversations.make_return_code(ANN)
        clock.shift(3601)
        errors = []
        for wrong in (code, other, newer, "2" * 10, "", "x" * 5000, "é\ud800"):
            with pytest.raises(NotAllowed) as refused:
                await office.conversations.use_return_code(wrong, "net:2")
            errors.append((refused.value.code, refused.value.params))
        assert errors == [("return_code_wrong", {})] * 7
    acts = select(audit.AuditEntry.detail).where(audit.AuditEntry.action.like("return_code:%"))
    assert code not in str(office.read(lambda session: session.execute(acts).scalars().all()))


async def test_attempts_at_return_codes_are_limited_by_network_and_a_limit_holds_for_right_ones_too(office: Office) -> None:
    await office.says()
    code, _ = await office.conversations.make_return_code(ANN)
    for _ in range(10):
        with pytest.raises(NotAllowed, match="return_code_wrong"):
            await office.conversations.use_return_code("2" * 10, "net:1")
    with pytest.raises(TooMany) as refused:
        await office.conversations.use_return_code(code, "net:1")
    assert refused.value.params["retry_after_s"] > 0
    assert await office.conversations.use_return_code(code, "net:2") == ANN.sender


async def test_attempts_at_return_codes_are_limited_in_total(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.conversations import return_codes

    monkeypatch.setattr(return_codes, "_TRIED_BY_ALL", 5)
    for number in range(5):
        with pytest.raises(NotAllowed):
            await office.conversations.use_return_code("2" * 10, f"net:{number}")
    with pytest.raises(TooMany):
        await office.conversations.use_return_code("2" * 10, "net:6")


async def test_making_codes_is_limited_and_a_new_one_ends_the_one_before(office: Office) -> None:
    await office.says()
    first, _ = await office.conversations.make_return_code(ANN)
    for _ in range(19):
        last, _ = await office.conversations.make_return_code(ANN)
    with pytest.raises(TooMany):
        await office.conversations.make_return_code(ANN)
    with pytest.raises(NotAllowed):
        await office.conversations.use_return_code(first, "net:1")
    assert await office.conversations.use_return_code(last, "net:1") == ANN.sender


async def test_message_counts_as_delivered_once_the_channel_says_so(office: Office) -> None:
    conversation = await office.says("hello")
    turn = await office.take(conversation)
    assert turn is not None
    await office.answer(turn)
    (news,) = await office.conversations.undelivered_at(ANN)
    assert news.text == "answer" and await office.conversations.undelivered_at(ANN) == [news]
    await office.conversations.mark_delivered([news.id])
    assert await office.conversations.undelivered_at(ANN) == [] and await office.conversations.undelivered_at(BOB) == []
