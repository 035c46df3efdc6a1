"""What the REST door hands out: once, also to calls in parallel and at two gateways, and again where a line broke."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
import struct
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import event, func, select, update
from sqlalchemy.exc import OperationalError

from bot.app import CONVERSATIONS, DATABASE, TURNS
from bot.channels.rest import PATH, RestChannel
from bot.conversations import delivery
from bot.conversations.models import Conversation, Message
from bot.db import Database
from bot.settings import Settings
from tests.clerk import Clerk, clerk_of, listens
from tests.gateway import Gateway, echo, running
from tests.servers import Postgres


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=database_url, demo=False, rate_limits=False)


@pytest.fixture
def sqlite_settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False, rate_limits=False)


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[tuple[Gateway, Clerk, str]]:
    """A gateway, and an officer who has Ann's conversation, in which she has everything."""
    async with running(settings, listens) as gateway:
        await gateway.say("hello")
        conversation: str = await find(gateway, select(Conversation.id))
        chen = await clerk_of(gateway)
        await chen.joins(conversation)
        await gateway.say(None)
        yield gateway, chen, conversation


async def find(gateway: Gateway, query: Any) -> Any:
    return await gateway.server.app[DATABASE].run(lambda session: session.execute(query).scalar_one())


def ask(gateway: Gateway, message: str | None, **metadata: Any) -> socket.socket:
    """A call of Ann's on a line of its own, whose answer nobody has read yet."""
    body = json.dumps({"sender": "ann", "message": message, "metadata": metadata}).encode()
    line = socket.create_connection(("127.0.0.1", gateway.server.port))
    head = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{gateway.server.port}\r\nContent-Length: {len(body)}\r\n\r\n"
    line.sendall(head.encode() + body)
    return line


def close(line: socket.socket) -> None:
    """Cut a line, so that the kernel has carried it across when this returns, of which the loop has heard nothing yet."""
    line.close()
    time.sleep(0.1)


