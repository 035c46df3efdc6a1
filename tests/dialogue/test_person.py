"""The way to a person and back, in the whole system: asked for, offered, waited for, and what the assistant knows afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations.counter import Counter
from bot.conversations.models import Conversation
from bot.conversations.packet import packet
from bot.conversations.publishing import Record
from bot.db import Database
from bot.languages import Language
from bot.staff import presence
from bot.staff.officers import Officer
from tests import project
from tests.dialogue.conftest import Case, System, Talk
from tests.gateway import desk
from tests.staff import make_officer

PROFILE = {"application_type": "extension", "category": "B", "circumstances": {}}


@pytest.fixture
def database(system: System) -> Iterator[Database]:
    opened = system.database()
    yield opened
    opened.close()


@pytest.fixture
def officer(database: Database, talk: Talk) -> Iterator[Officer]:
    with database.session() as session:
        made = make_officer(session, login=f"officer.{talk.sender[:12]}")
    yield made
    with database.session() as session:
        presence.gone(session, made.id)


@pytest.fixture
def counter(database: Database) -> Counter:
    return Counter(Record(database), desk())


def conversation_of(database: Database, talk: Talk) -> str:
    with database.session() as session:
        found: str = session.execute(select(Conversation.id).where(Conversation.sender == talk.sender)).scalar_one()
    return found


async def test_after_the_hand_back_the_assistant_goes_on_from_the_officers_list(
    talk: Talk, officer: Officer, counter: Counter, database: Database
) -> None:
    await talk.hears("Where is the nearest station?")
    offer = await talk.hears("I want to talk to a human")
    assert offer.card is not None and offer.card["can_wait"] is True and offer.card["officers_ready"] >= 1
    assert (await talk.chooses("desk:wait")).state == "QUEUED"
    conversation_id = conversation_of(database, talk)
    await counter.claim(officer, conversation_id)
    answers = project.answers()

    def listed_for(_session: Session, language: Language) -> list[dict[str, Any]]:
        return answers.replies("utter_checklist", language, {"profile": PROFILE})

    await counter.send_replies(officer, conversation_id, listed_for, "c1", "en")
    await counter.hand_back(officer, conversation_id)

    reply = (await talk.says("What does the change form look like?"))[-1]
    listed = answers.replies("utter_material", "en", {"material": "M21", "profile": PROFILE})[0]["text"]
    general = answers.replies("utter_material", "en", {"material": "M21", "profile": None})[0]["text"]
    assert listed != general and reply.text == listed and reply.state == "BOT"


async def test_after_the_hand_back_the_list_goes_on_from_what_the_applicant_told_the_officer(
    talk: Talk, officer: Officer, counter: Counter, database: Database
) -> None:
    question = await talk.hears("Which documents do I need to extend my work permit?")
    assert question.offers
    conversation_id = conversation_of(database, talk)
    await counter.join(officer, conversation_id)
    with database.session() as session:
        known = packet(session, project.answers(), conversation_id, "en")["checklist"]
    assert known["application_type"] == "extension" and known["items"] is None
    await counter.reply(officer, conversation_id, "Tell me about yourself, please.", "r1")
    await talk.quietly("I am from the Philippines, category B")
    await counter.hand_back(officer, conversation_id)

    replies = await talk.says("Which documents do I need?")
    noted = next(reply.text for reply in replies if reply.text.startswith("Noted:"))
    assert "Philippines" in noted and "B" in noted
    while talk.replies[-1].card is None:
        await talk.chooses(next(payload for payload in talk.replies[-1].offers.values() if payload.endswith("=unknown")))
    asked = {payload for reply in talk.replies for payload in reply.offers.values() if payload.endswith("=unknown")}
    profile = talk.replies[-1].card["profile"]  # type: ignore[index]
    assert profile["application_type"] == "extension" and profile["category"] == "B"
    assert profile["circumstances"]["nationality"] == "PH" and "choose:materials.nationality=unknown" not in asked


async def test_an_open_form_is_not_asked_again_after_an_officer_spoke(
    talk: Talk, officer: Officer, counter: Counter, database: Database
) -> None:
    await talk.hears("What is the status of my application?")
    conversation_id = conversation_of(database, talk)
    await counter.join(officer, conversation_id)
    await counter.reply(officer, conversation_id, "It is under examination.", "r1")
    await counter.hand_back(officer, conversation_id)
    replies = await talk.says("How much is the fee?")
    assert [reply.topic for reply in replies if reply.author == "bot"] == ["fee"]


async def test_the_way_to_a_person_and_back_in_chinese(talk: Talk, officer: Officer, counter: Counter, database: Database) -> None:
    assert (await talk.hears("办工作许可要收费吗")).topic == "fee"
    offer = await talk.hears("我要找人工客服")
    assert offer.language == "zh" and offer.state == "BOT" and offer.card is not None
    assert offer.card["phase"] == "offer" and offer.card["reason"] == "asked" and "第" in offer.text and "0755-88121678" in offer.text
    # A client without buttons types what it reads.
    queued = await talk.hears("排队等候")
    assert queued.state == "QUEUED" and queued.card is not None and queued.card["phase"] == "queued"
    conversation_id = conversation_of(database, talk)
    await counter.claim(officer, conversation_id)
    await counter.reply(officer, conversation_id, "您的材料已经收齐，周一可以来取。", "r1")
    await counter.hand_back(officer, conversation_id)

    replies = await talk.says("一般要多久能办好？")
    assert [reply.text for reply in replies if reply.author == "staff"] == ["您的材料已经收齐，周一可以来取。"]
    assert replies[-1].author == "bot" and replies[-1].topic == "processing_time" and replies[-1].language == "zh"
    assert replies[-1].state == "BOT"


async def test_after_a_close_the_next_conversation_goes_on_from_the_list_of_the_one_before(
    talk: Talk, officer: Officer, counter: Counter, database: Database
) -> None:
    await talk.hears("Which documents do I need to extend my work permit?")
    while talk.replies[-1].card is None:
        await talk.chooses(next(payload for payload in talk.replies[-1].offers.values() if payload.endswith("=unknown")))
    profile = talk.replies[-1].card["profile"]  # type: ignore[index]
    conversation_id = conversation_of(database, talk)
    await counter.join(officer, conversation_id)
    await counter.close(officer, conversation_id, "solved")

    reply = await talk.hears("What does the change form look like?")
    answers = project.answers()
    listed = answers.replies("utter_material", "en", {"material": "M21", "profile": profile})[0]["text"]
    general = answers.replies("utter_material", "en", {"material": "M21", "profile": None})[0]["text"]
    assert listed != general and reply.text == listed and reply.state == "BOT"


@pytest.mark.parametrize("text", ["My boss locked me in the dormitory", "我被老板关在宿舍"])
async def test_somebody_in_danger_may_wait_for_a_person_and_is_answered_while_waiting(
    talk: Talk, officer: Officer, counter: Counter, text: str
) -> None:
    first, offer = await talk.says(text)
    assert first.topic == "sensitive" and "110" in first.text and offer.card is not None and offer.card["reason"] == "sensitive"
    assert (await talk.chooses("desk:wait")).state == "QUEUED"
    again = await talk.hears(text)
    assert again.topic == "sensitive" and "110" in again.text and again.state == "QUEUED"
    # The staff are told once, while that is open.
    assert [item.reason for item in await counter.left_messages(officer) if item.text.text == text] == ["sensitive"]


async def test_something_outside_twice_offers_a_person_who_may_be_left_a_message(talk: Talk) -> None:
    assert (await talk.hears("Who won the football world cup?")).topic == "out_of_scope"
    offered = await talk.hears("Write me a poem about the sea")
    assert "/handoff" in offered.offers.values()
    offer = await talk.chooses("/handoff")
    assert offer.card is not None and offer.card["reason"] in {"not_known", "not_understood"}
    await talk.chooses("desk:message")
    await talk.hears("I would like to know whether my diploma of 1998 is still recognised here.")
    kept = await talk.hears("+44 20 7946 0018")
    assert "+442079460018" in kept.text and kept.state == "BOT"
    assert (await talk.hears("How much is the fee?")).topic == "fee"


async def test_a_status_that_is_refused_keeps_its_reason_for_the_officer(talk: Talk, cases: dict[str, Case]) -> None:
    await talk.hears("What is the status of my application?")
    await talk.hears(cases["time_extended"].number)
    refused = (await talk.says("1 January 1901"))[-1]
    assert "/handoff" in refused.offers.values()
    offer = await talk.chooses("/handoff")
    assert offer.card is not None and offer.card["reason"] == "status_refused"


async def test_a_refusal_is_a_matter_for_a_person(talk: Talk, cases: dict[str, Case]) -> None:
    case = cases["not_accepted"]
    status = await talk.hears(f"What is the status of my application {case.number}? I was born on {case.born.isoformat()}")
    assert status.card is not None and status.card["applications"][0]["stage"] == "not_accepted"
    offer = await talk.chooses("/handoff")
    assert offer.card is not None and offer.card["reason"] == "status_refused"


@pytest.mark.parametrize("text", ["I want to kill myself", "我不想活了"])
async def test_after_a_message_about_self_harm_the_offer_is_short_and_no_queue(talk: Talk, text: str) -> None:
    first, offer = await talk.says(text)
    assert first.topic == "sensitive" and offer.state == "BOT" and len(offer.text) < len(first.text)
    assert "queue" not in offer.text and "排队" not in offer.text and "desk:stay" in offer.offers.values()
