"""Notes between gateways, through a real Redis."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from async_timeout import timeout
from redis.asyncio import Redis as Client
from redis.asyncio.client import PubSub

from bot.bus import Bus
from bot.conversations.elsewhere import from_note, to_note
from bot.conversations.events import (
    ConversationChanged,
    Event,
    LeftMessagesChanged,
    MessageStored,
    QueueChanged,
    StateChanged,
    Stored,
    TurnFinished,
    TurnTaken,
    Typing,
)
from bot.conversations.states import State
from bot.conversations.threads import Address
from bot.staff.names import StaffName
from tests.servers import Redis

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
HERE = Address("socket", "session", "s")
MOMENT = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
CHEN = StaffName(7, "Chen Li", "civic_center")


@asynccontextmanager
async def two(server: Redis, other_key: bytes = KEY) -> AsyncIterator[tuple[Bus, Bus, list[Any]]]:
    one, other = Bus(server.url, KEY), Bus(server.url, other_key)
    heard: list[Any] = []
    other.on("t", heard.append)
    await one.start()
    await other.start()
    try:
        await until(lambda: one.up and other.up)
        yield one, other, heard
    finally:
        await one.stop()
        await other.stop()


async def until(holds: Callable[[], bool]) -> None:
    async with timeout(60):
        while not holds():
            await asyncio.sleep(0.01)


async def test_notes_come_in_order_and_not_to_their_sender(redis: Redis) -> None:
    async with two(redis) as (one, other, heard):
        own: list[Any] = []
        one.on("t", own.append)
        for number in range(200):
            one.send("t", {"number": number})
        await until(lambda: len(heard) == 200)
        assert [note["number"] for note in heard] == list(range(200))
        other.send("t", {"number": -1})
        await until(lambda: bool(own))
        assert own == [{"number": -1}]


async def test_a_line_that_ends_while_it_is_written_to_is_dialled_again(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []

    def ending_once(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        async def acted(*given: Any, **named: Any) -> Any:
            if name not in ended:
                ended.append(name)
                raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")
            return await act(*given, **named)

        return acted

    async with two(redis) as (one, _other, heard):
        monkeypatch.setattr(Client, "publish", ending_once("publish", Client.publish))
        monkeypatch.setattr(PubSub, "get_message", ending_once("get_message", PubSub.get_message))
        number = 0
        while not heard or len(ended) < 2:
            one.send("t", {"number": (number := number + 1)})
            await asyncio.sleep(0.05)
    assert sorted(ended) == ["get_message", "publish"]


async def test_redis_sees_nothing_and_nobody_without_the_key_is_heard(redis: Redis) -> None:
    client = Client.from_url(redis.url)
    async with two(redis, OTHER_KEY) as (one, other, heard), client.pubsub() as line:
        await line.subscribe("assistant.notes")
        one.send("t", {"secret": "Shenzhen-MARK"})
        for forged in (json.dumps({"origin": "x", "notes": [["t", {"forged": True}]]}), b"\xff"):
            await client.publish("assistant.notes", forged)
        seen: list[bytes] = []
        while len(seen) < 6:
            message = await line.get_message(ignore_subscribe_messages=True, timeout=1)
            seen += [message["data"]] if message else []
        assert not any(b"MARK" in data for data in seen)
        assert not any(b"origin" in data for data in seen if b"forged" not in data)
        other.send("t", {})
        assert heard == []
    await client.aclose()


@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_redis_that_is_gone_or_hangs_is_noticed_and_found_again(
    redis: Redis, fault: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.bus._SILENT_FOR_S", 1.0)
    monkeypatch.setattr("bot.bus._BEAT_EVERY_S", 0.2)
    async with two(redis) as (one, other, heard):
        redis.kill(fault)
        await until(lambda: not one.up and not other.up)
        redis.start() if fault == signal.SIGKILL else redis.kill(signal.SIGCONT)
        await until(lambda: one.up and other.up)
        assert not one.steady

        def heard_again() -> bool:
            # Whoever is not heard in time on a busy machine dials once more, and what is said meanwhile is lost.
            one.send("t", {"number": 1})
            return bool(heard)

        await until(heard_again)


def test_a_gateway_that_has_no_line_to_redis_is_missed_for_longer_than_a_moment() -> None:
    bus, moment = Bus("redis://nowhere", KEY), time.monotonic()
    bus.up, bus._up_since = True, moment - 3600
    assert bus.steady
    bus._others["cut off"] = moment - 120
    assert not bus.steady


async def test_last_words_are_sent_and_a_gateway_that_falls_silent_is_missed_for_a_while(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.bus._STEADY_AFTER_S", 0.0)
    monkeypatch.setattr("bot.bus._LAST_WORDS_S", 60.0)
    monkeypatch.setattr("bot.bus._MISSED_FOR_S", 8.0)
    monkeypatch.setattr("bot.bus._BEAT_EVERY_S", 0.1)
    async with two(redis) as (one, other, heard):
        await until(lambda: other.steady)
        one.send("t", {"number": 1})
        await one.stop()
        await until(lambda: heard == [{"number": 1}])
        await until(lambda: not other.steady)
        await until(lambda: other.steady)


STORED = Stored(
    "m", "c", HERE, 3, "staff", CHEN, "zh", "您好", {"card": {"type": "rating", "scale": [1, 5]}}, MOMENT, None, State.WITH_STAFF
)
EVENTS: list[Event] = [
    MessageStored(STORED),
    StateChanged("c", HERE, State.QUEUED, None),
    StateChanged("c", HERE, State.WITH_STAFF, CHEN),
    TurnTaken("c", HERE, "m"),
    TurnFinished("c", HERE, "m", "answered"),
    ConversationChanged("c"),
    QueueChanged(),
    LeftMessagesChanged(),
    Typing("c", HERE, "staff", "Chen Li", True),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_is_the_same_on_the_other_side(event: Event) -> None:
    assert from_note(json.loads(json.dumps(to_note(event)))) == event


def test_what_newer_code_adds_does_no_harm() -> None:
    note = to_note(EVENTS[-1])
    note["body"]["mood"] = "calm"
    assert from_note(note) == EVENTS[-1]
    with pytest.raises(KeyError):
        from_note({"kind": "Unheard", "body": {}})
