"""Nothing but scripts, styles and pictures of their folder is given out, however a path is written on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.static_files import StaticFiles
from bot.http import Edge
from bot.i18n import Texts
from bot.metrics import Metrics

GIVEN = b"for every reader"
KEPT = b"for nobody"
# What leads one folder up in some server or other.
UP = (
    *("../", "%2e%2e/", "%2E%2E/", ".%2e/", "..%2f", "%2e%2e%2f", "./../", "deeper/../../", "deeper%2f..%2f..%2f", "/../"),
    *("..\\", "..%5c", "%2e%2e%5c", "....//", "..;/", "%252e%252e%252f", "..%c0%af", "%c0%ae%c0%ae/", "..%00/", "%00../"),
)


@pytest_asyncio.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    """Serves the folder `inside`, beside which lie files that have endings of pages as well."""
    inside = tmp_path / "inside"
    (inside / "deeper").mkdir(parents=True)
    (inside / "folder.js").mkdir()
    for name in ("page.js", "deeper/page.svg"):
        (inside / name).write_bytes(GIVEN)
    for name in ("outside.js", "outside.svg", "outside.key", "inside.js", "inside/page.html", "inside/page", "inside/page.js.key"):
        (tmp_path / name).write_bytes(KEPT)
    (inside / "linked.js").symlink_to(tmp_path / "outside.js")
    (inside / "deeper" / "linked").symlink_to(tmp_path)
    (inside / "named.js").symlink_to(inside / "page.html")
    app = web.Application()
    app.add_routes(StaticFiles(inside).routes())
    Edge(Texts.load(), Metrics()).attach(app)
    async with TestServer(app) as server:
        assert server.port is not None
        yield server.port


async def asked(port: int, path: str) -> tuple[int, bytes]:
    """Status and whole answer of a path that is sent as it is written: a client library would tidy it first."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answered = await reader.read()
    writer.close()
    return int(answered.split(b" ", 2)[1]), answered


async def test_what_pages_load_is_given(port: int) -> None:
    for path in ("page.js", "deeper/page.svg", "deeper%2fpage.svg", "deeper/../page.js"):
        status, answered = await asked(port, f"/static/{path}")
        assert status == 200 and answered.endswith(GIVEN), path


async def test_no_path_leads_out_of_the_folder(port: int, tmp_path: Path) -> None:
    outside = str(tmp_path / "outside")
    ways = [way + name for way in UP for name in ("outside.js", "outside.svg", "inside.js")]
    ways += [f"{start}{outside}{ending}" for start in ("", "/", "%2f", "\\", "file://") for ending in (".js", ".svg")]
    ways += [outside.replace("/", "%2f") + ".js", "linked.js", "deeper/linked/outside.js", "deeper/linked/outside.svg"]
    for way in ways:
        status, answered = await asked(port, f"/static/{way}")
        assert status in (400, 404) and KEPT not in answered, way


async def test_nothing_of_the_folder_is_given_but_what_pages_load(port: int) -> None:
    for name in ("page.html", "page", "page.js.key", "page.js%00.html", "page.html%00.js", "named.js", "folder.js", "deeper", "."):
        status, answered = await asked(port, f"/static/{name}")
        assert status in (400, 404) and KEPT not in answered, name
    assert (await asked(port, "/static/../outside.key"))[0] == 404
