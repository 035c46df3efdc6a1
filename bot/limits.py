"""Limits on message rates: a bucket of tokens for each conversation and each caller, kept in memory."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from typing import Final

from bot.errors import TooMany

log = logging.getLogger(__name__)

# Asking for news costs less than a message.
_CALLS_OF_A_MESSAGE: Final = 4
_SIGNALS_OF_A_MESSAGE: Final = 4
_BUCKETS_KEPT: Final = 20_000


class Limiter:
    """Lets `per_minute` messages of each conversation and `per_caller` of each caller pass, at once if the minute before was quiet.

    A caller is a service with its token, or a network address, which may stand for a whole office: its limit is the wider one.
    """

    def __init__(self, per_minute: int, per_caller: int, enabled: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute, self._per_caller = per_minute, per_caller
        self.enabled = enabled
        self._clock = clock
        self._buckets: dict[tuple[str, ...], tuple[float, float, int]] = {}
        if not enabled:
            log.warning("RATE LIMITS ARE OFF (BOT_RATE_LIMITS=off): for load tests only, never where the public can reach it")

    def message(self, caller: str, sender: str) -> None:
        """Count one message.

        Raises:
            TooMany: the conversation or the caller has sent too many; `retry_after_s` says when the next may come.
        """
        self._pass(("conversation", caller, sender), self._per_minute)
        self._pass(("caller", caller), self._per_caller)

    def call(self, caller: str) -> None:
        """Count one call that brings no message.

        Raises:
            TooMany: as for messages.
        """
        self._pass(("call", caller), self._per_caller * _CALLS_OF_A_MESSAGE)

    def request(self, caller: str) -> None:
        """Count one request of a program that holds no conversation.

        Raises:
            TooMany: the caller asks too often.
        """
        self._pass(("request", caller), self._per_caller, "too_many_requests")

    def connection(self, caller: str) -> None:
        """Count one connection.

        Raises:
            TooMany: the caller connects too often.
        """
        self._pass(("connection", caller), self._per_caller, "too_many_requests")

    def signal(self, caller: str, sender: str) -> None:
        """Count what a connected client asks or tells beside messages.

        Raises:
            TooMany: the conversation or the caller does it too often.
        """
        self._pass(("signals", caller, sender), self._per_minute * _SIGNALS_OF_A_MESSAGE, "too_many_requests")
        self._pass(("signals of", caller), self._per_caller * _SIGNALS_OF_A_MESSAGE, "too_many_requests")

    def _pass(self, key: tuple[str, ...], per_minute: int, code: str = "too_many_messages") -> None:
        if not self.enabled:
            return
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
