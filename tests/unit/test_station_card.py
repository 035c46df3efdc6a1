"""What is said of a station: as near and as open as is known, and no finer."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import time_machine

from bot.answers import Answers
from bot.languages import LANGUAGES, Language
from tests import project

pytestmark = pytest.mark.usefixtures("frozen")


@pytest.fixture
def frozen() -> Iterator[None]:
    with time_machine.travel("2026-11-24T02:00:00+00:00", tick=False):
        yield


@pytest.fixture(scope="module")
def answers() -> Answers:
    return project.answers()


def near(answers: Answers, name: str, language: Language = "en", matter: str | None = None) -> list[str]:
    place = answers.catalogue.places.find(name).place
    assert place is not None
    text = answers.replies("utter_stations_near", language, {"place": place.key, "matter": matter})[0]["text"]
    return str(text).splitlines()


def on(answers: Answers, day: str, language: Language = "en", station: str = "civic_center") -> str:
    return str(answers.replies("utter_station", language, {"station": station, "day": day})[0]["text"]).splitlines()[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", ["Shekou", "Hetao", "Nanshan District", "Dameisha"])
def test_an_estimated_distance_has_no_decimals(answers: Answers, place: str, language: Language) -> None:
    for line in near(answers, place, language):
        for found in re.findall(r"([\d.]+)(?: km|公里)", line):
            exact = not re.search(rf"(?:about|less than|约|不到)\s?{re.escape(found)}(?: km|公里)", line)
            assert exact or "." not in found


def test_what_is_nearer_than_the_error_is_only_less_than_that(answers: Answers) -> None:
    assert "less than 2 km" in near(answers, "Shekou")[0]
    assert "不到2公里" in near(answers, "Hetao", "zh")[0]


def test_an_area_is_measured_from_its_middle(answers: Answers) -> None:
    assert near(answers, "Nanshan District")[0].startswith("From the middle of Nanshan District")
    assert near(answers, "南山区", "zh")[0].startswith("从南山区的中心算起，最近的是")


def test_the_certain_hall_comes_before_an_uncertain_one_that_is_about_as_near(answers: Answers) -> None:
    first, second, *_ = near(answers, "huaqiangbei")
    assert "go to **Administrative Service Hall" in first and "is about as near" in first
    assert second.startswith("- **Administrative Service Hall") and "certain for every matter" in second
    assert near(answers, "华强北", "zh")[0].startswith("建议去**深圳市行政服务大厅")


def test_a_counter_that_is_not_the_hall_is_not_called_certain_for_every_matter(answers: Answers) -> None:
    text = "\n".join(near(answers, "Shekou", matter="joint"))
    assert "Window 51" in text and "certain for every matter" not in text and "the surer one" in text


@pytest.mark.parametrize(
    ("day", "english", "chinese"),
    [
        ("2026-11-27", "open on Fri 27 Nov 2026: 09:00–12:00, 14:00–17:45", "2026年11月27日（周五）办公"),
        ("2026-11-28", "closed on Sat 28 Nov 2026 (weekend)", "2026年11月28日（周六）不办公（周末）"),
        ("2027-01-01", "closed on Fri 1 Jan 2027 (public holiday)", "2027年1月1日（周五）不办公（法定节假日）"),
        ("2027-03-01", "is not certain", "是否办公尚不确定"),
        ("2026-02-14", "is not certain", "是否办公尚不确定"),
    ],
)
def test_a_day_is_answered_as_far_as_it_is_known(answers: Answers, day: str, english: str, chinese: str) -> None:
    assert english in on(answers, day) and chinese in on(answers, day, "zh")


def test_a_station_without_hours_says_so_for_any_day(answers: Answers) -> None:
    assert "hours are not known" in on(answers, "2026-11-27", station="hetao")
