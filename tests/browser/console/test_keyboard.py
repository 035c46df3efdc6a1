"""The same day without a mouse: every key that the help names, and focus that goes where the work goes."""

from __future__ import annotations

import re

from playwright.async_api import Locator, Page, expect

from tests.browser.console.workplace import Console, Workplace
from tests.console import PASSWORD


async def tab_to(page: Page, wanted: Locator, back: bool = False) -> None:
    """Press Tab until this has the focus."""
    for _ in range(60):
        if await wanted.count() and await wanted.evaluate("(each) => each === document.activeElement"):
            return
        await page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"Tab does not reach {wanted}")


async def test_officer_signs_in_and_works_through_a_conversation(workplace: Workplace) -> None:
    hired = await workplace.hired("chen.li", name="Chen Li")
    first = await workplace.waits("What is the fee?", sender="ann", minutes=9)
    second = await workplace.waits("Where do I go?", sender="bob")
    officer = Console(await workplace.page(), workplace.url, account_id=hired.account_id)
    page, keys = officer.page, officer.page.keyboard
    await officer.open()
    await tab_to(page, officer.field("Login"))
    await keys.type("chen.li")
    await keys.press("Tab")
    await keys.type(PASSWORD)
    await keys.press("Enter")
    await expect(officer.row(second)).to_be_visible()

    await keys.press("j")
    await expect(officer.row(first)).to_be_focused()
    await keys.press("j")
    await expect(officer.row(second)).to_be_focused()
    await keys.press("k")
    await keys.press("Enter")
    await expect(officer.talk.get_by_role("heading", name=officer.name(first))).to_be_focused()
    await keys.press("u")
    await expect(officer.transcript.locator(".message.bot")).to_have_count(1)
    await keys.press("u")
    await expect(officer.transcript.locator(".message.bot")).to_have_count(0)

    await keys.press("c")
    await expect(officer.field(f"Reply to {officer.name(first)}")).to_be_focused()
    await keys.type("The permit is free.")
    await keys.press("Shift+Enter")
    await keys.type("The residence permit is not.")
    await keys.press("Enter")
    await officer.has_said("The permit is free.")
    assert "The permit is free.\nThe residence permit is not." in await workplace.gateway.texts(None, "ann")

    await keys.press("Escape")
    await keys.press("/")
    await expect(officer.talk.get_by_role("listbox").get_by_role("option", selected=True)).to_be_visible()
    await keys.type("hello")
    await expect(officer.talk.get_by_role("listbox").get_by_role("option", selected=True)).to_contain_text("Greeting")
    await keys.press("Enter")
    await expect(officer.box).to_have_value(re.compile("Hello, this is Chen Li"))
    await keys.press("Enter")
    await officer.has_said("Hello, this is Chen Li")

    await keys.press("Escape")
    await keys.press("n")
    await expect(officer.field(f"Private note about {officer.name(first)}")).to_be_focused()
    await keys.type("Friendly.")
    await keys.press("Enter")
    await expect(officer.transcript.locator(".message.note:not(.pending)")).to_contain_text("Friendly.")

    await keys.press("Escape")
    await keys.press("d")
    await expect(page.get_by_role("menuitem", name="Checklist")).to_be_focused()
    await keys.press("ArrowDown")
    await keys.press("Enter")
    await expect(officer.dialog.get_by_label("Station", exact=True)).to_be_focused()
    await keys.press("ArrowDown")
    await tab_to(page, officer.dialog.get_by_role("button", name="Send card"))
    await keys.press("Enter")
    await expect(officer.dialog).to_have_count(0)
    await expect(officer.transcript.get_by_role("group", name="Stations")).to_be_visible()
    # Only the columns scroll; what a card keeps for screen readers makes the page no longer than its window.
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")

    await keys.press("r")
    await expect(officer.field(f"Reply to {officer.name(first)}")).to_be_focused()

    await officer.transcript.focus()
    await keys.press("x")
    await expect(officer.dialog.get_by_label("Solved")).to_be_focused()
    await keys.press("Space")
    await keys.press("Enter")
    await expect(officer.talk.locator(".talk-head")).to_contain_text("Closed · Solved")


