"""A gateway that dies between storing and answering answers after its restart, and says nothing twice."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import aiohttp

from bot.channels.rest import PATH
from tests.gateway import FakeRasa, echo, never
from tests.processes import environment, kill, process
from tests.servers import free_port


async def say(client: aiohttp.ClientSession, port: int, message: str | None) -> list[str]:
    body = {"sender": "ann", "message": message, "metadata": {"message_id": message}}
    async with client.post(f"http://127.0.0.1:{port}{PATH}", json=body) as response:
        assert response.status == 200, await response.text()
        return [entry["text"] for entry in await response.json()]


async def test_killed_gateway_answers_after_its_restart_exactly_once(database_url: str, tmp_path: Path) -> None:
    reached = asyncio.Event()

    async def hang(message: dict[str, Any]) -> Any:
        reached.set()
        return await never(message)

    rasa, port = FakeRasa(hang), free_port()
    await rasa.server.start_server()
    settings = environment(database_url, tmp_path, port, rasa.port)
    async with aiohttp.ClientSession() as client:
        async with process(settings) as gateway:
            call = asyncio.create_task(say(client, port, "first"))
            await reached.wait()
            await kill(gateway)
            await asyncio.gather(call, return_exceptions=True)
        rasa.script = echo
        async with process(settings) as gateway:
            # The message sent again by its client is the same message, and what comes later waits for it.
            assert await say(client, port, "second") == ["echo: first", "echo: second"]
            assert await say(client, port, None) == []
            assert await say(client, port, "first") == ["echo: first"]
            gateway.send_signal(signal.SIGTERM)
            assert await gateway.wait() == 0
    assert rasa.texts == ["first", "first", "second"]
    await rasa.server.close()


async def test_gateway_told_to_stop_gives_its_turns_back(database_url: str, tmp_path: Path) -> None:
    reached = asyncio.Event()

    async def hang(message: dict[str, Any]) -> Any:
        reached.set()
        return await never(message)

    rasa, port = FakeRasa(hang), free_port()
    await rasa.server.start_server()
    settings = {**environment(database_url, tmp_path, port, rasa.port), "BOT_TURN_LEASE_S": "600"}
    async with aiohttp.ClientSession() as client:
        async with process(settings) as gateway:
            call = asyncio.create_task(say(client, port, "first"))
            await reached.wait()
            gateway.send_signal(signal.SIGTERM)
            assert await gateway.wait() == 0
            await asyncio.gather(call, return_exceptions=True)
        rasa.script = echo
        async with process(settings):
            assert await say(client, port, "second") == ["echo: first", "echo: second"]
    await rasa.server.close()
