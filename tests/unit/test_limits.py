"""Rates: a burst, then the pace; each conversation and each caller for itself."""

from __future__ import annotations

import pytest

from bot.errors import TooMany
from bot.limits import Limiter


class Clock:
    def __init__(self) -> None:
        self.moment = 0.0

    def __call__(self) -> float:
        return self.moment


async def test_burst_passes_and_then_the_pace_counts() -> None:
    clock = Clock()
    limiter = Limiter("x", 6, 6, clock=clock)
    for _ in range(6):
        await limiter.message("net:1", "ann")
    with pytest.raises(TooMany) as raised:
        await limiter.message("net:1", "ann")
    assert raised.value.params == {"retry_after_s": 10}
    clock.moment += 10
    await limiter.message("net:1", "ann")


async def test_an_office_behind_one_address_has_a_wider_limit_than_one_conversation() -> None:
    limiter = Limiter("x", 3, 30, clock=Clock())
    for number in range(30):
        await limiter.message("net:1", f"name {number}")
    with pytest.raises(TooMany):
        await limiter.message("net:1", "another name")
    await limiter.message("net:2", "another name")


async def test_asking_for_news_does_not_use_up_messages() -> None:
    limiter = Limiter("x", 2, 2, clock=Clock())
    for _ in range(8):
        await limiter.call("net:1")
    with pytest.raises(TooMany):
        await limiter.call("net:1")
    await limiter.message("net:1", "ann")


async def test_memory_of_callers_is_bounded() -> None:
    clock = Clock()
    limiter = Limiter("x", 1000, 1000, clock=clock)
    for number in range(25_000):
        clock.moment += 0.001
        await limiter.call(f"net:{number}")
    assert len(limiter._buckets) <= 20_001


async def test_nothing_is_limited_when_limits_are_off() -> None:
    limiter = Limiter("x", 1, 1, enabled=False)
    for _ in range(100):
        await limiter.message("net:1", "ann")
