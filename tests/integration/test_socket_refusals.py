"""What the socket refuses, and that nobody else suffers for it."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.app import SOCKETS
from bot.db import Database
from bot.network import Proxies
from bot.settings import Settings
from tests.applicants import visiting
from tests.failures import failures, listen
from tests.gateway import Gateway, running
from tests.limiters import stand_still

POLL = "/socket.io/?EIO=4&transport=polling"
WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"
PARTNER = "https://www.partner.example"


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    url = str(sqlite_database.engine.url)
    return Settings(data_dir=tmp_path, database_url=url, demo=False, rate_limits=False, allowed_origins=frozenset({PARTNER}))


@pytest_asyncio.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    async with running(settings) as opened:
        yield opened


@asynccontextmanager
async def raw(gateway: Gateway, **options: Any) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A connection on which a test writes packets as it likes."""
    async with gateway.client.ws_connect(gateway.url(WEBSOCKET), **options) as line:
        assert (await line.receive_str()).startswith("0{")
        await line.send_str("40")
        assert (await line.receive_str()).startswith("40{")
        yield line


async def tell(line: aiohttp.ClientWebSocketResponse, number: int, event: str, body: Any) -> Any:
    """The acknowledgement of an event, other packets passed over."""
    await line.send_str(f"42{number}{json.dumps([event, body])}")
    while True:
        packet = await line.receive_str()
        if packet == "2":
            await line.send_str("3")
        if packet.startswith(f"43{number}["):
            return json.loads(packet[len(f"43{number}") :])[0]


def own(gateway: Gateway) -> str:
    return gateway.url("/").rstrip("/")


FOREIGN = (
    "https://evil.example",
    "null",
    "https://www.partner.example.evil.example",
    "https://partner.example",
    "http://www.partner.example",
    "https://www.partner.example:8443",
    "HTTPS://WWW.PARTNER.EXAMPLE",
    "https://www.partner.example/",
    "*",
    "",
)


async def test_pages_of_foreign_origins_are_refused_on_both_transports(gateway: Gateway) -> None:
    for origin in FOREIGN:
        headers = {"Origin": origin}
        for method in ("GET", "OPTIONS"):
            async with gateway.client.request(method, gateway.url(POLL), headers=headers) as response:
                assert response.status == 403, origin
                assert (await response.json())["error"]["code"] == "origin_refused"
                assert "Access-Control-Allow-Origin" not in response.headers
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await gateway.client.ws_connect(gateway.url(WEBSOCKET), headers=headers)
        assert refused.value.status == 403, origin
    assert len(gateway.server.app[SOCKETS].eio.sockets) == 0


async def test_session_of_an_allowed_page_is_not_open_to_a_foreign_one(gateway: Gateway) -> None:
    async with gateway.client.get(gateway.url(POLL), headers={"Origin": PARTNER}) as response:
        sid = json.loads((await response.text())[1:])["sid"]
    for method, options in (("GET", {}), ("POST", {"data": "40"})):
        async with gateway.client.request(
            method, gateway.url(f"{POLL}&sid={sid}"), headers={"Origin": "https://evil.example"}, **options
        ) as response:
            assert response.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await gateway.client.ws_connect(gateway.url(f"{WEBSOCKET}&sid={sid}"), headers={"Origin": "https://evil.example"})


async def test_own_pages_allowed_pages_and_programs_connect(gateway: Gateway) -> None:
    for origin in (own(gateway), PARTNER, None):
        headers = {} if origin is None else {"Origin": origin}
        async with gateway.client.get(gateway.url(POLL), headers=headers) as response:
            assert response.status == 200
            assert response.headers.get("Access-Control-Allow-Origin") == origin
            assert "Access-Control-Allow-Credentials" not in response.headers and "Set-Cookie" not in response.headers
        async with gateway.client.ws_connect(gateway.url(WEBSOCKET), headers=headers) as line:
            assert (await line.receive_str()).startswith("0{")
    async with gateway.client.options(gateway.url(POLL), headers={"Origin": PARTNER}) as response:
        assert response.status == 200 and response.headers["Access-Control-Allow-Origin"] == PARTNER


