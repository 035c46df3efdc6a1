"""The checklist card: ticked off on this device, and printed on one page in both languages."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import expect

from bot.answers import Answers
from tests.browser import cards_page


async def test_ticks_are_counted_announced_and_kept_for_this_card(open_cards: Any, answers: Answers) -> None:
    cards = await open_cards()
    card = cards_page.checklist(answers, "en")["card"]
    await cards.show(card)
    passport = cards.page.get_by_role("checkbox", name="Passport or travel document information page 护照或国际旅行证件信息页")
    await passport.focus()
    await cards.page.keyboard.press("Space")
    await expect(passport).to_be_checked()
    await expect(cards.page.get_by_text(f"1 of {len(card['items'])}", exact=True).first).to_be_visible()
    assert await cards.page.evaluate("announced") == [f"1 of {len(card['items'])}"]
    await cards.page.reload()
    await cards.page.wait_for_selector("body[data-ready]")
    await cards.show(card)
    await expect(passport).to_be_checked()
    await cards.show(card, id="another message")
    await expect(passport).not_to_be_checked()


async def test_groups_say_who_provides_and_papers_have_their_names_in_both_languages(open_cards: Any, answers: Answers) -> None:
    cards = await open_cards()
    await cards.show(cards_page.checklist(answers, "en")["card"])
    assert [re.sub(r"\d.*", "", text).strip() for text in await cards.page.locator("h4").all_inner_texts()] == [
        "From you",
        "From your employer",
        "From an authority",
    ]
    await cards.show(cards_page.checklist(answers, "zh")["card"], "zh")
    await expect(cards.page.get_by_role("heading", name="境外申请（来华工作90日以上）")).to_be_visible()
    await expect(
        cards.page.get_by_role("checkbox", name="护照或国际旅行证件信息页 Passport or travel document information page")
    ).to_be_visible()


async def test_warnings_come_before_the_first_paper(open_cards: Any, answers: Answers) -> None:
    cards = await open_cards()
    reply = cards_page.checklist(answers, "en", "new_abroad", "B", nationality="US", age_60="yes", basis="salary")
    await cards.show(reply["card"])
    notice, first = cards.page.locator(".notice"), cards.page.get_by_role("checkbox").first
    await expect(notice).to_contain_text(reply["card"]["warnings"][0][:40])
    above, below = await notice.bounding_box(), await first.bounding_box()
    assert above is not None and below is not None and above["y"] < below["y"]
    assert await cards.page.evaluate("([card, text]) => lead(card, text)", [reply["card"], reply["text"]]) == reply["text"].split("\n\n")[0]


# What makes the longest lists and the most warnings, found by trying 1,700 profiles.
LONGEST = [
    ("new_in_china", "C", {"basis": "salary", "visa_kind": "visa_free_unilateral", "age_60": "yes", "occupation_changes": "yes"}),
    ("change_employer", None, {"basis": "salary", "no_crime_country": "IN", "age_60": "yes", "rep_office": "yes"}),
    ("extension", "A", {"basis": "graduate", "change": "post", "occupation_changes": "yes", "permit_lapsed": "no", "intern": "yes"}),
]
USUAL = [
    ("new_abroad", "B", {}),
    ("new_in_china", "A", {}),
    ("change_information", "B", {}),
    ("short_term", None, {}),
    ("cancellation", "C", {}),
]


@pytest.mark.parametrize(("kind", "category", "known"), USUAL + LONGEST, ids=str)
async def test_a_list_prints_on_one_page_in_both_languages(
    open_cards: Any, answers: Answers, kind: str, category: str | None, known: dict[str, str]
) -> None:
    cards = await open_cards()
    card = cards_page.checklist(answers, "en", kind, category, **known)["card"]
    await cards.show(card)
    await cards.page.get_by_role("checkbox").first.check()
    # The browsers that get a tab for it; there the whole document can be printed as it is.
    await cards.page.evaluate("Object.defineProperty(navigator, 'vendor', { get: () => 'Apple' })")
    await cards.page.evaluate("Object.defineProperty(navigator, 'maxTouchPoints', { get: () => 5 })")
    async with cards.context.expect_page() as opening:
        await cards.page.get_by_role("button", name="Print or save as PDF").click()
    tab = await opening.value
    await _printed(tab)
    pdf = await tab.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    box = re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert box is not None and [round(float(side) / 72 * 25.4) for side in box.groups()] == [210, 297]
    # In points; below this, Chinese is hard to read on paper.
    assert await tab.evaluate("parseFloat(getComputedStyle(document.body).fontSize) * 72 / 96") >= 8.3
    text = await tab.inner_text("body")
    for item in card["items"]:
        assert item["name_en"] in text and item["name_zh"] in text
        assert item["brief"] in text and item["other"]["brief"] in text
    for warning in [*card["warnings"], *card["other"]["warnings"]]:
        assert warning in text
    assert await tab.locator("tr.done").count() == 1
    assert "Materials for the Foreigner's Work Permit" in text and "外国人工作许可申请材料清单" in text


async def _printed(place: Any) -> None:
    while not await place.evaluate("window.printed === true"):
        await asyncio.sleep(0.02)


async def test_printing_uses_a_frame_that_is_gone_afterwards(open_cards: Any, answers: Answers) -> None:
    cards = await open_cards()
    await cards.show(cards_page.checklist(answers, "zh")["card"], "zh")
    await cards.page.get_by_role("button", name="打印或存为PDF").click()
    frame = await (await cards.page.wait_for_selector("iframe", state="attached")).content_frame()
    assert frame is not None
    await _printed(frame)
    assert "外国人工作许可申请材料清单" in await frame.inner_text("body")
    await frame.evaluate("window.dispatchEvent(new Event('afterprint'))")
    await expect(cards.page.locator("iframe")).to_have_count(0)


async def test_print_page_that_cannot_be_had_is_said(open_cards: Any, answers: Answers) -> None:
    cards = await open_cards()
    await cards.show(cards_page.checklist(answers, "en")["card"])
    await cards.page.evaluate("() => { window.fetch = async () => { throw new Error('offline'); }; }")
    await cards.page.get_by_role("button", name="Print or save as PDF").click()
    await expect(cards.page.get_by_role("alert").filter(has_text="Nothing is lost")).to_be_visible()
    await expect(cards.page.locator("iframe")).to_have_count(0)
