"""The way to a person and back over the REST door: offered, chosen, waited for, answered, handed back; or a message left."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.conversations.counter import Counter
from bot.conversations.desk import Rules
from bot.conversations.models import Conversation, Handoff, LeftMessage, Turn
from bot.conversations.publishing import Record
from bot.db import Database
from bot.settings import Settings
from bot.staff import presence
from bot.staff.officers import Officer
from tests.gateway import CLOSED, PARTS, FakePresence, Gateway, answer, desk, echo, hand_off, reply, running
from tests.servers import AUDIT_KEY
from tests.staff import make_officer


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=database_url, demo=False, assistant_timeout_s=5, turn_lease_s=5)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = Database(settings.resolved_database_url, AUDIT_KEY)
    yield opened
    opened.close()


@pytest.fixture
def officer(database: Database) -> Officer:
    with database.session() as session:
        return make_officer(session)


@pytest.fixture
def counter(database: Database) -> Counter:
    return Counter(Record(database), desk())


async def rasa(message: dict[str, Any]) -> Any:
    """Passes on to a person what asks for one, and repeats everything else."""
    if message["message"] in ("person", "/handoff"):
        return answer(*hand_off(message["metadata"]["language"], "asked"))
    return await echo(message)


@pytest.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    async with running(settings, rasa, replace(PARTS, desk=desk(presence))) as started:
        yield started


def conversation(database: Database) -> Any:
    with database.session() as session:
        return session.execute(select(Conversation)).scalar_one()


def offers(message: dict[str, Any]) -> list[str]:
    return [offer["payload"] for offer in message.get("quick_replies", ())]


def card(message: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = message["metadata"]["card"]
    assert found["type"] == "handoff"
    return found


def meanwhile(gateway: Gateway) -> list[dict[str, Any]]:
    """What the assistant was told with the last question, without the ids."""
    said = gateway.rasa.asked[-1]["metadata"]["meanwhile"]
    return [{name: value for name, value in entry.items() if name != "id"} for entry in said]


async def test_a_person_is_offered_with_place_wait_and_hours_and_nothing_is_queued(
    gateway: Gateway, officer: Officer, database: Database
) -> None:
    (offer,) = await gateway.say("person")
    about = card(offer)
    assert about["phase"] == "offer" and about["reason"] == "asked" and about["position"] == 1 and about["expected_wait_s"] is None
    assert about["within_hours"] is True and about["officers_ready"] == 1 and about["can_wait"] is True
    assert about["phone"] == "0755-88121678" and about["station"]["key"] == "civic_center" and about["hours"] in offer["text"]
    assert offers(offer) == ["desk:wait", "desk:message", "desk:stay"]
    assert offer["metadata"]["author"] == "system" and offer["metadata"]["desk"] == "offer" and offer["metadata"]["topic"] == "handoff"
    assert conversation(database).state == "BOT"


async def test_from_the_offer_to_the_officer_and_back_to_the_assistant(
    gateway: Gateway, counter: Counter, officer: Officer, database: Database
) -> None:
    await gateway.say("How long does it take?")
    await gateway.say("person")
    (queued,) = await gateway.say("desk:wait")
    assert card(queued)["phase"] == "queued" and card(queued)["position"] == 1 and offers(queued) == ["desk:message", "desk:leave"]
    assert queued["metadata"]["conversation"]["state"] == "QUEUED"
    assert await gateway.say("it is about E12345678") == []
    assert len(gateway.rasa.asked) == 2

    conversation_id = conversation(database).id
    await counter.claim(officer, conversation_id)
    await counter.reply(officer, conversation_id, "Your file E12345678 is complete.", "r1")
    claimed, said = await gateway.say(None)
    assert claimed["metadata"]["desk"] == "claimed" and officer.name in claimed["text"] and said["metadata"]["author"] == "staff"
    assert await gateway.say("thank you") == []
    await counter.hand_back(officer, conversation_id)
    (back,) = await gateway.say(None)
    assert back["metadata"]["desk"] == "handed_back" and back["metadata"]["conversation"]["state"] == "BOT"

    (again,) = await gateway.say("and the fee?")
    assert again["text"] == "echo: and the fee?"
    assert meanwhile(gateway) == [
        {"author": "applicant", "text": "it is about <NUMBER:1>"},
        {"author": "staff", "text": "Your file <NUMBER:1> is complete."},
        {"author": "applicant", "text": "thank you"},
    ]
    await gateway.say("and the photo?")
    assert "meanwhile" not in gateway.rasa.asked[-1]["metadata"]


async def test_what_the_applicant_tells_an_officer_of_themselves_goes_to_the_assistant_with_it(
    gateway: Gateway, counter: Counter, officer: Officer, database: Database
) -> None:
    await gateway.say("person")
    await gateway.say("desk:wait")
    conversation_id = conversation(database).id
    await counter.claim(officer, conversation_id)
    told = [
        "I am from Germany and I want to extend my permit",
        "Is category A faster?",
        "我已经在中国了，B类",
    ]
    for text in told:
        await gateway.say(text)
    await counter.hand_back(officer, conversation_id)
    await gateway.say("what do I need?")
    said = meanwhile(gateway)
    assert [entry["text"] for entry in said] == told
    assert said[0]["told"] == {"application_type": "extension", "category": None, "circumstances": {"nationality": "DE"}}
    # A question about one thing claims nothing.
    assert "told" not in said[1]
    assert said[2]["told"] == {"application_type": None, "category": "B", "circumstances": {"place": "in_china"}}


async def test_leaving_the_queue_gives_the_word_back_to_the_assistant(gateway: Gateway, officer: Officer, database: Database) -> None:
    await gateway.say("person")
    await gateway.say("desk:wait")
    await gateway.say("are you there")
    (left,) = await gateway.say("desk:leave")
    assert left["metadata"]["desk"] == "left" and left["metadata"]["conversation"]["state"] == "BOT"
    assert await gateway.texts("how long") == ["echo: how long"]
    assert meanwhile(gateway) == [{"author": "applicant", "text": "are you there"}]
    with database.session() as session:
        assert [(row.ended, row.queued_at is not None) for row in session.execute(select(Handoff)).scalars()] == [("left", True)]


async def test_an_offer_that_is_declined_leaves_everything_as_it_is(gateway: Gateway, officer: Officer, database: Database) -> None:
    await gateway.say("person")
    (stayed,) = await gateway.say("desk:stay")
    assert stayed["metadata"]["desk"] == "stay" and stayed["metadata"]["conversation"]["state"] == "BOT"
    with database.session() as session:
        assert [(row.ended, row.queued_at) for row in session.execute(select(Handoff)).scalars()] == [("left", None)]


async def test_a_question_instead_of_a_choice_goes_to_the_assistant(gateway: Gateway, officer: Officer) -> None:
    await gateway.say("person")
    assert await gateway.texts("how long") == ["echo: how long"]


async def test_a_client_without_buttons_types_the_choice(gateway: Gateway, officer: Officer) -> None:
    await gateway.say("person")
    (queued,) = await gateway.say("wait for an officer")
    assert card(queued)["phase"] == "queued"


async def test_who_waits_and_asks_for_a_person_again_hears_the_place(gateway: Gateway, officer: Officer) -> None:
    await gateway.say("person")
    await gateway.say("desk:wait")
    asked = len(gateway.rasa.asked)
    (queued,) = await gateway.say("/handoff")
    assert card(queued)["phase"] == "queued" and card(queued)["position"] == 1 and len(gateway.rasa.asked) == asked


async def test_the_place_counts_only_those_who_wait(gateway: Gateway, officer: Officer) -> None:
    await gateway.say("person", sender="bob")
    (first,) = await gateway.say("person")
    assert card(first)["position"] == 1
    await gateway.say("desk:wait", sender="bob")
    (second,) = await gateway.say("desk:wait")
    assert card(second)["position"] == 2 and "2" in second["text"]


async def test_with_nobody_present_there_is_no_queue_but_a_message(gateway: Gateway, database: Database) -> None:
    (offer,) = await gateway.say("person")
    assert card(offer)["can_wait"] is False and card(offer)["within_hours"] is True and offers(offer) == ["desk:message", "desk:stay"]
    (still,) = await gateway.say("desk:wait")
    assert card(still)["phase"] == "offer" and still["metadata"]["conversation"]["state"] == "BOT"


async def test_whoever_waits_too_long_with_the_choice_is_told_that_nobody_is_there_any_more(
    gateway: Gateway, officer: Officer, database: Database
) -> None:
    (offer,) = await gateway.say("person")
    assert "desk:wait" in offers(offer)
    with database.session() as session:
        presence.set_presence(session, officer.id, "away")
    (now,) = await gateway.say("desk:wait")
    assert card(now)["phase"] == "offer" and offers(now) == ["desk:message", "desk:stay"]
    assert now["metadata"]["conversation"]["state"] == "BOT"


async def test_one_network_holds_so_many_places_in_the_queue_and_no_more_until_one_is_given_up(
    settings: Settings, database: Database, officer: Officer, counter: Counter
) -> None:
    async with running(settings, rasa, replace(PARTS, desk=desk(presence, Rules(network_waiting=2)))) as gateway:
        for sender in ("ann", "bob"):
            await gateway.say("person", sender=sender)
            (queued,) = await gateway.say("desk:wait", sender=sender)
            assert card(queued)["phase"] == "queued"
        await gateway.say("person", sender="eve")
        (refused,) = await gateway.say("desk:wait", sender="eve")
        assert card(refused)["phase"] == "offer" and card(refused)["can_wait"] is False
        assert offers(refused) == ["desk:message", "desk:stay"] and refused["metadata"]["conversation"]["state"] == "BOT"
        await gateway.say("desk:leave", sender="ann")
        (queued,) = await gateway.say("desk:wait", sender="eve")
        assert card(queued)["phase"] == "queued"
        with database.session() as session:
            bobs = session.execute(select(Conversation.id).where(Conversation.sender == "bob")).scalar_one()
        await counter.claim(officer, bobs)
        await gateway.say("person", sender="ann")
        (queued,) = await gateway.say("desk:wait", sender="ann")
        assert card(queued)["phase"] == "queued"
    with database.session() as session:
        assert session.execute(select(Handoff.network).where(Handoff.closed_at.is_not(None))).scalars().all() == [None, None]


async def test_outside_hours_a_message_is_left_and_answered(
    settings: Settings, database: Database, officer: Officer, counter: Counter
) -> None:
    async with running(settings, rasa, replace(PARTS, desk=desk(FakePresence(1), clock=lambda: CLOSED))) as gateway:
        (offer,) = await gateway.say("/handoff", language="zh")
        assert card(offer)["within_hours"] is False and card(offer)["can_wait"] is False and card(offer)["next_open"] is not None
        (notice, asked) = await gateway.say("desk:message")
        assert notice["metadata"]["notice"] == "privacy"
        assert asked["metadata"]["desk"] == "message" and "2026年11月27日" in asked["text"]
        (contact,) = await gateway.say("我的申请 E12345678 被退回了，想问原因")
        assert offers(contact) == ["desk:contact_window", "desk:stay"]
        (unusable,) = await gateway.say("8812 1678")
        assert unusable["metadata"]["desk"] == "contact_phone"
        (kept,) = await gateway.say("手机 138 0013 8000")
        assert kept["metadata"]["desk"] == "kept_phone" and "13800138000" in kept["text"]
        assert kept["metadata"]["conversation"]["state"] == "BOT"
        assert all("退回" not in text and "138" not in text for text in gateway.rasa.texts)
        assert await gateway.texts("费用多少") == ["echo: 费用多少"]

        (item,) = await counter.left_messages(officer)
        assert item.text.text == "我的申请 E12345678 被退回了，想问原因" and item.contact == "13800138000" and item.reason == "asked"
        assert item.due_at.isoformat().startswith("2026-11-27T")
        await counter.answer_left_message(officer, item.id, "照片不合格，请重拍。", "a1")
        (answered,) = await gateway.say(None)
        assert answered["metadata"]["author"] == "staff" and answered["text"] == "照片不合格，请重拍。"
    with database.session() as session:
        assert [row.ended for row in session.execute(select(Handoff)).scalars()] == ["message_left"]


async def test_a_message_in_several_parts_is_one_message(gateway: Gateway, database: Database) -> None:
    await gateway.say("desk:message")
    await gateway.say("My employer did not pay me for two months.")
    (added,) = await gateway.say("And it keeps my passport in the safe of the office.")
    assert added["metadata"]["desk"] == "contact_added"
    (missing,) = await gateway.say("no idea")
    assert missing["metadata"]["desk"] == "contact_missing"
    (kept,) = await gateway.say("desk:contact_window")
    assert kept["metadata"]["desk"] == "kept_window"
    with database.session() as session:
        (left,) = session.execute(select(LeftMessage)).scalars()
        assert left.text == "My employer did not pay me for two months.\nAnd it keeps my passport in the safe of the office."
        assert left.contact_kind == "window" and left.contact is None
        assert {turn.outcome for turn in session.execute(select(Turn)).scalars()} == {"desk"}
    assert gateway.rasa.asked == []


async def test_leaving_a_message_can_be_given_up(gateway: Gateway, database: Database) -> None:
    await gateway.say("desk:message")
    await gateway.say("Never mind this one please")
    (stopped,) = await gateway.say("desk:stay")
    assert stopped["metadata"]["desk"] == "nothing_dropped"
    assert await gateway.texts("how long") == ["echo: how long"]
    with database.session() as session:
        assert session.execute(select(LeftMessage)).first() is None


async def test_another_choice_ends_the_message_and_is_answered(gateway: Gateway) -> None:
    await gateway.say("desk:message")
    assert await gateway.texts("/fee") == ["echo: /fee"]
    assert await gateway.texts("how long") == ["echo: how long"]


async def test_the_place_in_the_queue_is_kept_until_the_message_is_left(gateway: Gateway, officer: Officer, database: Database) -> None:
    await gateway.say("person")
    await gateway.say("desk:wait")
    (notice, asked) = await gateway.say("desk:message")
    assert notice["metadata"]["notice"] == "privacy"
    assert asked["metadata"]["conversation"]["state"] == "QUEUED"
    await gateway.say("Please call me about my extension.")
    (kept,) = await gateway.say("ann@example.org")
    assert kept["metadata"]["conversation"]["state"] == "BOT" and "ann@example.org" in kept["text"]
    with database.session() as session:
        assert [row.ended for row in session.execute(select(Handoff)).scalars()] == ["message_left"]


async def test_an_officer_who_claims_while_a_message_is_written_gets_what_is_written(
    gateway: Gateway, officer: Officer, counter: Counter, database: Database
) -> None:
    await gateway.say("person")
    await gateway.say("desk:wait")
    await gateway.say("desk:message")
    await counter.claim(officer, conversation(database).id)
    assert [message["metadata"]["desk"] for message in await gateway.say("Please call me about my extension.")] == ["claimed"]
    assert conversation(database).desk_step is None
    with database.session() as session:
        assert session.execute(select(LeftMessage)).first() is None


@pytest.mark.parametrize("text", ["I want to talk to a human", "我要找人"])
async def test_with_the_assistant_down_the_desk_offers_a_person_all_the_same(
    settings: Settings, database: Database, officer: Officer, text: str
) -> None:
    async def silent(_message: dict[str, Any]) -> Any:
        return []

    async with running(settings, silent, replace(PARTS, desk=desk(presence))) as gateway:
        (offer,) = await gateway.say(text)
        assert offer["metadata"]["notice"] == "assistant_unavailable" and "0755-88121678" in offer["text"]
        assert card(offer)["reason"] == "assistant_unavailable" and offers(offer) == ["desk:wait", "desk:message", "desk:stay"]
        assert offer["metadata"]["conversation"]["state"] == "BOT"
        (queued,) = await gateway.say("desk:wait")
        assert queued["metadata"]["conversation"]["state"] == "QUEUED"
    with database.session() as session:
        assert [row.reason for row in session.execute(select(Handoff)).scalars()] == ["assistant_unavailable"]


@pytest.mark.parametrize("reason", ["not_understood", "status_refused", "not_known"])
async def test_the_reason_for_which_the_assistant_offered_a_person_is_kept(settings: Settings, database: Database, reason: str) -> None:
    async def script(message: dict[str, Any]) -> Any:
        if message["message"] == "/handoff":
            return answer(*hand_off("en", "asked"))
        return answer(reply("That did not work.", offer=reason, quick_replies=[{"title": "Talk to a person", "payload": "/handoff"}]))

    async with running(settings, script) as gateway:
        await gateway.say("hm")
        (offer,) = await gateway.say("/handoff")
        assert card(offer)["reason"] == reason
        (again,) = await gateway.say("/handoff")
        assert card(again)["reason"] == reason
    with database.session() as session:
        assert [row.reason for row in session.execute(select(Handoff)).scalars()] == [reason]


async def test_an_offer_of_long_ago_is_no_reason(settings: Settings) -> None:
    async def script(message: dict[str, Any]) -> Any:
        if message["message"] == "/handoff":
            return answer(*hand_off("en", "asked"))
        return answer(reply("That did not work.", offer="not_known") if message["message"] == "hm" else reply("Ten days."))

    async with running(settings, script) as gateway:
        await gateway.say("hm")
        await gateway.say("how long")
        (offer,) = await gateway.say("/handoff")
        assert card(offer)["reason"] == "asked"


async def test_after_a_grave_message_the_offer_is_calm_and_the_staff_are_told(settings: Settings, database: Database) -> None:
    async def script(_message: dict[str, Any]) -> Any:
        return answer(reply("It is good that you wrote this.", topic="sensitive"), *hand_off("en", "sensitive", calm=True))

    async with running(settings, script, replace(PARTS, desk=desk(FakePresence(), clock=lambda: CLOSED))) as gateway:
        first, offer = await gateway.say("I cannot go on")
        assert first["metadata"]["topic"] == "sensitive" and card(offer)["reason"] == "sensitive"
        assert offers(offer) == ["desk:message", "desk:stay"] and "120" in offer["text"] and "queue" not in offer["text"]
        await gateway.say("I really cannot")
    with database.session() as session:
        (left,) = session.execute(select(LeftMessage)).scalars()
        assert left.text == "I cannot go on" and left.reason == "sensitive" and left.contact_kind == "window"


async def test_a_choice_that_is_over_says_so(gateway: Gateway) -> None:
    (message,) = await gateway.say("desk:contact_window")
    assert message["metadata"]["desk"] == "too_late" and "/handoff" in offers(message)


GRAVE = "I want to kill myself"


def alerts(database: Database) -> list[tuple[str, str]]:
    with database.session() as session:
        return [(row.reason, row.text) for row in session.execute(select(LeftMessage)).scalars()]


async def test_a_grave_message_in_the_queue_is_not_left_waiting(gateway: Gateway, officer: Officer, database: Database) -> None:
    await gateway.say("person")
    await gateway.say("desk:wait")
    (reply_,) = await gateway.say(GRAVE)
    assert reply_["metadata"]["topic"] == "sensitive" and "120" in reply_["text"]
    assert reply_["metadata"]["conversation"]["state"] == "QUEUED" and alerts(database) == [("sensitive", GRAVE)]
    assert GRAVE not in gateway.rasa.texts
    assert await gateway.say("hello?") == []


async def test_a_grave_message_with_the_assistant_down_gets_the_safe_reply_first(settings: Settings, database: Database) -> None:
    async def silent(_message: dict[str, Any]) -> Any:
        return []

    async with running(settings, silent) as gateway:
        first, offer = await gateway.say(GRAVE)
        assert first["metadata"]["topic"] == "sensitive" and "120" in first["text"]
        assert card(offer)["reason"] == "sensitive" and offers(offer) == ["desk:wait", "desk:message", "desk:stay"]
        bribe, offer = await gateway.say("how much to bribe the officer")
        assert bribe["metadata"]["topic"] == "sensitive" and card(offer)["reason"] == "sensitive"
    assert alerts(database) == [("sensitive", GRAVE)]


async def test_a_grave_message_that_is_left_is_answered_at_once_and_kept(gateway: Gateway, database: Database) -> None:
    await gateway.say("desk:message")
    first, contact = await gateway.say(GRAVE)
    assert first["metadata"]["topic"] == "sensitive" and contact["metadata"]["desk"] == "contact"
    await gateway.say("desk:contact_window")
    assert alerts(database) == [("sensitive", GRAVE), ("asked", GRAVE)]
