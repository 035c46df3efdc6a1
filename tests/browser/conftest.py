"""A real browser, a real gateway with a scripted Rasa, a page of another origin that embeds the widget, and an officer."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.app import DATABASE, RECORD
from bot.conversations import threads
from bot.conversations.counter import Counter
from bot.conversations.events import Typing
from bot.conversations.models import Conversation
from bot.parts import Parts
from bot.settings import Settings
from bot.staff.officers import Officer
from tests.browser.cards_page import address, answers, open_cards  # noqa: F401
from tests.browser.people import PATIENCE_MS
from tests.browser.scripts import conversation
from tests.browser.widget import Widget
from tests.gateway import PARTS, Gateway, Script, running
from tests.staff import make_officer

# Everything is waited for, and long enough for a machine that has other work; no test is about speed.
expect.set_options(timeout=PATIENCE_MS)

_LOGINS = itertools.count(1)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb"]
# As strict as a page that embeds the widget can be: nothing inline, nothing but itself and the gateway.
POLICY = "default-src 'none'; style-src 'self'; script-src {origin}; connect-src {origin} {socket}; base-uri 'none'"
HOST_PAGE = """<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>Shenzhen services</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/page.css">
<script src="{origin}/widget.js" defer{attributes}></script>{more}</head>
<body><main><h1>Shenzhen services</h1><p>Foreigners who work in Shenzhen find here what they need.</p><a href="/other">Another page</a>
</main>{body}</body></html>"""
HOST_STYLE = """body { margin: 0; font: 16px/1.5 system-ui, sans-serif; background: #eef2f6; color: #15191e }
main { max-width: 60rem; margin: 0 auto; padding: 32px 24px } h1 { font-weight: 650 } a { color: #0b5cad }
.bar { position: fixed; right: 0; bottom: 0; left: 0; padding: 12px 24px; background: #fff; text-align: right }
.tall { height: 2000px }"""


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """A browser of this test alone."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        await opened.close()


class HostPage:
    """A page of another origin, with a strict policy, that embeds the widget."""

    def __init__(self) -> None:
        self.gateway = ""
        self.policy = POLICY
        app = web.Application()
        app.router.add_get("/page.css", self._style)
        app.router.add_get("/{name:.*}", self._page)
        self.server = TestServer(app)

    @property
    def origin(self) -> str:
        """Its origin."""
        return str(self.server.make_url("")).rstrip("/")

    async def _style(self, _request: web.Request) -> web.Response:
        return web.Response(text=HOST_STYLE, content_type="text/css")

    async def _page(self, request: web.Request) -> web.Response:
        wanted: Mapping[str, str] = request.query
        attributes = "".join(f' data-{name}="{wanted[name]}"' for name in ("language", "position", "theme", "open") if name in wanted)
        again = f'<script src="{self.gateway}/widget.js" defer></script>' if "twice" in wanted else ""
        body = '<div class="tall"></div><p><button id="last">Last of the page</button></p>' if "tall" in wanted else ""
        body += '<div class="bar"><button id="accept">Accept</button></div>' if "bar" in wanted else ""
        page = HOST_PAGE.format(language=wanted.get("lang", "en"), origin=self.gateway, attributes=attributes, more=again, body=body)
        policy = self.policy.format(origin=self.gateway, socket=self.gateway.replace("http", "ws", 1))
        return web.Response(text=page, content_type="text/html", headers={"Content-Security-Policy": policy})


class Desk:
    """An officer who works without a console, by the same counter."""

    def __init__(self, gateway: Gateway, name: str = "Wang Fang") -> None:
        app = gateway.server.app
        self._database = app[DATABASE]
        self._record = app[RECORD]
        self.counter = Counter(self._record, PARTS.desk)
        with self._database.session() as session:
            self.officer: Officer = make_officer(session, f"officer.{next(_LOGINS)}", "officer", name, ("civic_center",))
        self._sent = 0

    def newest(self) -> str:
        """The id of the newest conversation."""
        with self._database.session() as session:
            return str(session.query(Conversation.id).order_by(Conversation.created_at.desc(), Conversation.ordinal.desc()).first()[0])

    async def joins(self) -> None:
        """Take the newest conversation from the bot."""
        await self.counter.join(self.officer, self.newest())

    async def claims(self) -> None:
        """Take the newest conversation from the queue."""
        await self.counter.claim(self.officer, self.newest())

    async def says(self, text: str) -> None:
        """Reply in the newest conversation."""
        self._sent += 1
        await self.counter.reply(self.officer, self.newest(), text, f"reply-{self._sent}")

    def types(self) -> None:
        """Be seen typing in the newest conversation."""
        with self._database.session() as session:
            conversation = session.get(Conversation, self.newest())
            self._record.tell(Typing(conversation.id, threads.address_of(conversation), "staff", self.officer.name, True))

    async def hands_back(self) -> None:
        """Give the newest conversation back to the bot."""
        await self.counter.hand_back(self.officer, self.newest())

    async def closes(self) -> None:
        """Close the newest conversation."""
        await self.counter.close(self.officer, self.newest(), "solved")


@dataclass
class Site:
    """A gateway, a page of another origin that embeds its widget, and a browser.

    Attributes:
        errors: what the pages wrote to the console as an error, and exceptions nobody caught.
        requests: the address of every request that a page made.
        officers: who has come to work.
    """

    gateway: Gateway
    host: HostPage
    browser: Browser
    errors: list[str]
    requests: list[str]
    officers: list[Desk] = field(default_factory=list)

    async def page(self, **context: Any) -> Page:
        """A page in a context of its own, which is a device of its own."""
        opened = await self.browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1280, "height": 800}, **context})
        return await self.tab(opened)

    async def tab(self, context: Any) -> Page:
        """One more tab of a device."""
        page: Page = await context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)
        page.on("request", lambda request: self.requests.append(request.url))
        return page

    async def widget(self, page: Page | None = None, query: str = "", **context: Any) -> Widget:
        """The widget on the embedding page, still closed."""
        page = page or await self.page(**context)
        await page.goto(f"{self.host.origin}/{query}")
        widget = Widget(page)
        await widget.launcher.wait_for()
        return widget

    async def opened(self, page: Page | None = None, query: str = "", **context: Any) -> Widget:
        """The widget with its window open."""
        widget = await self.widget(page, query, **context)
        await widget.open()
        return widget

    def officer(self, name: str = "Wang Fang") -> Desk:
        """An officer."""
        self.officers.append(Desk(self.gateway, name))
        return self.officers[-1]


