"""`rasa-webchat` 1.0.1 as it comes from npm, unchanged, in a browser on a page of another origin: it loses nothing but looks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Locator, Page, expect
from sqlalchemy import select

from bot.app import CONVERSATIONS, DATABASE
from bot.channels import socket
from bot.channels.plain import PlainClients, shown_after
from bot.channels.visitors import address_of
from bot.conversations.models import Conversation, Message
from bot.conversations.states import State
from bot.db import Database
from bot.settings import Settings
from tests import npm
from tests.clerk import clerk_of, listens
from tests.gateway import Gateway, answer, reply, running
from tests.lines import Line, line_to
from tests.servers import free_port

WEBCHAT = npm.Package(
    "rasa-webchat", "1.0.1", "sha512-Ld1zVJvTAaTrs6A5p8t70agNNrKYRyXlvqXZRgBoDvKKUXbA0jhJKECi5bdPGlaR6jsmqWtVylHS+YqIqo0x8w=="
)
# As its own documentation embeds it; `customData` is what it sends along without being asked.
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A site of somebody else's</title><link rel="icon" href="data:,">
</head><body><script src="/webchat.js"></script><script>window.received = []
const onSocketEvent = { bot_uttered: (message) => window.received.push(message.text) };
window.WebChat.default({ ...OPTIONS, onSocketEvent }, null)</script></body></html>"""
TRANSPORTS = pytest.mark.parametrize("transports", [["polling", "websocket"], ["polling"]], ids=["websocket", "polling"])
WITHIN_MS = 60_000


async def script(message: dict[str, Any]) -> Any:
    """Rasa that offers a choice, hands over, and repeats everything else."""
    if message["message"] == "fee":
        return answer(reply("There is **no fee**.", quick_replies=[{"title": "How long it takes", "payload": "/processing_time"}]))
    return await listens(message)


