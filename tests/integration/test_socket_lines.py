"""Lines that break at the worst moment: nothing is lost, nothing is stored or shown twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, text

from bot.db import Database
from bot.settings import Settings
from tests.applicants import Applicant, connected, visiting
from tests.clerk import clerk_of, listens
from tests.gateway import Gateway, running
from tests.lines import Line, line_to

TRANSPORTS = pytest.mark.parametrize("transports", [["websocket"], ["polling"]], ids=["websocket", "polling"])


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False, rate_limits=False)


@pytest_asyncio.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    async with running(settings, listens) as opened:
        yield opened


@pytest_asyncio.fixture
async def line(gateway: Gateway) -> AsyncIterator[Line]:
    assert gateway.server.port is not None
    async with line_to(gateway.server.port) as opened:
        yield opened


def rows(settings: Settings) -> list[tuple[int, str, str]]:
    engine = create_engine(settings.resolved_database_url, future=True)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT seq, author, text FROM messages ORDER BY seq")).all()
    engine.dispose()
    return [tuple(row) for row in found]


def shown(snapshot: dict[str, Any]) -> list[tuple[int, str]]:
    return [(message["metadata"]["seq"], message["text"]) for message in snapshot["messages"]]


@TRANSPORTS
async def test_line_cut_between_sending_and_acknowledgement(
    gateway: Gateway, line: Line, settings: Settings, transports: list[str]
) -> None:
    before = Applicant(line.url, transports)
    await before.connect()
    token = (await before.open())["session_id"]
    line.hold()
    sending = asyncio.create_task(before.say("hello", "mine-1"))
    await line.held.wait()
    while len(rows(settings)) < 2:
        await asyncio.sleep(0.02)
    line.cut()
    await before.gone.wait()
    assert not sending.done()
    sending.cancel()
    async with connected(line.url, transports) as after:
        snapshot = await after.open(token)
        assert shown(snapshot) == [(1, "hello"), (2, "echo: hello")]
        assert snapshot["messages"][0]["metadata"]["client_id"] == "mine-1"
        again = await after.say("hello", "mine-1")
        assert again["ok"] and again["id"] == snapshot["messages"][0]["metadata"]["id"] and again["seq"] == 1
        assert await after.say("hello", "mine-1") == again
    assert rows(settings) == [(1, "applicant", "hello"), (2, "bot", "echo: hello")]
    assert gateway.rasa.texts == ["hello"]


@TRANSPORTS
async def test_message_whose_line_was_dead_is_stored_when_it_is_sent_again(
    gateway: Gateway, line: Line, settings: Settings, transports: list[str]
) -> None:
    before = Applicant(line.url, transports)
    await before.connect()
    token = (await before.open())["session_id"]
    line.cut(stay=True)
    sending = asyncio.create_task(before.say("hello", "mine-1"))
    await before.gone.wait()
    sending.cancel()
    line.mend()
    async with connected(line.url, transports) as after:
        assert shown(await after.open(token)) == []
        assert (await after.say("hello", "mine-1"))["seq"] == 1
        await after.hears("echo: hello")
    assert [row[2] for row in rows(settings)] == ["hello", "echo: hello"]


@TRANSPORTS
async def test_what_came_while_the_line_was_cut_is_there_in_order(gateway: Gateway, line: Line, transports: list[str]) -> None:
    async with visiting(line.url, transports=transports) as before, visiting(gateway.url("/"), before.token) as other:
        first = await before.say("one")
        await before.hears("echo: one")
        line.cut(stay=True)
        for number in ("two", "three"):
            await other.say(number)
            await other.hears(f"echo: {number}")
        line.mend()
        async with connected(line.url, transports) as after:
            snapshot = await after.open(before.token, conversation=first["conversation"], after=2)
            assert shown(snapshot) == [(3, "two"), (4, "echo: two"), (5, "three"), (6, "echo: three")]
            # The client has shown nothing of that yet when its line breaks again.
            assert shown(await after.open(before.token, conversation=first["conversation"], after=3)) == shown(snapshot)[1:]


async def test_line_cut_during_a_claim(gateway: Gateway, line: Line, settings: Settings) -> None:
    chen = await clerk_of(gateway)
    async with visiting(line.url) as before:
        conversation = (await before.say("person"))["conversation"]
        await before.until(lambda: any(body.get("quick_replies") for body in before.bodies("bot_uttered")))
        await before.call("user_uttered", {"message": "desk:wait"})
        place = await before.until(lambda: next((body for body in before.bodies("conversation") if body["state"] == "QUEUED"), None))
        assert place["position"] == 1 and place["owner"] is None
        seen = max(body["metadata"]["seq"] for name in ("bot_uttered", "user_uttered") for body in before.bodies(name))
        line.hold()
        await chen.claims(conversation)
        await chen.says(conversation, "Good morning, Chen Li here.")
        await line.held.wait()
        line.cut()
        await before.gone.wait()
        async with connected(line.url) as after:
            snapshot = await after.open(before.token, conversation=conversation, after=seen)
            assert snapshot["state"] == "WITH_STAFF" and snapshot["position"] is None
            assert snapshot["owner"]["name"] == "Chen Li" and snapshot["owner"]["station"] and "_" not in snapshot["owner"]["station"]
            assert shown(snapshot)[-1][1] == "Good morning, Chen Li here."
            numbers = [seq for seq, _ in shown(snapshot)]
            assert numbers == list(range(seen + 1, seen + 1 + len(numbers)))
            assert snapshot["messages"][-1]["metadata"]["staff"]["name"] == "Chen Li"
            await after.say("thank you", "thanks")
            await chen.says(conversation, "You are welcome.")
            await after.hears("You are welcome.")
    assert "thank you" not in gateway.rasa.texts
    assert [row[0] for row in rows(settings)] == list(range(1, len(rows(settings)) + 1))


@TRANSPORTS
async def test_line_that_has_ended_is_not_kept_until_its_next_ping(gateway: Gateway, transports: list[str]) -> None:
    def waiting() -> int:
        return sum("_send_ping" in repr(task.get_coro()) for task in asyncio.all_tasks())

    async with visiting(gateway.url("/"), transports=transports) as ann:
        await ann.say("hello")
        assert waiting() == 1
    for _ in range(500):
        if not waiting():
            break
        await asyncio.sleep(0.01)
    assert not waiting()
