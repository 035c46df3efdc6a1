"""Two gateways behind a real nginx and a real HAProxy with the examples of `deploy/`: lines, long polling, what they hide, a gateway
that goes, and one that is not ready."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
from async_timeout import timeout
from socketio.exceptions import SocketIOError

from bot.app import SOCKETS
from bot.db import Database
from bot.network import Proxies
from bot.settings import Settings
from tests.applicants import visiting
from tests.clerk import clerk_of, listens
from tests.gateway import Gateway, running
from tests.proxies import NAME, HAProxy, Nginx, PlainNginx, Proxy, client
from tests.servers import Postgres, Redis

TRANSPORTS = pytest.mark.parametrize("transports", [["polling", "websocket"], ["websocket"], ["polling"]], ids="+".join)


@pytest.fixture(params=["nginx", "haproxy"])
def proxy(request: pytest.FixtureRequest, tmp_path: Path) -> Proxy:
    """One of the two."""
    kinds: dict[str, type[Proxy]] = {"nginx": Nginx, "haproxy": HAProxy}
    return kinds[request.param](tmp_path)


@pytest.fixture
def haproxy(tmp_path: Path) -> HAProxy:
    """The one that asks for readiness."""
    return HAProxy(tmp_path)


@pytest.fixture
def settings(postgres: Postgres, migrated_postgres: str, redis: Redis, tmp_path: Path, patient_checks: None) -> Settings:
    url = postgres.create(f"proxy_{tmp_path.name}"[:60], migrated_postgres)
    trusted = Proxies.parse("127.0.0.1")
    return Settings(data_dir=tmp_path / "data", database_url=url, demo=False, redis_url=redis.url, trusted_proxies=trusted)


@TRANSPORTS
async def test_an_applicant_stays_in_the_conversation_while_gateways_come_and_go(
    proxy: Proxy, settings: Settings, transports: list[str]
) -> None:
    address = proxy.address
    async with AsyncExitStack() as stack:
        gateways = [await stack.enter_async_context(running(settings, listens)) for _ in range(2)]
        proxy.serve(*(gateway.port for gateway in gateways))
        stack.enter_context(proxy.running())
        http = await stack.enter_async_context(client())
        chen = await clerk_of(gateways[1])
        async with visiting(address, transports=transports, http=http) as applicant:
            conversation = (await applicant.say("hello", "first"))["conversation"]
            await applicant.hears("echo: hello")
            await chen.joins(conversation)
            await chen.says(conversation, "good morning")
            await applicant.hears("good morning")
            # Either of them may have asked its Rasa; the line is at one.
            (serving,) = [each for each in gateways if each.server.app[SOCKETS].eio.sockets]
            (other,) = [each for each in gateways if each is not serving]
            await serving.server.close()
            await applicant.gone.wait()
        clerk = chen if other is gateways[1] else await clerk_of(other, "Wang Fang")
        async with visiting(address, token=applicant.token, transports=transports, http=http) as again:
            assert (await again.say("hello", "first"))["conversation"] == conversation, "sent twice, it is stored once"
            shown = await again.call("sync", {"conversation": conversation, "after": 0})
            assert [message["text"] for message in shown["messages"]].count("hello") == 1
            if clerk is chen:
                await clerk.says(conversation, "still here")
                await again.hears("still here")


async def test_what_the_examples_hide_and_refuse(proxy: Proxy, settings: Settings) -> None:
    address = proxy.address
    async with running(settings, listens) as one, running(settings, listens) as other, client() as http:
        proxy.serve(one.port, other.port)
        with proxy.running():
            for path, status in (
                ("/healthz", 200),
                ("/", 200),
                ("/readyz", 404),
                ("/metrics", 404),
                ("/%2e%2e/readyz", 404),
                ("/read%79z", 404),
            ):
                async with http.get(f"{address}{path}") as response:
                    assert response.status == status, path
            async with http.get(f"{address}/") as response:
                assert "max-age" in response.headers["Strict-Transport-Security"]
            async with http.get(f"http://{NAME}:{proxy.plain}/x", allow_redirects=False) as response:
                assert (response.status, response.headers["Location"]) == (301, f"https://{NAME}/x")
            with pytest.raises((aiohttp.ClientError, ssl.SSLError)):
                await http.get(f"https://elsewhere.example.com:{proxy.port}/")
            with pytest.raises(aiohttp.ClientError):
                await http.get(f"http://elsewhere.example.com:{proxy.plain}/")
            async with http.post(f"{address}/webhooks/rest/webhook", data=b"x" * 70_000) as response:
                assert response.status == 413
        log = proxy.log.read_text()
        assert "GET 200" in log and "127.0.0.1" not in log and "/x" not in log


@asynccontextmanager
async def hanging() -> AsyncIterator[int]:
    """The port of something that takes every connection and says nothing, as a gateway that was stopped."""
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    async with server:
        port: int = server.sockets[0].getsockname()[1]
        yield port


def lines(gateway: Gateway) -> set[str]:
    """The lines of a gateway; one that was broken off stays for a while."""
    return set(gateway.server.app[SOCKETS].eio.sockets)


async def comes(
    proxy: Proxy, http: aiohttp.ClientSession, gateways: list[Gateway], transports: list[str], token: str | None = None
) -> Gateway:
    """Where a visitor lands, who asks something and goes."""
    before = [lines(each) for each in gateways]
    async with visiting(proxy.address, token=token, transports=transports, http=http) as applicant:
        await applicant.say("good morning")
        await applicant.hears("echo: good morning")
        (found,) = [each for each, known in zip(gateways, before, strict=True) if lines(each) - known]
        return found


@TRANSPORTS
async def test_a_gateway_without_its_rasa_gets_nobody_until_it_is_ready_again(
    haproxy: HAProxy, settings: Settings, transports: list[str]
) -> None:
    async with AsyncExitStack() as stack:
        gateways = [await stack.enter_async_context(running(settings, listens)) for _ in range(2)]
        haproxy.serve(*(gateway.port for gateway in gateways))
        stack.enter_context(haproxy.running())
        http = await stack.enter_async_context(client())
        async with visiting(haproxy.address, transports=transports, http=http) as applicant:
            await applicant.say("hello")
            await applicant.hears("echo: hello")
            bereft, other = sorted(gateways, key=lambda each: not lines(each))
            assert not lines(other)
            bereft.rasa.model = None
            await asyncio.wait_for(applicant.gone.wait(), 60)
        assert await comes(haproxy, http, gateways, transports, applicant.token) is other, "an open line moves"
        assert await comes(haproxy, http, gateways, transports) is other, "and nobody new comes"
        bereft.rasa.model = "model.tar.gz"
        landed: Gateway | None = None
        async with timeout(60):
            while landed is not bereft:
                # Whose handshake falls into the moment of the change lands at both, and has to dial again.
                with suppress(asyncio.TimeoutError, SocketIOError, ValueError):
                    landed = await asyncio.wait_for(comes(haproxy, http, gateways, transports), 3)


@pytest.mark.parametrize("hung", [0, 1])
async def test_a_gateway_that_hangs_keeps_nobody(proxy: Proxy, settings: Settings, hung: int) -> None:
    async with AsyncExitStack() as stack:
        gateways = [await stack.enter_async_context(running(settings, listens)) for _ in range(2)]
        silent = await stack.enter_async_context(hanging())
        ports = [gateway.port for gateway in gateways]
        ports[hung] = silent
        proxy.serve(*ports)
        stack.enter_context(proxy.running())
        if isinstance(proxy, HAProxy):
            await proxy.counts_as_down(hung)
        http = await stack.enter_async_context(client())
        async with visiting(proxy.address, transports=["polling", "websocket"], http=http) as applicant:
            await applicant.say("hello")
            await applicant.hears("echo: hello")
            assert applicant.client.transport() == "websocket"
            # Longer than nginx waits for the answer to somebody who dials.
            await asyncio.sleep(6)
            await applicant.say("still here")
            await applicant.hears("echo: still here")
            assert lines(gateways[1 - hung]) and not applicant.gone.is_set()


async def test_gateways_of_which_none_is_ready_still_say_so_and_serve_officers(haproxy: HAProxy, settings: Settings) -> None:
    async with running(settings, listens) as one, running(settings, listens) as other, client() as http:
        haproxy.serve(one.port, other.port)
        one.rasa.model = other.rasa.model = None
        with haproxy.running():
            await haproxy.counts_as_down(0, 1)
            for path in ("/", "/console/", "/healthz"):
                async with http.get(f"{haproxy.address}{path}") as response:
                    assert response.status == 200, path


@pytest.mark.parametrize("words", ["", "proxy_set_header Host $host;", "proxy_http_version 1.1; proxy_set_header Host $http_host;"])
async def test_nobody_reads_the_metrics_through_an_nginx_that_tells_nothing_of_its_visitors(
    sqlite_database: Database, tmp_path: Path, words: str
) -> None:
    proxy = PlainNginx(tmp_path)
    proxy.words = words
    settings = Settings(data_dir=tmp_path / "data", database_url=str(sqlite_database.engine.url), demo=False)
    async with running(settings) as gateway, client() as visitor:
        proxy.serve(gateway.port)
        with proxy.running():
            for path, status in (("/healthz", 200), ("/metrics", 404)):
                async with visitor.get(f"http://{NAME}:{proxy.port}{path}") as response:
                    assert response.status == status, path
        async with visitor.get(gateway.url("/metrics")) as response:
            assert response.status == 200
