"""The widget for people who use a keyboard, a screen reader, large text, a small screen, or few colours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import Site, StartSite
from tests.browser.widget import CHINESE, Widget
from tests.gateway import CLOSED, PARTS, FakePresence, answer, desk, reply

LONG = "\n\n".join(f"Paragraph {number}. " + "word " * 40 for number in range(12))

pytestmark = pytest.mark.usefixtures("node")


async def focused(page: Page) -> str:
    """The name of what has the focus, through shadow roots."""
    name: str = await page.evaluate(
        "(() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;"
        " return at.getAttribute('aria-label') || at.id || at.textContent.trim(); })()"
    )
    return name


async def overflow(page: Page) -> list[str]:
    """What reaches beyond the right or left edge of the window, which nobody could see."""
    found: list[str] = await page.evaluate(
        """() => {
          const root = document.querySelector("permit-assistant[ready]").shadowRoot;
          const hidden = (each) => each.closest(".sr, [hidden]") || !each.getClientRects().length || getComputedStyle(each).opacity === "0";
          return [...root.querySelectorAll(".panel *")].filter((each) => !hidden(each)).filter((each) => {
            const box = each.getBoundingClientRect();
            return box.right > innerWidth + 1 || box.left < -1;
          }).map((each) => each.outerHTML.slice(0, 120));
        }"""
    )
    return found


async def nothing(_widget: Widget, _site: Site) -> None:
    """The start view."""


async def answered(widget: Widget, _site: Site) -> None:
    """An answer with sources, quick replies and the question whether it helped."""
    await widget.asks("What is the fee?", "no fee")
    await widget.log.get_by_text("Sources (2)").click()


async def asked_why(widget: Widget, _site: Site) -> None:
    """The word why."""
    await widget.asks("What is the fee?", "no fee")
    await widget.button("No").click()
    await expect(widget.window.get_by_label("What was missing? (optional)")).to_be_visible()


async def menu(widget: Widget, _site: Site) -> None:
    """The menu."""
    await widget.asks("one", "echo: one")
    await widget.button("Menu").click()


async def other_device(widget: Widget, _site: Site) -> None:
    """A code for another device."""
    await widget.asks("one", "echo: one")
    await widget.menu("Go on from another device")
    await widget.button("Make a code").click()
    await expect(widget.window.locator(".code")).to_be_visible()


async def own_data(widget: Widget, _site: Site) -> None:
    """What is kept."""
    await widget.menu("My data")


async def ending(widget: Widget, _site: Site) -> None:
    """The question before the end."""
    await widget.asks("one", "echo: one")
    await widget.menu("End the conversation")


async def offered(widget: Widget, _site: Site) -> None:
    """The offer of a person."""
    await widget.button("Talk to a person").click()
    await expect(widget.button("Wait for an officer")).to_be_visible()
    await expect(widget.log.get_by_role("heading", name="An officer can take over here")).to_be_visible()


async def queued(widget: Widget, site: Site) -> None:
    """The queue."""
    await offered(widget, site)
    await widget.button("Wait for an officer").click()
    await expect(widget.speaker).to_have_text("Waiting for an officer, place 1")


async def with_officer(widget: Widget, site: Site) -> None:
    """An officer who writes."""
    officer = site.officer()
    await widget.asks("one", "echo: one")
    await officer.joins()
    await officer.says("Good morning.")
    await widget.sees("Good morning.")
    officer.types()
    await expect(widget.log.get_by_text("Wang Fang is writing")).to_be_visible()


async def closed(widget: Widget, site: Site) -> None:
    """A conversation that an officer has closed."""
    await with_officer(widget, site)
    await site.officers[-1].closes()
    await expect(widget.log.get_by_text("How was the help you got?")).to_be_visible()


async def offline(widget: Widget, _site: Site) -> None:
    """No connection, and a message that waits."""
    await widget.asks("one", "echo: one")
    await widget.page.context.set_offline(True)
    await expect(widget.notice).to_contain_text("No connection")
    await widget.say("two")
    await expect(widget.log.get_by_text("Kept here")).to_be_visible()


async def failed(widget: Widget, _site: Site) -> None:
    """A message that was refused."""
    await widget.say("\u200b")
    await expect(widget.log.get_by_text("Not sent. The message is empty.")).to_be_visible()


async def too_long(widget: Widget, _site: Site) -> None:
    """More than can be sent."""
    await widget.box.fill("a" * 2001)


STATES: tuple[Callable[[Widget, Site], Awaitable[None]], ...] = (
    nothing,
    answered,
    asked_why,
    menu,
    other_device,
    own_data,
    ending,
    offered,
    queued,
    with_officer,
    closed,
    offline,
    failed,
    too_long,
)


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


async def test_axe_finds_nothing_in_chinese_outside_hours_or_where_the_page_is_refused(start_site: StartSite) -> None:
    parts = replace(PARTS, desk=desk(FakePresence(), clock=lambda: CLOSED))
    site = await start_site(parts=parts, allowed_origins=frozenset())
    page = await site.page(locale="zh-CN")
    widget = Widget((await site.widget(page, "?lang=zh")).page, CHINESE)
    await widget.open()
    await expect(widget.notice).to_contain_text("无法响应本页面", timeout=20000)
    assert await violations(page) == []


async def test_keyboard_alone_leads_from_the_launcher_to_an_answer_and_back(site: Site) -> None:
    widget = await site.widget()
    page = widget.page
    await page.keyboard.press("Tab")
    assert await focused(page) == "Another page"
    await page.keyboard.press("Tab")
    await expect(widget.launcher).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(widget.box).to_be_focused()
    await page.keyboard.type("What is the fee?")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("Thanks")
    assert await widget.box.input_value() == "What is the fee?\nThanks"
    await page.keyboard.press("Enter")
    await widget.sees("no fee")
    # Into the quick replies and along them by arrow keys.
    await page.keyboard.press("ArrowUp")
    assert await focused(page) == "More"
    await page.keyboard.press("ArrowRight")
    assert await focused(page) == "Residence permit"
    await page.keyboard.press("End")
    assert await focused(page) == "How long it takes"
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    assert await focused(page) == "Residence permit"
    await page.keyboard.press("Enter")
    await widget.sees("echo: /residence_permit")
    await expect(widget.box).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(widget.window).to_be_hidden()
    await expect(widget.launcher).to_be_focused()


async def test_everything_in_the_window_is_reached_by_tab_in_the_order_it_is_seen(site: Site) -> None:
    widget = await site.opened()
    await widget.asks("What is the fee?", "no fee")
    await widget.page.evaluate("document.querySelector('permit-assistant').shadowRoot.querySelector('h2').focus()")
    order = []
    for _ in range(14):
        await widget.page.keyboard.press("Tab")
        order.append(await focused(widget.page))
    assert order == [
        "中文",
        "Menu",
        "Close",
        "Conversation",
        "0755-88121678",
        "Sources (2)",
        "Yes",
        "No",
        "More",
        "box",
        "Send",
        "Talk to a person",
        "Window size: change with the arrow keys or drag",
        order[-1],
    ]


async def test_menu_and_sheets_take_the_focus_and_give_it_back(site: Site) -> None:
    widget = await site.opened()
    page = widget.page
    await widget.asks("one", "echo: one")
    await widget.button("Menu").focus()
    await page.keyboard.press("Enter")
    assert await focused(page) == "Normal text"
    await page.keyboard.press("ArrowUp")
    assert await focused(page) == "End the conversation"
    await page.keyboard.press("Enter")
    assert await focused(page) == "sheet-title"
    await page.keyboard.press("Escape")
    assert await focused(page) == "Menu"
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    assert await focused(page) == "Menu"
    await expect(widget.window).to_be_visible()


async def test_window_is_resized_by_keyboard(site: Site) -> None:
    widget = await site.opened()
    before = await widget.window.bounding_box()
    await widget.button("Window size: change with the arrow keys or drag").focus()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowUp"):
        await widget.page.keyboard.press(key)
    after = await widget.window.bounding_box()
    assert before and after
    assert (after["width"] - before["width"], after["height"] - before["height"]) == (48, 24)
    await widget.button("Menu").click()
    await widget.window.get_by_role("switch", name="Larger window").click()
    await expect(widget.window.get_by_role("switch", name="Larger window")).to_have_attribute("aria-checked", "false")


async def test_new_messages_are_announced_once_and_old_ones_never(site: Site) -> None:
    widget = await site.opened()
    await widget.page.evaluate(
        """() => {
          window.heard = [];
          const root = document.querySelector("permit-assistant").shadowRoot;
          new MutationObserver((changes) => {
            for (const change of changes) for (const node of change.addedNodes) {
              const live = change.target.closest("[aria-live]:not([aria-live=off]), [role=alert], [role=status]");
              if (live && node.textContent) window.heard.push(node.textContent);
            }
          }).observe(root, { childList: true, subtree: true });
        }"""
    )
    await widget.asks("What is the fee?", "no fee")
    heard = await widget.page.evaluate("window.heard")
    assert len(heard) == 1 and heard[0].startswith("Assistant: The authority charges no fee for the work permit.")
    assert "Source" not in heard[0] and "**" not in heard[0]
    await expect(widget.log).to_have_attribute("aria-live", "off")


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
        await widget.button(name).scroll_into_view_if_needed()
        await expect(widget.button(name)).to_be_in_viewport(ratio=0.9)
        box = await widget.button(name).bounding_box()
        assert box
        # Nothing lies over it.
        hit = await widget.page.evaluate(
            "([x, y]) => document.querySelector('permit-assistant').shadowRoot.elementFromPoint(x, y)?.closest('button')?.textContent",
            [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2],
        )
        assert hit is not None, name
    await widget.box.focus()
    await expect(widget.box).to_be_in_viewport()


async def test_phone_gets_a_full_screen_that_holds_the_keyboard_back_from_the_box(site: Site) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
    widget = await site.widget(await site.page(**phone))
    await widget.launcher.tap()
    await widget.window.wait_for()
    assert await widget.window.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    # The phone keyboard does not jump up before somebody wants to write.
    assert await focused(widget.page) == "title"
    # What is behind cannot be reached.
    assert await widget.page.get_by_role("link", name="Another page").count() == 0
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
    widget = await site.opened(reduced_motion="reduce")
    assert await widget.page.evaluate("document.getAnimations().length") == 0


async def test_forced_colours_keep_edges_and_states(site: Site) -> None:
    widget = await site.opened(forced_colors="active")
    await with_officer(widget, site)
    borders = await widget.log.locator(".bubble").evaluate_all("(all) => all.map((each) => getComputedStyle(each).borderTopStyle)")
    assert set(borders) == {"solid"}


async def test_button_never_covers_the_pages_own_controls(site: Site) -> None:
    widget = await site.widget(query="?bar=1")
    accept = widget.page.get_by_role("button", name="Accept")
    await accept.click(timeout=5000)
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