async def test_list_of_ready_made_replies_leaves_nothing_behind(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li")
    conversation = await workplace.waits("What is the fee?", sender="ann")
    told: list[str] = []
    officer.page.on("websocket", lambda line: line.on("framesent", lambda said: told.append(str(said))))
    await officer.open()
    await officer.take(conversation)
    keys, options = officer.page.keyboard, officer.talk.get_by_role("listbox").get_by_role("option")
    replies = officer.button(officer.t("replies.open"))
    for typed in ("", "The fee is"):
        await officer.box.fill(typed)
        for word in ("", "hel"):
            await replies.click()
            await expect(options.first).to_be_visible()
            await keys.type(word)
            await keys.press("Escape")
            await expect(options).to_have_count(0)
            await expect(officer.box).to_have_value(typed)
            if not typed and not word:
                assert told and not any("typing" in said for said in told), "the applicant is told of a reply that nobody writes"
    # What was typed by hand stays.
    await officer.box.fill("")
    await keys.type("either/or /")
    await expect(options.first).to_be_visible()
    await keys.press("Escape")
    await expect(options).to_have_count(0)
    await expect(officer.box).to_have_value("either/or /")
    await officer.box.fill("")
    # A list that is still open is no reply that waits to be sent.
    await replies.click()
    await expect(options.first).to_be_visible()
    await officer.acts("close", conversation)
    await expect(officer.dialog).to_be_visible()
    await expect(officer.dialog.get_by_text("has not been sent")).to_have_count(0)


async def test_list_of_ready_made_replies_keeps_up_with_quick_fingers(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li", name="Chen Li")
    conversation = await workplace.waits("What is the fee?", sender="ann")
    await officer.open()
    await officer.take(conversation)
    await officer.box.fill("/hel")
    await expect(officer.talk.get_by_role("listbox").get_by_role("option", selected=True)).to_contain_text("Greeting")
    # Keys that come faster than the page draws pictures.
    await officer.box.evaluate("""async (box) => {
        const next = () => new Promise((go) => setTimeout(go));
        for (const letter of "lo") {
            box.setRangeText(letter, box.value.length, box.value.length, "end");
            box.dispatchEvent(new InputEvent("input", { bubbles: true }));
            await next();
        }
        for (const _ of "12") {
            box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
            await next();
        }
    }""")
    await officer.has_said("Hello, this is Chen Li")
    said = await officer.transcript.locator(".message.staff", has_text="Hello, this is Chen Li").inner_text()
    assert said.count("this is Chen Li") == 1 and said.rstrip().endswith("."), said


async def test_close_and_transfer_say_in_the_window_what_is_missing(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li")
    conversation = await workplace.waits("What is the fee?", sender="ann")
    await officer.open()
    await officer.take(conversation)
    told = officer.dialog.get_by_role("alert")
    await officer.acts("close", conversation)
    await officer.dialog.get_by_role("button", name="Close conversation").click()
    await expect(told).to_have_text("Choose how it ended.")
    await expect(officer.dialog.get_by_label("Solved")).to_be_focused()
    await officer.dialog.get_by_label("Other").check()
    await expect(told).to_have_count(0)
    await officer.page.keyboard.press("Escape")
    await officer.acts("transfer", conversation)
    await officer.dialog.get_by_role("button", name="Transfer", exact=True).click()
    await expect(told).to_have_text("Choose a colleague.")
    await officer.dialog.get_by_label("a station").check()
    await officer.dialog.get_by_role("button", name="Transfer", exact=True).click()
    await expect(told).to_have_text("Choose a station.")
    await officer.page.keyboard.press("Escape")
    assert await workplace.owner(conversation) == officer.account_id


async def test_escape_closes_windows_and_gives_the_focus_back(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li")
    conversation = await workplace.waits("What is the fee?")
    await officer.open(f"board/{conversation}")
    await officer.acts("claim", conversation)
    await expect(officer.box).to_be_focused()
    close = officer.button(officer.t("close.label", name=officer.name(conversation)))
    await close.focus()
    await officer.page.keyboard.press("Enter")
    await expect(officer.dialog).to_be_visible()
    await officer.page.keyboard.press("Escape")
    await expect(officer.dialog).to_have_count(0)
    await expect(close).to_be_focused()
    for key, name in (("t", "transfer.title"), ("b", "hand_back.title")):
        await officer.page.keyboard.press(key)
        await expect(officer.dialog.get_by_role("heading")).to_have_text(officer.t(name, name=officer.name(conversation)))
        await officer.page.keyboard.press("Escape")
        await expect(officer.dialog).to_have_count(0)
    assert await workplace.owner(conversation) == officer.account_id


async def test_keys_lead_to_every_page_and_the_help_names_them(workplace: Workplace) -> None:
    supervisor = await workplace.hired("zhou", "supervisor")
    await supervisor.open()
    await supervisor.queue.wait_for()
    page = supervisor.page
    for key, heading in (("s", "Search"), ("m", "Left messages"), ("t", "Audit trail"), ("i", "My account"), ("q", "Board")):
        await page.keyboard.press("g")
        await page.keyboard.press(key)
        await expect(page.get_by_role("heading", level=1, name=heading)).to_be_attached()
    await page.keyboard.press("?")
    for words in ("take or join", "ready-made replies", "hand back to the assistant", "Audit trail"):
        await expect(supervisor.dialog.get_by_text(words).first).to_be_visible()
    assert "keys." not in await supervisor.dialog.inner_text()


async def test_letters_do_nothing_where_they_are_turned_off_or_typed(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li")
    conversation = await workplace.waits("What is the fee?")
    await officer.open("me")
    await officer.field("Single-key shortcuts").uncheck()
    await officer.open(f"board/{conversation}")
    await officer.page.reload()
    await officer.talk.get_by_role("heading", level=2).focus()
    await officer.page.keyboard.press("c")
    await officer.page.keyboard.press("?")
    await expect(officer.dialog).to_have_count(0)
    await officer.page.get_by_role("button", name="Keyboard").click()
    await expect(officer.dialog.get_by_text("Single-key shortcuts are off.")).to_be_visible()
    await officer.page.keyboard.press("Escape")
    await officer.box.fill("")
    await officer.box.press_sequentially("cxt")
    await expect(officer.box).to_have_value("cxt")
    await expect(officer.dialog).to_have_count(0)
    await expect(officer.talk.locator(".talk-head")).to_contain_text("Waiting")


async def test_tab_reaches_the_page_past_the_menu_at_once(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li")
    await officer.open()
    await officer.queue.wait_for()
    await officer.page.keyboard.press("Tab")
    await expect(officer.page.get_by_role("link", name="Skip to the page")).to_be_focused()
    await officer.page.keyboard.press("Enter")
    await expect(officer.page.locator("main")).to_be_focused()
