"""Requests of a line that land at another gateway, behind a proxy that does not keep an address at one of them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from async_timeout import timeout
from socketio.exceptions import SocketIOError
from yarl import URL

from bot.settings import Settings
from tests.applicants import Applicant, visiting
from tests.gateway import Gateway, running, seqs
from tests.servers import Postgres, Redis


@pytest.fixture
def settings(postgres: Postgres, migrated_postgres: str, redis: Redis, tmp_path: Path) -> Settings:
    url = postgres.create(f"affinity_{tmp_path.name}"[:60], migrated_postgres)
    return Settings(data_dir=tmp_path / "data", database_url=url, demo=False, redis_url=redis.url)


class Way:
    """What a client takes for its HTTP session: the ports of its requests are those of the gateways that the proxy chose."""

    closed = False

    def __init__(self, session: aiohttp.ClientSession, ports: Iterator[int]) -> None:
        self._session, self._ports = session, ports
        self._astray: dict[str, int] = {}
        self.refused = asyncio.Event()

    def lead_astray(self, method: str, port: int) -> None:
        """Send the next request of this method elsewhere."""
        self._astray[method] = port

    async def _pass(self, method: str, url: str, **options: Any) -> aiohttp.ClientResponse:
        port = self._astray.pop(method, None) or next(self._ports)
        response = await self._session.request(method, URL(url).with_port(port), **options)
        if response.status == 400:
            self.refused.set()
        return response

    async def get(self, url: str, **options: Any) -> aiohttp.ClientResponse:
        return await self._pass("GET", url, **options)

    async def post(self, url: str, **options: Any) -> aiohttp.ClientResponse:
        return await self._pass("POST", url, **options)

    async def ws_connect(self, url: str, **options: Any) -> aiohttp.ClientWebSocketResponse:
        return await self._session.ws_connect(URL(url).with_port(next(self._ports)), **options)

    async def close(self) -> None:
        """Whoever made the session closes it."""


@asynccontextmanager
async def ways(ports: Iterator[int]) -> AsyncIterator[tuple[Way, aiohttp.ClientSession]]:
    async with aiohttp.ClientSession() as session:
        way = Way(session, ports)
        yield way, cast(aiohttp.ClientSession, way)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_request_that_goes_astray_costs_a_reconnect_and_no_message(settings: Settings, method: str) -> None:
    async with running(settings) as usual, running(settings) as other, ways(itertools.repeat(usual.port)) as (way, http):
        applicant = await Applicant(usual.url("/"), ["polling"], http).connect()
        await applicant.open()
        await applicant.say("one", "first")
        await applicant.hears("echo: one")
        known = max(seqs(applicant.bodies("bot_uttered")))
        way.lead_astray(method, other.port)
        saying = asyncio.create_task(applicant.say("two", "second"))
        async with timeout(20):
            await way.refused.wait()
        # A browser's client hangs up at once; this one only when it next reads, and forgets what it could not send.
        saying.cancel()
        await applicant.client.eio.disconnect(abort=True)
        async with visiting(usual.url("/"), applicant.token, ["polling"], http) as again:
            said = await again.say("two", "second")
            while len((shown := await again.call("sync", {"conversation": said["conversation"], "after": 0}))["messages"]) < 4:
                await asyncio.sleep(0.05)
            texts = [message["text"] for message in shown["messages"]]
            assert texts == ["one", "echo: one", "two", "echo: two"]
            after = await again.call("sync", {"conversation": said["conversation"], "after": known})
            assert [message["text"] for message in after["messages"]] == ["two", "echo: two"], "and nothing twice"


@pytest.mark.parametrize(
    ("transports", "through"),
    [(["websocket"], True), (["polling"], False), (["polling", "websocket"], False)],
    ids=["websocket", "polling", "both"],
)
async def test_only_websockets_do_without_affinity_for_good(settings: Settings, transports: list[str], through: bool) -> None:
    async def greeted(gateways: list[Gateway], http: aiohttp.ClientSession) -> bool:
        applicant = Applicant(gateways[0].url("/"), transports, http)
        with suppress(SocketIOError, asyncio.TimeoutError):
            async with timeout(20 if through else 3):
                await applicant.connect()
                await applicant.open()
                await applicant.say("hello")
                await applicant.hears("echo: hello")
                return True
        await applicant.client.eio.disconnect(abort=True)
        return False

    async with running(settings) as one, running(settings) as other, ways(itertools.cycle((one.port, other.port))) as (_, http):
        assert await greeted([one, other], http) is through
