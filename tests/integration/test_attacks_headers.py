"""What a client writes into the headers of a proxy is not believed, wherever it puts it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.channels.rest import PATH
from bot.db import Database
from bot.errors import StartError
from bot.network import Proxies
from bot.settings import Settings, load
from tests.gateway import Gateway, running

POLL = "/socket.io/?EIO=4&transport=polling"
OUR = "https://permits.example"


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    url = str(sqlite_database.engine.url)
    return Settings(data_dir=tmp_path, database_url=url, demo=False, rate_limits=False)


async def connects(gateway: Gateway, *headers: tuple[str, str]) -> int:
    async with gateway.client.get(gateway.url(POLL), headers=headers) as response:
        return response.status


async def test_what_the_trusted_proxy_adds_last_is_what_counts(settings: Settings) -> None:
    evil, by_proxy = ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Host", "permits.example")
    secure = ("X-Forwarded-Proto", "https")
    async with running(replace(settings, trusted_proxies=Proxies.parse("127.0.0.1"))) as gateway:
        for spoofed in ((evil, by_proxy), (("X-Forwarded-Host", "evil.example, permits.example"),)):
            assert await connects(gateway, ("Origin", OUR), secure, *spoofed) == 200
            assert await connects(gateway, ("Origin", "https://evil.example"), secure, *spoofed) == 403
        # A client that says https to a proxy which was reached by http.
        for proto in ((secure, ("X-Forwarded-Proto", "http")), (("X-Forwarded-Proto", "https, http"),)):
            assert await connects(gateway, ("Origin", OUR), by_proxy, *proto) == 403
            assert await connects(gateway, ("Origin", "http://permits.example"), by_proxy, *proto) == 200


async def test_a_page_that_leads_its_own_host_name_here_is_not_answered(settings: Settings) -> None:
    settings = replace(settings, public_hosts=load({"BOT_PUBLIC_HOSTS": "permits.example, 192.0.2.7"}, None).public_hosts)
    async with running(settings) as gateway:

        async def asked(path: str, *headers: tuple[str, str]) -> int:
            async with gateway.client.get(gateway.url(path), headers=headers) as response:
                assert response.status == 200 or (await response.json())["error"]["code"] == "request_refused"
                return response.status

        for host in ("permits.example", "Permits.Example:8443", "192.0.2.7:80"):
            assert await asked("/", ("Host", host)) == await asked(POLL, ("Host", host)) == 200
        for host in ("evil.example", "evil.example:80", "permits.example.evil.example", "permits.example:80:80", ""):
            assert await asked("/", ("Host", host)) == await asked(POLL, ("Host", host)) == 421
            # To its own page the browser would say that it is of the same origin.
            assert await asked(POLL, ("Host", host), ("Origin", f"http://{host}")) == 421
        # Only a proxy names another host than the one it asks, and probes ask by address.
        assert await asked("/", ("Host", "evil.example"), ("X-Forwarded-Host", "permits.example")) == 421
        assert await asked("/healthz", ("Host", "10.0.0.5:8080")) == 200
    async with running(replace(settings, trusted_proxies=Proxies.parse("127.0.0.1"))) as gateway:
        assert await asked("/", ("Host", "upstream"), ("X-Forwarded-Host", "permits.example")) == 200
        assert await asked("/", ("Host", "permits.example"), ("X-Forwarded-Host", "evil.example")) == 421


@pytest.mark.parametrize("host", ["https://permits.example", "Permits.example", "permits.example:443", "*"])
def test_a_host_that_cannot_be_one_is_refused_at_start(host: str) -> None:
    with pytest.raises(StartError, match="BOT_PUBLIC_HOSTS"):
        load({"BOT_PUBLIC_HOSTS": host}, None)


@pytest.mark.parametrize(
    "header",
    [
        ("X-Forwarded-Host", "evil.example"),
        ("X-Host", "evil.example"),
        ("X-Original-URL", "/metrics"),
        ("X-Rewrite-URL", "/metrics"),
        ("Forwarded", "host=evil.example;proto=https"),
        ("X-HTTP-Method-Override", "DELETE"),
    ],
    ids=lambda header: header[0],
)
async def test_nothing_else_moves_the_origin_the_path_or_the_method(settings: Settings, header: tuple[str, str]) -> None:
    async with running(settings) as gateway:
        assert await connects(gateway, ("Origin", "https://evil.example"), header) == 403
        async with gateway.client.get(gateway.url("/healthz"), headers=[header]) as response:
            assert response.status == 200 and await response.json() == {"status": "ok"}


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Real-IP", "Via"])
async def test_nobody_behind_a_proxy_reads_the_metrics_by_calling_themselves_local(settings: Settings, header: str) -> None:
    for proxies in (Proxies(), Proxies.parse("127.0.0.1")):
        async with (
            running(replace(settings, trusted_proxies=proxies)) as gateway,
            gateway.client.get(gateway.url("/metrics"), headers={header: "127.0.0.1"}) as response,
        ):
            assert response.status == 404


@pytest.mark.parametrize(
    ("host", "version", "status"),
    [
        *((host, "1.1", 200) for host in ("127.0.0.1:8080", "127.0.0.1", "127.8.0.1", "localhost:8080", "LOCALHOST", "[::1]:8080")),
        *((host, "1.1", 404) for host in ("assistant.example.gov.cn", "192.0.2.7:8080", "127.0.0.1.example.org", "localhost.example.org")),
        *((host, "1.1", 404) for host in ("assistant.example.gov.cn@localhost.", "2130706433", "[::1", "0.0.0.0", "")),
        ("127.0.0.1:8080", "1.0", 404),
    ],
)
async def test_metrics_are_for_whoever_asks_this_machine_by_its_own_name(settings: Settings, host: str, version: str, status: int) -> None:
    async with running(settings) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.server.port)
        writer.write(f"GET /metrics HTTP/{version}\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answered = await asyncio.wait_for(reader.read(), 60)
        writer.close()
        assert int(answered.split(b" ", 2)[1]) == status and (b"bot_turns" in answered) == (status == 200)


# A proxy and a server that read one of these differently would take what follows for another's request.
TWO_READINGS = {
    "two lengths": "Content-Length: 4\r\nContent-Length: 40\r\n",
    "length and chunks": "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
    "unknown coding": "Transfer-Encoding: xchunked\r\n",
    "length with a sign": "Content-Length: +4\r\n",
    "blank before the colon": "Content-Length : 4\r\n",
    "no line of its own": "X-Line: a\r\n Content-Length: 4\r\n",
    "a line feed alone inside": "X-Line: a\nContent-Length: 4\r\n",
    "a null": "X-Line: a\0b\r\n",
    "a header without end": "X-Long: " + "x" * 20_000 + "\r\n",
}


@pytest.mark.parametrize("headers", TWO_READINGS.values(), ids=TWO_READINGS.keys())
async def test_a_request_that_two_servers_could_read_differently_is_refused_and_its_line_ended(settings: Settings, headers: str) -> None:
    smuggled = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
    async with running(settings) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.server.port)
        writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\n{headers}\r\n{{}}\r\n{smuggled}".encode())
        answered = await asyncio.wait_for(reader.read(), 60)
        writer.close()
    assert re.match(rb"HTTP/1\.[01] 400 ", answered) and len(re.findall(rb"HTTP/1\.[01] ", answered)) == 1, answered
    assert b'"code"' in answered and b"# HELP" not in answered