StartSite = Callable[..., Awaitable[Site]]


@pytest.fixture
async def start_site(browser: Browser, tmp_path: Path, migrated_sqlite: Path) -> AsyncIterator[StartSite]:
    """Starts a site: `await start_site(script, parts=…, **settings)`; what it writes lies in `tmp_path`, and of further ones below."""
    numbers = itertools.count(1)
    async with AsyncExitStack() as stack:

        async def start(script: Script = conversation, parts: Parts = PARTS, **settings: Any) -> Site:
            number = next(numbers)
            folder = tmp_path if number == 1 else tmp_path / f"site-{number}"
            folder.mkdir(exist_ok=True)
            shutil.copy(migrated_sqlite, folder / "permits.db")
            host = HostPage()
            await host.server.start_server()
            stack.push_async_callback(host.server.close)
            chosen = replace(Settings(data_dir=folder, demo=False, allowed_origins=frozenset({host.origin})), **settings)
            gateway = await stack.enter_async_context(running(chosen, script, parts))
            host.gateway = gateway.url("").rstrip("/")
            return Site(gateway, host, browser, [], [])

        yield start


@pytest.fixture
async def site(start_site: StartSite) -> Site:
    """A site whose assistant speaks the lines of `tests.browser.scripts`."""
    return await start_site()
