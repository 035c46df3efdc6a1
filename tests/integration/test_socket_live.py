"""What an applicant sees live: who has the conversation, who is writing, and that an answer does not come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.app import RECORD
from bot.channels.visitors import address_of
from bot.conversations.events import Typing
from bot.db import Database
from bot.settings import Settings
from tests.applicants import visiting
from tests.clerk import clerk_of, listens
from tests.gateway import Gateway, answer, never, reply, running


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False, rate_limits=False)


@pytest_asyncio.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    async with running(settings, listens) as opened:
        yield opened


async def test_who_has_the_conversation_is_told_as_it_changes(gateway: Gateway) -> None:
    chen = await clerk_of(gateway)
    async with visiting(gateway.url("/")) as applicant:
        conversation = (await applicant.say("hello"))["conversation"]
        await applicant.hears("echo: hello")
        await chen.joins(conversation)
        told = await applicant.until(lambda: [body for body in applicant.bodies("conversation") if body["state"] == "WITH_STAFF"])
        assert told[-1]["owner"]["name"] == "Chen Li"
        assert [body["state"] for body in applicant.bodies("conversation")] == ["BOT", "WITH_STAFF"]
        await chen.hands_back(conversation)
        await applicant.until(lambda: applicant.bodies("conversation")[-1]["state"] == "BOT")
        await applicant.say("and now")
        await applicant.hears("echo: and now")


async def test_typing_of_both_sides_is_told(gateway: Gateway) -> None:
    chen = await clerk_of(gateway)
    record = gateway.server.app[RECORD]
    heard: list[Typing] = []
    record.listen(lambda event: heard.append(event) if isinstance(event, Typing) else None)
    async with visiting(gateway.url("/")) as applicant:
        conversation = (await applicant.say("hello"))["conversation"]
        await applicant.hears("echo: hello")
        assert (await applicant.call("typing", {"on": True}))["ok"] and heard == []
        await chen.joins(conversation)
        await applicant.until(lambda: applicant.bodies("conversation")[-1]["state"] == "WITH_STAFF")
        await applicant.call("typing", {"on": True})
        assert [(event.author, event.on, event.conversation_id) for event in heard] == [("applicant", True, conversation)]
        record.tell(Typing(conversation, address_of(applicant.token.split(".")[1]), "staff", "Chen Li", True))
        told = await applicant.until(lambda: [body for body in applicant.bodies("typing") if body["author"] == "staff"])
        assert told == [{"author": "staff", "name": "Chen Li", "on": True}]


async def test_rasa_that_is_down_slow_or_silent_is_made_up_for(settings: Settings) -> None:
    async def silent(_message: dict[str, Any]) -> Any:
        return []

    async def broken(_message: dict[str, Any]) -> Any:
        return [*answer(reply("half")), {"custom": 5}]

    for script in (silent, never, broken):
        async with running(replace(settings, assistant_timeout_s=0.3), script) as gateway, visiting(gateway.url("/")) as applicant:
            sent = await applicant.say("hello")
            assert sent["ok"] and sent["owed"]
            turn = await applicant.until(lambda: applicant.bodies("turn"))
            assert turn == [{"message_id": sent["id"], "outcome": "apologised"}]
            (apology,) = applicant.bodies("bot_uttered")
            assert "0755-88121678" in apology["text"] and apology["quick_replies"]
    async with running(replace(settings, assistant_timeout_s=0.3)) as gateway, visiting(gateway.url("/")) as applicant:
        await gateway.rasa.server.close()
        await applicant.say("hello")
        await applicant.until(lambda: applicant.bodies("turn"))
        assert "0755-88121678" in applicant.texts()[-1]
