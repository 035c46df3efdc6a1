"""One's own data in the window, with the keyboard: seen, taken out after proof, erased with a receipt, and gone from every tab."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from async_timeout import timeout
from playwright.async_api import Error, Page, Response, expect

from bot.app import DATABASE
from bot.conversations.models import Conversation
from bot.permits import demo
from bot.permits.numbers import masked
from tests.browser import axe
from tests.browser.cards_page import status
from tests.browser.conftest import StartSite
from tests.browser.widget import Widget, focused, overflow, tab_to
from tests.gateway import answer, reply
from tests.project import answers

_TOKEN = "permit-assistant.token"


async def test_own_data_is_seen_taken_out_and_erased_after_proof(start_site: StartSite) -> None:
    shown: dict[str, Any] = {}

    async def script(message: dict[str, Any]) -> Any:
        if message["message"] != "status":
            return answer(reply(f"echo: {message['message']}"))
        found = status(answers(), "en")
        found["card"]["applications"][0]["number"] = masked(shown["number"])
        return answer(found)

    site = await start_site(script)
    with site.gateway.server.app[DATABASE].session() as session:
        demo.fill(session, date.today())
        shown.update(demo.examples(session)[0])
    widget = await site.opened()
    await widget.asks("status", "…")
    other = await site.opened(await site.tab(widget.page.context))
    await other.sees("…")

    await widget.menu("My data")
    await expect(widget.window.get_by_text("Kept by the service:")).to_be_visible()
    await expect(widget.window.get_by_role("region").get_by_text("What you write here")).to_be_visible()
    assert await axe.violations(widget.page) == [] and await overflow(widget.page) == []
    await tab_to(widget.page, "Give me my data")
    await widget.page.keyboard.press("Enter")
    assert (await focused(widget.page)).startswith("An application was shown here.")
    await prove(widget, shown["number"], "1901-01-01", "Go on")
    await expect(widget.window.get_by_role("alert")).to_contain_text("Nothing was given out or erased")
    assert await axe.violations(widget.page) == []
    await prove(widget, shown["number"], shown["date_of_birth"], "Go on")
    await expect(widget.window.get_by_text("Ready")).to_be_focused()
    for ending, holds in (("txt", "    status"), ("json", '"receipt"')):
        async with widget.page.expect_download() as download:
            await widget.window.get_by_role("button", name=f".{ending}").click()
        text = Path(await (await download.value).path()).read_text(encoding="utf-8-sig" if ending == "txt" else "utf-8")
        assert holds in text and (ending == "txt" or json.loads(text)["conversations"])

    await widget.button("Back to the conversation").click()
    await widget.menu("My data")
    await expect(widget.button("Erase me")).to_be_visible()
    await tab_to(widget.page, "Erase me")
    await widget.page.keyboard.press("Enter")
    assert (await focused(widget.page)).startswith("Everything said here is erased at once")
    assert await axe.violations(widget.page) == []
    await tab_to(widget.page, "Do not erase")
    await widget.page.keyboard.press("Enter")
    await widget.button("Erase me").click()
    await prove(widget, shown["number"], shown["date_of_birth"], "Erase everything")
    await expect(widget.window.get_by_text("Erased on")).to_be_focused()
    await expect(widget.window.get_by_text("Not erased: the authority’s register")).to_be_visible()
    assert await axe.violations(widget.page) == []
    async with widget.page.expect_download() as download:
        await widget.button("Save the receipt").click()
    assert "Receipt" in Path(await (await download.value).path()).read_text(encoding="utf-8-sig")
    for each in (widget, other):
        await expect(each.bubbles).to_have_count(0)
    assert await widget.storage() == {}
    with site.gateway.server.app[DATABASE].session() as session:
        assert session.query(Conversation).count() == 0 and demo.examples(session)[0] == shown
    assert site.errors == []


async def prove(widget: Widget, number: str, born: str, then: str) -> None:
    """Give a number and a date of birth."""
    await widget.window.get_by_label("Number").fill(number)
    await widget.window.get_by_label("Date of birth").fill(born)
    await widget.button(then).click()


async def test_tab_whose_session_is_taken_off_the_device_puts_no_new_one_there(start_site: StartSite) -> None:
    """Another tab erases, and what it removes is heard before the service says so."""
    site = await start_site()
    page = await site.page()
    heard = _heard(page)
    widget = await site.opened(page)
    await widget.asks("hello", "echo: hello")
    # A page of the same origin in which no widget greets at this moment and writes down its session again.
    other = await site.tab(page.context)
    await other.goto(f"{site.host.origin}/page.css")
    token = await other.evaluate(f"localStorage.getItem('{_TOKEN}')")
    before = len(heard)
    await other.evaluate("Object.keys(localStorage).forEach((name) => localStorage.removeItem(name))")
    # The answer to the greeting of a new session.
    async with timeout(60):
        while not any("session_id" in each for each in heard[before:]):
            await asyncio.sleep(0.05)
    await expect(widget.bubbles).to_have_count(0)
    assert await widget.storage() == {}
    # A tab that is late puts back what was there; nobody goes on with it.
    await other.evaluate(f"(token) => localStorage.setItem('{_TOKEN}', token)", token)
    await widget.asks("again", "echo: again")
    assert await widget.texts() == ["again", "echo: again"] and (await widget.storage())[_TOKEN] != token


def _heard(page: Page) -> list[str]:
    """What the service says to the page from now on, whichever way."""
    heard: list[str] = []

    async def polled(response: Response) -> None:
        if "transport=polling" in response.url:
            with suppress(Error):
                heard.append(await response.text())

    page.on("websocket", lambda line: line.on("framereceived", lambda frame: heard.append(str(frame))))
    page.on("response", polled)
    return heard
