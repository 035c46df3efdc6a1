"""One turn at a time for each conversation, in the order of arrival.

Rasa's own lock looks once a second whether it is its turn, and a slow action outlives it. Here a waiting message
continues the moment the one before it is done. Right for one Rasa process per shard, as ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from rasa.core.lock import TicketLock
from rasa.core.lock_store import InMemoryLockStore, LockError

LONGEST_WAIT_S: Final = 60.0


@dataclass
class _Queue:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    inside: int = 0


class FifoLockStore(InMemoryLockStore):
    """Named in `endpoints.yml`; a conversation takes memory only while somebody is in its queue."""

    def __init__(self, endpoint_config: Any = None) -> None:
        super().__init__()
        self._queues: dict[str, _Queue] = {}

    @asynccontextmanager
    async def lock(
        self, conversation_id: str, lock_lifetime: float = LONGEST_WAIT_S, wait_time_in_seconds: float = 0
    ) -> AsyncGenerator[TicketLock | None, None]:  # type: ignore[override]
        """Wait for this conversation's turn.

        Raises:
            LockError: the turn did not come within `lock_lifetime` seconds.
        """
        queue = self._queues.setdefault(conversation_id, _Queue())
        queue.inside += 1
        try:
            try:
                await asyncio.wait_for(queue.lock.acquire(), lock_lifetime)
            except TimeoutError:
                raise LockError("The turn before this one did not end in time.") from None
            try:
                yield None
            finally:
                queue.lock.release()
        finally:
            queue.inside -= 1
            if not queue.inside:
                self._queues.pop(conversation_id, None)
