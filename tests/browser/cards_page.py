"""A page of our own that shows cards as the widget does: in a shadow root, with real texts, styles and stations."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import time_machine
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, Page

from bot.answers import Answers
from bot.answers.station_card import public_stations
from bot.catalogue.profile import Profile
from bot.channels.home import Example, HomePage
from bot.channels.static_files import StaticFiles
from bot.channels.widget import WidgetFiles
from bot.http import Edge
from bot.i18n import Texts
from bot.languages import Language
from bot.metrics import Metrics
from tests import project

HOTLINE = "0755-88121678"
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Cards</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="/page.css"><script type="module" src="/page.js"></script></head>
<body><main><h1>Cards</h1><h2>One card</h2><test-card></test-card><p id="said" role="status"></p></main></body></html>"""
_STYLE = """html, body { margin: 0 } main { max-width: 376px; padding: 12px; } h1, h2 { font-size: 1rem; }
@media (prefers-color-scheme: dark) { html { background: #12161b; color: #eef1f4 } }"""
# The tokens of the widget, so that the cards stand on what they will stand on.
_TOKENS = """:host { display: block;
--surface: #fff; --raised: #f5f7f9; --line: #d9dfe5; --text: #15191e; --muted: #55606c; --accent: #0b5cad;
--on-accent: #fff; --positive: #1b7a43; --caution: #8a5a00; --negative: #b3261e; --radius: 10px;
font: 16px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; color: var(--text); }
@media (prefers-color-scheme: dark) { :host { --surface: #12161b; --raised: #1b2128; --line: #333c46; --text: #eef1f4; --muted: #a3aebb;
--accent: #6cb2ff; --on-accent: #12161b; --positive: #6bd49a; --caution: #f2c14e; --negative: #ff8f86; } }"""
_SCRIPT = """
import { lead, render } from "/static/widget/cards/index.js";
const host = document.querySelector("test-card");
const root = host.attachShadow({ mode: "open" });
const sheets = await Promise.all(["/static/widget/cards/cards.css", "/tokens.css"].map(async (path) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(await (await fetch(path)).text());
  return sheet;
}));
root.adoptedStyleSheets = sheets;
window.emitted = [];
window.announced = [];
window.answer = { ok: true };
window.lead = lead;
window.show = async (card, language, options = {}) => {
  const texts = await (await fetch(`/widget/texts/${language}.json`)).json();
  const element = render(card, {
    t: (key, params = {}) => {
      if (!(key in texts)) throw new Error(key);
      return texts[key].replace(/\\{(\\w+)\\}/g, (_, name) => params[name] ?? "");
    },
    language, phone: "0755-88121678", send: () => {},
    emit: async (event, body) => {
      window.emitted.push({ event, body });
      if (window.answer === "lost") throw new Error("lost");
      return window.answer;
    },
    message: { metadata: { id: "message-1", ...options.metadata } },
    announce: (text) => { window.announced.push(text); document.getElementById("said").textContent = text; },
  });
  root.replaceChildren(...(element ? [element] : []));
  window.card = element;
  document.documentElement.lang = language;
  return element !== null;
};
window.nearest = (await import("/static/widget/cards/nearest.js")).nearest;
document.body.dataset.ready = "yes";
"""


@asynccontextmanager
async def running(answers: Answers) -> AsyncIterator[str]:
    """The page's address, served with the gateway's own headers."""
    texts = Texts.load()
    app = web.Application()
    Edge(texts, Metrics()).attach(app)

    async def nothing_invented() -> list[Example]:
        return []

    for door in (
        HomePage(texts, HOTLINE, False, lambda language: public_stations(answers, language), nothing_invented, lambda: True),
        StaticFiles(),
        WidgetFiles(texts, HOTLINE),
    ):
        app.add_routes(door.routes())

    def serve(path: str, body: str, kind: str) -> None:
        headers = {"Permissions-Policy": "geolocation=(self)"}

        async def answer(_request: web.Request) -> web.Response:
            return web.Response(text=body, content_type=kind, headers=headers)

        app.router.add_get(path, answer)

    serve("/cards", _PAGE, "text/html")
    serve("/page.js", _SCRIPT, "text/javascript")
    serve("/page.css", _STYLE, "text/css")
    serve("/tokens.css", _TOKENS, "text/css")
    server = TestServer(app)
    await server.start_server()
    try:
        yield str(server.make_url("/"))
    finally:
        await server.close()


def checklist(answers: Answers, language: Language, kind: str = "new_abroad", category: str = "B", **known: str) -> dict[str, Any]:
    """A checklist as it is answered."""
    known = known or {"nationality": "US", "degree_country": "GB"}
    reply = answers.replies("utter_checklist", language, {"profile": Profile(kind, category, known).to_dict()})[0]
    return json.loads(json.dumps(reply))


def stations_near(answers: Answers, language: Language, name: str = "Shekou", matter: str | None = None) -> dict[str, Any]:
    """Stations near a place as they are answered."""
    place = answers.catalogue.places.find(name).place
    assert place is not None
    reply = answers.replies("utter_stations_near", language, {"place": place.key, "matter": matter})[0]
    return json.loads(json.dumps(reply))


