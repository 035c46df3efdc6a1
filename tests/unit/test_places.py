"""Finding a place in what people type: by any name, in two scripts, with slips, by coordinates and map links."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.catalogue import place_names, readings
from bot.catalogue.geo import Point, distance_km
from bot.catalogue.place_names import fold
from bot.catalogue.places import Place, Places
from bot.data_file import read_yaml
from bot.errors import DataError

CASES: dict[str, Any] = read_yaml(Path(__file__).parent / "places_cases.yml")
FOUND = [(text, name) for name, texts in CASES["found"].items() for text in texts]
OUTSIDE = [(text, name) for name, texts in CASES["outside"].items() for text in texts]


@pytest.fixture(scope="module")
def places() -> Places:
    return Places.load()


@pytest.fixture(scope="module")
def by_english_name(places: Places) -> dict[str, Place]:
    rows = {place.key: place for place in places.all()}
    return {name: next(p for p in rows.values() if p.key.split("_", 1)[1] == _slug(name)) for name in CASES["found"]}


def _slug(name: str) -> str:
    return fold(name).replace(" ", "_")


def test_the_table_is_large_enough() -> None:
    assert len(FOUND) + len(CASES["points"]) >= 200
    assert len(CASES["nothing"]) >= 40
    assert len({text for text, _ in FOUND}) == len(FOUND)


@pytest.mark.parametrize(("text", "name"), FOUND)
def test_a_named_place_is_found(places: Places, by_english_name: dict[str, Place], text: str, name: str) -> None:
    match, expected = places.find(text), by_english_name[name]
    assert match.kind == "found", match
    assert match.place is not None
    if "district" in (expected.kind, match.place.kind):
        assert match.place == expected
    assert distance_km(match.place.point, expected.point) < 1.6
    assert 0 < match.score <= 100


@pytest.mark.parametrize("text", CASES["nothing"])
def test_an_ordinary_sentence_holds_no_place(places: Places, text: str) -> None:
    assert places.find(text).kind == "unknown"


@pytest.mark.parametrize(("text", "lat", "lon"), CASES["points"])
def test_coordinates_and_map_links_are_read_in_their_datum(places: Places, text: str, lat: float, lon: float) -> None:
    match = places.find(text)
    assert match.kind == "found"
    assert match.place is not None
    assert match.place.kind == "point"
    assert distance_km(match.place.point, Point(lat, lon)) < 0.06
    assert match.place.district == "Futian"


@pytest.mark.parametrize(("text", "name"), OUTSIDE)
def test_a_place_outside_shenzhen_is_told_apart(places: Places, text: str, name: str | None) -> None:
    match = places.find(text)
    assert match.kind == "outside"
    assert (match.outside_name["en"] if match.outside_name else None) == name


@pytest.mark.parametrize(("text", "names"), list(CASES["ambiguous"].items()))
def test_two_meanings_are_asked_back(places: Places, text: str, names: list[str]) -> None:
    match = places.find(text)
    assert match.kind == "ambiguous"
    assert [place.key.split("_", 1)[1] for place in match.candidates] == [_slug(name) for name in names]


def test_never_more_than_five_candidates_are_asked_back(places: Places) -> None:
    match = places.find("Shekou, Futian, Luohu, Longhua, Pingshan, Guangming and Yantian")
    assert match.kind == "ambiguous"
    assert len(match.candidates) == 5


def test_every_place_of_the_list_is_found_by_its_own_chinese_name(places: Places) -> None:
    lost = []
    for place in places.all():
        match = places.find(f"我住在{place.name['zh'].split('（')[0].split('/')[0]}附近")
        options = [match.place] if match.place else list(match.candidates)
        if not any(distance_km(option.point, place.point) < 3 for option in options):
            lost.append((place.name["zh"], match))
    # A bare district name means the district, so stations and sub-districts of the same name yield to it.
    assert [name for name, match in lost if not (match.place and match.place.kind == "district")] == []


def test_a_road_named_after_a_place_counts_only_when_nothing_better_is_named(places: Places) -> None:
    assert places.find("坪地大道1001号").score == 70
    both = places.find("龙岗大道旁边的布吉")
    assert both.place is not None
    assert both.place.name["zh"] == "布吉" or both.place.name["zh"] == "布吉街道"


def test_a_shortened_map_link_gives_nothing(places: Places) -> None:
    assert places.find("https://surl.amap.com/abc123XYZ").kind == "unknown"


def test_a_place_can_be_taken_up_again_by_its_key(places: Places) -> None:
    found = places.find("Sea World").place
    assert found is not None
    assert places.by_key(found.key) == found


def test_all_points_of_the_list_lie_in_the_outline_and_the_neighbours_do_not(places: Places) -> None:
    assert [place.name["en"] for place in places.all() if not places.in_shenzhen(place.point)] == []
    for lat, lon in (
        (22.501, 114.128),
        (22.445, 114.035),
        (22.28, 114.16),
        (22.815, 113.80),
        (22.74, 114.14),
        (22.74, 114.54),
        (22.79, 114.47),
        (22.5144, 114.0657),
        (22.5283, 114.1133),
        (23.13, 113.26),
    ):
        assert not places.in_shenzhen(Point(lat, lon)), (lat, lon)


def test_long_and_strange_texts_do_no_harm(places: Places) -> None:
    for text in ("", " ", "？？？", "a" * 5000, "南" * 3000, "1 " * 2000, "🙂🙂", "<NUMBER:1> <DATE:1>", "\u202eabc"):
        assert places.find(text).kind in {"unknown", "found", "ambiguous", "outside"}


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("harbour,X,某,Futian,22.5,114.0,WGS-84,high,s", "kind"),
        ("metro,X,某,Futian,22.5,114.0,GCJ-02,high,s", "datum"),
        ("metro,X,某,Futian,22.5,114.0,WGS-84,sure,s", "certainty"),
        ("metro,X,某,Futian,abc,114.0,WGS-84,high,s", "lat, lon"),
        ("metro,X,某,Futian,48.1,11.5,WGS-84,high,s", "lat, lon"),
        ("metro,X,,Futian,22.5,114.0,WGS-84,high,s", "name.zh"),
    ],
)
def test_a_broken_row_is_named(tmp_path: Path, line: str, field: str) -> None:
    header = "kind,name_en,name_zh,district_en,lat,lon,datum,certainty,source"
    (tmp_path / "places.csv").write_text(f"# comment\n{header}\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError) as error:
        Places.load(tmp_path)
    assert error.value.field == field


def test_readings_of_names_are_those_of_the_dictionary() -> None:
    written = json.loads(place_names.READINGS.read_text(encoding="utf-8"))
    assert written == readings.needed(), "places were changed: run make readings"


def test_place_of_one_name_alone_needs_no_dictionary(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place_names, "_pronounce", pytest.fail)
    assert places.find("石家庄的规定一样吗", by_ear=False).kind == "outside"
    assert places.find("how long does it take", by_ear=False).kind == "unknown"
