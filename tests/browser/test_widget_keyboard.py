"""The widget by keyboard alone, and what a screen reader is told of it."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import Site
from tests.browser.widget import focused


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
