"""Connections that are held, begun and never finished, or opened by the hundred from one place."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp.web_protocol import RequestHandler

from bot.channels.description import PATH as DESCRIPTION
from bot.channels.rest import PATH
from bot.connections import Reading
from bot.db import Database
from bot.network import Proxies
from bot.settings import Settings
from tests.gateway import Gateway, running

WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False)


@pytest.mark.parametrize(
    "begun", [b"", b"G", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "], ids=["nothing", "a letter", "half a header"]
)
async def test_a_request_that_is_never_finished_is_cut(settings: Settings, monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    monkeypatch.setattr("bot.connections._REQUEST_WITHIN_S", 0.3)
    async with running(settings) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.server.port)
        writer.write(begun)
        assert await asyncio.wait_for(reader.read(), 60) == b""
        writer.close()


async def test_a_header_that_comes_letter_by_letter_gains_no_time(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.connections._REQUEST_WITHIN_S", 0.5)
    async with running(settings) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.server.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nX-Slow: ")

        async def drip() -> None:
            while True:
                writer.write(b"x")
                await asyncio.sleep(0.1)

        dripping = asyncio.create_task(drip())
        # A letter that meets the end makes it a reset.
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 60) == b""
        dripping.cancel()
        writer.close()


async def test_a_websocket_may_be_silent_for_longer(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.connections._REQUEST_WITHIN_S", 2.0)
    async with running(settings) as gateway, gateway.client.ws_connect(gateway.url(WEBSOCKET)) as line:
        assert (await line.receive_str()).startswith("0{")
        # Cut after the time that the older line has been silent for, too.
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.server.port)
        assert await asyncio.wait_for(reader.read(), 60) == b""
        writer.close()
        await line.send_str("40")
        assert (await line.receive_str()).startswith("40{")


async def test_a_body_that_never_comes_is_refused_and_the_line_ended(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.request_body._READ_WITHIN_S", 0.3)
    # What aiohttp gives the rest of a body before it ends the line.
    monkeypatch.setitem(RequestHandler.__init__.__kwdefaults__, "lingering_time", 0.3)
    async with running(settings) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.server.port)
        writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n{{".encode())
        answered = await asyncio.wait_for(reader.read(), 60)
        assert answered.startswith(b"HTTP/1.1 408 ") and b'"body_too_slow"' in answered
        writer.close()


async def _until_nobody_is_connected(gateway: Gateway) -> None:
    server = gateway.server.runner.server
    assert server is not None
    while server.connections:
        await asyncio.sleep(0.02)


async def test_answers_that_are_not_read_hold_no_connection(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.connections._LOOK_AGAIN_S", 0.3)
    async with running(settings) as gateway:
        silent = socket.socket()
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        silent.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(silent, ("127.0.0.1", gateway.server.port))
        # More answers than the system takes in advance.
        asked = asyncio.create_task(loop.sock_sendall(silent, f"GET {DESCRIPTION} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 500))
        while not gateway.server.runner.server.connections:  # type: ignore[union-attr]
            await asyncio.sleep(0.02)
        await asyncio.wait_for(_until_nobody_is_connected(gateway), 60)
        asked.cancel()
        silent.close()
        # And nothing else was cut with it.
        async with gateway.client.get(gateway.url(DESCRIPTION)) as response:
            assert response.status == 200 and await response.json()


class _Waiting(asyncio.Transport):
    """A transport whose client has read all but `left` octets."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left, self.cut = left, False

    def get_write_buffer_size(self) -> int:
        return self.left

    def abort(self) -> None:
        self.cut = True


@pytest.mark.parametrize(("read", "cut"), [(20 * 1024, False), (20 * 1024 - 1, True), (0, True)])
async def test_who_reads_slowly_but_steadily_is_not_cut(read: int, cut: bool) -> None:
    transport = _Waiting(1 << 20)
    reading = Reading(transport, asyncio.get_running_loop())
    reading.begin()
    for _ in range(3):
        transport.left -= read
        reading.look()
    reading.end()
    assert transport.cut is cut


async def test_one_network_holds_so_many_connections_and_no_more_until_one_ends(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.connections._MOST_CONNECTIONS", 3)

    async def answered(gateway: Gateway) -> tuple[asyncio.StreamWriter, bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.server.port)
        with contextlib.suppress(ConnectionError):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            return writer, await asyncio.wait_for(reader.read(12), 60)
        return writer, b""

    async with running(settings) as gateway:
        held = [await answered(gateway) for _ in range(3)]
        assert [begun for _, begun in held] == [b"HTTP/1.1 200"] * 3
        assert (await answered(gateway))[1] == b""
        for writer, _ in held:
            writer.close()
        await asyncio.wait_for(_until_nobody_is_connected(gateway), 60)
        writer, begun = await answered(gateway)
        assert begun == b"HTTP/1.1 200"
        writer.close()
    # All clients come through a proxy, which counts for itself.
    async with running(replace(settings, trusted_proxies=Proxies.parse("127.0.0.1"))) as gateway:
        held = [await answered(gateway) for _ in range(5)]
        assert [begun for _, begun in held] == [b"HTTP/1.1 200"] * 5
        for writer, _ in held:
            writer.close()


async def _open(gateway: Gateway, client: str) -> aiohttp.ClientWebSocketResponse:
    line = await gateway.client.ws_connect(gateway.url(WEBSOCKET), headers={"X-Forwarded-For": client})
    assert (await line.receive_str()).startswith("0{")
    return line


async def test_one_network_holds_so_many_lines_and_no_more_until_one_ends(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.sockets._MOST_LINES", 5)
    settings = replace(settings, trusted_proxies=Proxies.parse("127.0.0.1"))
    async with running(settings) as gateway:
        held = [await _open(gateway, f"198.51.100.{number}, 203.0.113.5") for number in range(5)]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await _open(gateway, "203.0.113.5")
        assert refused.value.status == 429
        # Others are not kept out, and whoever ends a line may open one.
        await (await _open(gateway, "203.0.113.6")).close()
        await held.pop().close()
        for _ in range(100):
            try:
                held.append(await _open(gateway, "203.0.113.5"))
                break
            except aiohttp.WSServerHandshakeError:
                await asyncio.sleep(0.05)
        assert len(held) == 5
        for line in held:
            await line.close()
