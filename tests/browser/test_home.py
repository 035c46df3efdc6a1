"""The page at `/` in a browser: what it says in both languages, how it stands to axe and narrow screens, and its widget."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from playwright.async_api import Page, expect

from bot.app import DATABASE
from bot.permits import demo
from tests.browser import axe
from tests.browser.conftest import Site, StartSite
from tests.browser.widget import CHINESE, Widget

DEMONSTRATION = "Demonstration with invented applications"


async def home(site: Site, **context: Any) -> Page:
    """The page, with the widget's button on it."""
    page = await site.page(**context)
    await page.goto(site.gateway.url(""))
    await page.locator("permit-assistant[ready]").wait_for(state="attached")
    return page


def fill(site: Site) -> list[dict[str, str]]:
    """Put the invented applications into the site's database; returns the examples among them."""
    with site.gateway.server.app[DATABASE].session() as session:
        demo.fill(session, date(2026, 11, 27))
        return demo.examples(session)


async def test_demonstration_is_named_first_and_shows_what_can_be_looked_up(start_site: StartSite) -> None:
    site = await start_site(demo=True)
    examples = fill(site)
    page = await home(site)
    assert (await page.inner_text("body")).startswith(DEMONSTRATION)
    await expect(page.get_by_role("note")).to_contain_text("演示系统，申请数据均为虚构")
    rows = page.get_by_role("region", name="Trying it out").get_by_role("listitem")
    assert len(examples) == 3
    for row, example in zip(await rows.all_inner_texts(), examples, strict=True):
        born = date.fromisoformat(example["date_of_birth"])
        assert example["number"] in row
        assert f"born {born.day} {born:%b} {born.year}" in row and f"出生日期{born.year}年{born.month}月{born.day}日" in row
    assert site.errors == []


async def test_demonstration_without_applications_offers_none(start_site: StartSite) -> None:
    page = await home(await start_site(demo=True))
    await expect(page.get_by_role("note")).to_contain_text(DEMONSTRATION)
    await expect(page.get_by_role("region", name="Trying it out")).to_have_count(0)


async def test_real_service_says_nothing_of_a_demonstration_and_hides_what_is_invented(start_site: StartSite) -> None:
    site = await start_site(demo=False)
    examples = fill(site)
    page = await home(site)
    text = await page.inner_text("body")
    assert "emonstration" not in text and "演示" not in text and "虚构" not in text
    assert not [each for each in examples if each["number"] in text]
    assert await page.locator("meta[name=robots]").count() == 0


async def test_page_without_a_database_is_shown_without_examples(start_site: StartSite) -> None:
    site = await start_site(demo=True)
    with site.gateway.server.app[DATABASE].session() as session:
        session.connection().exec_driver_sql("DROP TABLE stage_history")
        session.connection().exec_driver_sql("DROP TABLE applications")
    page = await home(site)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Work permit help, Shenzhen")
    await expect(page.get_by_role("region", name="Trying it out")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
async def test_page_is_clean_for_axe_and_fits(start_site: StartSite, scheme: str, width: int) -> None:
    site = await start_site(demo=True)
    fill(site)
    page = await home(site, viewport={"width": width, "height": 640}, color_scheme=scheme)
    assert await axe.violations(page, "html") == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_large_button_opens_the_window_and_the_keyboard_reaches_it(site: Site) -> None:
    page = await home(site)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Ask the assistant")).to_be_focused()
    await page.keyboard.press("Enter")
    widget = Widget(page)
    await expect(widget.box).to_be_focused()
    await widget.asks("what is the fee", "no fee")
    assert site.errors == []


async def test_reader_of_chinese_gets_a_chinese_window(site: Site) -> None:
    page = await home(site, locale="zh-CN")
    await page.get_by_role("button", name="开始咨询").click()
    await Widget(page, CHINESE).window.wait_for()


async def test_line_to_embed_names_this_server_and_can_be_copied(site: Site) -> None:
    page = await home(site, permissions=["clipboard-read", "clipboard-write"])
    line = f'<script src="{site.gateway.url("/widget.js")}" defer></script>'
    await expect(page.locator("#snippet")).to_have_text(line)
    await page.get_by_role("button", name="Copy").click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == line


async def test_page_without_script_still_says_whom_to_call(site: Site) -> None:
    page = await site.page(java_script_enabled=False)
    answer = await page.goto(site.gateway.url(""))
    # The browser that tests drive does not show what it has switched off itself.
    assert answer is not None and "<noscript><p>The chat window needs JavaScript." in await answer.text()
    await expect(page.get_by_role("link", name="0755-88121678").first).to_be_visible()