def reset(line: socket.socket) -> None:
    """Cut a line as a machine does that has forgotten it."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    close(line)


def then(monkeypatch: pytest.MonkeyPatch, target: Any, name: str, act: Callable[[], Awaitable[None]]) -> asyncio.Event:
    """Have `act` come about once after the next `target.name()`, before its caller goes on; what is returned says that it did."""
    real, done = getattr(target, name), asyncio.Event()

    async def acted(*arguments: Any, **named: Any) -> Any:
        result = await real(*arguments, **named)
        if not done.is_set():
            done.set()
            await act()
        return result

    monkeypatch.setattr(target, name, acted)
    return done


async def _nothing() -> None:
    pass


async def comes(gateway: Gateway) -> list[str]:
    """What the next poll brings that brings anything."""
    async with asyncio.timeout(20):
        while not (texts := await gateway.texts(None)):
            await asyncio.sleep(0.01)
    return texts


@pytest.mark.parametrize("cut", [close, reset])
@pytest.mark.parametrize("noticed", [True, False])
async def test_what_a_broken_line_did_not_take_is_handed_out_again(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch, cut: Callable[[socket.socket], None], noticed: bool
) -> None:
    async with served(sqlite_settings) as (gateway, chen, conversation):
        await chen.says(conversation, "for Ann")

        async def breaks() -> None:
            cut(line)
            if noticed:
                await asyncio.sleep(0.1)

        # The messages count as delivered by now, and the response is not written yet.
        broken = then(monkeypatch, gateway.server.app[CONVERSATIONS], "hand_out", breaks)
        line = ask(gateway, None)
        await broken.wait()
        assert await comes(gateway) == ["for Ann"]
        assert await gateway.texts(None) == []


async def test_what_a_line_refuses_is_handed_out_again(sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(sqlite_settings) as (gateway, chen, conversation):
        await chen.says(conversation, "for Ann")

        async def breaks() -> None:
            reset(line)

        # Too late for the gateway to hear of it before it writes.
        broken = then(monkeypatch, web.Response, "prepare", breaks)
        line = ask(gateway, None)
        await broken.wait()
        assert await comes(gateway) == ["for Ann"]


async def test_what_a_line_took_in_part_is_handed_out_again(sqlite_settings: Settings) -> None:
    async with served(sqlite_settings) as (gateway, chen, conversation):
        await chen.says(conversation, "for Ann")
        long = update(Message).where(Message.author == "staff").values(text="x" * 20_000_000)
        await gateway.server.app[DATABASE].run(lambda session: session.execute(long))
        line = ask(gateway, None)
        line.setblocking(False)
        assert await asyncio.get_running_loop().sock_recv(line, 1000)
        line.close()
        (text,) = await comes(gateway)
        assert len(text) == 20_000_000


async def test_call_that_was_cut_gets_its_answer_when_it_is_made_again(sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(sqlite_settings) as gateway:

        async def breaks() -> None:
            close(line)

        broken = then(monkeypatch, gateway.server.app[CONVERSATIONS], "hand_out", breaks)
        taken_back = then(monkeypatch, gateway.server.app[CONVERSATIONS], "take_back", _nothing)
        line = ask(gateway, "hello", message_id="m-1")
        async with asyncio.timeout(20):
            await broken.wait()
            await taken_back.wait()
        assert await find(gateway, select(Message.delivered_at).where(Message.author == "bot")) is None
        assert await gateway.texts("hello", message_id="m-1") == ["echo: hello"]
        assert await gateway.texts(None) == [] and gateway.rasa.texts == ["hello"]


async def test_what_a_call_was_given_that_was_cancelled_meanwhile_is_handed_out_again(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(sqlite_settings) as (gateway, chen, conversation):
        await chen.says(conversation, "for Ann")
        begun, go_on, real = threading.Event(), threading.Event(), delivery.hand_out
        calls: list[asyncio.Task[Any]] = []

        def slow(*arguments: Any) -> delivery.HandedOut:
            handed = real(*arguments)
            begun.set()
            go_on.wait(10)
            return handed

        door = RestChannel._news

        async def noted(*arguments: Any) -> web.StreamResponse:
            task = asyncio.current_task()
            assert task is not None
            calls.append(task)
            return await door(*arguments)

        monkeypatch.setattr(delivery, "hand_out", slow)
        monkeypatch.setattr(RestChannel, "_news", noted)
        line = ask(gateway, None)
        assert await asyncio.to_thread(begun.wait, 10)
        monkeypatch.setattr(delivery, "hand_out", real)
        monkeypatch.setattr(RestChannel, "_news", door)
        calls[0].cancel()
        await asyncio.sleep(0)
        go_on.set()
        assert await comes(gateway) == ["for Ann"]
        line.close()


async def test_what_cannot_be_taken_back_is_said_in_the_log(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(sqlite_settings) as (gateway, chen, conversation):
        await chen.says(conversation, "for Ann")
        engine = gateway.server.app[DATABASE].engine

        def away(*_: Any) -> None:
            raise OperationalError("UPDATE", {}, sqlite3.OperationalError("disk I/O error"))

        async def breaks() -> None:
            close(line)
            event.listen(engine, "before_cursor_execute", away)

        broken = then(monkeypatch, gateway.server.app[CONVERSATIONS], "hand_out", breaks)
        line = ask(gateway, None)
        await broken.wait()
        async with asyncio.timeout(20):
            while not any("messages that did not arrive" in record.message for record in caplog.records):
                await asyncio.sleep(0.01)
        event.remove(engine, "before_cursor_execute", away)
        assert "failed" not in "".join(record.message for record in caplog.records if record.name == "bot.http")


async def test_polls_in_parallel_share_what_there_is(settings: Settings) -> None:
    async with served(settings) as (gateway, chen, conversation):
        for turn in range(10):
            await chen.says(conversation, f"reply {turn}")
            brought = await asyncio.gather(*(gateway.texts(None) for _ in range(6)))
            assert sorted(text for texts in brought for text in texts) == [f"reply {turn}"]


async def test_poll_stores_nothing_for_somebody_who_has_said_nothing(sqlite_settings: Settings) -> None:
    async with running(sqlite_settings) as gateway:
        assert await gateway.texts(None) == await gateway.texts(None, after="") == []
        assert await find(gateway, select(func.count()).select_from(Conversation)) == 0


async def test_call_sent_twice_is_answered_twice_whichever_is_first(sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    both, calls, other = asyncio.Event(), 0, asyncio.Event()

    async def waits(message: dict[str, Any]) -> Any:
        await both.wait()
        return await echo(message)

    async with running(sqlite_settings, waits) as gateway:
        conversations = gateway.server.app[CONVERSATIONS]
        says, hand_out = conversations.applicant_says, conversations.hand_out

        async def counted(*arguments: Any, **named: Any) -> Any:
            nonlocal calls
            receipt = await says(*arguments, **named)
            calls += 1
            if calls == 2:
                both.set()
            return receipt

        async def last(address: Any, own: str | None, leave: Any) -> Any:
            if own is None:
                await asyncio.wait_for(other.wait(), 10)
            news = await hand_out(address, own, leave)
            other.set()
            return news

        monkeypatch.setattr(conversations, "applicant_says", counted)
        monkeypatch.setattr(conversations, "hand_out", last)
        answers = await asyncio.gather(*(gateway.texts("hello", message_id="m-1") for _ in range(2)))
        assert answers == [["echo: hello"]] * 2


async def test_cursor_brings_everything_after_it_until_it_is_moved(settings: Settings) -> None:
    async with served(settings) as (gateway, chen, conversation):
        hello, joined = await gateway.say(None, after="")
        assert (hello["text"], joined["metadata"]["author"]) == ("echo: hello", "system")
        have = joined["metadata"]["id"]
        await chen.says(conversation, "first")
        await chen.says(conversation, "second")
        for _ in range(2):
            # Whatever became of the call before: it is made again.
            ask(gateway, None, after=have).close()
            first, second = await gateway.say(None, after=have)
            assert (first["text"], second["text"]) == ("first", "second")
        assert await gateway.texts(None, after=first["metadata"]["id"]) == ["second"]
        # What the cursor has passed counts as delivered, and the rest does not.
        assert await gateway.texts(None) == ["second"]
        assert await gateway.texts(None, after=first["metadata"]["id"]) == ["second"]
        assert await gateway.texts(None, after=second["metadata"]["id"]) == []


async def test_message_with_a_cursor_brings_its_answer_with_all_that_follows_the_cursor(settings: Settings) -> None:
    async with running(settings) as gateway:
        (first,) = await gateway.say("one", after="", message_id="m-1")
        cut = await gateway.say("two", after=first["metadata"]["id"], message_id="m-2")
        again = await gateway.say("two", after=first["metadata"]["id"], message_id="m-2")
        assert [each["text"] for each in cut] == ["echo: two"] and again == cut
        assert await gateway.texts("three", after=first["metadata"]["id"]) == ["echo: two", "echo: three"]


async def test_cursor_leads_from_a_closed_conversation_into_the_next(settings: Settings) -> None:
    async with served(settings) as (gateway, chen, conversation):
        await chen.says(conversation, "goodbye")
        have = (await gateway.say(None, after=""))[-1]["metadata"]["id"]
        await chen.says(conversation, "really")
        await chen.closes(conversation)
        closed = await gateway.texts(None, after=have)
        assert closed[0] == "really"
        texts = await gateway.texts("again", after=have)
        assert texts == [*closed, "echo: again"]
        newest = (await gateway.say(None, after=have))[-1]["metadata"]["id"]
        # Of the numbers in both conversations, those of the first are higher.
        assert await gateway.texts(None, after=newest) == await gateway.texts(None) == []
        assert await find(gateway, select(func.count(Conversation.id))) == 2


async def test_cursor_that_is_none_is_refused_and_nothing_stored(settings: Settings) -> None:
    async with running(settings) as gateway:
        (others,) = await gateway.say("hello", sender="bob")
        await gateway.say("hello")
        for sender, after in (("ann", others["metadata"]["id"]), ("ann", "unknown"), ("new", "unknown")):
            for message in (None, "lost"):
                status, body = await gateway.post({"sender": sender, "message": message, "metadata": {"after": after}})
                assert (status, body["error"]["code"]) == (404, "message_unknown")
        for after, code in ((7, "field_type"), ("\n", "name_unusable"), ("x" * 101, "name_unusable")):
            status, body = await gateway.post({"sender": "ann", "message": "lost", "metadata": {"after": after}})
            assert (status, body["error"]["code"], body["error"]["params"]["field"]) == (400, code, "metadata.after")
        assert await find(gateway, select(func.count(Message.id)).where(Message.author == "applicant")) == 2


async def test_answer_that_a_poll_at_another_gateway_brought_is_not_brought_again(
    postgres: Postgres, migrated_postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.create("two_at_the_rest_door", migrated_postgres)
    settings = Settings(data_dir=tmp_path, database_url=url, demo=False, rate_limits=False)
    async with running(settings) as one, running(settings) as other:
        polled: list[str] = []

        async def poll() -> None:
            polled.extend(await other.texts(None))

        then(monkeypatch, one.server.app[TURNS], "finished", poll)
        brought = await one.texts("hello", message_id="m-1")
        assert (polled, brought) == (["echo: hello"], [])
        # A call that is made again had no answer, whoever got it.
        assert await one.texts("hello", message_id="m-1") == await other.texts("hello", message_id="m-1") == ["echo: hello"]
        assert await one.texts(None) == await other.texts(None) == []
