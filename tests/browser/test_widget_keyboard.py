"""The widget by keyboard alone, and what a screen reader is told of it."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import Site
from tests.browser.widget import Widget, focused, tab_to


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


async def test_whole_conversation_is_held_with_the_keyboard_alone(site: Site) -> None:
    widget = await site.widget()
    page, officer = widget.page, site.officer()
    await tab_to(page, await widget.launcher.get_attribute("aria-label") or "")
    await page.keyboard.press("Enter")
    await expect(widget.box).to_be_focused()
    # One of the four choices of the start, backwards from the box.
    await tab_to(page, "Materials I needA checklist for your own case", "Shift+Tab")
    await page.keyboard.press("Space")
    await widget.sees("no fee")
    await expect(widget.box).to_be_focused()
    # Where the answer comes from, and whether it helped.
    await tab_to(page, "Sources (2)", "Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(widget.log.get_by_text("2 Mar 2026")).to_be_visible()
    await tab_to(page, "No")
    await page.keyboard.press("Enter")
    await expect(widget.window.get_by_label("What was missing? (optional)")).to_be_focused()
    await page.keyboard.type("the fee of the agent")
    await page.keyboard.press("Enter")
    await expect(widget.log.get_by_text("You said: this did not help.")).to_be_focused()
    # To a person, through the queue, and a word with them.
    await tab_to(page, "Talk to a person")
    await page.keyboard.press("Enter")
    await expect(widget.button("Wait for an officer")).to_be_visible()
    await expect(widget.box).to_be_focused()
    await page.keyboard.press("ArrowUp")
    assert await focused(page) == "Wait for an officer"
    await page.keyboard.press("Enter")
    await expect(widget.speaker).to_have_text("Waiting for an officer, place 1")
    await expect(widget.box).to_be_focused()
    await officer.claims()
    await officer.says("Good morning.")
    await widget.sees("Good morning.")
    # What comes does not take the keyboard away.
    await expect(widget.box).to_be_focused()
    await page.keyboard.type("Thank you")
    await page.keyboard.press("Enter")
    await widget.sees("Thank you")
    # To the end, and a rating.
    await tab_to(page, "Menu", "Shift+Tab")
    await page.keyboard.press("Enter")
    await page.keyboard.press("End")
    await page.keyboard.press("Enter")
    await tab_to(page, "End it")
    await page.keyboard.press("Enter")
    await expect(widget.log.get_by_text("How was the help you got?")).to_be_visible()
    await expect(widget.box).to_be_focused()
    # Backwards one comes to the last of the five words, and from there round to the first.
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("ArrowDown")
    await expect(widget.window.get_by_label("Very good", exact=True)).to_be_checked()
    await tab_to(page, "Send")
    await page.keyboard.press("Enter")
    await expect(widget.log.get_by_text("Thank you. Your rating is stored.")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(widget.window).to_be_hidden()
    await expect(widget.launcher).to_be_focused()
    assert site.errors == []


async def listen(widget: Widget) -> None:
    """Keep what live regions are given from now on."""
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


async def heard(widget: Widget) -> list[str]:
    """What they were given."""
    said: list[str] = await widget.page.evaluate("window.heard")
    return said


async def test_new_messages_are_announced_once_and_old_ones_never(site: Site) -> None:
    widget = await site.opened()
    await listen(widget)
    await widget.asks("What is the fee?", "no fee")
    (said,) = await heard(widget)
    assert said.startswith("Assistant: The authority charges no fee for the work permit.")
    assert "Source" not in said and "**" not in said
    await expect(widget.log).to_have_attribute("aria-live", "off")
    officer = site.officer()
    await officer.joins()
    await officer.says("Good morning.")
    await widget.sees("Good morning.")
    joined, greeting = (await heard(widget))[1:]
    assert joined.startswith("Service: Wang Fang") and greeting.startswith("Wang Fang") and greeting.endswith("Good morning.")
    await widget.page.reload()
    await widget.sees("Good morning.")
    await listen(widget)
    await officer.says("Are you there?")
    await widget.sees("Are you there?")
    assert [line.split(": ")[-1] for line in await heard(widget)] == ["Are you there?"]


async def test_connection_that_goes_and_comes_is_announced_once_each(site: Site) -> None:
    widget = await site.opened()
    await widget.asks("one", "echo: one")
    await listen(widget)
    await widget.page.context.set_offline(True)
    await expect(widget.notice).to_contain_text("No connection")
    await widget.page.context.set_offline(False)
    await expect(widget.notice).to_be_hidden()
    assert await heard(widget) == ["No connection. What you write is kept and sent when it is back.", "The connection is back."]


async def test_sound_is_silent_until_it_is_wanted_and_then_plays_for_what_others_say(site: Site) -> None:
    page = await site.page()
    await page.add_init_script(
        """window.tones = 0;
        const make = AudioContext.prototype.createOscillator;
        AudioContext.prototype.createOscillator = function () { window.tones += 1; return make.call(this); };"""
    )
    widget = await site.opened(page)
    await widget.asks("one", "echo: one")
    assert await page.evaluate("window.tones") == 0
    await widget.button("Menu").click()
    await widget.window.get_by_role("switch", name="Sound for new messages").press("Enter")
    await expect(widget.window.get_by_role("switch", name="Sound for new messages")).to_have_attribute("aria-checked", "true")
    # It is heard at once, so that one knows what one has chosen.
    assert await page.evaluate("window.tones") == 2
    await page.keyboard.press("Escape")
    await widget.asks("two", "echo: two")
    assert await page.evaluate("window.tones") == 4
