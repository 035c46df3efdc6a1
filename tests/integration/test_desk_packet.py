"""What an officer is given with a conversation, and a message that is left through the widget's form."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.app import CONVERSATIONS, TURNS
from bot.conversations.counter import Counter
from bot.conversations.events import Event, LeftMessagesChanged, MessageStored
from bot.conversations.models import Conversation, Handoff, LeftMessage, Message
from bot.conversations.packet import packet
from bot.conversations.publishing import Record
from bot.conversations.threads import Address
from bot.db import Database
from bot.errors import Invalid, NotFound
from bot.settings import Settings
from tests.gateway import Gateway, answer, desk, echo, hand_off, reply, running
from tests.project import answers
from tests.staff import make_officer

ANN = Address("socket", "session", "ann")
PROFILE = {"application_type": "extension", "category": "B", "circumstances": {"nationality": "PH", "place": "in_china"}}
UNFINISHED = {
    "unsure": {"application_type": None, "category": None, "circumstances": {"application_type": "unknown", "nationality": "PH"}},
    "extend": {"application_type": "extension", "category": None, "circumstances": {"nationality": "PH", "resident_status": "gone"}},
    "papers": {"application_type": None, "category": None, "circumstances": {}},
}
STATUS = {
    "type": "status",
    "applications": [{"number": "SZ****01", "stage": "returned", "since": "2026-11-20T02:00:00+00:00"}],
}


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=database_url, demo=False, assistant_timeout_s=5, turn_lease_s=5)


async def rasa(message: dict[str, Any]) -> Any:
    """Answers with the cards that a conversation may bring forth."""
    language, text = message["metadata"]["language"], message["message"]
    if text == "materials":
        return answer(*answers().replies("utter_checklist", language, {"profile": PROFILE}))
    if text in UNFINISHED:
        return answer(*answers().replies("utter_ask_circumstance", language, {"profile": UNFINISHED[text], "question": "category"}))
    if text == "status":
        return answer(reply("**Returned** since 20 Nov.\nFix it.", topic="application_status", card=STATUS))
    if text == "station":
        return answer(*answers().replies("utter_station", language, {"station": "civic_center"}))
    if text in ("person", "/handoff"):
        return answer(*hand_off(language, "asked"))
    if text == "hm":
        return answer(reply("I did not understand that.", topic="out_of_scope", offer="not_understood"))
    return await echo(message)


@pytest.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    async with running(settings, rasa) as started:
        yield started


async def test_the_packet_says_who_asks_for_what_and_why_the_assistant_gave_up(gateway: Gateway, database: Database) -> None:
    for text in ("materials", "station", "status", "hm", "person", "/handoff", "desk:wait", "please hurry"):
        await gateway.say(text)
    with database.session() as session:
        conversation = session.execute(select(Conversation)).scalar_one()
        found = packet(session, answers(), conversation.id, "zh")
    assert found["language"] == "en" and found["reason"] == "not_understood" and found["earlier"] == 0 and found["left_message"] is None
    assert found["topic"] == {"name": "application_status", "title": answers().topics["application_status"].title["zh"]}
    assert [(each["text"].text, each["topic"] and each["topic"]["name"]) for each in found["asked"]] == [
        ("materials", "materials"),
        ("station", "station_info"),
        ("status", "application_status"),
        ("hm", "out_of_scope"),
        ("person", None),
    ]
    assert found["asked"][2]["answer"] == "Returned since 20 Nov." and found["asked"][4]["answer"] is None
    checklist = found["checklist"]
    assert (checklist["application_type"], checklist["category"]) == ("extension", "B") and checklist["items"] > 3
    assert checklist["type_name"] == answers().catalogue.papers.application_types["extension"].name["zh"]
    assert {"nationality", "place"} <= {each["name"] for each in checklist["circumstances"]}
    assert found["status"] == {
        "number": "SZ****01",
        "stage": "returned",
        "stage_name": answers().catalogue.papers.stages["returned"].name["zh"],
        "since": "2026-11-20T02:00:00+00:00",
    }
    hall = answers().catalogue.stations.get("civic_center")
    assert hall is not None and found["station"] == {"key": "civic_center", "name": hall.name["zh"]}


async def test_the_packet_says_what_was_told_before_there_is_a_list(gateway: Gateway, database: Database) -> None:
    papers = answers().catalogue.papers
    await gateway.say("papers")

    def checklist() -> Any:
        with database.session() as session:
            return packet(session, answers(), session.execute(select(Conversation.id)).scalar_one(), "zh")["checklist"]

    assert checklist() is None
    await gateway.say("unsure")
    told = checklist()
    assert told["items"] is None and told["application_type"] is None and told["type_name"] is None
    assert [(each["name"], each["answer"]) for each in told["circumstances"]] == [
        ("application_type", "不清楚"),
        ("nationality", papers.countries["PH"].name["zh"]),
    ]
    await gateway.say("extend")
    told = checklist()
    assert told["items"] is None and told["type_name"] == papers.application_types["extension"].name["zh"]
    # What the catalogue does not know is no word for an officer.
    assert [each["name"] for each in told["circumstances"]] == ["nationality"]
    await gateway.say("materials")
    assert checklist()["items"] > 3
    # A question about nothing yet does not hide the list.
    await gateway.say("papers")
    assert checklist()["items"] > 3


async def test_nothing_of_the_profile_beside_a_question_leaves_for_the_applicant(gateway: Gateway) -> None:
    (message,) = await gateway.say("extend")
    assert "profile" not in message["metadata"] and message["quick_replies"]


async def test_an_officer_who_joins_gets_a_packet_too(gateway: Gateway, database: Database) -> None:
    await gateway.say("how long")
    with database.session() as session:
        officer = make_officer(session)
        conversation_id = session.execute(select(Conversation.id)).scalar_one()
    await Counter(Record(database), desk()).join(officer, conversation_id)
    with database.session() as session:
        found = packet(session, answers(), conversation_id, "en")
    assert found["reason"] == "joined" and [each["answer"] for each in found["asked"]] == ["echo: how long"]


async def test_the_packet_knows_earlier_conversations_and_messages(gateway: Gateway, database: Database) -> None:
    await gateway.say("desk:message")
    await gateway.say("Where is my permit, please?")
    await gateway.say("ann@example.org")
    with database.session() as session:
        officer = make_officer(session)
        conversation_id = session.execute(select(Conversation.id)).scalar_one()
    counter = Counter(Record(database), desk())
    await counter.join(officer, conversation_id)
    await counter.close(officer, conversation_id, "solved")
    await gateway.say("one more thing")
    with database.session() as session:
        newest = session.execute(select(Conversation.id).where(Conversation.ordinal == 2)).scalar_one()
        found = packet(session, answers(), newest, "en")
        with pytest.raises(NotFound):
            packet(session, answers(), "nobody", "en")
    assert found["earlier"] == 1 and found["reason"] is None and found["checklist"] is None and found["status"] is None
    assert found["left_message"]["text"].text == "Where is my permit, please?" and found["left_message"]["answered"] is False


async def test_the_packet_keeps_the_list_and_the_status_of_the_conversation_before(gateway: Gateway, database: Database) -> None:
    for text in ("materials", "status"):
        await gateway.say(text)
    with database.session() as session:
        officer = make_officer(session)
        first = session.execute(select(Conversation.id)).scalar_one()
    counter = Counter(Record(database), desk())
    await counter.join(officer, first)
    await counter.close(officer, first, "solved")
    await gateway.say("person")
    await gateway.say("desk:wait")
    with database.session() as session:
        newest = session.execute(select(Conversation.id).where(Conversation.ordinal == 2)).scalar_one()
        before, after = packet(session, answers(), first, "en"), packet(session, answers(), newest, "en")
    assert after["checklist"] == before["checklist"] is not None and after["status"] == before["status"] is not None
    # Who only asks for a person has asked no question, typed or tapped.
    assert after["asked"] == [] and after["earlier"] == 1 and after["reason"] == "asked"


async def test_the_form_leaves_a_message_in_one_step_and_once(gateway: Gateway, database: Database) -> None:
    conversations = gateway.server.app[CONVERSATIONS]
    heard: list[Event] = []
    conversations.listen(heard.append)
    first = await conversations.leave_message(ANN, "我的申请被退回了", "phone", "138 0013 8000", "f1")
    again = await conversations.leave_message(ANN, "我的申请被退回了", "phone", "138 0013 8000", "f1")
    assert first.fresh and not again.fresh and again.message.id == first.message.id and not first.owed
    assert first.message.payload["left_message"] is True
    with database.session() as session:
        (left,) = session.execute(select(LeftMessage)).scalars()
        assert (left.text, left.contact_kind, left.contact, left.language) == ("我的申请被退回了", "phone", "13800138000", "zh")
        notice, told = session.execute(select(Message).where(Message.author == "system").order_by(Message.seq)).scalars()
        assert notice.payload["notice"] == "privacy"
        assert told.payload["desk"] == "kept_phone" and told.answers == first.message.id and "13800138000" in told.text
        assert session.execute(select(Conversation.state)).scalar_one() == "BOT"
    kinds = [type(event) for event in heard]
    assert kinds.count(MessageStored) == 3 and LeftMessagesChanged in kinds


async def test_the_form_takes_whoever_waits_out_of_the_queue(gateway: Gateway, database: Database) -> None:
    conversations = gateway.server.app[CONVERSATIONS]
    receipt = await conversations.applicant_says(ANN, "desk:wait")
    assert await gateway.server.app[TURNS].finished(receipt.message.id, 10)
    with database.session() as session:
        assert session.execute(select(Conversation.state)).scalar_one() == "QUEUED"
    await conversations.leave_message(ANN, "please write to me", "window", None, None)
    with database.session() as session:
        assert session.execute(select(Conversation.state)).scalar_one() == "BOT"
        assert session.execute(select(Handoff.ended)).scalar_one() == "message_left"


@pytest.mark.parametrize(("kind", "contact"), [("email", "ann@"), ("phone", "88121678"), ("email", None), ("fax", "1")])
async def test_a_form_that_cannot_be_used_stores_nothing(gateway: Gateway, database: Database, kind: str, contact: str | None) -> None:
    conversations = gateway.server.app[CONVERSATIONS]
    with pytest.raises(Invalid):
        await conversations.leave_message(ANN, "hello", kind, contact, "f1")
    with database.session() as session:
        assert session.execute(select(Message)).first() is None


async def test_a_message_may_be_left_after_the_conversation_was_closed(gateway: Gateway, database: Database) -> None:
    conversations = gateway.server.app[CONVERSATIONS]
    await conversations.applicant_says(ANN, "hello")
    await conversations.end(ANN)
    await conversations.leave_message(ANN, "and one more thing", "window", None, "f1")
    with database.session() as session:
        states = session.execute(select(Conversation.state).order_by(Conversation.ordinal)).scalars().all()
    assert states == ["CLOSED", "BOT"]
