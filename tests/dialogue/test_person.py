"""The way to a person and back, in the whole system: asked for, offered, waited for, and what the assistant knows afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.answers import Answers
from bot.conversations.counter import Counter
from bot.conversations.models import Conversation
from bot.conversations.publishing import Record
from bot.db import Database
from bot.languages import Language
from bot.settings import ROOT
from bot.staff import presence
from bot.staff.officers import Officer
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
    answers = Answers.load(ROOT)

    def listed_for(_session: Session, language: Language) -> list[dict[str, Any]]:
        return answers.replies("utter_checklist", language, {"profile": PROFILE})

    await counter.send_replies(officer, conversation_id, listed_for, "c1", "en")
    await counter.hand_back(officer, conversation_id)

    reply = (await talk.says("What does the change form look like?"))[-1]
    listed = answers.replies("utter_material", "en", {"material": "M21", "profile": PROFILE})[0]["text"]
    general = answers.replies("utter_material", "en", {"material": "M21", "profile": None})[0]["text"]
    assert listed != general and reply.text == listed and reply.state == "BOT"


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
