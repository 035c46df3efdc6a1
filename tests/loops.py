"""An event loop that outlives one coroutine, for tests that Hypothesis calls many times over the same running gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import TypeVar

WITHIN_S = 30
T = TypeVar("T")


class Loop:
    """Runs one piece of work after the other; what is entered on `stack` ends with the loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()

    def do(self, work: Callable[[], Awaitable[T]]) -> T:
        """What the work gives, within `WITHIN_S` seconds."""

        async def within() -> T:
            return await asyncio.wait_for(work(), WITHIN_S)

        return self._loop.run_until_complete(within())

    def end(self) -> None:
        """End what was entered and every task that is left."""

        async def tidy() -> None:
            await self.stack.aclose()
            left = asyncio.all_tasks() - {asyncio.current_task()}
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

        self._loop.run_until_complete(tidy())
        self._loop.close()


@contextmanager
def loop() -> Iterator[Loop]:
    """A loop that is ended whatever happens."""
    opened = Loop()
    try:
        yield opened
    finally:
        opened.end()
