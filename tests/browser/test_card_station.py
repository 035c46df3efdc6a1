"""The station card: state, way, phone, the address for a driver, and the position that stays on the device."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from playwright.async_api import expect

from bot.answers import Answers
from bot.catalogue.geo import Point
from tests.browser import axe, cards_page

NOON = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


async def test_station_says_state_way_and_phone(open_cards: Any, answers: Answers) -> None:
    cards = await open_cards()
    card = cards_page.station(answers, "en")["card"]
    await cards.show(card)
    await expect(cards.page.get_by_role("heading", name=card["stations"][0]["name"])).to_be_visible()
    await expect(cards.page.get_by_text(card["stations"][0]["state"])).to_be_visible()
    await expect(cards.page.get_by_role("link", name="Call 0755-88121678")).to_have_attribute("href", "tel:075588121678")
    ways = cards.page.locator(".ways a")
    assert await ways.all_inner_texts() == ["AMap", "Google Maps"]
    assert [(await way.get_attribute("rel")) for way in await ways.all()] == ["noopener noreferrer"] * 2
    assert "uri.amap.com/navigation?to=114.06" in str(await ways.first.get_attribute("href"))


async def test_station_without_an_address_must_be_called_first_and_has_no_way(open_cards: Any, answers: Answers) -> None:
    cards = await open_cards()
    await cards.show(cards_page.stations_near(answers, "en")["card"])
    first = cards.page.locator(".place").first
    await expect(first.get_by_text("less than 2 km")).to_be_visible()
    await expect(first.locator(".notice")).to_contain_text("before you go")
    assert await first.locator(".ways").count() == 0
    await expect(first.get_by_role("button", name="Show to a driver")).to_have_count(0)


async def test_state_of_a_while_ago_is_told_as_of_then(open_cards: Any, answers: Answers) -> None:
    cards = await open_cards()
    card = cards_page.station(answers, "en")["card"]
    card["stations"][0].update(as_of="2026-11-25T02:00:00+00:00", state="Open now, until 12:00.", open_now=True)
    await cards.page.clock.set_fixed_time("2026-11-25T06:00:00Z")
    await cards.show(card)
    await expect(cards.page.locator(".state")).to_have_text("When you asked (25 Nov 2026, 10:00): Open now, until 12:00.")
    assert "open" not in str(await cards.page.locator(".state").get_attribute("class")).split()


async def test_driver_reads_chinese_and_focus_comes_back(open_cards: Any, answers: Answers) -> None:
    cards = await open_cards(viewport={"width": 320, "height": 640})
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


async def test_position_is_reckoned_with_here_and_never_sent(open_cards: Any, answers: Answers) -> None:
    here = {"latitude": 22.5405, "longitude": 114.0571, "accuracy": 20}
    cards = await open_cards(geolocation=here, permissions=["geolocation"])
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


async def test_certain_station_comes_before_a_nearer_one_that_must_be_called_first(open_cards: Any, answers: Answers) -> None:
    hall, nearer = (answers.catalogue.stations.get(key) for key in ("civic_center", "hetao"))
    assert hall is not None and nearer is not None and hall.position is not None and nearer.position is not None
    # A little past the middle of the two, on the side of the uncertain one.
    lat, lon = (0.4 * getattr(hall.position.point, part) + 0.6 * getattr(nearer.position.point, part) for part in ("lat", "lon"))
    here = {"latitude": lat, "longitude": lon, "accuracy": 20}
    cards = await open_cards(geolocation=here, permissions=["geolocation"])
    await cards.show(cards_page.stations_near(answers, "en", "Shekou")["card"])
    await cards.page.get_by_role("button", name="Use my position").click()
    await expect(cards.page.get_by_text("Nearest to you, as the crow flies", exact=True)).to_be_visible()
    assert await cards.page.evaluate(
        """async ([lat, lon]) => {
          const { distance } = await import("/static/widget/cards/nearest.js");
          const { stations } = await (await fetch("/widget/stations/en.json")).json();
          const away = (key) => distance({ lat, lon }, stations.find((each) => each.key === key).position);
          return away("hetao") < away("civic_center");
        }""",
        [lat, lon],
    )
    names = await cards.page.locator(".place h3").all_inner_texts()
    assert names.index(hall.name["en"]) == 0 < names.index(nearer.name["en"])
    await expect(cards.page.locator(".place").first.locator(".sure")).to_be_visible()


async def test_position_is_not_asked_for_before_the_button(open_cards: Any, answers: Answers) -> None:
    cards = await open_cards()
    await cards.page.evaluate("() => { navigator.geolocation.getCurrentPosition = () => { window.located = true; }; }")
    await cards.show(cards_page.stations_near(answers, "en")["card"])
    assert not await cards.page.evaluate("window.located === true")


async def test_refused_position_names_another_way(open_cards: Any, answers: Answers) -> None:
    cards = await open_cards(permissions=[])
    await cards.show(cards_page.stations_near(answers, "en")["card"])
    await cards.page.get_by_role("button", name="Use my position").click()
    await expect(cards.page.get_by_text("type a metro station, a district or an address instead")).to_be_visible()
    await expect(cards.page.get_by_role("button", name="Use my position")).to_be_focused()


async def test_device_and_assistant_reckon_alike(open_cards: Any, answers: Answers, address: str) -> None:
    cards = await open_cards()
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
