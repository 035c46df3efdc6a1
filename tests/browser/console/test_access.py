"""The console for people who use a screen reader, large text, a small screen or few colours: every state, both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.async_api import Page

from bot.languages import LANGUAGES, Language
from tests.browser.axe import violations
from tests.browser.console.states import Walk, door, pages, talk
from tests.browser.console.workplace import Workplace

pytestmark = pytest.mark.usefixtures("node")
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 320, "height": 640}
# What a window of 1,280 by 1,024 has left at 400 %.
ZOOMED = {"width": 320, "height": 256}


async def lost(page: Page) -> list[str]:
    """What reaches beyond the sides of the window, and what has focus, words or a picture and cannot be scrolled to."""
    found: list[str] = await page.evaluate(
        """() => {
          const hidden = (each) => each.closest(".unseen, .skip, [hidden], .table-wrap") || !each.getClientRects().length;
          const seen = [...document.querySelectorAll("dialog[open] *, #console *")].filter((each) => !hidden(each));
          const beyond = seen.filter((each) => {
            const box = each.getBoundingClientRect();
            return box.width && (box.right > innerWidth + 1 || box.left < -1);
          });
          const scrolls = (each, along) => /auto|scroll/.test(getComputedStyle(each)[`overflow${along}`]);
          const cut = seen.filter((each) => {
            const style = getComputedStyle(each);
            const clips = style.overflowY === "hidden" && style.webkitLineClamp === "none" && each.scrollHeight > each.clientHeight + 1;
            return clips && !["svg", "IMG", "TEXTAREA", "INPUT", "SELECT", "OPTION"].includes(each.tagName) && !scrolls(each, "Y");
          });
          return [...beyond, ...cut].map((each) => each.outerHTML.slice(0, 160));
        }"""
    )
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("walk", [door, talk, pages])
async def test_every_state_is_accessible_and_fits(
    workplace: Workplace, language: Language, walk: Callable[[Workplace, Language], Walk]
) -> None:
    found, seen = [], []
    async for state, person in walk(workplace, language):
        page = person.page
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            found += [f"{state}, {scheme}: {each}" for each in await violations(page, "html")]
        for size in (NARROW, ZOOMED):
            await page.set_viewport_size({"width": size["width"], "height": size["height"]})
            found += [f"{state}, {size}: {each}" for each in await lost(page)]
        await page.set_viewport_size({"width": WIDE["width"], "height": WIDE["height"]})
        seen.append(state)
    assert found == []
    assert len(seen) >= 6
    assert {error.split(":")[0] for error in workplace.errors} <= {"Failed to load resource"}


async def test_reduced_motion_is_respected(workplace: Workplace) -> None:
    officer = await workplace.hired("chen.li")
    conversation = await workplace.waits("What is the fee?")
    await officer.page.emulate_media(reduced_motion="reduce")
    await officer.open(f"board/{conversation}")
    await officer.transcript.wait_for()
    assert await officer.page.evaluate("document.getAnimations().length") == 0
    durations = await officer.page.evaluate(
        "[...document.querySelectorAll('#console *')].map((each) => getComputedStyle(each).transitionDuration)"
    )
    assert set(durations) == {"0s"}