def station(answers: Answers, language: Language, key: str = "civic_center") -> dict[str, Any]:
    """One station as it is answered."""
    return json.loads(json.dumps(answers.replies("utter_station", language, {"station": key})[0]))


def application(stage: str, *before: tuple[str, str], since: str, **changes: Any) -> dict[str, Any]:
    """An application as a look-up gives it."""
    return {
        "number": "…4021",
        "application_type": "extension",
        "category": "B",
        "stage": stage,
        "since": f"{since}T03:00:00+00:00",
        "history": [{"stage": name, "at": f"{day}T03:00:00+00:00"} for name, day in (*before, (stage, since))],
        "collect_at": None,
        "submitted_at": None,
        "accepted_at": None,
        "decided_at": None,
        "valid_until": None,
        **changes,
    }


def status(answers: Answers, language: Language) -> dict[str, Any]:
    """Two applications of one holder as they are answered."""
    running = application(
        "under_examination",
        ("submitted", "2026-11-16"),
        ("returned", "2026-11-17"),
        ("submitted", "2026-11-18"),
        ("pre_review_passed", "2026-11-19"),
        ("accepted", "2026-11-20"),
        since="2026-11-23",
        submitted_at="2026-11-18T03:00:00+00:00",
        accepted_at="2026-11-20T03:00:00+00:00",
        collect_at="guiyuan",
    )
    held = application(
        "in_force",
        ("submitted", "2025-02-03"),
        ("approved", "2025-02-20"),
        since="2025-03-02",
        number="…1188",
        application_type="new_abroad",
        valid_until="2027-03-01",
    )
    params = {"result": {"outcome": "found", "applications": [running, held]}}
    # While the one is decided on and the other is valid.
    with time_machine.travel("2026-11-24T02:00:00+00:00", tick=False):
        return json.loads(json.dumps(answers.replies("utter_status", language, params)[0]))


def handoff(phase: str, language: Language, **changes: Any) -> dict[str, Any]:
    """A hand-off card as the desk makes it."""
    hours = {
        "en": "Mon–Fri 09:00–12:00, 14:00–17:45, closed on public holidays",
        "zh": "周一至周五9:00–12:00、14:00–17:45，法定节假日不办公",
    }
    return {
        "type": "handoff",
        "phase": phase,
        "language": language,
        "reason": "asked",
        "position": 2,
        "expected_wait_s": 360,
        "within_hours": True,
        "officers_ready": 2,
        "can_wait": True,
        "hours": hours[language],
        "next_open": None,
        "phone": HOTLINE,
        "station": {"key": "civic_center", "name": "Civic Center"},
        **changes,
    }


@pytest.fixture(scope="session")
def answers() -> Answers:
    """What the assistant knows and says."""
    return project.answers()


@pytest.fixture
async def address(answers: Answers) -> AsyncIterator[str]:
    """The page's address."""
    async with running(answers) as base:
        yield base


class Cards:
    """A page with one card."""

    def __init__(self, page: Page, context: BrowserContext, errors: list[str]) -> None:
        self.page, self.context, self.errors = page, context, errors

    async def show(self, card: dict[str, Any], language: Language = "en", **metadata: Any) -> bool:
        """Show a card; whether it is one that is known."""
        shown = await self.page.evaluate("([card, language, metadata]) => show(card, language, { metadata })", [card, language, metadata])
        return bool(shown)

    @property
    async def overflow(self) -> int:
        """By how many pixels the page is wider than the screen."""
        return int(await self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.fixture
async def open_cards(browser: Browser, address: str) -> AsyncIterator[Any]:
    """Opens the page on a device of its own: `await open_cards(viewport=…)`; afterwards nothing may stand in the console."""
    errors: list[str] = []

    async def open_page(**options: Any) -> Cards:
        context = await browser.new_context(**{"viewport": {"width": 400, "height": 800}, "locale": "en-GB", **options})
        await context.add_init_script("window.print = () => { window.printed = true; };")
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console", lambda line: errors.append(line.text) if line.type == "error" and "favicon" not in line.location["url"] else None
        )
        await page.goto(f"{address}cards")
        await page.wait_for_selector("body[data-ready]")
        return Cards(page, context, errors)

    yield open_page
    assert errors == []


def every_card(answers: Answers, language: Language) -> dict[str, dict[str, Any]]:
    """A card of every kind and state, as the assistant and the desk make them, by what it is."""
    closed = {"can_wait": False, "within_hours": False, "position": None, "expected_wait_s": None}
    return {
        "checklist": checklist(answers, language)["card"],
        "stations": stations_near(answers, language)["card"],
        "station": station(answers, language)["card"],
        "status": status(answers, language)["card"],
        "offer": handoff("offer", language),
        "away": handoff("offer", language, **closed, next_open="2026-11-26T01:00:00+00:00"),
        "queued": handoff("queued", language),
        "rating": {"type": "rating", "scale": 5},
    }
