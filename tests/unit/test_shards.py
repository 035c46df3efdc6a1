"""Several Rasa processes: which one a conversation belongs to, and what happens when one ends."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.checks import rasa_check
from bot.errors import AssistantUnavailable
from bot.shards import Shards
from tests.servers import free_port

CONVERSATIONS = [f"conversation-{number}" for number in range(300)]


class Shard:
    """A Rasa that answers with its name, hangs, or breaks off."""

    def __init__(self, name: str) -> None:
        self.name, self.asked = name, 0
        self.how = "answers"
        app = web.Application()
        app.router.add_post("/webhooks/rest/webhook", self._ask)
        app.router.add_get("/status", self._status)
        self.server = TestServer(app)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        if self.how == "breaks":
            assert request.transport is not None
            request.transport.abort()
        while self.how == "hangs":
            await asyncio.sleep(0.01)
        return web.json_response({"from": self.name})

    async def _status(self, request: web.Request) -> web.StreamResponse:
        while self.how == "hangs":
            await asyncio.sleep(0.01)
        return web.json_response({"model_file": "model"})


def among(addresses: Iterable[str]) -> Shards:
    return Shards({address: rasa_check(address) for address in addresses})


@asynccontextmanager
async def three() -> AsyncIterator[tuple[Shards, dict[str, Shard]]]:
    running = [Shard(name) for name in "abc"]
    for each in running:
        await each.server.start_server()
    shards = among(each.address for each in running)
    try:
        yield shards, {each.address: each for each in running}
    finally:
        await shards.close()
        for each in running:
            await each.server.close()


async def asked(shards: Shards, conversation: str) -> Any:
    return json.loads(await shards.ask(conversation, {}))["from"]


def test_a_shard_that_goes_moves_no_others_conversations() -> None:
    addresses = [f"http://127.0.0.1:{port}" for port in (5001, 5002, 5003)]
    before = {each: among(addresses).of(each)[0] for each in CONVERSATIONS}
    after = {each: among(addresses[:2]).of(each)[0] for each in CONVERSATIONS}
    assert {before[each] for each in CONVERSATIONS if before[each] != after[each]} == {addresses[2]}
    assert all(60 < list(before.values()).count(address) < 140 for address in addresses)


def test_every_gateway_finds_the_same_shard() -> None:
    addresses = [f"http://127.0.0.1:{port}" for port in (5001, 5002, 5003)]
    assert all(among(addresses).of(each) == among(addresses[::-1]).of(each) for each in CONVERSATIONS)


async def test_a_shard_that_is_gone_or_ends_in_the_middle_hands_on() -> None:
    async with three() as (shards, by_address):
        first, second, third = (by_address[address] for address in shards.of("x"))
        assert await asked(shards, "x") == first.name
        first.how = "breaks"
        assert await asked(shards, "x") == second.name
        await second.server.close()
        assert await asked(shards, "x") == third.name
        # Once more over a new connection, for the kept one may have been closed for being idle.
        assert (first.asked, second.asked, third.asked) == (3, 1, 1)


async def test_a_shard_that_hangs_is_given_up_and_asked_again_once_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.shards._LOOK_EVERY_S", 0.02)
    monkeypatch.setattr("bot.shards._LOOK_WITHIN_S", 0.5)
    async with three() as (shards, by_address):
        await shards.start()
        first, second, _ = (by_address[address] for address in shards.of("x"))
        first.how = "hangs"
        assert await asked(shards, "x") == second.name
        first.how = "answers"
        while await asked(shards, "x") != first.name:
            await asyncio.sleep(0.02)


async def test_without_any_shard_the_caller_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.shards._START_UP_S", 0.0)
    shards = among(f"http://127.0.0.1:{free_port()}" for _ in range(2))
    with pytest.raises(AssistantUnavailable) as raised:
        await shards.ask("x", {})
    assert raised.value.params["kind"] == "refused"
    await shards.close()


async def test_while_rasa_may_be_starting_the_caller_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.shards._LOOK_EVERY_S", 0.01)
    monkeypatch.setattr("bot.shards._LOOK_WITHIN_S", 0.5)
    async with three() as (shards, by_address):
        for shard in by_address.values():
            shard.how = "hangs"
        await shards.start()
        answer = asyncio.create_task(asked(shards, "x"))
        while len(shards._down) < 3:
            await asyncio.sleep(0.01)
        for shard in by_address.values():
            shard.how = "answers"
        assert await answer in ("a", "b", "c")


async def test_an_answer_that_is_an_error_is_not_asked_of_another() -> None:
    async def refuse(_request: web.Request) -> web.Response:
        return web.Response(status=500)

    async with three() as (shards, by_address):
        first = by_address[shards.of("x")[0]]
        app = web.Application()
        app.router.add_post("/webhooks/rest/webhook", refuse)
        port = first.server.port
        await first.server.close()
        async with TestServer(app, port=port):
            with pytest.raises(AssistantUnavailable) as raised:
                await shards.ask("x", {})
        assert raised.value.params["kind"] == "status"


async def test_what_is_told_ahead_goes_to_a_shard_on_this_machine_and_nowhere_else() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rasa:
        rasa.settimeout(10)
        rasa.bind(("127.0.0.1", 0))
        port = rasa.getsockname()[1]
        for host, told in (("127.0.0.1", True), ("localhost", True), ("192.0.2.7", False), ("rasa.example", False), ("[::1]", False)):
            shards = among([f"http://{host}:{port}"])
            assert shards.tell_ahead("a", "how long?") is told
            await shards.close()
        assert [rasa.recv(100) for _ in range(2)] == [b"thow long?"] * 2
        unreachable = among([f"http://127.0.0.1:{port}"])
        assert unreachable.tell_ahead("a", "x" * 100_000)
        await unreachable.close()