async def test_own_origin_behind_a_trusted_proxy_is_the_one_its_clients_see(settings: Settings) -> None:
    public = {"Origin": "https://permits.example", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "permits.example"}
    for proxies, status in ((Proxies.parse("127.0.0.0/8"), 200), (Proxies(), 403), (Proxies.parse("10.0.0.0/8"), 403)):
        async with running(replace(settings, trusted_proxies=proxies)) as gateway:
            async with gateway.client.get(gateway.url(POLL), headers=public) as response:
                assert response.status == status
            for name, value in (("X-Forwarded-Proto", "http"), ("X-Forwarded-Host", "other.example")):
                async with gateway.client.get(gateway.url(POLL), headers={**public, name: value}) as response:
                    assert response.status == 403


async def test_answers_as_scripts_are_refused(gateway: Gateway) -> None:
    async with gateway.client.get(gateway.url(f"{POLL}&j=0")) as response:
        assert response.status == 400 and "___eio" not in await response.text()


async def test_compression_is_declined(gateway: Gateway) -> None:
    async with raw(gateway, compress=15) as line:
        assert not line.compress
    async with gateway.client.get(gateway.url(POLL), headers={"Accept-Encoding": "gzip, deflate"}) as response:
        assert "Content-Encoding" not in response.headers


MALFORMED = (
    "42",
    "4",
    "42[",
    "42{}",
    "42[]",
    "42null",
    "42[null]",
    "42[5,{}]",
    '42[["x"],{}]',
    '42["connect",{"aiohttp.request":1}]',
    '42["disconnect"]',
    "43[]",
    "430[]",
    '44{"message":"x"}',
    '4510-["user_uttered",{"_placeholder":true,"num":0}]',
    '4599999999-["a"]',
    "42" + "[" * 20_000,
    '42["user_uttered",' + '{"a":' * 5_000,
    "40/nothing,",
    "40",
    "40{}",
    "41/other,",
    "49",
    '42["user_uttered"]',
    '42["user_uttered",null]',
    '42["user_uttered",[]]',
    '42["user_uttered","text"]',
    '42["user_uttered",{"message":null}]',
    '42["nothing_known",{"x":1}]',
    '42["*",{"x":1}]',
    "42" + "1" * 300 + '["sync",{}]',
    '42/staff,["watch",{}]',
    "3",
    "6",
    "5",
)


