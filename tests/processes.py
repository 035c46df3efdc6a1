"""A gateway in a process of its own, which tests may kill."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from bot.settings import ROOT

_SERVE = "from bot.app import serve; from bot.settings import load; from tests.gateway import PARTS; serve(load(env_file=None), PARTS)"


def environment(database_url: str, data_dir: Path, port: int, rasa_port: int) -> dict[str, str]:
    """The settings of a gateway whose turns are taken up again after a second."""
    return {
        "BOT_DATABASE_URL": database_url,
        "BOT_DATA_DIR": str(data_dir),
        "BOT_HTTP_PORT": str(port),
        "BOT_RASA_PORT": str(rasa_port),
        "BOT_DEMO": "off",
        "BOT_ASSISTANT_TIMEOUT_S": "20",
        "BOT_TURN_LEASE_S": "1",
    }


@asynccontextmanager
async def process(environment: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """A gateway that answers; killed at the end if it still lives."""
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


async def kill(gateway: asyncio.subprocess.Process, by: signal.Signals = signal.SIGKILL) -> None:
    """End a gateway, by default without a word; back when it is gone."""
    os.kill(gateway.pid, by)
    await gateway.wait()
