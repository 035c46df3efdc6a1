"""Two gateways behind a real nginx with the example of `deploy/nginx/`: lines, long polling, what it hides, and a gateway that goes."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver

from bot.app import SOCKETS
from bot.network import Proxies
from bot.settings import ROOT, Settings
from tests.applicants import visiting
from tests.certificates import certify
from tests.clerk import clerk_of, listens
from tests.gateway import Gateway, running
from tests.servers import Postgres, Redis, ServerMissing, free_port

NAME = "assistant.example.gov.cn"


@pytest.fixture(scope="session")
def nginx() -> str:
    """The path of nginx."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        raise ServerMissing("The tests need nginx. Install it with: apt-get update && apt-get install -y nginx-light")
    return found


class Proxy:
    """nginx with the example's files, at other ports and in a folder of its own."""

    def __init__(self, program: str, folder: Path) -> None:
        self.plain, self.port = free_port(), free_port()
        self._program, self._folder = program, folder
        (folder / "live.conf").write_text("server 127.0.0.1:1;\n")
        certify(NAME, self._folder / "certificate.pem", self._folder / "certificate.key")
        text = (ROOT / "deploy" / "nginx" / "assistant.conf").read_text(encoding="utf-8")
        text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.MULTILINE)
        text = re.sub(r"listen 443\b", f"listen 127.0.0.1:{self.port}", re.sub(r"listen 80\b", f"listen 127.0.0.1:{self.plain}", text))
        text = text.replace("/etc/nginx/assistant/", f"{folder}/").replace("/var/log/nginx/", f"{folder}/")
        own = "user root; " if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(
            f"{own}daemon off; pid {folder}/pid; error_log {folder}/start.log; events {{}}\nhttp {{\n{text}\n}}\n", encoding="utf-8"
        )

    def serve(self, *gateways: Gateway) -> None:
        """Have the upstream be these gateways, in the words of the example for several."""
        text = (ROOT / "deploy" / "nginx" / "several.conf").read_text(encoding="utf-8")
        addresses = iter(f"127.0.0.1:{gateway.server.port}" for gateway in gateways)
        (self._folder / "live.conf").write_text(re.sub(r"10\.0\.0\.1[12]:8081", lambda _found: next(addresses), text))

    @contextmanager
    def running(self) -> Iterator[None]:
        """nginx serves while the block lasts."""
        process = subprocess.Popen([self._program, "-p", str(self._folder), "-c", str(self._folder / "nginx.conf")])
        try:
            while True:
                assert process.poll() is None, (self._folder / "start.log").read_text()
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                        break
                time.sleep(0.02)
            yield
        finally:
            process.terminate()
            process.wait(20)


class Here(AbstractResolver):
    """Every name leads to this machine."""

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[Any]:
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        """Nothing is held."""


@asynccontextmanager
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=Here(), ssl=False)) as session:
        yield session


@pytest.fixture
def settings(postgres: Postgres, migrated_postgres: str, redis: Redis, tmp_path: Path) -> Settings:
    url = postgres.create(f"nginx_{tmp_path.name}"[:60], migrated_postgres)
    trusted = Proxies.parse("127.0.0.1")
    return Settings(data_dir=tmp_path / "data", database_url=url, demo=False, redis_url=redis.url, trusted_proxies=trusted)


@pytest.mark.parametrize("transports", [["polling", "websocket"], ["websocket"], ["polling"]], ids="+".join)
async def test_an_applicant_stays_in_the_conversation_while_gateways_come_and_go(
    nginx: str, settings: Settings, tmp_path: Path, transports: list[str]
) -> None:
    proxy = Proxy(nginx, tmp_path)
    address = f"https://{NAME}:{proxy.port}"
    async with AsyncExitStack() as stack:
        gateways = [await stack.enter_async_context(running(settings, listens)) for _ in range(2)]
        proxy.serve(*gateways)
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


async def test_what_the_example_hides_and_refuses(nginx: str, settings: Settings, tmp_path: Path) -> None:
    proxy = Proxy(nginx, tmp_path)
    address = f"https://{NAME}:{proxy.port}"
    async with running(settings, listens) as one, running(settings, listens) as other, client() as http:
        proxy.serve(one, other)
        with proxy.running():
            for path, status in (("/healthz", 200), ("/", 200), ("/readyz", 404), ("/metrics", 404), ("/%2e%2e/readyz", 404)):
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
        log = (tmp_path / "assistant.log").read_text()
        assert "GET 200" in log and "127.0.0.1" not in log and "/x" not in log
