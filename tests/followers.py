"""Applicants who want to be told of an invented application, in the core of conversations."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.assistant import QuickReply, Reply
from bot.channels.records import _store
from bot.conversations.news import offered
from bot.conversations.threads import Address
from tests.office import ANN, Office
from tests.records import record

NUMBER = "TEST-20260001"
BORN = date(1987, 11, 15)
OFFER = QuickReply("Tell me when it changes", "news:follow")


def put(office: Office, **changes: Any) -> None:
    """The application, stored as the records door stores it."""
    with office.database.session() as session:
        _store(session, record(NUMBER, **changes), "authority")


def moved(stage: str, day: int) -> dict[str, Any]:
    """The fields of an application that entered a stage on a day of November."""
    return {"stage": stage, "stage_since": f"2026-11-{day}T09:00:00+08:00"}


async def shown(office: Office, address: Address = ANN) -> str:
    """A conversation that has proved the application and was offered to be told of it."""
    conversation = await office.says("where is my application?", address=address)
    turn = await office.take(conversation)
    assert turn is not None
    with office.database.session() as session:
        result = office.permits.look_up(session, NUMBER, BORN, conversation)
        offer = offered(session, conversation, result.as_json())
    assert offer == "follow"
    await office.conversations.answer(turn, "one", [Reply("It is submitted.", "en", (OFFER,))])
    return conversation


async def following(office: Office, address: Address = ANN) -> str:
    """A conversation that has asked to be told."""
    conversation = await shown(office, address)
    assert await office.says("news:follow", address=address) == conversation
    return conversation