class Site:
    """A page of another origin, with the library from npm.

    Attributes:
        shown_after: seconds that the gateway gives the page to show a message.
    """

    def __init__(self, gateway: Gateway, line: Line, port: int) -> None:
        self.shown_after: Callable[[str], float] = shown_after
        self.gateway, self.line = gateway, line
        self.library = npm.fetch(WEBCHAT) / "lib" / "index.js"
        self.transports = ["polling", "websocket"]
        app = web.Application()
        app.router.add_get("/", self._page)
        app.router.add_get("/webchat.js", self._library)
        self.server = TestServer(app, port=port)

    async def _page(self, _request: web.Request) -> web.Response:
        options = {
            "socketUrl": self.line.url,
            "socketPath": "/socket.io/",
            "customData": {"language": "en", "campaign": {"anything": [1, None]}},
            "protocolOptions": {"transports": self.transports, "reconnectionDelay": 200, "reconnectionDelayMax": 400},
            "title": "Somebody else's title",
        }
        return web.Response(text=PAGE.replace("OPTIONS", json.dumps(options)), content_type="text/html")

    async def _library(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(self.library)

    def said(self) -> list[tuple[int, str, str]]:
        """Number, author and text of everything in the record."""
        with self.gateway.server.app[DATABASE].session() as session:
            query = select(Message).order_by(Message.created_at, Message.seq)
            return [(row.seq, row.author, row.text) for row in session.execute(query).scalars()]

    def conversations(self) -> list[str]:
        """The ids of all conversations."""
        with self.gateway.server.app[DATABASE].session() as session:
            return [str(found) for found in session.execute(select(Conversation.id)).scalars()]

    def states(self) -> list[State]:
        """Who has each of them."""
        with self.gateway.server.app[DATABASE].session() as session:
            return [State(found) for found in session.execute(select(Conversation.state)).scalars()]

    async def stores(self, text: str) -> None:
        """Wait until this is the last that was said."""
        while self.said()[-1][2] != text:
            await asyncio.sleep(0.1)


class Webchat:
    """The library's window on one page, by its own class names."""

    def __init__(self, page: Page, site: Site) -> None:
        self.page, self.site = page, site
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    async def open(self, first: bool = True) -> Webchat:
        """Load the page and, where the window is not open as it was left, open it."""
        await self.page.goto(str(self.site.server.make_url("/")))
        if first:
            await self.page.locator(".rw-launcher").click(timeout=WITHIN_MS)
        await self.page.locator(".rw-new-message").wait_for(timeout=WITHIN_MS)
        return self

    async def say(self, text: str) -> None:
        """Type a message and send it."""
        await self.page.locator(".rw-new-message").fill(text)
        await self.page.locator(".rw-send").click()

    async def sees(self, text: str) -> Locator:
        """Wait for a reply that holds this text."""
        found = self.page.locator(".rw-response .rw-message-text", has_text=text)
        await expect(found.first).to_be_visible(timeout=WITHIN_MS)
        return found

    async def chooses(self, title: str) -> None:
        """Click a quick reply."""
        await self.page.locator(".rw-reply", has_text=title).click(timeout=WITHIN_MS)

    async def shown(self) -> list[str]:
        """Every message in the window, in order."""
        return [text.strip() for text in await self.page.locator(".rw-message-text").all_inner_texts()]

    async def token(self) -> str:
        """What it keeps of the session."""
        found: str = await self.page.evaluate("JSON.parse(localStorage.getItem('chat_session')).session_id")
        return found

    async def has_received_all(self) -> None:
        """Wait until nothing is left that would be sent again."""
        address = address_of((await self.token()).split(".")[1])
        while await self.site.gateway.server.app[CONVERSATIONS].undelivered_at(address):
            await asyncio.sleep(0.1)


@pytest.fixture
async def site(sqlite_database: Database, tmp_path: Path, node: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    port, url = free_port(), str(sqlite_database.engine.url)
    allowed = frozenset({f"http://127.0.0.1:{port}"})
    settings = Settings(data_dir=tmp_path, database_url=url, demo=False, allowed_origins=allowed)
    monkeypatch.setattr(socket, "PlainClients", partial(PlainClients, shown_after=lambda text: opened.shown_after(text)))
    async with running(settings, script) as gateway, line_to(gateway.server.port or 0) as line:
        opened = Site(gateway, line, port)
        await opened.server.start_server()
        yield opened
        await opened.server.close()


@TRANSPORTS
async def test_text_quick_replies_handoff_and_an_officer(browser: Browser, site: Site, transports: list[str]) -> None:
    site.transports = transports
    chen = await clerk_of(site.gateway)
    webchat = await Webchat(await browser.new_page(), site).open()
    # It opens with a message of null, which is nothing that anybody said.
    await webchat.say("fee")
    await webchat.sees("no fee")
    assert site.said()[0] == (1, "applicant", "fee")
    assert await webchat.page.locator(".rw-response strong", has_text="no fee").count() == 1
    await webchat.chooses("How long it takes")
    await webchat.sees("echo: /processing_time")
    await webchat.say("person")
    await webchat.chooses("Wait")
    while site.states() != [State.QUEUED]:
        await asyncio.sleep(0.1)
    (conversation,) = site.conversations()
    await chen.claims(conversation)
    await chen.says(conversation, "Good morning, Chen Li here.")
    await webchat.sees("Good morning, Chen Li here.")
    await webchat.say("thank you")
    await site.stores("thank you")
    assert "thank you" not in site.gateway.rasa.texts
    await chen.hands_back(conversation)
    await webchat.say("hello again")
    await webchat.sees("echo: hello again")
    record = [text for _, author, text in site.said() if author != "applicant"]
    assert len(record) == await webchat.page.locator(".rw-response").count()
    assert [seq for seq, _, _ in site.said()] == list(range(1, len(site.said()) + 1))
    assert len(site.conversations()) == 1 and webchat.errors == []


@TRANSPORTS
async def test_session_is_kept_over_a_reload_and_what_came_meanwhile_is_shown_once(
    browser: Browser, site: Site, transports: list[str]
) -> None:
    site.transports = transports
    chen = await clerk_of(site.gateway)
    webchat = await Webchat(await browser.new_page(), site).open()
    await webchat.say("hello")
    await webchat.sees("echo: hello")
    token = await webchat.token()
    await webchat.has_received_all()
    (conversation,) = site.conversations()
    await chen.joins(conversation)
    await webchat.page.goto("about:blank")
    await chen.says(conversation, "Are you there?")
    await webchat.open(first=False)
    await webchat.sees("Are you there?")
    assert await webchat.token() == token
    await webchat.say("yes")
    await site.stores("yes")
    await webchat.has_received_all()
    await webchat.open(first=False)
    await webchat.say("and still here")
    await site.stores("and still here")
    await chen.says(conversation, "Good.")
    await webchat.sees("Good.")
    shown = await webchat.shown()
    for text in ("hello", "echo: hello", "Are you there?", "yes", "and still here", "Good."):
        assert shown.count(text) == 1, shown
    assert len(site.conversations()) == 1 and webchat.errors == []


@TRANSPORTS
async def test_line_that_breaks_loses_and_doubles_nothing(browser: Browser, site: Site, transports: list[str]) -> None:
    site.transports = transports
    chen = await clerk_of(site.gateway)
    webchat = await Webchat(await browser.new_page(), site).open()
    await webchat.say("hello")
    await webchat.sees("echo: hello")
    (conversation,) = site.conversations()
    await chen.joins(conversation)
    await webchat.has_received_all()
    site.line.cut(stay=True)
    await chen.says(conversation, "First line.")
    await chen.says(conversation, "Second line.")
    site.line.mend()
    await webchat.sees("Second line.")
    await webchat.has_received_all()
    await webchat.say("I am back")
    await site.stores("I am back")
    shown = await webchat.shown()
    for text in ("First line.", "Second line.", "I am back"):
        assert shown.count(text) == 1, shown
    assert shown.index("First line.") < shown.index("Second line.")
    assert len(site.conversations()) == 1 and webchat.errors == []


async def test_page_that_goes_between_receiving_and_showing_shows_it_when_it_is_back(browser: Browser, site: Site) -> None:
    chen = await clerk_of(site.gateway)
    webchat = await Webchat(await browser.new_page(), site).open()
    await webchat.say("hello")
    await webchat.sees("echo: hello")
    await webchat.has_received_all()
    (conversation,) = site.conversations()
    await chen.joins(conversation)
    # The library holds each message back as if somebody still typed it; this page never gets any further.
    await webchat.page.evaluate(
        "const real = setTimeout; window.setTimeout = (act, ms, ...more) => (ms > 500 ? 0 : real(act, ms, ...more))"
    )
    given = iter([60.0])
    site.shown_after = lambda text: next(given, shown_after(text))
    promise = "The hall opens at nine. Bring the originals of your degree and of the no-crime certificate, and two photographs of yourself."
    await chen.says(conversation, promise)
    await webchat.page.wait_for_function("(text) => window.received.includes(text)", arg=promise, timeout=WITHIN_MS)
    assert promise not in await webchat.shown()
    await webchat.open(first=False)
    await webchat.sees("The hall opens at nine.")
    await webchat.has_received_all()
    await webchat.open(first=False)
    await webchat.say("thank you")
    await site.stores("thank you")
    await chen.says(conversation, "You are welcome.")
    await webchat.sees("You are welcome.")
    assert (await webchat.shown()).count(promise) == 1 and webchat.errors == []
