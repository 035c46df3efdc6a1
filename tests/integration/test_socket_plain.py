"""Clients that know only Rasa's protocol: they lose nothing but looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from bot.app import CONVERSATIONS
from bot.channels import socket
from bot.channels.plain import PlainClients, shown_after
from bot.channels.visitors import address_of
from bot.db import Database
from bot.settings import Settings
from tests.applicants import Applicant, connected
from tests.clerk import clerk_of, listens
from tests.gateway import Gateway, running

TRANSPORTS = pytest.mark.parametrize("transports", [["websocket"], ["polling"]], ids=["websocket", "polling"])


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False, rate_limits=False)


@pytest_asyncio.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    async with running(settings, listens) as opened:
        yield opened


async def undelivered(gateway: Gateway, applicant: Applicant) -> list[str]:
    owed = await gateway.server.app[CONVERSATIONS].undelivered_at(address_of(applicant.token.split(".")[1]))
    return [message.text for message in owed]


@TRANSPORTS
async def test_plain_client_gets_again_what_its_page_may_not_have_shown(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, transports: list[str]
) -> None:
    # However slow the machine is, the page goes before it has had the time to show its first message.
    given = iter([60.0])
    monkeypatch.setattr(socket, "PlainClients", partial(PlainClients, shown_after=lambda text: next(given, shown_after(text))))
    async with running(settings, listens) as gateway:
        async with connected(gateway.url("/"), transports) as plain:
            await plain.call("session_request", {"session_id": None})
            await plain.call("user_uttered", {"message": "hello"})
            await plain.hears("echo: hello")
        assert await undelivered(gateway, plain) == ["echo: hello"]
        async with connected(gateway.url("/"), transports) as plain_again:
            await plain_again.call("session_request", {"session_id": plain.token})
            await plain_again.hears("echo: hello")
            while await undelivered(gateway, plain_again):
                await asyncio.sleep(0.05)
        async with connected(gateway.url("/"), transports) as last:
            await last.call("session_request", {"session_id": plain.token})
            await last.call("user_uttered", {"message": "again"})
            await last.hears("echo: again")
            assert last.texts() == ["echo: again"]


async def test_plain_client_gets_what_came_while_it_was_away_in_order(gateway: Gateway) -> None:
    chen = await clerk_of(gateway)
    async with connected(gateway.url("/")) as plain:
        await plain.call("session_request", {})
        conversation = (await plain.call("user_uttered", {"message": "hello"}))["conversation"]
        await plain.hears("echo: hello")
        while await undelivered(gateway, plain):
            await asyncio.sleep(0.05)
    await chen.joins(conversation)
    await chen.says(conversation, "Are you there?")
    await chen.says(conversation, "I write it down for you.")
    async with connected(gateway.url("/")) as back:
        await back.call("session_request", {"session_id": plain.token})
        await back.hears("I write it down for you.")
        assert back.texts()[-2:] == ["Are you there?", "I write it down for you."] and "echo: hello" not in back.texts()
        assert set(back.bodies("bot_uttered")[-1]) == {"text", "metadata"}


async def test_plain_client_is_told_when_its_message_cannot_be_used(gateway: Gateway) -> None:
    async with connected(gateway.url("/"), **{"Accept-Language": "zh"}) as plain:
        await plain.call("session_request", {})
        await plain.client.emit("user_uttered", {"message": "x" * 2001})
        told = await plain.until(lambda: plain.bodies("bot_uttered"))
        assert told[0]["metadata"] == {"author": "system", "error": {"code": "message_too_long", "params": {"limit": 2000}}}
        assert any("\u4e00" <= character <= "\u9fff" for character in told[0]["text"])
