"""What one person of the load does that nobody waits for."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Coroutine
from typing import Any


class Work:
    """Tasks and handlers of events; what fails in them would be seen by nobody, so it is kept.

    Attributes:
        failures: each failure with its place, in order.
    """

    def __init__(self) -> None:
        self.failures: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside everything else."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def handler(self, act: Callable[..., None]) -> Callable[..., None]:
        """`act` as a handler of events."""

        def handle(*given: Any) -> None:
            try:
                act(*given)
            except Exception as error:
                self._failed(error)

        return handle

    async def stop(self) -> None:
        """End everything."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def finish(self, within_s: float = 10.0) -> None:
        """Let everything come to its end, and end what does not."""
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=within_s)
        await self.stop()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)

    def _failed(self, error: BaseException) -> None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        self.failures.append(f"{type(error).__name__} at {last.filename.rpartition('/')[2]}:{last.lineno}: {error}")
