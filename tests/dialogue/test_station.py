"""Where to go: every way to name a place, and honesty about what is not known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from bot.catalogue import Catalogue
from bot.catalogue.calendar import local
from bot.catalogue.formats import format_day
from bot.db import now
from bot.languages import Language
from tests import project
from tests.dialogue.conftest import Reply, Talk

ASK = "Where is the nearest station?"


def honest(reply: Reply, catalogue: Catalogue) -> None:
    """Nobody is sent to a closed door: Huawei is not there, and an open state is the catalogue's."""
    assert reply.card is not None
    assert "huawei" not in reply.stations
    for entry in reply.card["stations"]:
        station = catalogue.stations.get(entry["key"])
        assert station is not None
        if station.hours is None:
            assert entry["open_now"] is None
        if entry["call_first"]:
            assert any("0755" in piece for piece in reply.text.splitlines() if entry["name"] in piece)


@pytest.mark.parametrize(
    ("place", "nearest"),
    [
        ("Nanshan District", None),
        ("Yuehai Sub-district", None),
        ("Chegongmiao metro station", "civic_center"),
        ("Civic Center", "civic_center"),
        ("Shenzhen University", None),
        ("Shekou", "zhaoshang"),
        ("深圳灣口岸", None),
        ("huaqiangbei", None),
        ("Futan district", "civic_center"),
        ("22.5329, 113.9305", None),
        ("https://uri.amap.com/marker?position=113.9305,22.5329", None),
        ("坪山", "pingshan"),
    ],
)
async def test_any_way_to_name_a_place(talk: Talk, catalogue: Catalogue, place: str, nearest: str | None) -> None:
    assert (await talk.hears(ASK)).topic == "station_nearest"
    reply = await talk.hears(place)
    assert reply.topic == "station_nearest" and reply.sources
    honest(reply, catalogue)
    # The certain hall may stand first without being the nearest, or last because it is certain.
    distances = [entry["distance_km"] for entry in reply.card["stations"] if entry["key"] != "civic_center"] if reply.card else []
    assert distances == sorted(distances)
    assert nearest is None or reply.stations[0] == nearest
    assert "civic_center" in reply.stations


async def test_place_and_question_in_one_sentence(talk: Talk) -> None:
    assert (await talk.hears("Which station is the nearest to Shekou?")).stations[0] == "zhaoshang"


async def test_in_chinese_in_one_sentence(talk: Talk) -> None:
    reply = await talk.hears("离市民中心最近的办理点在哪里？")
    assert reply.language == "zh" and reply.stations[0] == "civic_center"


async def test_a_name_with_two_meanings_is_asked_back(talk: Talk) -> None:
    await talk.hears(ASK)
    reply = await talk.hears("Taoyuan")
    assert reply.card is None and 2 <= len(reply.offers) <= 5
    assert (await talk.chooses(next(iter(reply.offers)))).stations


@pytest.mark.parametrize("city", ["Dongguan", "Hong Kong", "广州"])
async def test_outside_shenzhen_is_said_and_the_question_stays(talk: Talk, city: str) -> None:
    await talk.hears(ASK)
    reply = await talk.hears(city)
    assert reply.card is None and reply.topic == "station_nearest"
    assert (await talk.hears("Nanshan")).stations


async def test_an_unknown_place_leads_to_the_districts(talk: Talk) -> None:
    await talk.hears(ASK)
    reply = await talk.hears("Blorptown")
    assert reply.card is None
    assert (await talk.chooses("choose:station.place=district_longgang_district")).stations


async def test_huawei_is_never_suggested(talk: Talk, catalogue: Catalogue) -> None:
    await talk.hears(ASK)
    honest(await talk.hears("Huawei metro station"), catalogue)


async def test_one_station_with_its_true_state(talk: Talk, catalogue: Catalogue) -> None:
    station = catalogue.stations.get("civic_center")
    assert station is not None
    before = catalogue.stations.answer(station, now()).open_now
    reply = await talk.hears("What is the address of the Civic Center hall?")
    assert reply.topic == "station_info" and reply.stations == ["civic_center"] and reply.card is not None
    assert reply.card["stations"][0]["open_now"] in (before, catalogue.stations.answer(station, now()).open_now)


@pytest.mark.parametrize(("text", "key"), [("Where is the Hetao station?", "hetao"), ("前海那个窗口在哪", "qianhai")])
async def test_a_station_asked_for_by_its_name_is_shown(talk: Talk, text: str, key: str) -> None:
    reply = await talk.hears(text)
    assert reply.topic == "station_info" and reply.stations == [key]


def told(catalogue: Catalogue, day: date, language: Language) -> set[str]:
    """What the answer to "is the hall open on that day" must hold: the day, unless it is today, and why it does not open."""
    hall, today = catalogue.stations.get("civic_center"), local(now()).date()
    assert hall is not None
    state = catalogue.stations.answer(hall, now()).state if day == today else catalogue.stations.day(hall, day)
    reason = project.answers().text(f"utter_reason_{state.reason}", language)
    return {reason} if day == today else {reason, format_day(day, language)}


def coming_saturday() -> date:
    """The next Saturday in Shenzhen, which is today when it is one."""
    today = local(now()).date()
    return today + timedelta(days=(5 - today.weekday()) % 7)


def coming_new_year() -> date:
    """The first of January that is still to come."""
    return date(local(now()).year + 1, 1, 1)


@pytest.mark.parametrize(
    ("text", "language", "asked"),
    [
        ("Is window 57 open on saturday?", "en", coming_saturday),
        ("周六开门吗", "zh", coming_saturday),
        ("are you open on 1 January {year}", "en", coming_new_year),
    ],
)
async def test_hours_are_told_for_the_day_that_is_asked_about(
    talk: Talk, catalogue: Catalogue, text: str, language: Language, asked: Callable[[], date]
) -> None:
    before = told(catalogue, asked(), language)
    reply = await talk.hears(text.format(year=asked().year))
    assert reply.topic == "station_info"
    assert any(all(piece in reply.text for piece in pieces) for pieces in (before, told(catalogue, asked(), language))), reply.text


@pytest.mark.parametrize("place", ["深圳大学", "shui wan", "HKU Shenzhen hospital"])
async def test_a_place_alone_is_answered_with_stations(talk: Talk, place: str) -> None:
    assert (await talk.hears(place)).stations


async def test_all_stations_but_the_closed_one(talk: Talk) -> None:
    reply = await talk.hears("Give me a list of all stations")
    assert reply.topic == "station_list"
    assert set(reply.stations) == {"civic_center", "joint_counter", "zhaoshang", "pingshan", "qianhai", "guiyuan", "hetao"}


async def test_a_district_without_a_station_is_told_so(talk: Talk) -> None:
    reply = await talk.hears("Which stations are there in Longgang?")
    assert reply.topic == "station_list" and reply.stations == ["civic_center"]


async def test_a_question_in_between(talk: Talk) -> None:
    question = await talk.hears(ASK)
    answer, again = await talk.says("How much is the fee?")
    assert answer.topic == "fee" and again.text == question.text
    assert (await talk.hears("Nanshan")).stations


async def test_another_place_after_the_answer(talk: Talk) -> None:
    await talk.hears("Which station is the nearest to Shekou?")
    assert (await talk.hears("nearest station from Pingshan")).stations[0] == "pingshan"
