"""Rate limits of several gateways: together they let through what one would, and each keeps its own while Redis is away."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from redis import asyncio as client

from bot.errors import TooMany
from bot.limits import Limiter
from bot.settings import Settings
from bot.shared_buckets import SharedBuckets
from tests.gateway import running
from tests.servers import Postgres, Redis

MOST = 20
KEY = b"k" * 32


@pytest.fixture(autouse=True)
def slow_redis_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that answers late on a busy machine is not away."""
    monkeypatch.setattr("bot.shared_buckets._ANSWER_WITHIN_S", 30.0)


@pytest_asyncio.fixture
async def two(redis: Redis) -> AsyncIterator[list[Limiter]]:
    """The limiters of two gateways."""
    shared = [SharedBuckets(redis.url, KEY) for _ in range(2)]
    yield [Limiter("applicants", 1000, MOST, shared=buckets) for buckets in shared]
    for buckets in shared:
        await buckets.close()


async def passes(limiter: Limiter, caller: str = "net:1", sender: str = "ann") -> bool:
    try:
        await limiter.message(caller, sender)
    except TooMany as error:
        assert error.code == "too_many_messages" and 1 <= error.params["retry_after_s"] <= 60
        return False
    return True


def most_since(begun: float) -> float:
    """How many may have passed: a bucket full, and what was earned on a machine however slow."""
    return MOST + (time.monotonic() - begun) * MOST / 60 + 1


async def test_two_let_through_what_one_would(two: list[Limiter]) -> None:
    begun = time.monotonic()
    passed = [await passes(two[number % 2], sender=f"name {number}") for number in range(3 * MOST)]
    assert all(passed[:MOST]) and sum(passed) <= most_since(begun)
    # Another caller is not concerned, and neither is the same one at another door.
    assert await passes(two[0], "net:2")
    await Limiter("records", MOST, MOST, shared=two[0]._shared).message("net:1", "ann")


async def test_redis_learns_nobodys_name_and_forgets_within_a_minute(two: list[Limiter], redis: Redis) -> None:
    await two[0].message("net:0123456789abcdef", "ann@example.org")
    await two[0].signal("net:0123456789abcdef", "ann@example.org")
    async with client.from_url(redis.url) as looking:
        keys = await looking.keys("*")
        assert len(keys) == 4 and all(re.fullmatch(rb"limit:[0-9a-f]{32}", key) for key in keys)
        for key in keys:
            assert 0 < await looking.pttl(key) <= 60_000 and set(await looking.hgetall(key)) == {b"left", b"since"}
        # Who has another key finds other buckets.
        stranger = SharedBuckets(redis.url, b"x" * 32)
        await Limiter("applicants", 1000, MOST, shared=stranger).message("net:0123456789abcdef", "ann@example.org")
        await stranger.close()
        assert len(await looking.keys("*")) == 6


async def test_while_redis_is_away_each_gateway_limits_for_itself(
    two: list[Limiter], redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.shared_buckets._AWAY_FOR_S", 0.0)
    assert await passes(two[0])
    redis.kill()
    for limiter in two:
        begun = time.monotonic()
        assert MOST <= sum([await passes(limiter) for _ in range(2 * MOST)]) <= most_since(begun)
    redis.start()
    begun = time.monotonic()
    assert MOST <= sum([await passes(two[number % 2]) for number in range(3 * MOST)]) <= most_since(begun)


async def test_line_that_ends_while_it_is_written_to_stops_nobody(two: list[Limiter], monkeypatch: pytest.MonkeyPatch) -> None:
    assert await passes(two[0])

    async def ends(*_given: object, **_named: object) -> None:
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")

    monkeypatch.setattr("redis.asyncio.client.Redis.evalsha", ends)
    assert await passes(two[0])


async def test_two_gateways_limit_a_network_together(postgres: Postgres, migrated_postgres: str, redis: Redis, tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        database_url=postgres.create("shared_limits", migrated_postgres),
        demo=False,
        redis_url=redis.url,
        messages_per_minute=1000,
        caller_messages_per_minute=MOST,
    )
    async with running(settings) as one, running(settings) as other:
        begun = time.monotonic()
        statuses = [
            (await (one, other)[number % 2].post({"sender": f"name {number}", "message": "hello"}))[0] for number in range(2 * MOST)
        ]
        assert set(statuses) == {200, 429} and MOST <= statuses.count(200) <= most_since(begun)
    postgres.drop("shared_limits")
