"""Who may use what: the list in docs/security.md, what a running gateway serves, and a knock at every line of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import pytest_asyncio
import socketio
from sqlalchemy import delete

from bot.app import CONSOLE, SOCKETS
from bot.channels.rest import PATH
from bot.console.live import NAMESPACE
from bot.db import Database
from bot.mail_server import MailServer
from bot.settings import ROOT, Settings
from bot.staff.models import StaffSession
from tests import console
from tests.applicants import connected, visiting
from tests.console import member
from tests.gateway import Gateway, running

ANYONE = "anyone"
THIS_MACHINE = "this machine, or a token of `BOT_METRICS_TOKENS`"
PAGES = "our pages, allowed pages, programs"
TOKEN = "the same, with a token where `BOT_REST_TOKENS` names any"
SOURCES = "a token of `BOT_RECORD_TOKENS`"
MAILED = "whoever has the link"
LINE = "whoever has a line"
SESSION = "the session of the line"
STAFF = "staff signed in, from our own page"
READERS = "staff with `conversation:read`"
REPLIERS = "staff with `conversation:reply`"
EVIL = {"Origin": "https://evil.example"}
FILLED = {"{act}": "stop", "{number}": "TEST-1", "{name}": "window.js", "{language}": "en", "{path}": "widget/main.js"}


@cache
def stated() -> dict[str, list[str]]:
    """The lines of the list: who may, and what."""
    section = (ROOT / "docs" / "security.md").read_text(encoding="utf-8").split("## Every door")[1].split("\n## ")[0]
    lines = re.findall(r"^\| (.+?) \| (.+?) \|$", section, re.MULTILINE)[1:]
    return {who: re.findall(r"`([^`]+)`", what) for who, what in lines}


def routes(who: str) -> list[tuple[str, str]]:
    """Method and path of each route for them."""
    return [(method, path) for method, path in (line.split(" ", 1) for line in stated()[who]) if method.isupper()]


def events(who: str, namespace: str) -> list[str]:
    """What they may say in a namespace, beside coming and going."""
    return [
        event for place, event in (line.split(" ", 1) for line in stated()[who]) if place == namespace and not event.endswith("connect")
    ]


def address(gateway: Gateway, path: str) -> str:
    for part, filled in FILLED.items():
        path = path.replace(part, filled)
    return gateway.url(path)


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False, rate_limits=False)


@pytest_asyncio.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    async with running(settings, console.rasa) as opened:
        yield opened


async def test_list_is_exactly_what_is_served(gateway: Gateway) -> None:
    app = gateway.server.app
    served = {
        f"{route.method} {route.resource.canonical}"
        for route in app.router.routes()
        # A HEAD is a GET whose body stays here.
        if route.resource is not None and route.method != "HEAD"
    }
    of_the_console = {f"{route.method} {route.path}" for route in app[CONSOLE].table}
    sockets = app[SOCKETS]
    heard = {f"{namespace} {event}" for namespace, handlers in sockets.handlers.items() for event in handlers}
    for namespace, handler in sockets.namespace_handlers.items():
        heard |= {f"{namespace} {name.removeprefix('on_')}" for name in dir(handler) if name.startswith("on_")}
    listed = [line for lines in stated().values() for line in lines]
    assert len(listed) == len(set(listed)) and not set(listed) & of_the_console
    assert set(listed) | of_the_console == served | heard
    assert set(stated()) == {ANYONE, THIS_MACHINE, PAGES, TOKEN, SOURCES, MAILED, LINE, SESSION, STAFF, READERS, REPLIERS}


async def test_what_is_for_anyone_answers_anyone(gateway: Gateway) -> None:
    assert len(routes(ANYONE)) == len(stated()[ANYONE])
    for method, path in routes(ANYONE):
        async with gateway.client.request(method, address(gateway, path), headers=EVIL) as response:
            assert response.status == 200, path
            assert "Set-Cookie" not in response.headers


async def test_what_is_for_this_machine_answers_nobody_behind_a_proxy(gateway: Gateway) -> None:
    for method, path in routes(THIS_MACHINE):
        for headers, status in (({}, 200), ({"X-Forwarded-For": "203.0.113.5"}, 404)):
            async with gateway.client.request(method, address(gateway, path), headers=headers) as response:
                assert response.status == status, path


async def test_what_is_for_some_pages_refuses_others(gateway: Gateway) -> None:
    for method, path in routes(PAGES) + routes(TOKEN):
        async with gateway.client.request(method, address(gateway, path), headers=EVIL) as response:
            assert (response.status, (await response.json())["error"]["code"]) == (403, "origin_refused"), (method, path)


async def test_what_needs_a_link_is_shut_without_one(settings: Settings) -> None:
    mail = MailServer.parse("smtp://127.0.0.1:25", "assistant@example.org", "http://127.0.0.1")
    async with running(replace(settings, mail=mail)) as gateway:
        assert len(routes(MAILED)) == 2
        for method, path in routes(MAILED):
            for link in ("", "?t=1.x", "?t=x", "?t=99999999999.x", "?t=x.7fffffff.x"):
                for act in ("stop", "ask"):
                    url = address(gateway, path).replace("stop", act) + link
                    async with gateway.client.request(
                        method, url, data={"address": "a@example.org"} if method == "POST" else None
                    ) as response:
                        assert response.status == 404 and "This link no longer works" in await response.text(), (method, url)


async def test_what_needs_a_token_is_shut_without_one(settings: Settings) -> None:
    async with running(replace(settings, rest_tokens={"a" * 16: "one"})) as gateway:
        assert routes(TOKEN) == [("POST", PATH)]
        for shown, status in (("", 401), ("Bearer " + "b" * 16, 401), ("Bearer " + "a" * 16, 200)):
            answered, body = await gateway.post({"message": "hello"}, headers={"Authorization": shown})
            assert answered == status, body


async def test_what_sources_deliver_is_shut_without_their_token(settings: Settings) -> None:
    tokens = {"a" * 16: "authority"}
    for given, shown, status in (({}, "a", 401), (tokens, "", 401), (tokens, "b", 401), (tokens, "a", 400)):
        async with running(replace(settings, record_tokens=given, rest_tokens={"b" * 16: "rest"})) as gateway:
            for method, path in routes(SOURCES):
                headers = {"Authorization": f"Bearer {shown * 16}"}
                async with gateway.client.request(method, address(gateway, path), json={}, headers=headers) as response:
                    assert response.status == status, path


async def test_what_needs_a_session_is_refused_without_one_and_with_anothers(gateway: Gateway) -> None:
    async with connected(gateway.url("/")) as stranger, visiting(gateway.url("/")) as ann, visiting(gateway.url("/")) as bob:
        for event in events(SESSION, "/"):
            assert (await stranger.call(event, {}))["error"]["code"] == "session_missing", event
            assert (await bob.call(event, {"session_id": ann.token}))["error"]["code"] == "session_other", event
        for event in events(LINE, "/"):
            answered = await stranger.call(event, {"message": "hello"})
            assert answered["ok"] or answered["error"]["code"] not in ("session_missing", "session_other"), event


async def test_staff_come_in_by_their_session_and_our_own_page_only(gateway: Gateway, sqlite_database: Database) -> None:
    async with member(gateway, sqlite_database, "wang") as person:
        for headers in ({"Cookie": "staff="}, {"Cookie": "staff=" + "x" * 43}, EVIL, {"Origin": "null"}):
            with pytest.raises(socketio.exceptions.ConnectionError):
                async with console.line(person, headers):
                    pass
        for event in [*events(STAFF, NAMESPACE), *events(READERS, NAMESPACE), *events(REPLIERS, NAMESPACE)]:
            await person.sign_in()
            async with console.line(person) as line:
                # A session that ended elsewhere: nobody has told this process.
                with sqlite_database.session() as session:
                    session.execute(delete(StaffSession))
                answered = await line.ask(event, conversation_id="x")
                assert answered["error"]["code"] == "signed_out", event


async def test_staff_need_the_permission_that_an_event_states(gateway: Gateway, sqlite_database: Database) -> None:
    async with (
        member(gateway, sqlite_database, "zhou", "administrator") as administrator,
        member(gateway, sqlite_database, "lin", "trainee") as trainee,
    ):
        for who, without in ((READERS, administrator), (REPLIERS, administrator), (REPLIERS, trainee)):
            async with console.line(without) as line:
                for event in events(who, NAMESPACE):
                    answered = await line.ask(event, conversation_id="x", on=True)
                    assert not answered["ok"] and answered["error"]["code"] == "not_permitted", (event, answered)


async def test_namespace_that_is_not_listed_is_refused(gateway: Gateway) -> None:
    async with gateway.client.ws_connect(gateway.url("/socket.io/?EIO=4&transport=websocket")) as line:
        assert (await line.receive_str()).startswith("0{")
        for namespace in ("/other", "/admin", "/staff/", "//"):
            await line.send_str(f"40{namespace},")
            assert (await line.receive_str()).startswith(f"44{namespace},")
