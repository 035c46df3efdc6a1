"""Work that a gateway does again and again while it runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from bot.logs import place

log = logging.getLogger(__name__)


class Lasting(Protocol):
    """What goes on beside everything else from `start` to `stop`."""

    async def start(self) -> None:
        """Begin."""

    async def stop(self) -> None:
        """End."""


class Rounds:
    """Does `work` at once and then every `every_s` seconds; what fails is logged under `name` and tried again with the next round."""

    def __init__(self, name: str, work: Callable[[], Awaitable[object]], every_s: float) -> None:
        self._name, self._work, self._every_s = name, work, every_s
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._go_on())

    async def stop(self) -> None:
        """End, in the middle of a round too."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _go_on(self) -> None:
        while True:
            try:
                await self._work()
            except Exception as error:
                log.error("%s failed: %s", self._name, place(error))
            await asyncio.sleep(self._every_s)