async def test_malformed_packets_hurt_nobody(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    listen(caplog, logging.DEBUG)
    async with visiting(gateway.url("/")) as neighbour, raw(gateway) as line:
        assert (await tell(line, 1, "session_request", {"after": 0}))["ok"]
        for packet in MALFORMED:
            await line.send_str(packet)
        assert (await tell(line, 2, "user_uttered", {"message": "still here"}))["ok"]
        assert (await neighbour.say("so am I"))["ok"]
    assert [told for told in failures(caplog.records, logging.WARNING) if "RATE LIMITS" not in told] == []


@pytest.mark.parametrize("packet", ["", "x", "7", "\u0664", b"4binary"], ids=repr)
async def test_line_that_speaks_another_language_is_ended_alone(gateway: Gateway, packet: str | bytes) -> None:
    async with visiting(gateway.url("/")) as neighbour, raw(gateway) as line:
        await (line.send_bytes(packet) if isinstance(packet, bytes) else line.send_str(packet))
        assert (await line.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING)
        assert (await neighbour.say("hello"))["ok"]


async def test_giant_messages_end_their_own_line_only(gateway: Gateway) -> None:
    giant = json.dumps(["user_uttered", {"message": "x" * 70_000}])
    async with visiting(gateway.url("/")) as neighbour:
        async with raw(gateway) as line:
            await line.send_str("42" + giant)
            assert (await line.receive()).type is aiohttp.WSMsgType.CLOSE
        async with gateway.client.get(gateway.url(POLL)) as response:
            sid = json.loads((await response.text())[1:])["sid"]
        async with gateway.client.post(gateway.url(f"{POLL}&sid={sid}"), data="42" + giant) as response:
            assert response.status == 413
        await neighbour.say("hello")
        await neighbour.hears("echo: hello")
    assert gateway.rasa.texts == ["hello"]


async def test_long_post_that_arrives_in_pieces_is_taken_as_a_whole(gateway: Gateway) -> None:
    async with gateway.client.get(gateway.url(POLL)) as response:
        sid = json.loads((await response.text())[1:])["sid"]

    async def pieces() -> AsyncIterator[bytes]:
        said = json.dumps(["user_uttered", {"message": "字" * 1900}], ensure_ascii=False)
        body = f'40\x1e42["session_request",{{}}]\x1e42{said}'.encode()
        for start in range(0, len(body), 1000):
            yield body[start : start + 1000]
            await asyncio.sleep(0)

    async with gateway.client.post(gateway.url(f"{POLL}&sid={sid}"), data=pieces()) as response:
        assert (response.status, await response.text()) == (200, "OK")
    heard = ""
    while "echo: " not in heard:
        async with gateway.client.get(gateway.url(f"{POLL}&sid={sid}")) as response:
            assert response.status == 200
            heard += await response.text()
    assert gateway.rasa.texts == ["字" * 1900]


async def test_change_to_a_websocket_that_goes_nowhere_leaves_polling_alive(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.sockets._PROBE_WITHIN_S", 0.5)
    # As behind a box that lets the handshake pass and swallows what follows.
    async with gateway.client.get(gateway.url(POLL)) as response:
        sid = json.loads((await response.text())[1:])["sid"]
    swallowed = await gateway.client.ws_connect(gateway.url(f"{WEBSOCKET}&sid={sid}"))
    async with gateway.client.post(gateway.url(f"{POLL}&sid={sid}"), data='40\x1e42["session_request",{"after":0}]') as response:
        assert response.status == 200
    heard = ""
    while "session_confirm" not in heard:
        async with gateway.client.get(gateway.url(f"{POLL}&sid={sid}")) as response:
            assert response.status == 200
            heard += await response.text()
    await swallowed.close()


async def test_client_that_does_not_read_cannot_fill_the_memory(gateway: Gateway) -> None:
    async with visiting(gateway.url("/")) as ann:
        for number in range(30):
            await ann.say(f"{number} " + "x" * 1900)
            await ann.until(lambda: len(ann.bodies("turn")) > number)  # noqa: B023
        port = gateway.server.port
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(deaf, ("127.0.0.1", port))
        await loop.sock_sendall(
            deaf,
            (
                f"GET {WEBSOCKET} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            ).encode(),
        )
        lines = gateway.server.app[SOCKETS].eio.sockets
        while len(lines) < 2:
            await asyncio.sleep(0.01)
        (line,) = [line for line in lines.values() if line.sid != ann.client.eio.sid]
        # Each asks for its answer by number.
        ask = [f'421["session_request",{{"session_id":"{ann.token}","after":0}}]', *['422["sync",{"after":0}]'] * 20]
        most = 0
        try:
            for _ in range(40):
                await loop.sock_sendall(deaf, b"".join(frame(packet) for packet in ("40", *ask)))
                most = max(most, line.queue.held)
                await asyncio.sleep(0)
        except OSError:
            pass
        while not line.closed:
            most = max(most, line.queue.held)
            await asyncio.sleep(0)
        deaf.close()
        assert most > 100_000
        # One answer may come on top of what is held.
        assert line.queue.held < 2 * 1024 * 1024
        assert (await ann.say("still served"))["ok"]


def frame(text: str) -> bytes:
    body = text.encode()
    size = bytes([0x80 | len(body)]) if len(body) < 126 else bytes([0x80 | 126]) + len(body).to_bytes(2, "big")
    return b"\x81" + size + b"\0\0\0\0" + body


async def test_too_many_messages_are_refused_with_the_time_to_wait(settings: Settings) -> None:
    limited = replace(settings, rate_limits=True, messages_per_minute=3)
    async with running(limited) as gateway, visiting(gateway.url("/")) as ann, visiting(gateway.url("/")) as bob:
        stand_still(gateway.server.app[SOCKETS]._limiter)
        answers = [await ann.say(str(number)) for number in range(4)]
        assert [answer["ok"] for answer in answers] == [True, True, True, False]
        error = answers[-1]["error"]
        assert error["code"] == "too_many_messages" and 0 < error["params"]["retry_after_s"] <= 20
        assert str(error["params"]["retry_after_s"]) in error["message"]
        assert (await bob.say("hello"))["ok"]


async def test_typing_and_other_signals_are_limited_apart_from_messages(settings: Settings) -> None:
    async with running(replace(settings, rate_limits=True, messages_per_minute=3)) as gateway, visiting(gateway.url("/")) as ann:
        stand_still(gateway.server.app[SOCKETS]._limiter)
        codes = [(await ann.call("typing", {"on": True})).get("error", {}).get("code") for _ in range(20)]
        assert codes[0] is None and codes[-1] == "too_many_requests"
        assert (await ann.call("sync", {"after": 0}))["error"]["code"] == "too_many_requests"
        assert (await ann.say("hello"))["ok"]


async def test_connections_are_limited_by_network_as_trusted_proxies_tell_it(settings: Settings) -> None:
    limited = replace(settings, rate_limits=True, caller_messages_per_minute=3)

    async def connect(gateway: Gateway, client: str) -> int:
        async with gateway.client.get(gateway.url(POLL), headers={"X-Forwarded-For": client}) as response:
            return response.status

    async with running(replace(limited, trusted_proxies=Proxies.parse("127.0.0.1"))) as gateway:
        stand_still(gateway.server.app[SOCKETS]._limiter)
        assert [await connect(gateway, "203.0.113.5") for _ in range(4)] == [200, 200, 200, 429]
        assert await connect(gateway, "203.0.113.6") == 200
        # What the client itself put in front is not believed.
        assert await connect(gateway, "198.51.100.1, 203.0.113.5") == 429
        assert [await connect(gateway, f"2001:db8::{number}") for number in range(4)] == [200, 200, 200, 429]
    async with running(limited) as gateway:
        stand_still(gateway.server.app[SOCKETS]._limiter)
        assert [await connect(gateway, f"203.0.113.{number}") for number in range(4)] == [200, 200, 200, 429]


async def test_messages_of_one_network_are_limited_together(settings: Settings) -> None:
    limited = replace(settings, rate_limits=True, caller_messages_per_minute=5, trusted_proxies=Proxies.parse("127.0.0.1"))
    async with running(limited) as gateway:
        stand_still(gateway.server.app[SOCKETS]._limiter)
        same = {"X-Forwarded-For": "203.0.113.5"}
        async with raw(gateway, headers=same) as one, raw(gateway, headers=same) as two:
            answers = [await tell(line, number, "user_uttered", {"message": "hello"}) for number in range(1, 4) for line in (one, two)]
            assert [answer["ok"] for answer in answers] == [True] * 5 + [False]
        async with raw(gateway, headers={"X-Forwarded-For": "203.0.113.9"}) as other:
            assert (await tell(other, 1, "user_uttered", {"message": "hello"}))["ok"]


async def test_log_holds_nothing_that_was_said(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with visiting(gateway.url("/")) as ann, visiting(gateway.url("/"), transports=["polling"]) as bob:
        for applicant in (ann, bob):
            await applicant.say("my number is E12345678 secret")
            await applicant.hears("echo: my number is <NUMBER:1> secret")
            await applicant.call("user_uttered", {"message": {"E12345678": "secret"}})
            await applicant.client.emit("secret", {"E12345678": "secret"})
            await applicant.call("user_uttered", {"message": "secret " * 1000})
    async with gateway.client.get(gateway.url(POLL), headers={"Origin": "https://secret.example"}):
        pass
    ours = [record for record in caplog.records if not record.name.startswith(("engineio.client", "socketio.client", "asyncio"))]
    told = "\n".join(record.getMessage() for record in ours)
    assert ours and "secret" not in told and "E12345678" not in told and "s1." not in told
