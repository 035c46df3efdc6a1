"""The widget for people who use a keyboard, a screen reader, large text, a small screen, or few colours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import Site, StartSite
from tests.browser.widget import CHINESE, Widget, focused, overflow
from tests.browser.widget_states import STATES, answered, failed, nothing, queued, scrolled_up, with_cards, with_officer
from tests.gateway import CLOSED, PARTS, FakePresence, answer, desk, reply

LONG = "\n\n".join(f"Paragraph {number}. " + "word " * 40 for number in range(12))

pytestmark = pytest.mark.usefixtures("node")


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
@pytest.mark.parametrize("look", ["light", "dark"])
async def test_axe_finds_nothing(site: Site, state: Callable[[Widget, Site], Awaitable[None]], look: Any) -> None:
    widget = await site.opened(color_scheme=look)
    await state(widget, site)
    assert await violations(widget.page) == []


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
async def test_nothing_is_lost_at_320_pixels(site: Site, state: Callable[[Widget, Site], Awaitable[None]]) -> None:
    widget = await site.opened(viewport={"width": 320, "height": 640})
    await state(widget, site)
    assert await overflow(widget.page) == []
    assert await violations(widget.page) == []


async def test_axe_finds_nothing_while_closed_loading_or_broken(start_site: StartSite) -> None:
    site = await start_site()
    widget = await site.widget()
    assert await violations(widget.page) == []
    await widget.page.context.set_offline(True)
    await widget.launcher.click()
    await widget.page.get_by_role("alert").filter(has_text="could not be loaded").wait_for()
    assert await violations(widget.page) == []


@pytest.mark.parametrize(
    ("query", "look", "dark"), [("", "dark", True), ("", "light", False), ("?theme=light", "dark", False), ("?theme=dark", "light", True)]
)
async def test_what_could_not_be_loaded_is_said_in_the_colours_of_the_window(site: Site, query: str, look: Any, dark: bool) -> None:
    widget = await site.widget(query=query, color_scheme=look)
    await widget.page.context.set_offline(True)
    await widget.launcher.click()
    told = widget.page.get_by_role("alert").filter(has_text="could not be loaded")
    await expect(told).to_have_css("background-color", "rgb(27, 33, 40)" if dark else "rgb(255, 255, 255)")
    assert await violations(widget.page) == []


async def test_axe_finds_nothing_in_chinese_outside_hours_or_where_the_page_is_refused(start_site: StartSite) -> None:
    parts = replace(PARTS, desk=desk(FakePresence(), clock=lambda: CLOSED))
    site = await start_site(parts=parts, allowed_origins=frozenset())
    page = await site.page(locale="zh-CN")
    widget = Widget((await site.widget(page, "?lang=zh")).page, CHINESE)
    await widget.open()
    await expect(widget.notice).to_contain_text("无法响应本页面")
    assert await violations(page) == []


@pytest.mark.parametrize("size", ["Normal text", "Largest text"])
async def test_400_percent_zoom_loses_nothing(start_site: StartSite, size: str) -> None:
    async def long(message: dict[str, Any]) -> Any:
        return answer(reply("First of all.\n\n" + LONG, quick_replies=[{"title": "Residence permit", "payload": "/residence_permit"}]))

    site = await start_site(long)
    # 1280 by 1024 at 400 %.
    widget = await site.opened(viewport={"width": 320, "height": 256})
    assert await overflow(widget.page) == []
    await widget.button("Menu").click()
    await widget.window.get_by_role("button", name=size).click()
    assert await overflow(widget.page) == []
    await widget.page.keyboard.press("Escape")
    await widget.asks("tell me", "First of all.")
    assert await overflow(widget.page) == []
    for name in ("Show all", "Residence permit", "Talk to a person", "Close", "Menu"):
        await widget.button(name).focus()
        await expect(widget.button(name)).to_be_in_viewport(ratio=0.9)
        box = await widget.button(name).bounding_box()
        assert box
        # Nothing lies over it.
        hit = await widget.page.evaluate(
            "([x, y]) => document.querySelector('permit-assistant').shadowRoot.elementFromPoint(x, y)?.closest('button')?.textContent",
            [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2],
        )
        assert hit == await widget.button(name).text_content(), name
    await widget.box.focus()
    await expect(widget.box).to_be_in_viewport()


async def test_phone_gets_a_full_screen_that_holds_the_keyboard_back_from_the_box(site: Site) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
    widget = await site.widget(await site.page(**phone))
    await widget.launcher.tap()
    await widget.settled()
    assert await widget.window.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    # The phone keyboard does not jump up before somebody wants to write.
    assert await focused(widget.page) == "title"
    # What is behind cannot be reached.
    assert not await widget.page.get_by_text("Another page").evaluate("(each) => { each.focus(); return document.activeElement === each; }")
    await widget.page.evaluate(
        """() => {
          const view = window.visualViewport;
          Object.defineProperty(view, "height", { get: () => 400 });
          Object.defineProperty(view, "offsetTop", { get: () => 60 });
          view.dispatchEvent(new Event("resize"));
        }"""
    )
    assert await widget.window.bounding_box() == {"x": 0, "y": 60, "width": 390, "height": 400}
    await widget.box.tap()
    await widget.say("one")
    await widget.sees("echo: one")
    await expect(widget.box).to_be_in_viewport()


async def test_motion_stops_for_who_asks_for_it(site: Site) -> None:
    moving = "document.querySelector('permit-assistant').shadowRoot.getAnimations().length"
    for wish, expected in (("no-preference", 3), ("reduce", 0)):
        widget = await site.opened(reduced_motion=wish)
        await with_officer(widget, site)
        # The three dots of whoever is typing.
        assert await widget.page.evaluate(moving) == expected


async def test_forced_colours_keep_edges_and_states(site: Site) -> None:
    widget = await site.opened(forced_colors="active")
    await with_officer(widget, site)
    borders = await widget.log.locator(".bubble").evaluate_all("(all) => all.map((each) => getComputedStyle(each).borderTopStyle)")
    assert set(borders) == {"solid"}


async def test_button_never_covers_the_pages_own_controls(site: Site) -> None:
    widget = await site.widget(query="?bar=1")
    accept = widget.page.get_by_role("button", name="Accept")
    await accept.click()
    button, other = await widget.launcher.bounding_box(), await accept.bounding_box()
    assert button and other and button["y"] + button["height"] <= other["y"]


async def test_last_control_of_a_long_page_can_be_scrolled_free(site: Site) -> None:
    widget = await site.widget(query="?tall=1")
    await widget.page.evaluate("document.querySelector('#last').style.cssText = ''; window.scrollTo(0, document.body.scrollHeight)")
    last = widget.page.get_by_role("button", name="Last of the page")
    await expect(last).to_be_in_viewport()
    button, other = await widget.launcher.bounding_box(), await last.bounding_box()
    assert button and other and other["y"] + other["height"] <= button["y"]


async def test_targets_are_large_enough_to_touch(site: Site) -> None:
    widget = await site.opened(viewport={"width": 390, "height": 844})
    await widget.asks("What is the fee?", "no fee")
    small = await widget.window.locator("button:visible").evaluate_all(
        "(all) => all.map((each) => [each.textContent || each.ariaLabel, each.getBoundingClientRect()])"
        ".filter(([, box]) => box.width < 24 || box.height < 24).map(([name]) => name)"
    )
    assert small == []


async def test_reader_further_up_stays_there_and_is_told_how_much_is_new(site: Site) -> None:
    widget = await site.opened()
    await scrolled_up(widget, site)
    assert await widget.log.evaluate("(each) => each.scrollTop") == 0
    await widget.button("1 new message").click()
    await expect(widget.log.get_by_text("Good morning.")).to_be_in_viewport()
    await expect(widget.button("1 new message")).to_be_hidden()


@pytest.mark.parametrize("size", ["Large text", "Largest text"])
async def test_larger_text_enlarges_everything_and_is_never_cut_off(site: Site, size: str) -> None:
    widget = await site.opened()
    await widget.asks("What is the fee?", "no fee")
    before = await widget.bubbles.last.evaluate("(each) => parseFloat(getComputedStyle(each).fontSize)")
    await widget.button("Menu").click()
    await widget.window.get_by_role("button", name=size).click()
    await widget.page.keyboard.press("Escape")
    after = await widget.bubbles.last.evaluate("(each) => parseFloat(getComputedStyle(each).fontSize)")
    assert after == before * {"Large text": 1.25, "Largest text": 1.5}[size]
    assert await widget.box.evaluate("(each) => each.scrollHeight <= each.clientHeight")
    assert await overflow(widget.page) == []


# What WCAG 1.4.12 asks for.
SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-bottom: 2em !important }"""


@pytest.mark.parametrize("state", [nothing, answered, queued, failed, with_cards], ids=lambda state: state.__name__)
async def test_wider_text_spacing_cuts_nothing_off(site: Site, state: Callable[[Widget, Site], Awaitable[None]]) -> None:
    widget = await site.opened(viewport={"width": 320, "height": 640})
    await state(widget, site)
    await widget.host.evaluate(
        "(each, css) => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css); each.shadowRoot.adoptedStyleSheets.push(sheet); }",
        SPACED,
    )
    assert await overflow(widget.page) == []
    cut = await widget.window.locator("button:visible, summary:visible, .bubble:visible, h2, h3:visible").evaluate_all(
        "(all) => all.filter((each) => each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1)"
        ".filter((each) => each.clientWidth).map((each) => each.outerHTML.slice(0, 120))"
    )
    assert cut == []
