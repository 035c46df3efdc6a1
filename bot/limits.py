"""Limits on message rates: a bucket of tokens for each conversation and each caller, in memory or shared by several gateways."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.errors import TooMany
from bot.shared_buckets import SharedBuckets

log = logging.getLogger(__name__)

# Asking for news costs less than a message.
_CALLS_OF_A_MESSAGE: Final = 4
_SIGNALS_OF_A_MESSAGE: Final = 4
_BUCKETS_KEPT: Final = 20_000


@dataclass(frozen=True)
class Limits:
    """What every limiter of a process has in common.

    Attributes:
        enabled: whether anything is limited.
        shared: the buckets of several gateways, where there are several.
    """

    enabled: bool = True
    shared: SharedBuckets | None = None

    def __post_init__(self) -> None:
        if not self.enabled:
            log.warning("RATE LIMITS ARE OFF (BOT_RATE_LIMITS=off): for load tests only, never where the public can reach it")

    def limiter(self, name: str, per_minute: int, per_caller: int) -> Limiter:
        """A limiter of its own (see `Limiter`)."""
        return Limiter(name, per_minute, per_caller, self.enabled, self.shared)


class Limiter:
    """Lets `per_minute` messages of each conversation and `per_caller` of each caller pass, at once if the minute before was quiet.

    A caller is a service with its token, or a network address, which may stand for a whole office: its limit is the wider one.

    Args:
        name: what is limited; buckets of limiters with other names are others.
        shared: where the buckets of several gateways are; each keeps its own while that does not answer, and without it.
    """

    def __init__(
        self,
        name: str,
        per_minute: int,
        per_caller: int,
        enabled: bool = True,
        shared: SharedBuckets | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._per_minute, self._per_caller = name, per_minute, per_caller
        self.enabled = enabled
        self._shared = shared
        self._clock = clock
        self._buckets: dict[tuple[str, ...], tuple[float, float, int]] = {}

    async def message(self, caller: str, sender: str) -> None:
        """Count one message.

        Raises:
            TooMany: the conversation or the caller has sent too many; `retry_after_s` says when the next may come.
        """
        await self._pass("too_many_messages", (("conversation", caller, sender), self._per_minute), (("caller", caller), self._per_caller))

    async def call(self, caller: str) -> None:
        """Count one call that brings no message.

        Raises:
            TooMany: as for messages.
        """
        await self._pass("too_many_messages", (("call", caller), self._per_caller * _CALLS_OF_A_MESSAGE))

    async def request(self, caller: str) -> None:
        """Count one request of a program that holds no conversation.

        Raises:
            TooMany: the caller asks too often.
        """
        await self._pass("too_many_requests", (("request", caller), self._per_caller))

    async def connection(self, caller: str) -> None:
        """Count one connection.

        Raises:
            TooMany: the caller connects too often.
        """
        await self._pass("too_many_requests", (("connection", caller), self._per_caller))

    async def signal(self, caller: str, sender: str) -> None:
        """Count what a connected client asks or tells beside messages.

        Raises:
            TooMany: the conversation or the caller does it too often.
        """
        of_sender, of_caller = (limit * _SIGNALS_OF_A_MESSAGE for limit in (self._per_minute, self._per_caller))
        await self._pass("too_many_requests", (("signals", caller, sender), of_sender), (("signals of", caller), of_caller))

    async def _pass(self, code: str, *wanted: tuple[tuple[str, ...], int]) -> None:
        """Take a token from each of these buckets, given with what they hold; an empty one keeps the ones behind it from being asked."""
        if not self.enabled:
            return
        if self._shared is not None:
            taken = await self._shared.take([((self._name, *key), per_minute) for key, per_minute in wanted])
            if taken is not None:
                if taken[0]:
                    raise TooMany(code, retry_after_s=max(1, taken[1]))
                return
        for key, per_minute in wanted:
            self._take(key, per_minute, code)

    def _take(self, key: tuple[str, ...], per_minute: int, code: str) -> None:
        moment = self._clock()
        left, since, _ = self._buckets.get(key, (float(per_minute), moment, per_minute))
        left = min(float(per_minute), left + (moment - since) * per_minute / 60)
        if left < 1:
            self._buckets[key] = (left, moment, per_minute)
            raise TooMany(code, retry_after_s=math.ceil((1 - left) * 60 / per_minute))
        self._buckets[key] = (left - 1, moment, per_minute)
        if len(self._buckets) > _BUCKETS_KEPT:
            self._forget(moment)

    def _forget(self, moment: float) -> None:
        """Drop the buckets that are full again, and if that does not help, the oldest half."""
        for key, (left, since, per_minute) in list(self._buckets.items()):
            if left + (moment - since) * per_minute / 60 >= per_minute:
                del self._buckets[key]
        if len(self._buckets) > _BUCKETS_KEPT:
            oldest = sorted(self._buckets, key=lambda key: self._buckets[key][1])
            for key in oldest[: _BUCKETS_KEPT // 2]:
                del self._buckets[key]
