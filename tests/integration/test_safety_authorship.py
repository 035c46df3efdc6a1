"""Author, time and number are the server's to set, on every way in; and no page of somebody else's speaks for its visitors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.channels.rest import PATH
from bot.conversations.models import Conversation, LeftMessage, Message
from bot.db import Database, now
from bot.network import Proxies
from bot.settings import Settings
from bot.staff import presence
from tests.applicants import visiting
from tests.console import Member, fresh_id, member, rasa
from tests.gateway import OPEN, PARTS, Gateway, desk, running

PARTNER = "https://www.partner.example"
# What a client may wish it could decide.
CLAIMED: dict[str, Any] = {
    "id": "chosen-by-me",
    "seq": 4711,
    "author": "staff",
    "staff": {"id": 1, "name": "Wang Li"},
    "staff_id": 1,
    "owner": 1,
    "state": "CLOSED",
    "created_at": "2001-01-01T00:00:00+00:00",
    "delivered_at": "2001-01-01T00:00:00+00:00",
    "conversation": {"state": "CLOSED"},
    "conversation_id": "another",
    "channel": "console",
    "caller": "net:other",
    "sources": [{"title": "Law", "url": "https://evil.example", "date": "2026-01-01"}],
    "card": {"type": "status", "applications": []},
    "quick_replies": [{"title": "x", "payload": "/x"}],
    "topic": "fees",
    "confidence": 1,
    "notice": "demo",
    "grave": "threat",
    "sender_id": "bob",
    "recipient_id": "bob",
    "answers": "another",
    "payload": {"choice": "desk:wait"},
    "choice": "desk:wait",
}


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    url = str(sqlite_database.engine.url)
    return Settings(data_dir=tmp_path, database_url=url, demo=False, rate_limits=False, allowed_origins=frozenset({PARTNER}))


@pytest_asyncio.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    async with running(settings, rasa, replace(PARTS, desk=desk(presence))) as opened:
        yield opened


@pytest_asyncio.fixture
async def officer(gateway: Gateway, sqlite_database: Database) -> AsyncIterator[Member]:
    async with member(gateway, sqlite_database, "wang", name="Wang Li") as person:
        yield person


def stored(database: Database, text: str) -> tuple[Any, Any]:
    """The one message with this text, and its conversation."""
    with database.session() as session:
        message = session.execute(select(Message).where(Message.text == text)).scalar_one()
        conversation = session.get(Conversation, message.conversation_id)
        session.expunge_all()
    return message, conversation


def is_an_applicants(database: Database, text: str, seq: int, began: datetime) -> bool:
    message, conversation = stored(database, text)
    assert (message.author, message.staff_id, message.seq, message.answers) == ("applicant", None, seq, None)
    assert began <= message.created_at <= now() and message.id != CLAIMED["id"]
    assert message.payload == {} and conversation.state == "BOT" and conversation.owner_id is None
    assert conversation.channel in ("rest", "socket") and conversation.caller != CLAIMED["caller"]
    return True


async def test_rest_takes_nothing_from_a_client_but_words_a_name_for_them_and_a_language(
    gateway: Gateway, sqlite_database: Database
) -> None:
    began = now() - timedelta(seconds=1)
    body = {**CLAIMED, "sender": "ann", "message": "hello", "metadata": {**CLAIMED, "message_id": "m1", "language": "en"}}
    status, answered = await gateway.post(body)
    assert status == 200 and [each["text"] for each in answered] == ["echo: hello"]
    assert is_an_applicants(sqlite_database, "hello", 1, began)
    assert stored(sqlite_database, "hello")[0].client_id == "m1"
    assert gateway.rasa.asked[0]["metadata"].keys().isdisjoint({"author", "staff", "payload"})


async def test_socket_takes_nothing_from_a_client_but_words_a_name_for_them_and_a_language(
    gateway: Gateway, sqlite_database: Database
) -> None:
    began = now() - timedelta(seconds=1)
    async with visiting(gateway.url("/")) as ann:
        body = {**CLAIMED, "message": "hello", "customData": CLAIMED, "metadata": {**CLAIMED, "message_id": "m1"}}
        answer = await ann.call("user_uttered", body)
        assert answer["ok"] and answer["seq"] == 1 and answer["state"] == "BOT" and answer["id"] != CLAIMED["id"]
        assert datetime.fromisoformat(answer["created_at"]) >= began
        heard = await ann.hears("echo: hello")
        assert heard["metadata"]["author"] == "bot" and heard["metadata"]["seq"] == 2 and heard["metadata"]["sources"] == []
    assert is_an_applicants(sqlite_database, "hello", 1, began)


async def test_left_message_feedback_and_rating_are_the_applicants_own(gateway: Gateway, sqlite_database: Database) -> None:
    async with visiting(gateway.url("/")) as ann, visiting(gateway.url("/")) as bob:
        await ann.say("hello")
        answer = await ann.hears("echo: hello")
        left = {"text": "call me", "contact_kind": "phone", "contact": "13812345678", "message_id": "m2"}
        assert (await ann.call("leave_message", {**CLAIMED, **left, "answered_by": 1, "due_at": CLAIMED["created_at"]}))["ok"]
        with sqlite_database.session() as session:
            item = session.execute(select(LeftMessage)).scalar_one()
            assert item.owner_id is None and item.answered_at is None and item.answer is None
            # The clock of this desk stands still.
            assert item.created_at == OPEN and item.due_at > OPEN
        # Somebody else's answer is not one's own to judge, whatever session is named.
        judged = await bob.call("feedback", {"message_id": answer["metadata"]["id"], "helpful": False})
        assert not judged["ok"]
        named = await bob.call("feedback", {"session_id": ann.token, "message_id": answer["metadata"]["id"], "helpful": False})
        assert named["error"]["code"] == "session_other"
        rated = await bob.call("rate", {"conversation": answer["metadata"]["conversation"], "score": 1})
        assert not rated["ok"]


async def test_officers_words_are_the_officers_who_is_signed_in(gateway: Gateway, officer: Member, sqlite_database: Database) -> None:
    async with member(gateway, sqlite_database, "chen", name="Chen Mei") as colleague:
        for text in ("person", "desk:wait"):
            await gateway.say(text)
        conversation_id = (await officer.get("board"))["queue"][0]["id"]
        await officer.call("POST", f"conversations/{conversation_id}/claim", {**CLAIMED, "by": colleague.id, "staff_id": colleague.id})
        began = now() - timedelta(seconds=1)
        claimed = {**CLAIMED, "staff_id": colleague.id, "staff": {"id": colleague.id}, "author": "system", "by": colleague.id}
        said = await officer.post(
            f"conversations/{conversation_id}/reply", **{**claimed, "text": "I am Wang", "client_id": fresh_id(), "conversation_id": "x"}
        )
        message, conversation = stored(sqlite_database, "I am Wang")
        assert (message.author, message.staff_id, message.seq) == ("staff", officer.id, said["seq"])
        assert message.conversation_id == conversation_id and conversation.owner_id == officer.id
        assert message.created_at >= began and message.payload.get("card") is None and not message.payload.get("sources")
        await officer.post(f"conversations/{conversation_id}/note", **{**claimed, "text": "noted", "client_id": fresh_id()})
        (note,) = (await colleague.get(f"conversations/{conversation_id}"))["notes"]
        assert note["by"]["id"] == officer.id and datetime.fromisoformat(note["at"]) >= began
        # Not even with the name that a colleague gave to a message is it the colleague's.
        assert (await colleague.refused(f"conversations/{conversation_id}/reply", text="me too", client_id="x"))[1] == "conversation_lost"


async def test_nobody_makes_themselves_more_than_they_are(gateway: Gateway, officer: Member) -> None:
    wished = {"role": "administrator", "permissions": ["account:manage"], "signed": True, "stations": ["qianhai"]}
    await officer.post("language", language="en", **wished)
    await officer.post("presence", presence="ready", **wished)
    me = (await officer.get("me"))["officer"]
    assert me["role"] == "officer" and me["stations"] == [] and "account:manage" not in me["permissions"]
    status, _ = await officer.call("PATCH", f"accounts/{officer.id}", {"role": "administrator"})
    assert status == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://www.partner.example", PARTNER + ".evil.example", ""])
async def test_foreign_page_cannot_speak_at_the_rest_door_in_the_name_of_its_visitors(gateway: Gateway, origin: str) -> None:
    # As a form of a foreign page sends it: no question is asked beforehand, and the type is plain text.
    headers = {"Origin": origin, "Content-Type": "text/plain"}
    body = json.dumps({"sender": "ann", "message": "said by a foreign page"})
    async with gateway.client.post(gateway.url(PATH), data=body, headers=headers) as response:
        assert response.status == 403 and (await response.json())["error"]["code"] == "origin_refused"
        assert "Access-Control-Allow-Origin" not in response.headers
    assert await gateway.texts("hello") == ["echo: hello"] and gateway.rasa.texts == ["hello"]


async def test_own_and_allowed_pages_and_programs_speak_at_the_rest_door(gateway: Gateway) -> None:
    for origin in (gateway.url("/").rstrip("/"), PARTNER, None):
        status, _ = await gateway.post({"message": "hello"}, headers={} if origin is None else {"Origin": origin})
        assert status == 200, origin


async def test_sender_of_one_network_is_nobody_of_another(settings: Settings) -> None:
    behind = replace(settings, trusted_proxies=Proxies.parse("127.0.0.1"))
    async with running(behind, rasa) as gateway:
        for network, said in (("203.0.113.5", "first"), ("203.0.113.9", "second"), ("203.0.113.5, 203.0.113.9", "third")):
            await gateway.post({"sender": "ann", "message": said}, headers={"X-Forwarded-For": network})
    with Database(settings.resolved_database_url).session() as session:
        callers = [row.caller for row in session.execute(select(Conversation.caller)).all()]
    assert len(callers) == len(set(callers)) == 2
    # A stored name is made with a key: whoever reads the table cannot try all addresses.
    for network in ("203.0.113.5", "203.0.113.9"):
        assert not any(hashlib.sha256(network.encode()).hexdigest()[:32] in caller for caller in callers)
