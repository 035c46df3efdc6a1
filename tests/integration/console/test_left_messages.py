"""Messages that were left, as officers work through them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.conversations.models import LeftMessage
from bot.db import Database, now
from tests.console import Member, fresh_id, line, member
from tests.gateway import Gateway


async def left(gateway: Gateway, person: Member, sender: str = "ann", text: str = "please call me", contact: str = "13812345678") -> Any:
    """A message that was left just now."""
    for said in ("person", "desk:message", text, contact):
        await gateway.say(said, sender)
    return (await person.get("left_messages"))[-1]


async def test_left_message_is_taken_answered_and_its_contact_revealed(
    gateway: Gateway, officer: Member, colleague: Member, trainee: Member
) -> None:
    await gateway.say("person")
    for said in ("desk:message", "please call me about 202612345678", "13812345678"):
        await gateway.say(said)
    (item,) = (await officer.get("board"))["left_messages"]
    assert item["text"] == "please call me about ••••5678" and item["masked"] and item["due_at"]
    assert item["contact_kind"] == "phone" and item["contact"] == "••••678"
    path = f"left_messages/{item['id']}"
    assert (await trainee.refused(f"{path}/take"))[1] == "not_permitted"
    await officer.post(f"{path}/take")
    assert await colleague.refused(f"{path}/take") == (409, "already_claimed", {"name": "Wang Li"})
    assert (await officer.refused(f"{path}/reveal", reason=""))[1] in ("reason_missing", "name_unusable")
    assert await officer.post(f"{path}/reveal", reason="to call back") == {"contact": "13812345678"}
    await officer.post(f"{path}/answer", text="It is decided.", client_id=fresh_id())
    assert (await officer.get("left_messages")) == []
    (done,) = await officer.get("left_messages?open=0")
    assert done["answer"] == "It is decided." and done["answered_by"]["name"] == "Wang Li"
    assert "It is decided." in await gateway.texts(None)


async def test_of_two_who_take_it_at_once_exactly_one_gets_it(gateway: Gateway, officer: Member, colleague: Member) -> None:
    item = await left(gateway, officer)
    answers = await asyncio.gather(*(each.call("POST", f"left_messages/{item['id']}/take", {}) for each in (officer, colleague)))
    assert sorted(status for status, _ in answers) == [200, 409]
    (lost,) = [body for status, body in answers if status == 409]
    winner = "Wang Li" if answers[0][0] == 200 else "Chen Mei"
    assert lost["error"]["code"] == "already_claimed" and lost["error"]["params"] == {"name": winner}


async def test_answer_is_given_once(gateway: Gateway, officer: Member, colleague: Member) -> None:
    item = await left(gateway, officer)
    path = f"left_messages/{item['id']}/answer"
    await gateway.say(None)
    for _ in range(2):
        await officer.post(path, text="It is decided.", client_id="answer-1")
    assert await gateway.texts(None) == ["It is decided."]
    assert await colleague.refused(path, text="Me too.", client_id=fresh_id()) == (409, "left_message_answered", {})
    assert (await colleague.refused(f"left_messages/{item['id']}/take"))[:2] == (409, "left_message_answered")


async def test_what_is_due_first_comes_first_and_what_is_overdue_stays(gateway: Gateway, officer: Member, database: Database) -> None:
    first, second = await left(gateway, officer, "ann"), await left(gateway, officer, "bob")

    def due(session: Session, item_id: int, hours: int) -> None:
        session.execute(update(LeftMessage).where(LeftMessage.id == item_id).values(due_at=now() + timedelta(hours=hours)))

    await database.run(due, first["id"], 1)
    await database.run(due, second["id"], -1)
    board = await officer.get("board")
    assert [each["id"] for each in board["left_messages"]] == [second["id"], first["id"]]
    assert board["left_messages"][0]["due_at"] < board["server_time"] < board["left_messages"][1]["due_at"]


async def test_message_of_somebody_who_is_gone_is_taken_over(
    gateway: Gateway, officer: Member, colleague: Member, supervisor: Member, database: Database
) -> None:
    mine, theirs = await left(gateway, officer, "ann"), await left(gateway, officer, "bob")
    for each in (mine, theirs):
        await officer.post(f"left_messages/{each['id']}/take")
    assert (await colleague.refused(f"left_messages/{mine['id']}/take"))[1] == "already_claimed"
    # Who oversees all takes over from anybody.
    await supervisor.post(f"left_messages/{theirs['id']}/take")
    assert (await officer.refused(f"left_messages/{theirs['id']}/answer", text="x", client_id=fresh_id()))[2] == {"name": "Boss"}
    async with member(gateway, database, "chief", "administrator") as administrator:
        await administrator.post(f"accounts/{officer.id}/active", active=False)
    await colleague.post(f"left_messages/{mine['id']}/take")
    assert [each["owner"]["name"] for each in await colleague.get("left_messages")] == ["Chen Mei", "Boss"]


async def test_board_is_told_of_a_message_that_was_left(gateway: Gateway, officer: Member) -> None:
    async with line(officer) as live:
        item = await left(gateway, officer)
        await live.until("board_changed")
        live.heard.clear()
        await officer.post(f"left_messages/{item['id']}/take")
        await live.until("board_changed")
        assert (await officer.get("board"))["left_messages"][0]["owner"]["name"] == "Wang Li"


async def test_answer_after_the_end_begins_the_next_conversation(gateway: Gateway, officer: Member) -> None:
    item = await left(gateway, officer)
    await officer.post(f"conversations/{item['conversation_id']}/join")
    await officer.post(f"conversations/{item['conversation_id']}/close", outcome="other")
    await gateway.say(None)
    await officer.post(f"left_messages/{item['id']}/answer", text="It is decided.", client_id=fresh_id())
    (message,) = await gateway.say(None)
    assert message["text"] == "It is decided." and message["metadata"]["conversation"]["state"] == "BOT"
