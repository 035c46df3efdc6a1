"""What a gateway looks at to say whether it can serve: its database, Rasa and the action server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import PurePath
from typing import Any, Final

import aiohttp
from async_timeout import timeout

from bot import jobs
from bot.db import Database
from bot.errors import AssistantUnavailable

# Raises, or returns at once, when the part it looks at can do its work.
Check = Callable[[], Awaitable[None]]

# Shorter than a whole look may take: one of several that hangs must not have the others told to be down.
_ANSWER_WITHIN_S: Final = 2.0
# Probes come every second and at every gateway; SQLite has one writer, and each write waits for the disk.
_WRITE_EVERY_S: Final = 10.0
_LONGEST_MODEL: Final = 100


def database_check(database: Database) -> Check:
    """A check that the database can be read and, tried now and then while it can and every time once it could not, written."""
    written = -_WRITE_EVERY_S

    async def check() -> None:
        nonlocal written
        if time.monotonic() - written < _WRITE_EVERY_S:
            await database.run(jobs.last)
            return
        await database.run(jobs.try_out)
        written = time.monotonic()

    return check


async def _get(address: str) -> tuple[int, Any]:
    within = aiohttp.ClientTimeout(total=_ANSWER_WITHIN_S)
    async with aiohttp.ClientSession(timeout=within) as client, client.get(address) as response:
        return response.status, await response.json(content_type=None) if response.status == 200 else None


def rasa_check(address: str, loaded: Callable[[str], None] = lambda _model: None) -> Check:
    """A check that Rasa answers and, where it tells, that it has loaded a model, whose name `loaded` is given."""

    async def check() -> None:
        status, body = await _get(f"{address}/status")
        if status == 404:
            # The server runs without its API; then it listens only after the model is loaded.
            status, body = await _get(f"{address}/version")
        elif not (isinstance(body, dict) and body.get("model_file")):
            raise AssistantUnavailable("assistant_unavailable", kind="no_model")
        else:
            loaded(PurePath(str(body["model_file"])).name[:_LONGEST_MODEL])
        if status != 200:
            raise AssistantUnavailable("assistant_unavailable", kind="status")

    return check


def any_of(checks: Sequence[Check], tell: Callable[[int, bool], None]) -> Check:
    """A check that one of several parts of a kind can do its work.

    Args:
        tell: called with the number of each, from 1, and whether it can.
    """

    async def one(number: int, check: Check) -> None:
        up = False
        try:
            async with timeout(_ANSWER_WITHIN_S):
                await check()
            up = True
        finally:
            tell(number, up)

    async def every() -> None:
        found = await asyncio.gather(*(one(number, check) for number, check in enumerate(checks, 1)), return_exceptions=True)
        failures = [each for each in found if isinstance(each, BaseException)]
        if len(failures) == len(checks):
            raise failures[0]

    return every


def actions_check(address: str) -> Check:
    """A check that the action server answers."""

    async def check() -> None:
        status, _ = await _get(f"{address}/health")
        if status != 200:
            raise AssistantUnavailable("assistant_unavailable", kind="status")

    return check
