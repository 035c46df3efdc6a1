"""Every card in a browser, made of what the assistant really answers: whom it suits, and what it never becomes."""

from __future__ import annotations

from typing import Any

import pytest

from bot.answers import Answers
from bot.languages import LANGUAGES, Language
from tests.browser import axe, cards_page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_card_is_clean_for_axe_and_fits_a_narrow_screen(
    open_cards: Any, answers: Answers, language: Language, scheme: str
) -> None:
    # 320 pixels are also what is left of 1280 at four times the size.
    cards = await open_cards(viewport={"width": 320, "height": 640}, color_scheme=scheme)
    for name, card in cards_page.every_card(answers, language).items():
        assert await cards.show(card, language), name
        for details in await cards.page.locator("details").all():
            await details.evaluate("(element) => { element.open = true; }")
        assert await axe.violations(cards.page, "test-card") == [], name
        assert await cards.overflow <= 0, name


@pytest.mark.parametrize("language", LANGUAGES)
async def test_large_text_on_the_narrowest_screen_runs_over_nothing(open_cards: Any, answers: Answers, language: Language) -> None:
    cards = await open_cards(viewport={"width": 256, "height": 600})
    await cards.page.evaluate("document.querySelector('test-card').style.fontSize = '22px'")
    for name, card in cards_page.every_card(answers, language).items():
        await cards.show(card, language)
        for details in await cards.page.locator("details").all():
            await details.evaluate("(element) => { element.open = true; }")
        assert await cards.overflow <= 0, name


# What can have the focus, in the order of the page; of a group of radio buttons the chosen or the first one.
_STOPS = """() => {
  const all = [...document.querySelector("test-card").shadowRoot.querySelectorAll("a[href], button, input, textarea, summary")];
  const groups = new Set();
  return all.filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.disabled).filter((each) => {
    if (each.type !== "radio") return true;
    const first = !groups.has(each.name) && (each.checked || !all.some((other) => other.name === each.name && other.checked));
    if (first) groups.add(each.name);
    return first;
  }).map((each) => all.indexOf(each));
}"""
_AT = """() => {
  const root = document.querySelector("test-card").shadowRoot;
  const at = root.activeElement;
  if (!at) return null;
  const ring = [at, at.nextElementSibling].filter(Boolean).some((each) => getComputedStyle(each).outlineStyle === "solid");
  const target = at.type === "checkbox" || at.type === "radio" ? at.closest("label") : at;
  const { width, height } = target.getBoundingClientRect();
  return { at: [...root.querySelectorAll("a[href], button, input, textarea, summary")].indexOf(at), ring,
    inline: at.localName === "a" && getComputedStyle(at).display === "inline", width, height, what: target.outerHTML.slice(0, 80) };
}"""


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "touch"])
async def test_keyboard_reaches_everything_in_order_with_a_ring_on_targets_large_enough(
    open_cards: Any, answers: Answers, touch: bool
) -> None:
    cards = await open_cards(viewport={"width": 320, "height": 640}, has_touch=touch, is_mobile=touch)
    least = 44 if touch else 24
    for name, card in cards_page.every_card(answers, "en").items():
        await cards.show(card)
        for details in await cards.page.locator("details").all():
            await details.evaluate("(element) => { element.open = true; }")
        await cards.page.evaluate("document.body.tabIndex = -1; document.body.focus()")
        reached = []
        for stop in await cards.page.evaluate(_STOPS):
            await cards.page.keyboard.press("Tab")
            found = await cards.page.evaluate(_AT)
            assert found is not None and found["at"] == stop, (name, found)
            assert found["ring"], (name, found)
            assert found["inline"] or min(found["width"], found["height"]) >= least, (name, found)
            reached.append(stop)
        assert reached, name


async def test_card_that_nobody_knows_shows_nothing(open_cards: Any) -> None:
    cards = await open_cards()
    for card in ({"type": "sundial"}, {"type": "toString"}, {}, None, {"type": "status", "applications": []}):
        assert not await cards.show(card)


async def test_what_is_said_never_becomes_markup(open_cards: Any, answers: Answers) -> None:
    cards = await open_cards()
    evil = "<img src=x onerror=window.broken=1><b>bold</b>"
    for name, card in cards_page.every_card(answers, "en").items():
        await cards.show(_with_texts(card, evil))
        assert await cards.page.locator("test-card img, test-card b").count() == 0, name
    await cards.show({"type": "station", "stations": [{"name": "x", "map_links": {"amap": "javascript:alert(1)"}}]})
    assert await cards.page.locator("test-card a").count() == 0
    assert await cards.page.evaluate("window.broken === undefined")


def _with_texts(value: Any, text: str, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _with_texts(each, text, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_texts(each, text, key) for each in value]
    kept = {"type", "phase", "language", "id", "required", "provided_by", "since", "at", "valid_until", "next_open", "as_of", "date"}
    return text if isinstance(value, str) and key not in kept else value


@pytest.mark.parametrize("language", LANGUAGES)
async def test_lead_is_the_answer_and_the_card_says_the_rest(open_cards: Any, answers: Answers, language: Language) -> None:
    cards = await open_cards()
    for reply in (
        cards_page.checklist(answers, language),
        cards_page.stations_near(answers, language),
        cards_page.status(answers, language),
    ):
        lead = await cards.page.evaluate("([card, text]) => lead(card, text)", [reply["card"], reply["text"]])
        assert reply["text"].startswith(lead) and 0 < len(lead) < 300 and "\n" not in lead
