"""The cards in a browser, made of what the assistant really answers: what they show, keep, print and send."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator
from datetime import datetime, timezone
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from bot.answers import Answers
from bot.catalogue.geo import Point
from bot.languages import LANGUAGES, Language
from bot.settings import ROOT
from tests.browser import axe, cards_page
from tests.browser.conftest import browser  # noqa: F401

NOON = datetime(2026, 11, 25, 2, 0, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def answers() -> Answers:
    return Answers.load(ROOT)


@pytest.fixture
async def address(answers: Answers) -> AsyncIterator[str]:
    async with cards_page.running(answers) as base:
        yield base


class Cards:
    """A page with one card."""

    def __init__(self, page: Page, context: BrowserContext, errors: list[str]) -> None:
        self.page, self.context, self.errors = page, context, errors

    async def show(self, card: dict[str, Any], language: Language = "en", **metadata: Any) -> bool:
        """Show a card; whether it is one that is known."""
        shown = await self.page.evaluate("([card, language, metadata]) => show(card, language, { metadata })", [card, language, metadata])
        return bool(shown)

    @property
    async def overflow(self) -> int:
        """By how many pixels the page is wider than the screen."""
        return int(await self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.fixture
async def opened(browser: Browser, address: str) -> AsyncIterator[Any]:  # noqa: F811
    """Opens the page on a device of its own."""
    errors: list[str] = []

    async def open_page(**options: Any) -> Cards:
        context = await browser.new_context(**{"viewport": {"width": 400, "height": 800}, "locale": "en-GB", **options})
        await context.add_init_script("window.print = () => { window.printed = true; };")
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console", lambda line: errors.append(line.text) if line.type == "error" and "favicon" not in line.location["url"] else None
        )
        await page.goto(f"{address}cards")
        await page.wait_for_selector("body[data-ready]")
        return Cards(page, context, errors)

    yield open_page
    assert errors == []


def every_card(answers: Answers, language: Language) -> dict[str, dict[str, Any]]:
    closed = {"can_wait": False, "within_hours": False, "position": None, "expected_wait_s": None}
    return {
        "checklist": cards_page.checklist(answers, language)["card"],
        "stations": cards_page.stations_near(answers, language)["card"],
        "station": cards_page.station(answers, language)["card"],
        "status": cards_page.status(answers, language)["card"],
        "offer": cards_page.handoff("offer", language),
        "away": cards_page.handoff("offer", language, **closed, next_open="2026-11-26T01:00:00+00:00"),
        "queued": cards_page.handoff("queued", language),
        "rating": {"type": "rating", "scale": 5},
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_card_is_clean_for_axe_and_fits_a_narrow_screen(opened: Any, answers: Answers, language: Language, scheme: str) -> None:
    # 320 pixels are also what is left of 1280 at four times the size.
    cards = await opened(viewport={"width": 320, "height": 640}, color_scheme=scheme)
    for name, card in every_card(answers, language).items():
        assert await cards.show(card, language), name
        for details in await cards.page.locator("details").all():
            await details.evaluate("(element) => { element.open = true; }")
        assert await axe.violations(cards.page, "test-card") == [], name
        assert await cards.overflow <= 0, name


async def test_card_that_nobody_knows_shows_nothing(opened: Any) -> None:
    cards = await opened()
    for card in ({"type": "sundial"}, {"type": "toString"}, {}, None, {"type": "status", "applications": []}):
        assert not await cards.show(card)


async def test_what_is_said_never_becomes_markup(opened: Any, answers: Answers) -> None:
    cards = await opened()
    evil = "<img src=x onerror=window.broken=1><b>bold</b>"
    for name, card in every_card(answers, "en").items():
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


async def test_ticks_are_counted_announced_and_kept_for_this_card(opened: Any, answers: Answers) -> None:
    cards = await opened()
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


async def test_groups_say_who_provides_and_the_language_of_the_list_follows_the_reader(opened: Any, answers: Answers) -> None:
    cards = await opened()
    card = cards_page.checklist(answers, "en")["card"]
    await cards.show(card)
    assert [re.sub(r"\d.*", "", text).strip() for text in await cards.page.locator("h4").all_inner_texts()] == [
        "From you",
        "From your employer",
        "From an authority",
    ]
    await cards.show(card, "zh")
    await expect(cards.page.get_by_role("heading", name="境外申请（来华工作90日以上）")).to_be_visible()
    await expect(
        cards.page.get_by_role("checkbox", name="护照或国际旅行证件信息页 Passport or travel document information page")
    ).to_be_visible()


async def test_warnings_come_before_the_first_paper(opened: Any, answers: Answers) -> None:
    cards = await opened()
    reply = cards_page.checklist(answers, "en", "new_abroad", "B", nationality="US", age_60="yes", basis="salary")
    await cards.show(reply["card"])
    notice, first = cards.page.locator(".notice"), cards.page.get_by_role("checkbox").first
    await expect(notice).to_contain_text(reply["card"]["warnings"][0][:40])
    above, below = await notice.bounding_box(), await first.bounding_box()
    assert above is not None and below is not None and above["y"] < below["y"]
    assert await cards.page.evaluate("([card, text]) => lead(card, text)", [reply["card"], reply["text"]]) == reply["text"].split("\n\n")[0]


@pytest.mark.parametrize(
    ("kind", "category"), [("new_abroad", "B"), ("new_in_china", "A"), ("change_employer", "B"), ("cancellation", "C")]
)
async def test_a_list_prints_on_one_page_in_both_languages(opened: Any, answers: Answers, kind: str, category: str) -> None:
    cards = await opened()
    card = cards_page.checklist(answers, "en", kind, category)["card"]
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
    text = await tab.inner_text("body")
    for item in card["items"]:
        assert item["name_en"] in text and item["name_zh"] in text
        assert item["brief"] in text and item["other"]["brief"] in text
    assert await tab.locator("tr.done").count() == 1
    assert "Materials for the Foreigner's Work Permit" in text and "外国人工作许可申请材料清单" in text


async def _printed(place: Any) -> None:
    while not await place.evaluate("window.printed === true"):
        await asyncio.sleep(0.02)


async def test_printing_uses_a_frame_that_is_gone_afterwards(opened: Any, answers: Answers) -> None:
    cards = await opened()
    await cards.show(cards_page.checklist(answers, "zh")["card"], "zh")
    await cards.page.get_by_role("button", name="打印或存为PDF").click()
    frame = await (await cards.page.wait_for_selector("iframe", state="attached")).content_frame()
    assert frame is not None
    await _printed(frame)
    assert "外国人工作许可申请材料清单" in await frame.inner_text("body")
    await frame.evaluate("window.dispatchEvent(new Event('afterprint'))")
    await expect(cards.page.locator("iframe")).to_have_count(0)


async def test_print_page_that_cannot_be_had_is_said(opened: Any, answers: Answers) -> None:
    cards = await opened()
    await cards.show(cards_page.checklist(answers, "en")["card"])
    await cards.page.evaluate("() => { window.fetch = async () => { throw new Error('offline'); }; }")
    await cards.page.get_by_role("button", name="Print or save as PDF").click()
    await expect(cards.page.get_by_role("alert").filter(has_text="Nothing is lost")).to_be_visible()
    await expect(cards.page.locator("iframe")).to_have_count(0)


async def test_station_says_state_way_and_phone(opened: Any, answers: Answers) -> None:
    cards = await opened()
    card = cards_page.station(answers, "en")["card"]
    await cards.show(card)
    await expect(cards.page.get_by_role("heading", name=card["stations"][0]["name"])).to_be_visible()
    await expect(cards.page.get_by_text(card["stations"][0]["state"])).to_be_visible()
    await expect(cards.page.get_by_role("link", name="Call 0755-88121678")).to_have_attribute("href", "tel:075588121678")
    ways = cards.page.locator(".ways a")
    assert await ways.all_inner_texts() == ["AMap", "Google Maps"]
    assert [(await way.get_attribute("rel")) for way in await ways.all()] == ["noopener noreferrer"] * 2
    assert "uri.amap.com/navigation?to=114.06" in str(await ways.first.get_attribute("href"))


async def test_station_without_an_address_must_be_called_first_and_has_no_way(opened: Any, answers: Answers) -> None:
    cards = await opened()
    await cards.show(cards_page.stations_near(answers, "en")["card"])
    first = cards.page.locator(".place").first
    await expect(first.get_by_text("less than 2 km")).to_be_visible()
    await expect(first.locator(".notice")).to_contain_text("before you go")
    assert await first.locator(".ways").count() == 0
    await expect(first.get_by_role("button", name="Show to a driver")).to_have_count(0)


async def test_state_of_a_while_ago_is_told_as_of_then(opened: Any, answers: Answers) -> None:
    cards = await opened()
    card = cards_page.station(answers, "en")["card"]
    card["stations"][0].update(as_of="2026-11-25T02:00:00+00:00", state="Open now, until 12:00.", open_now=True)
    await cards.page.clock.set_fixed_time("2026-11-25T06:00:00Z")
    await cards.show(card)
    await expect(cards.page.locator(".state")).to_have_text("When you asked (25 Nov 2026, 10:00): Open now, until 12:00.")
    assert "open" not in str(await cards.page.locator(".state").get_attribute("class")).split()


async def test_driver_reads_chinese_and_focus_comes_back(opened: Any, answers: Answers) -> None:
    cards = await opened(viewport={"width": 320, "height": 640})
    card = cards_page.station(answers, "en")["card"]
    await cards.show(card)
    button = cards.page.get_by_role("button", name="Show to a driver")
    await button.focus()
    await cards.page.keyboard.press("Enter")
    view = cards.page.get_by_role("dialog", name="请送我到这里")
    address = view.locator(".address")
    await expect(address).to_have_text(card["stations"][0]["address_zh"])
    assert await address.evaluate("(element) => parseFloat(getComputedStyle(element).fontSize)") >= 28
    assert await view.evaluate("(element) => element.getBoundingClientRect().width") == 320
    assert await axe.violations(cards.page, "test-card") == []
    await cards.page.keyboard.press("Escape")
    await expect(view).to_have_count(0)
    await expect(button).to_be_focused()


async def test_position_is_reckoned_with_here_and_never_sent(opened: Any, answers: Answers) -> None:
    here = {"latitude": 22.5405, "longitude": 114.0571, "accuracy": 20}
    cards = await opened(geolocation=here, permissions=["geolocation"])
    await cards.show(cards_page.stations_near(answers, "en", "Shekou")["card"])
    asked: list[Any] = []
    cards.page.on("request", lambda request: asked.append((request.method, request.url, request.post_data)))
    await cards.page.get_by_role("button", name="Use my position").click()
    await expect(cards.page.get_by_text("Nearest to you, as the crow flies", exact=True)).to_be_visible()
    first = cards.page.locator(".place h3").first
    await expect(first).to_contain_text("Civic Center")
    assert [(method, url.rsplit("/", 1)[1], body) for method, url, body in asked] == [("GET", "en.json", None)]
    assert "22.5" not in str(asked) and "114.0" not in str(asked)
    assert await cards.page.evaluate("emitted") == []


async def test_position_is_not_asked_for_before_the_button(opened: Any, answers: Answers) -> None:
    cards = await opened()
    await cards.page.evaluate("() => { navigator.geolocation.getCurrentPosition = () => { window.located = true; }; }")
    await cards.show(cards_page.stations_near(answers, "en")["card"])
    assert not await cards.page.evaluate("window.located === true")


async def test_refused_position_names_another_way(opened: Any, answers: Answers) -> None:
    cards = await opened(permissions=[])
    await cards.page.evaluate("""() => { navigator.geolocation.getCurrentPosition = (_, refuse) =>
        refuse(Object.create(GeolocationPositionError.prototype)); }""")
    await cards.show(cards_page.stations_near(answers, "en")["card"])
    await cards.page.get_by_role("button", name="Use my position").click()
    await expect(cards.page.get_by_text("type a metro station, a district or an address instead")).to_be_visible()
    await expect(cards.page.get_by_role("button", name="Use my position")).to_be_focused()


async def test_device_and_assistant_reckon_alike(opened: Any, answers: Answers, address: str) -> None:
    cards = await opened()
    chance = random.Random(7)
    points = [(chance.uniform(22.45, 22.80), chance.uniform(113.80, 114.50)) for _ in range(300)]
    points += [(each.position.point.lat, each.position.point.lon) for each in answers.catalogue.stations.all() if each.position]
    for matter in (None, "apply", "originals", "pick_up", "advice", "joint"):
        expected = [
            [
                [found.station.key, found.distance_km, found.about, found.below_error, found.safe_choice]
                for found in answers.catalogue.stations.nearest(Point(*point), matter, when=NOON)
            ]
            for point in points
        ]
        got = await cards.page.evaluate(
            """async ([points, matter]) => {
              const { stations } = await (await fetch("/widget/stations/en.json")).json();
              return points.map(([lat, lon]) => nearest(stations, { lat, lon }, matter)
                .map((each) => [each.key, each.distance_km, each.about, each.below_error, Boolean(each.safe_choice) ]));
            }""",
            [points, matter],
        )
        assert got == expected, matter


async def test_status_is_a_line_with_the_present_open(opened: Any, answers: Answers) -> None:
    cards = await opened()
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


async def test_queue_card_follows_the_queue(opened: Any) -> None:
    cards = await opened()
    await cards.show(cards_page.handoff("queued", "en"))
    await expect(cards.page.locator(".figures")).to_contain_text("about 6 min")
    await cards.page.evaluate("card.update({ state: 'queued', position: 1, expected_wait_s: null })")
    assert await cards.page.locator(".figures dd").all_inner_texts() == ["1", "not known"]
    assert await cards.page.evaluate("announced") == ["You are now number 1 in line."]
    await cards.page.evaluate("card.update({ state: 'with_staff', owner: { name: 'Wang Fang' } })")
    await expect(cards.page.get_by_role("heading", name="Wang Fang has taken over")).to_be_visible()
    assert await cards.page.locator("form").count() == 0


async def test_left_message_is_checked_and_tried_again_as_the_same_one(opened: Any) -> None:
    cards = await opened()
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
    refused, lost, stored = [each["body"] for each in await cards.page.evaluate("emitted")]
    assert (
        lost
        == stored
        == {
            "text": "My passport number changed.",
            "contact_kind": "email",
            "contact": "ann@example.com",
            "message_id": lost["message_id"],
        }
    )
    assert refused["message_id"] != lost["message_id"]


async def test_rating_is_one_question_and_is_given_once(opened: Any) -> None:
    cards = await opened()
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


@pytest.mark.parametrize("language", LANGUAGES)
async def test_lead_is_the_answer_and_the_card_says_the_rest(opened: Any, answers: Answers, language: Language) -> None:
    cards = await opened()
    for reply in (
        cards_page.checklist(answers, language),
        cards_page.stations_near(answers, language),
        cards_page.status(answers, language),
    ):
        lead = await cards.page.evaluate("([card, text]) => lead(card, text)", [reply["card"], reply["text"]])
        assert reply["text"].startswith(lead) and 0 < len(lead) < 300 and "\n" not in lead
