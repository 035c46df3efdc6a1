"""What `docs/embedding.md` promises, on a page of another origin with the policy that stands there."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, expect

from bot.answers import Answers
from bot.answers.station_card import public_stations
from bot.network import Proxies
from bot.settings import ROOT
from tests.browser import cards_page
from tests.browser.conftest import HOST_PAGE, Site, StartSite
from tests.browser.widget import CHINESE, Widget
from tests.gateway import PARTS, Script, answer

RECIPE = (ROOT / "docs" / "embedding.md").read_text(encoding="utf-8")
GATEWAY = "help.example.gov.cn"
_WATCH = """window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => violations.push(`${event.violatedDirective} ${event.blockedURI}`));
window.print = () => { top.printed = document.body.innerText; };"""


def policy() -> str:
    """The policy of the recipe, with places for a gateway that is not encrypted."""
    found = re.search(r"^default-src .*$", RECIPE, re.M)
    assert found is not None
    return found[0].replace(f"wss://{GATEWAY}", "{socket}").replace(f"https://{GATEWAY}", "{origin}")


def cards_of(answers: Answers) -> Script:
    """An assistant that answers with a checklist, or with stations."""

    async def speak(message: dict[str, Any]) -> Any:
        made = cards_page.stations_near if "where" in message["message"] else cards_page.checklist
        return answer(made(answers, "en"))

    return speak


async def embedded(site: Site, query: str = "", **context: Any) -> Widget:
    """The widget on the page, whose breaches of its own policy are written down."""
    page = await site.page(**context)
    await page.add_init_script(_WATCH)
    return await site.widget(page, query)


async def test_everything_works_under_the_policy_of_the_recipe(start_site: StartSite, answers: Answers) -> None:
    parts = replace(PARTS, stations=lambda language: public_stations(answers, language))
    site = await start_site(cards_of(answers), parts)
    site.host.policy = policy()
    here = {"latitude": 22.5405, "longitude": 114.0571}
    widget = await embedded(site, geolocation=here, permissions=["geolocation"])
    page = widget.page
    assert await widget.storage() == {}
    await widget.open()
    assert await widget.storage() == {}
    await widget.asks("which materials", "New permit, over 90 days")
    passport = widget.log.get_by_role("checkbox", name="Passport or travel document")
    await passport.check()
    await widget.button("Print or save as PDF").click()
    await page.wait_for_function("window.printed?.includes('外国人工作许可申请材料清单')")
    await widget.asks("where is it", "Zhaoshang")
    await widget.button("Use my position").click()
    await expect(widget.log.get_by_text("Nearest to you, as the crow flies", exact=True)).to_be_visible()
    await widget.button("Show to a driver").first.click()
    await expect(page.locator("dialog.driver .address")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("dialog.driver")).to_have_count(0)
    await expect(widget.window).to_be_visible()
    async with page.expect_download():
        await widget.menu("Save the conversation")
    await page.reload()
    await widget.window.wait_for()
    await expect(passport).to_be_checked()
    kept = await widget.storage()
    assert all(name.startswith("permit-assistant.") for name in kept) and "22.5" not in str(kept)
    assert await page.context.cookies() == []
    assert await page.evaluate("violations") == []
    assert site.errors == []
    own = (site.host.origin, site.gateway.url("").rstrip("/"), "blob:")
    assert [address for address in site.requests if not address.startswith(own)] == []


async def test_attributes_of_the_recipe_do_what_it_says(site: Site) -> None:
    assert {"data-language", "data-position", "data-theme", "data-open"} == set(re.findall(r"^\| `(data-\w+)`", RECIPE, re.M))
    page = await site.page(viewport={"width": 1280, "height": 800})
    await page.goto(f"{site.host.origin}/?language=zh&position=left&theme=dark&open")
    widget = Widget(page, CHINESE)
    await widget.window.wait_for()
    box = await widget.window.bounding_box()
    assert box is not None and box["x"] < 100
    assert await widget.window.evaluate("(each) => getComputedStyle(each).backgroundColor") == "rgb(18, 22, 27)"
    await page.evaluate("document.querySelector('permit-assistant').hide()")
    await expect(widget.window).to_be_hidden()
    await page.evaluate("document.querySelector('permit-assistant').show()")
    await expect(widget.window).to_be_visible()
    assert site.errors == []


async def test_page_that_is_not_listed_is_told_so_and_stores_nothing(start_site: StartSite) -> None:
    site = await start_site(allowed_origins=frozenset())
    widget = await site.opened()
    await widget.say("hello")
    await expect(widget.notice).to_contain_text("does not answer this page")
    await expect(widget.notice.get_by_role("link", name="0755-88121678")).to_be_visible()
    assert site.gateway.rasa.asked == []


async def _through(request: web.Request, gateway: str) -> web.StreamResponse:
    """Pass a request on as a proxy without WebSockets does."""
    if request.headers.get("Upgrade"):
        return web.Response(status=426)
    passed = {name: value for name, value in request.headers.items() if name in ("Origin", "Content-Type", "Accept-Encoding")}
    passed |= {"X-Forwarded-Host": request.host, "X-Forwarded-Proto": request.scheme, "X-Forwarded-For": request.remote or ""}
    address = f"{gateway}/{request.match_info['path']}?{request.query_string}"
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.request(request.method, address, data=await request.read(), headers=passed) as reply,
    ):
        back = {name: value for name, value in reply.headers.items() if name not in ("Transfer-Encoding", "Content-Length", "Connection")}
        return web.Response(status=reply.status, body=await reply.read(), headers=back)


@pytest.fixture
async def proxied(start_site: StartSite, answers: Answers) -> Any:
    """A site, and the address of a page on the origin of a proxy that serves the gateway under `/help/`."""
    site = await start_site(cards_of(answers), trusted_proxies=Proxies.parse("127.0.0.1"), allowed_origins=frozenset())
    app = web.Application()

    async def page(_request: web.Request) -> web.Response:
        text = HOST_PAGE.format(language="en", origin="/help", attributes="", more="", body="")
        return web.Response(text=text, content_type="text/html")

    async def style(_request: web.Request) -> web.Response:
        return web.Response(text="", content_type="text/css")

    async def passing(request: web.Request) -> web.StreamResponse:
        return await _through(request, site.gateway.url("").rstrip("/"))

    app.router.add_get("/", page)
    app.router.add_get("/page.css", style)
    app.router.add_route("*", "/help/{path:.*}", passing)
    server = TestServer(app)
    await server.start_server()
    yield site, str(server.make_url("/"))
    await server.close()


async def test_gateway_under_a_path_serves_widget_cards_and_print_page(proxied: tuple[Site, str]) -> None:
    site, address = proxied
    page: Page = await site.page()
    await page.add_init_script(_WATCH)
    await page.goto(address)
    widget = await Widget(page).open()
    await widget.asks("where is it", "Zhaoshang")
    await widget.asks("which materials", "New permit, over 90 days")
    await widget.button("Print or save as PDF").click()
    await page.wait_for_function("window.printed?.includes('外国人工作许可申请材料清单')")
    assert {address for address in site.requests if "/help/" not in address} <= {address, f"{address}page.css"}
