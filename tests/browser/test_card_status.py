"""The status, hand-off and rating cards: stages as a line, the place in the queue, a left message, one question."""

from __future__ import annotations

from typing import Any

from playwright.async_api import expect

from bot.answers import Answers
from tests.browser import axe, cards_page
from tests.browser.conftest import Site


async def test_status_is_a_line_with_the_present_open(open_cards: Any, answers: Answers) -> None:
    cards = await open_cards()
    card = cards_page.status(answers, "en")["card"]
    await cards.show(card)
    line = cards.page.locator(".line").first
    steps = [text.split("\n")[0] for text in await line.locator("li.done, li.now, li.ahead").all_inner_texts()]
    assert steps == [
        "Submitted, waiting for pre-review",
        "Returned to supplement",
        "Submitted, waiting for pre-review",
        "Pre-review passed",
        "Accepted",
        "Under examination",
        "Approved",
    ]
    now = line.locator("[aria-current=step]")
    for words in ("23 Nov 2026", "Who acts", "What to do", "Expected by 1 Dec 2026.", "Luohu International Talent Service Center"):
        await expect(now).to_contain_text(words)
    await expect(now.get_by_role("link", name="0755-25102948")).to_have_attribute("href", "tel:0755-25102948")
    await cards.page.locator("summary").first.click()
    await expect(cards.page.get_by_text("1 Mar 2027")).to_be_visible()


async def test_queue_card_follows_the_queue(open_cards: Any) -> None:
    cards = await open_cards()
    await cards.show(cards_page.handoff("queued", "en"))
    await expect(cards.page.locator(".figures")).to_contain_text("about 6 min")
    await cards.page.evaluate("card.update({ state: 'queued', position: 1, expected_wait_s: null })")
    assert await cards.page.locator(".figures dd").all_inner_texts() == ["1", "not known"]
    assert await cards.page.evaluate("announced") == ["You are now number 1 in line."]
    await cards.page.evaluate("card.update({ state: 'with_staff', owner: { name: 'Wang Fang' } })")
    await expect(cards.page.get_by_role("heading", name="Wang Fang has taken over")).to_be_visible()
    assert await cards.page.locator("form").count() == 0


async def test_left_message_is_checked_and_tried_again_as_the_same_one(open_cards: Any) -> None:
    cards = await open_cards()
    closed = {"can_wait": False, "within_hours": False, "position": None}
    await cards.show(cards_page.handoff("offer", "en", **closed))
    send = cards.page.get_by_role("button", name="Send the message")
    text = cards.page.get_by_label("Your message")
    await send.click()
    await expect(text).to_be_focused()
    await expect(text).to_have_accessible_description("Write your message first.")
    await text.fill("My passport number changed.")
    await cards.page.get_by_label("By e-mail").check()
    mail = cards.page.get_by_label("E-mail address")
    await mail.fill("ann@example")
    await cards.page.evaluate("window.answer = { ok: false, error: { code: 'contact_email', message: 'No usable address.' } }")
    await send.click()
    await expect(mail).to_be_focused()
    await expect(mail).to_have_accessible_description("No usable address.")
    assert await axe.violations(cards.page, "test-card") == []
    await mail.fill("ann@example.com")
    await cards.page.evaluate("window.answer = 'lost'")
    await send.click()
    await expect(cards.page.get_by_role("alert").filter(has_text="What you wrote is still here")).to_be_visible()
    await cards.page.evaluate("window.answer = { ok: true }")
    await send.click()
    await expect(cards.page.get_by_text("Your message is stored")).to_be_focused()
    emitted = await cards.page.evaluate("emitted")
    refused, lost, stored = [each["body"] for each in emitted if each["event"] == "leave_message"]
    assert (
        lost
        == stored
        == {
            "text": "My passport number changed.",
            "contact_kind": "email",
            "contact": "ann@example.com",
            "message_id": lost["message_id"],
            "notice": None,
        }
    )
    assert refused["message_id"] != lost["message_id"]


async def test_rating_is_one_question_and_is_given_once(open_cards: Any) -> None:
    cards = await open_cards()
    await cards.show({"type": "rating", "scale": 5})
    await cards.page.get_by_role("radio", name="Very good").focus()
    await cards.page.keyboard.press("ArrowRight")
    await expect(cards.page.get_by_role("radio", name="Good", exact=True)).to_be_checked()
    await cards.page.get_by_label("A sentence, if you like").fill("Clear and quick")
    await cards.page.evaluate("window.answer = 'lost'")
    await cards.page.get_by_role("button", name="Send").click()
    await expect(cards.page.get_by_role("alert").filter(has_text="Your choice is still here")).to_be_visible()
    await cards.page.evaluate("window.answer = { ok: true }")
    await cards.page.get_by_role("button", name="Send").click()
    await expect(cards.page.get_by_text("Thank you. Your rating is stored.")).to_be_focused()
    assert (await cards.page.evaluate("emitted"))[-1] == {"event": "rate", "body": {"score": 4, "comment": "Clear and quick"}}
    await cards.show({"type": "rating", "scale": 5})
    await expect(cards.page.get_by_text("Thank you. Your rating is stored.")).to_be_visible()


async def test_place_in_line_moves_up_while_one_looks_and_ends_when_an_officer_comes(site: Site) -> None:
    first, second = await site.opened(), await site.opened()
    for widget in (first, second):
        await widget.button("Talk to a person").click()
        await widget.button("Wait for an officer").click()
        await expect(widget.log.get_by_role("heading", name="You are in line for an officer")).to_be_visible()
    place = second.log.locator(".handoff .figure", has_text="Your place in line").last.locator("dd")
    await expect(place).to_have_text("2")
    await first.button("Leave the queue").click()
    await expect(place).to_have_text("1")
    await expect(second.window.locator("xpath=..").get_by_text("You are now number 1 in line.")).to_be_attached()
    officer = site.officer()
    await officer.claims()
    await expect(second.log.get_by_role("heading", name="Wang Fang has taken over")).to_be_visible()
    await second.page.reload()
    await expect(second.log.get_by_role("heading", name="Wang Fang has taken over")).to_be_visible()
    await expect(second.log.get_by_role("heading", name="You are in line for an officer")).to_have_count(0)
    await expect(first.log.get_by_role("heading", name="You are no longer in line")).to_be_visible()
    assert site.errors == []
