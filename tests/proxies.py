"""nginx and HAProxy with the files of `deploy/`, at other ports and in a folder of their own, before gateways of a test."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, ClassVar, Final

import aiohttp
from aiohttp.abc import AbstractResolver
from async_timeout import timeout

from bot.settings import ROOT
from tests.certificates import certify
from tests.servers import ServerMissing, free_port

NAME: Final = "assistant.example.gov.cn"
_EXAMPLE: Final = re.compile(r"10\.0\.0\.1([12]):8081")


class Proxy:
    """A proxy that is not started yet.

    Attributes:
        plain, port: where it listens without and with TLS.
        log: the file of what it says of requests.
    """

    program: ClassVar[str]
    package: ClassVar[str]

    def __init__(self, folder: Path) -> None:
        found = shutil.which(self.program, path=f"{os.environ['PATH']}:/usr/sbin")
        if found is None:
            name = self.program
            raise ServerMissing(f"The tests need {name}. Install it with: apt-get update && apt-get install -y {self.package}")
        self._found, self._folder = found, folder
        self.plain, self.port = free_port(), free_port()
        self.log = folder / "assistant.log"
        certify(NAME, folder / "certificate.pem", folder / "certificate.key")

    @property
    def address(self) -> str:
        """The public address, which leads here through `client`."""
        return f"https://{NAME}:{self.port}"

    def serve(self, *ports: int) -> None:
        """Have it send visitors to the two gateways at these ports, in the words of the example for several."""
        raise NotImplementedError

    def _command(self) -> list[str]:
        raise NotImplementedError

    @contextmanager
    def running(self) -> Iterator[None]:
        """It serves while the block lasts."""
        with (self._folder / "said.txt").open("wb") as errors, self.log.open("ab") as output:
            process = subprocess.Popen(self._command(), stdout=output, stderr=errors)
        try:
            while True:
                assert process.poll() is None, (self._folder / "said.txt").read_text()
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                        break
                time.sleep(0.02)
            yield
        finally:
            process.terminate()
            process.wait(20)


def _addressed(text: str, ports: tuple[int, ...]) -> str:
    return _EXAMPLE.sub(lambda found: f"127.0.0.1:{ports[int(found[1]) - 1]}", text)


class Nginx(Proxy):
    """nginx."""

    program, package = "nginx", "nginx-light"

    def serve(self, *ports: int) -> None:
        folder = self._folder
        several = (ROOT / "deploy" / "nginx" / "several.conf").read_text(encoding="utf-8")
        (folder / "live.conf").write_text(_addressed(several, ports))
        text = (ROOT / "deploy" / "nginx" / "assistant.conf").read_text(encoding="utf-8")
        text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.MULTILINE)
        text = re.sub(r"listen 443\b", f"listen 127.0.0.1:{self.port}", re.sub(r"listen 80\b", f"listen 127.0.0.1:{self.plain}", text))
        text = text.replace("/etc/nginx/assistant/", f"{folder}/").replace("/var/log/nginx/", f"{folder}/")
        own = "user root; " if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(
            f"{own}daemon off; pid {folder}/pid; error_log {folder}/start.log; events {{}}\nhttp {{\n{text}\n}}\n", encoding="utf-8"
        )

    def _command(self) -> list[str]:
        return [self._found, "-p", str(self._folder), "-c", str(self._folder / "nginx.conf")]


class PlainNginx(Nginx):
    """nginx as somebody begins with it: one line that leads to a gateway, and `words` of theirs besides."""

    words = ""

    def serve(self, *ports: int) -> None:
        folder = self._folder
        to_there = f"location / {{ proxy_pass http://127.0.0.1:{ports[0]}; {self.words} }}"
        own = "user root; " if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(
            f"{own}daemon off; pid {folder}/pid; error_log {folder}/start.log; events {{}}\n"
            f"http {{ access_log off; server {{ listen 127.0.0.1:{self.port}; {to_there} }} }}\n",
            encoding="utf-8",
        )


class HAProxy(Proxy):
    """HAProxy, which asks for readiness ten times as often as in the example, and waits longer for the answer."""

    program = package = "haproxy"

    def serve(self, *ports: int) -> None:
        folder = self._folder
        pair = ((folder / f"certificate.{kind}").read_text() for kind in ("pem", "key"))
        (folder / "assistant.pem").write_text("".join(pair))
        text = _addressed((ROOT / "deploy" / "haproxy" / "assistant.cfg").read_text(encoding="utf-8"), ports)
        text = text.replace("/etc/haproxy/", f"{folder}/").replace("inter 2s", "inter 200ms")
        # Without it an answer has to come before the next is asked for, and the first that does not takes a gateway out.
        text = text.replace("timeout connect 2s", "timeout connect 2s\n    timeout check 5s")
        text = re.sub(r"^ *(user|group) haproxy\n", "", text, flags=re.MULTILINE)
        text = text.replace("log /dev/log local0 info", "log stdout format raw local0 info")
        text = text.replace("bind :::443 v4v6", f"bind 127.0.0.1:{self.port}").replace("bind :::80 v4v6", f"bind 127.0.0.1:{self.plain}")
        (folder / "haproxy.cfg").write_text(text, encoding="utf-8")

    def _command(self) -> list[str]:
        return [self._found, "-db", "-f", str(self._folder / "haproxy.cfg")]

    async def counts_as_down(self, *gateways: int) -> None:
        """Return when it sends visitors to none of these gateways any more, the first of which is 0."""
        names = [("first", "second")[number] for number in gateways]
        async with timeout(60):
            while not all(f"Server ready/{name} is DOWN" in (self._folder / "said.txt").read_text() for name in names):
                await asyncio.sleep(0.05)


class _Here(AbstractResolver):
    """Every name leads to this machine."""

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[Any]:
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        """Nothing is held."""


@asynccontextmanager
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    """A client for whom every name leads to this machine, and every certificate is good."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=_Here(), ssl=False)) as session:
        yield session
