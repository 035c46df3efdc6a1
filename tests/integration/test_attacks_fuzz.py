"""Anything at all at the two doors of applicants: every answer is an answer, nothing fails inside, and the neighbour is served."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from bot.channels.rest import PATH
from bot.db import Database
from bot.settings import Settings
from tests.applicants import Applicant
from tests.failures import failures, listen
from tests.gateway import Gateway, running
from tests.loops import Loop, loop

WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"
EVENTS = (
    "session_request",
    "user_uttered",
    "sync",
    "typing",
    "leave_message",
    "feedback",
    "rate",
    "language",
    "end",
    "return_code",
    "resume",
)
# What the doors read, so that odd values stand where they are looked for.
FIELDS = (
    "session_id",
    "message",
    "metadata",
    "message_id",
    "language",
    "payload",
    "after",
    "conversation",
    "sender",
    "on",
    "text",
    "contact",
    "client_id",
    "helpful",
    "why",
    "rating",
    "code",
    "author",
    "at",
    "seq",
)

leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.sampled_from(["en", "zh", "person", "desk:wait"])
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), inner, max_size=5),
    max_leaves=12,
)
bodies = st.dictionaries(st.sampled_from(FIELDS), values, max_size=6)
gently = rules(max_examples=60, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


class Running:
    """A gateway, an applicant who has done nothing wrong, and the loop in which both live."""

    def __init__(self, loop: Loop, gateway: Gateway, neighbour: Applicant) -> None:
        self.do, self.gateway, self.neighbour = loop.do, gateway, neighbour


@pytest.fixture
def system(sqlite_database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Running]:
    listen(caplog, logging.INFO)
    with loop() as opened:

        async def start() -> Running:
            settings = Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False, rate_limits=False)
            gateway = await opened.stack.enter_async_context(running(settings))
            neighbour = await Applicant(gateway.url("/")).connect()
            opened.stack.push_async_callback(neighbour.close)
            assert (await neighbour.open())["ok"]
            return Running(opened, gateway, neighbour)

        system = opened.do(start)
        yield system
        assert opened.do(lambda: system.neighbour.say("still served"))["ok"]
        assert failures(caplog.get_records("call")) == []


def refusal(body: Any) -> bool:
    """Whether this is the one shape of errors, with words for people."""
    error = body["error"]
    return error["code"] != "internal" and bool(error["message"]) and isinstance(error["params"], dict)


def test_any_event_with_any_body_gets_an_acknowledgement(system: Running) -> None:
    @gently
    @given(st.lists(st.tuples(st.sampled_from(EVENTS), bodies | values), min_size=1, max_size=6))
    def holds(asked: list[tuple[str, Any]]) -> None:
        async def ask() -> None:
            async with system.gateway.client.ws_connect(system.gateway.url(WEBSOCKET)) as line:
                await line.receive_str()
                await line.send_str("40")
                for number, (event, body) in enumerate(asked):
                    await line.send_str(f"42{number}{json.dumps([event, body])}")
                told = {}
                while len(told) < len(asked):
                    packet = await line.receive()
                    assert packet.type is aiohttp.WSMsgType.TEXT, (asked, packet)
                    for number in range(len(asked)):
                        if packet.data.startswith(f"43{number}["):
                            told[number] = json.loads(packet.data[len(f"43{number}") :])[0]
                assert all(answer["ok"] is True or refusal(answer) for answer in told.values()), (asked, told)

        system.do(ask)

    holds()


def test_any_packet_ends_at_most_its_own_line(system: Running) -> None:
    packets = st.text(max_size=60) | st.builds(lambda kind, rest: f"4{kind}{rest}", st.integers(0, 9), st.text(max_size=60))

    @gently
    @given(st.lists(packets | st.binary(max_size=40), min_size=1, max_size=8))
    def holds(sent: list[str | bytes]) -> None:
        async def send() -> None:
            async with system.gateway.client.ws_connect(system.gateway.url(WEBSOCKET)) as line:
                await line.receive_str()
                for packet in sent:
                    if line.closed:
                        break
                    try:
                        await (line.send_bytes(packet) if isinstance(packet, bytes) else line.send_str(packet))
                    except ConnectionError:
                        break

        system.do(send)
        assert system.do(lambda: system.neighbour.call("typing", {"on": False}))["ok"]

    holds()


def test_any_body_at_the_rest_door_is_answered_or_refused(system: Running) -> None:
    written = st.builds(lambda body: json.dumps(body).encode(), bodies | values) | st.binary(max_size=200)

    @gently
    @given(written)
    def holds(body: bytes) -> None:
        async def post() -> None:
            async with system.gateway.client.post(system.gateway.url(PATH), data=body) as response:
                answered = await response.json()
                assert response.status == 200 or (400 <= response.status < 500 and refusal(answered)), (body, answered)

        system.do(post)

    holds()


def test_no_path_leads_out_of_what_is_served(system: Running, tmp_path: Path) -> None:
    outside = [tmp_path / name for name in ("outside.js", "outside.svg")]
    for each in outside:
        each.write_text("from __future__", encoding="utf-8")
    parts = ["..", ".", "%2e%2e", "%252e%252e", "..%2f", "..%5c", "\\..", "%00", "%c0%ae%c0%ae", "~", ""]
    names = ["static", "home", "widget", "console", "app.py", "settings.py", "vault.key", "permits.db", "etc", "passwd", "home.html"]
    names += ["widget.js", "console.css", *(each.name for each in outside)]
    walked = st.lists(st.sampled_from([*parts, *names]), min_size=1, max_size=6).map("/".join)
    straight = st.sampled_from([way for each in map(str, outside) for way in (each, each.replace("/", "%2f"))])

    @gently
    @given(st.sampled_from(["/static/", "/widget/", "/console/", "/widget/texts/", "/"]), walked | straight)
    def holds(door: str, path: str) -> None:
        async def get() -> bytes:
            # A client library would tidy the path before it is sent.
            reader, writer = await asyncio.open_connection("127.0.0.1", system.gateway.server.port)
            writer.write(f"GET {door}{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("utf-8", "replace"))
            answered = await reader.read()
            writer.close()
            return answered

        answered = system.do(get)
        status = int(answered.split(b" ", 2)[1])
        assert status in (200, 304, 307, 308, 400, 401, 404, 405), (door, path, answered[:200])
        assert b"from __future__" not in answered and b"root:" not in answered and b"SQLite format" not in answered

    holds()
