"""The bare `socket.io-client` of two major versions, as npm has it: a whole conversation, and a line that breaks in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.app import CONVERSATIONS, DATABASE
from bot.channels import socket
from bot.channels.plain import PlainClients
from bot.channels.visitors import address_of
from bot.conversations.models import Message
from bot.db import Database
from bot.settings import Settings
from tests.bare_clients import RELEASES, BareClient, bare_client
from tests.clerk import clerk_of, listens
from tests.gateway import Gateway, running
from tests.lines import Line, line_to

CLIENTS = pytest.mark.parametrize("release", sorted(RELEASES))
TRANSPORTS = pytest.mark.parametrize("transports", [["websocket"], ["polling"]], ids=["websocket", "polling"])


@pytest_asyncio.fixture
async def gateway(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    url = str(sqlite_database.engine.url)
    # These clients tell what they receive at once; `rasa-webchat`, which holds it back, is in `tests/browser`.
    monkeypatch.setattr(socket, "PlainClients", partial(PlainClients, shown_after=lambda _text: 0.2))
    async with running(Settings(data_dir=tmp_path, database_url=url, demo=False), listens) as opened:
        yield opened


@pytest_asyncio.fixture
async def line(gateway: Gateway) -> AsyncIterator[Line]:
    async with line_to(gateway.server.port or 0) as opened:
        yield opened


def record(gateway: Gateway) -> list[tuple[int, str, str]]:
    with gateway.server.app[DATABASE].session() as session:
        query = select(Message).order_by(Message.created_at, Message.seq)
        return [(row.seq, row.author, row.text) for row in session.execute(query).scalars()]


async def stores(gateway: Gateway, text: str) -> None:
    while text not in [said for _, _, said in record(gateway)]:
        await asyncio.sleep(0.05)


async def has_received_all(gateway: Gateway, client: BareClient) -> None:
    address = address_of(client.bodies("session_confirm")[-1].split(".")[1])
    while await gateway.server.app[CONVERSATIONS].undelivered_at(address):
        await asyncio.sleep(0.05)


@CLIENTS
@TRANSPORTS
async def test_whole_conversation_with_a_choice_a_handoff_and_a_broken_line(
    gateway: Gateway, line: Line, node: str, tmp_path: Path, release: str, transports: list[str]
) -> None:
    chen = await clerk_of(gateway)
    async with bare_client(node, tmp_path, release, line.url, transports) as client:
        await client.says(None)
        await client.says("hello")
        first = await client.hears("echo: hello")
        assert record(gateway)[0] == (1, "applicant", "hello")
        conversation = first["metadata"]["conversation"]["id"]
        await client.says("person")
        offered: dict[str, Any] = await client.until(lambda: next((body for body in client.bodies() if "quick_replies" in body), None))
        assert {"content_type": "text", "payload": "desk:wait"}.items() <= offered["quick_replies"][0].items()
        assert set(offered) == {"text", "quick_replies", "metadata"}
        await client.says("desk:wait")
        await client.until(lambda: client.bodies()[-1]["metadata"]["conversation"]["state"] == "QUEUED")
        await chen.claims(conversation)
        await chen.says(conversation, "Good morning, Chen Li here.")
        greeting = await client.hears("Good morning, Chen Li here.")
        assert greeting["metadata"]["author"] == "staff" and greeting["metadata"]["staff"]["name"] == "Chen Li"
        await client.says("thank you")
        await stores(gateway, "thank you")
        await has_received_all(gateway, client)
        line.cut(stay=True)
        await client.until(lambda: client.bodies("disconnect"))
        await chen.says(conversation, "One more thing.")
        await client.says("typed while there was no line")
        line.mend()
        await client.hears("One more thing.")
        await stores(gateway, "typed while there was no line")
        await chen.hands_back(conversation)
        await client.says("and now")
        await client.hears("echo: and now")
        assert len(set(client.bodies("session_confirm"))) == 1
    said = record(gateway)
    assert [seq for seq, _, _ in said] == list(range(1, len(said) + 1))
    assert client.texts() == [text for _, author, text in said if author != "applicant"]
    assert "thank you" not in gateway.rasa.texts and "typed while there was no line" not in gateway.rasa.texts
