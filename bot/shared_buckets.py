"""Buckets of tokens that several gateways share through Redis, so that together they let through what one would."""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Sequence
from typing import Any, Final

from redis import asyncio as redis

from bot.logs import place

log = logging.getLogger(__name__)

_ANSWER_WITHIN_S: Final = 1.0
# So long nobody waits for a Redis that did not answer.
_AWAY_FOR_S: Final = 5.0
# A bucket that nobody takes from is full again after a minute, and a full one need not be kept.
_TAKE: Final = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
for position, key in ipairs(KEYS) do
    local most = tonumber(ARGV[position])
    local kept = redis.call('HMGET', key, 'left', 'since')
    local left, since = tonumber(kept[1]) or most, tonumber(kept[2]) or now
    left = math.min(most, left + math.max(0, now - since) * most / 60)
    if left < 1 then
        return {position, math.ceil((1 - left) * 60 / most)}
    end
    redis.call('HSET', key, 'left', string.format('%.6f', left - 1), 'since', string.format('%.6f', now))
    redis.call('PEXPIRE', key, 60000)
end
return {0, 0}
"""


class SharedBuckets:
    """Buckets in the Redis at `url`, under names made with `key`, so that Redis learns neither networks nor conversations."""

    def __init__(self, url: str, key: bytes) -> None:
        self._key = key
        self._client: Any = redis.from_url(url, socket_timeout=_ANSWER_WITHIN_S, socket_connect_timeout=_ANSWER_WITHIN_S)
        self._script = self._client.register_script(_TAKE)
        self._away_until = 0.0

    async def take(self, wanted: Sequence[tuple[tuple[str, ...], int]]) -> tuple[int, int] | None:
        """Take a token from each bucket in turn, until one is empty.

        Args:
            wanted: for each bucket its name, and how many tokens it holds and gets in a minute.

        Returns:
            The position of the empty bucket, counted from 1, and in how many seconds it has a token again; zeros when none was empty;
            None when Redis does not answer.
        """
        if time.monotonic() < self._away_until:
            return None
        try:
            position, wait_s = await self._script(keys=[self._name(name) for name, _ in wanted], args=[most for _, most in wanted])
        except Exception as error:
            # Whatever fails there, each gateway has limits of its own.
            if self._away_until == 0.0:
                log.warning("Redis does not answer; each gateway keeps its own limits until it does: %s", place(error))
            self._away_until = time.monotonic() + _AWAY_FOR_S
            return None
        if self._away_until:
            log.info("gateways share their limits through Redis again")
            self._away_until = 0.0
        return int(position), int(wait_s)

    async def close(self) -> None:
        """End the connections."""
        await self._client.aclose()

    def _name(self, name: tuple[str, ...]) -> str:
        return "limit:" + hmac.new(self._key, "\x1f".join(name).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]
