"""A gateway that dies between storing and answering answers after its restart, and says nothing twice."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bot.channels.rest import PATH
from bot.settings import ROOT
from tests.gateway import FakeRasa, echo, never
from tests.servers import free_port

_SERVE = "from bot.app import serve; from bot.settings import load; from tests.gateway import PARTS; serve(load(env_file=None), PARTS)"


@asynccontextmanager
async def process(environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """A gateway in a process of its own that answers; killed at the end if it still lives."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _SERVE, cwd=ROOT, env={**os.environ, **environment}, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with aiohttp.ClientSession() as client:
            while True:
                assert started.returncode is None
                try:
                    async with client.get(f"http://127.0.0.1:{environment['BOT_HTTP_PORT']}/healthz"):
                        break
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.05)
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


async def say(client: aiohttp.ClientSession, port: int, message: str | None) -> list[str]:
    body = {"sender": "ann", "message": message, "metadata": {"message_id": message}}
    async with client.post(f"http://127.0.0.1:{port}{PATH}", json=body) as response:
        assert response.status == 200, await response.text()
        return [entry["text"] for entry in await response.json()]


def environment(database_url: str, data_dir: Path, port: int, rasa_port: int) -> dict[str, str]:
    return {
        "BOT_DATABASE_URL": database_url,
        "BOT_DATA_DIR": str(data_dir),
        "BOT_HTTP_PORT": str(port),
        "BOT_RASA_PORT": str(rasa_port),
        "BOT_DEMO": "off",
        "BOT_ASSISTANT_TIMEOUT_S": "20",
        "BOT_TURN_LEASE_S": "1",
    }


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
            os.kill(gateway.pid, signal.SIGKILL)
            await gateway.wait()
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
