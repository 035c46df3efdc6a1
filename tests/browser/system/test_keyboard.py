"""An applicant and an officer who have no mouse."""

from __future__ import annotations

from typing import Final

from playwright.async_api import Page, expect

from tests.browser.people import Applicant, Officer, World
from tests.browser.system.conftest import Hire
from tests.browser.system.test_conversations import stored
from tests.staff import PASSWORD
from tests.system import System

_MOST_STEPS: Final = 80
_FOCUSED: Final = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at === document.body ? "" : at.getAttribute("aria-label") || at.labels?.[0]?.textContent || at.textContent.trim();
}"""


async def steps_to(page: Page, name: str, key: str = "Tab") -> None:
    """Press a key until what has the focus is called so."""
    for _ in range(_MOST_STEPS):
        if name in await page.evaluate(_FOCUSED):
            return
        await page.keyboard.press(key)
    raise AssertionError(f"{name!r} is not reached by {key}")


async def test_applicant_and_officer_without_a_mouse(world: World, hire: Hire, system: System) -> None:
    first = "What is the fee for the permit?"
    ann = Applicant(await world.page(await world.device("en")), "en")
    await ann.page.goto(system.address)
    await ann.launcher.wait_for()
    await steps_to(ann.page, "Ask the assistant")
    await ann.page.keyboard.press("Enter")
    await expect(ann.box).to_be_focused()
    await ann.page.keyboard.type(first)
    await ann.page.keyboard.press("Enter")
    await ann.sees("no fee")

    officer = Officer(await world.page(await world.device("en")), system.address, "en")
    keys = officer.page.keyboard
    login = hire("bai.lu", "Bai Lu")
    await officer.page.goto(f"{system.address}/console/")
    await officer.page.get_by_label(officer.t("signin.login"), exact=True).wait_for()
    await steps_to(officer.page, officer.t("signin.login"))
    await keys.type(login)
    await keys.press("Tab")
    await keys.type(PASSWORD)
    await keys.press("Enter")
    await officer.queue.wait_for()
    await steps_to(officer.page, officer.t("presence.label"))
    await keys.type("Ready")
    await expect(officer.page.locator(".presence.ready")).to_be_visible()

    await steps_to(ann.page, ann.t("composer.person"))
    await ann.page.keyboard.press("Enter")
    await ann.sees("You would be number 1")
    await expect(ann.box).to_be_focused()
    # From the empty box the arrow leads to the choices, and on among them.
    await ann.page.keyboard.press("ArrowUp")
    await steps_to(ann.page, "Wait for an officer", "ArrowRight")
    await ann.page.keyboard.press("Enter")
    await expect(ann.speaker).to_contain_text(ann.t("head.queued"))

    await officer.row(first).wait_for()
    await officer.page.evaluate("document.activeElement.blur()")
    await keys.press("j")
    await keys.press("Enter")
    await officer.talk.locator(".transcript").wait_for()
    await keys.press("c")
    await ann.sees("Bai Lu is here now")
    await expect(officer.box).to_be_focused()
    await keys.type("Good morning.")
    await keys.press("Enter")
    await ann.sees("Good morning.")
    await ann.page.keyboard.type("It is about the residence permit")
    await ann.page.keyboard.press("Enter")
    await officer.sees("It is about the residence permit")
    await keys.type("/")
    await expect(
        officer.page.get_by_role("listbox", name=officer.t("replies.title"), exact=True).get_by_role("option", selected=True)
    ).to_have_count(1)
    await keys.press("ArrowDown")
    await keys.press("Escape")
    await keys.press("Backspace")
    await keys.type("The police decides that, at the exit-entry office.")
    await keys.press("Enter")
    await ann.sees("The police decides that, at the exit-entry office.")
    await keys.press("Escape")
    await keys.press("x")
    await expect(officer.dialog).to_be_visible()
    await keys.press("Space")
    await steps_to(officer.page, officer.t("close.yes"))
    await keys.press("Enter")
    await ann.sees("The officer has closed this conversation")
    # From below one comes to the last word of the row, and from the last by the arrow to the first.
    await steps_to(ann.page, ann.t("cards.rating.score_1"), "Shift+Tab")
    await ann.page.keyboard.press("ArrowDown")
    await steps_to(ann.page, ann.t("cards.rating.send"))
    await ann.page.keyboard.press("Enter")
    await expect(ann.card("rating")).to_contain_text(ann.t("cards.rating.thanks"))
    await ann.page.keyboard.press("Escape")
    await expect(ann.window).to_have_count(0)
    await expect(ann.launcher).to_be_focused()
    conversation, _, rated = stored(system, first)
    assert conversation.outcome == "solved" and rated is not None and rated.score == 5
