"""What every answer carries, whoever asks for whatever: a policy without inline scripts, no frames, no guessing of types."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from multidict import CIMultiDict, CIMultiDictProxy

from bot.channels.rest import PATH
from bot.db import Database
from bot.network import Proxies
from bot.settings import Settings
from tests.console import PASSWORD, Member, member, rasa
from tests.gateway import Gateway, running

POLL = "/socket.io/?EIO=4&transport=polling"
FOREIGN = "https://evil.example"
PAGES = ("/", "/console/")
# What pages of others load to show the widget; nothing else may be read from there.
OF_THE_WIDGET = ("/widget.js", "/widget/", "/static/widget/", "/static/vendor/")


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        database_url=str(sqlite_database.engine.url),
        demo=False,
        rate_limits=False,
        trusted_proxies=Proxies.parse("127.0.0.1"),
    )


@pytest_asyncio.fixture
async def gateway(settings: Settings, patient_checks: None) -> AsyncIterator[Gateway]:
    async with running(settings, rasa) as opened:
        yield opened


# Everything that is public, and one refusal of each status.
ASKED = (
    ("GET", "/", {}, 200),
    ("HEAD", "/", {}, 200),
    ("GET", "/console", {}, 308),
    ("GET", "/console/", {}, 200),
    ("GET", "/console/texts/en.json", {}, 200),
    ("GET", "/console/api/me", {}, 401),
    ("GET", "/widget.js", {}, 200),
    ("GET", "/widget.js", {"If-None-Match": "*"}, 304),
    ("GET", "/widget/window.js", {}, 200),
    ("GET", "/widget/window.css", {}, 200),
    ("GET", "/widget/texts/zh.json", {}, 200),
    ("GET", "/widget/stations/en.json", {}, 200),
    ("GET", "/widget/nothing.js", {}, 404),
    ("GET", "/static/vendor/socket.io.js", {}, 200),
    ("GET", "/static/console/icon.svg", {}, 200),
    ("GET", "/static/home/home.html", {}, 404),
    ("GET", "/static/../app.py", {}, 404),
    ("GET", "/nothing<script>alert(1)</script>", {}, 404),
    ("GET", "/healthz", {}, 200),
    ("GET", "/readyz", {}, 200),
    ("GET", "/metrics", {}, 200),
    ("DELETE", PATH, {}, 405),
    ("POST", PATH, {}, 400),
    ("POST", PATH, {"Origin": FOREIGN}, 403),
    ("POST", "/console/api/sign_in", {"Origin": FOREIGN}, 403),
    ("GET", POLL, {}, 200),
    ("GET", POLL, {"Origin": FOREIGN}, 403),
    ("OPTIONS", POLL, {"Origin": FOREIGN}, 403),
    ("GET", "/socket.io/?EIO=4&transport=none", {}, 400),
    ("GET", "/socket.io/?EIO=3&transport=polling", {}, 400),
)


def is_safe(headers: CIMultiDictProxy[str]) -> bool:
    policy = headers["Content-Security-Policy"]
    directives = {name: rest for name, _, rest in (part.strip().partition(" ") for part in policy.split(";"))}
    assert directives["frame-ancestors"] == "'none'" and directives["base-uri"] == "'none'", policy
    assert directives["default-src"] in ("'none'", "'self'") and directives.get("script-src", "'self'") == "'self'", policy
    assert "unsafe" not in policy and "*" not in policy and "http:" not in policy, policy
    assert headers["X-Frame-Options"] == "DENY" and headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer" and headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation" in headers["Permissions-Policy"] and headers["Cache-Control"] in ("no-store", "no-cache")
    assert headers["Server"] == "gateway" and "Set-Cookie" not in headers
    return True


@pytest.mark.parametrize(("method", "path", "sent", "status"), ASKED, ids=lambda value: str(value)[:40])
async def test_every_answer_carries_the_policy(gateway: Gateway, method: str, path: str, sent: dict[str, str], status: int) -> None:
    async with gateway.client.request(method, gateway.url(path), headers=sent, allow_redirects=False) as response:
        assert response.status == status, await response.text()
        assert is_safe(response.headers)


@pytest.mark.parametrize(("method", "path", "sent", "status"), ASKED, ids=lambda value: str(value)[:40])
async def test_pages_of_others_read_nothing_but_the_widget(
    gateway: Gateway, method: str, path: str, sent: dict[str, str], status: int
) -> None:
    headers = {"Origin": FOREIGN, **sent}
    async with gateway.client.request(method, gateway.url(path), headers=headers, allow_redirects=False) as response:
        ours = not path.startswith(OF_THE_WIDGET)
        assert ("Access-Control-Allow-Origin" not in response.headers) is ours
        assert response.headers["Cross-Origin-Resource-Policy"] == ("same-origin" if ours else "cross-origin")
        assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize("path", PAGES)
async def test_pages_hold_no_script_no_style_and_no_address_of_others(gateway: Gateway, path: str) -> None:
    async with gateway.client.get(gateway.url(path)) as response:
        page = await response.text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|<base|<iframe|<object|<embed", page, re.I)
    loaded = re.findall(r'<(?:script|link|img)[^>]*?(?:src|href)="([^"]*)"', page)
    assert loaded and not [address for address in loaded if not re.match(r"[./]?[a-z/]", address) or "//" in address]


async def test_only_signing_in_sets_a_cookie_and_an_applicant_never_gets_one(gateway: Gateway, sqlite_database: Database) -> None:
    async with member(gateway, sqlite_database, "wang") as officer:
        body = {"login": "wang", "password": PASSWORD}
        async with officer.client.post(gateway.url("/console/api/sign_in"), json=body, headers={"Origin": officer.origin}) as response:
            assert len(response.headers.getall("Set-Cookie")) == 1
    for path in (*PAGES, "/widget.js", POLL):
        async with gateway.client.get(gateway.url(path)) as response:
            assert "Set-Cookie" not in response.headers
    await gateway.say("hello")
    assert list(gateway.client.cookie_jar) == []


async def test_what_staff_are_told_is_never_kept_by_a_browser_or_a_proxy(gateway: Gateway, sqlite_database: Database) -> None:
    async with member(gateway, sqlite_database, "boss", "supervisor") as supervisor:
        for path in ("me", "board", "audit", "audit.csv", "sessions", "choices", "agreement"):
            async with supervisor.client.get(gateway.url(f"/console/api/{path}")) as response:
                assert response.status == 200 and response.headers["Cache-Control"] == "no-store", path
                assert is_safe(response.headers)


async def raw(gateway: Gateway, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.server.port)
    writer.write(sent)
    answer = await asyncio.wait_for(reader.read(65536), 20)
    writer.close()
    return answer


@pytest.mark.parametrize(
    "sent",
    [
        b"<script>alert(1)</script>\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nBroken <script>alert(1)</script>\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nabcde",
        b"GET /" + b"<script>" * 2000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"<script>" * 4000 + b"\r\n\r\n",
    ],
    ids=["no request", "broken header", "two lengths", "long line", "long header"],
)
async def test_what_is_no_request_is_refused_without_being_repeated(gateway: Gateway, sent: bytes) -> None:
    answer = await raw(gateway, sent)
    head, _, body = answer.decode().partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    assert status.split()[1] == "400" and "<script>" not in answer.decode()
    assert is_safe(CIMultiDictProxy(CIMultiDict(line.split(": ", 1) for line in lines)))
    assert json.loads(body)["error"]["code"] == "request_refused"


async def test_host_that_is_no_name_gives_no_address_of_a_socket(gateway: Gateway) -> None:
    evil = "x.example; script-src *"
    async with aiohttp.ClientSession() as client, client.get(gateway.url("/console/"), headers={"Host": evil}) as response:
        assert "script-src *" not in response.headers["Content-Security-Policy"]
        assert is_safe(response.headers)
    async with gateway.client.get(gateway.url("/console/"), headers={"X-Forwarded-Host": "evil.example' *"}) as response:
        assert is_safe(response.headers)


async def test_member_is_named_in_no_header(gateway: Gateway, sqlite_database: Database) -> None:
    async with member(gateway, sqlite_database, "wang", name="Wang Li") as officer:
        await assert_unnamed(officer)


async def assert_unnamed(officer: Member) -> None:
    async with officer.client.get(officer.gateway.url("/console/api/me")) as response:
        told = str(response.headers)
    assert "wang" not in told.lower() and officer.cookie not in told
