"""Which station is named, near, open, and certain."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.calendar import SHANGHAI, WorkingCalendar
from bot.catalogue.facts import load_sources
from bot.catalogue.geo import Point, distance_km
from bot.catalogue.grounds import DATA
from bot.catalogue.station_data import KEYS, load_station_data
from bot.catalogue.stations import Stations
from bot.data_file import read_yaml
from bot.errors import DataError
from tests import project

TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
SEA_WORLD = Point(22.4863, 113.9113)
CIVIC = Point(22.5433, 114.0567)
PINGSHAN = Point(22.7114, 114.3472)
CARD_FIELDS = {
    "key",
    "name",
    "district",
    "address",
    "phone",
    "hours",
    "open_now",
    "distance_km",
    "services",
    "map_links",
    "certainty",
    "call_first",
}


@pytest.fixture(scope="module")
def stations() -> Stations:
    return Stations.load(WorkingCalendar.load(), known_sources=load_sources(DATA / "sources.yml"))


def test_the_data_names_only_known_sources_and_the_eight_keys(stations: Stations) -> None:
    assert {station.key for station in stations.all()} == set(KEYS)


def test_what_nobody_found_is_null(stations: Stations) -> None:
    for key in ("zhaoshang", "pingshan", "huawei", "qianhai", "hetao"):
        station = stations.get(key)
        assert station is not None
        assert (station.address, station.phone, station.hours) == (None, None, None)
        assert station.call_first
        assert station.certainty == "low"
    guiyuan = stations.get("guiyuan")
    assert guiyuan is not None
    assert (guiyuan.address, guiyuan.phone, guiyuan.certainty) == (None, "0755-25102948", "medium")


def test_the_hall_is_the_only_certain_one(stations: Stations) -> None:
    assert [station.key for station in stations.all() if station.certainty == "high"] == ["civic_center"]
    hall = stations.get("civic_center")
    assert hall is not None
    assert hall.phone == "0755-88121678"
    assert not hall.call_first


def test_the_unidentified_stations_are_a_fact_of_their_own(stations: Stations) -> None:
    assert stations.unidentified.sources == ("ST-S3",)
    assert "0755-88121678" in stations.unidentified.statement["zh"]


def test_the_nearest_come_first_and_the_hall_is_always_there(stations: Stations) -> None:
    answers = stations.nearest(SEA_WORLD, when=TUESDAY)
    assert [answer.station.key for answer in answers] == ["zhaoshang", "qianhai", "civic_center"]
    assert [answer.safe_choice for answer in answers] == [False, False, True]
    assert answers[0].about and answers[0].call_first
    assert not answers[2].about


def test_near_the_hall_no_safe_choice_needs_marking(stations: Stations) -> None:
    answers = stations.nearest(CIVIC, when=TUESDAY)
    assert [answer.station.key for answer in answers][:2] == ["civic_center", "joint_counter"]
    assert not any(answer.safe_choice for answer in answers)


def test_the_huawei_station_is_never_ranked_but_can_be_asked_for(stations: Stations) -> None:
    answers = stations.nearest(Point(22.6531, 114.0620), when=TUESDAY, limit=20)
    assert "huawei" not in {answer.station.key for answer in answers}
    assert len(answers) == 7
    station = stations.by_name("华为工作站能去吗")
    assert station is not None
    assert not station.open_to_public


@given(
    lat=st.floats(22.4, 22.9),
    lon=st.floats(113.7, 114.7),
    limit=st.integers(1, 8),
    matter=st.sampled_from([None, "apply", "originals", "pick_up", "advice", "joint"]),
)
def test_distances_rise_and_a_certain_station_is_in_every_answer(lat: float, lon: float, limit: int, matter: str | None) -> None:
    here = Point(lat, lon)
    answers = _stations().nearest(here, matter=matter, when=TUESDAY, limit=limit)
    assert answers
    true = [distance_km(here, answer.station.position.point) for answer in answers if answer.station.position]
    nearly = answers[0].instead_of is not None
    assert true[nearly:] == sorted(true[nearly:])
    assert not nearly or (answers[0].safe_choice and not answers[0].call_first)
    if limit > 1:
        assert any(not answer.call_first for answer in answers)
    for answer, distance in zip(answers, true, strict=True):
        assert answer.station.open_to_public
        assert answer.station.position is not None and answer.distance_km is not None
        if answer.below_error:
            assert answer.about and distance < answer.distance_km <= answer.station.position.error_km + 1
        elif answer.about:
            assert answer.distance_km == max(1, round(distance))
        else:
            assert answer.distance_km == round(distance, 1)


def test_a_distance_is_no_finer_than_its_error(stations: Stations) -> None:
    places = project.catalogue().places
    shekou, hetao = places.find("Shekou").place, places.find("Hetao").place
    assert shekou is not None and hetao is not None
    near_shekou, near_hetao = (stations.nearest(place, when=TUESDAY)[0] for place in (shekou, hetao))
    assert (near_shekou.station.key, near_shekou.below_error, near_shekou.card("en")["distance_km"]) == ("zhaoshang", True, 2)
    assert (near_hetao.station.key, near_hetao.below_error, near_hetao.card("en")["distance_km"]) == ("hetao", True, 2)
    estimated = stations.nearest(SEA_WORLD, when=TUESDAY)[1]
    assert estimated.about and not estimated.below_error and estimated.distance_km == 6


def test_a_certain_hall_that_is_nearly_as_near_comes_first(stations: Stations) -> None:
    between = Point(22.5465, 114.0800)
    answers = stations.nearest(between, when=TUESDAY)
    assert [answer.station.key for answer in answers][:2] == ["civic_center", "guiyuan"]
    assert answers[0].safe_choice and answers[0].instead_of is stations.get("guiyuan")
    assert len({answer.station.key for answer in answers}) == len(answers) == 3


def test_a_certain_hall_that_is_farther_stays_behind_the_nearest(stations: Stations) -> None:
    answers = stations.nearest(Point(22.5476, 114.1010), when=TUESDAY)
    assert answers[0].station.key == "guiyuan" and all(answer.instead_of is None for answer in answers)


@pytest.mark.parametrize(
    ("day", "is_open", "reason", "usually"),
    [
        (date(2026, 11, 27), True, "within_hours", True),
        (date(2026, 11, 28), False, "weekend", False),
        (date(2026, 10, 1), False, "holiday", False),
        (date(2026, 2, 14), None, "make_up_day", False),
        (date(2027, 1, 1), False, "holiday", False),
        (date(2027, 3, 1), None, "calendar_not_known", True),
        (date(2027, 3, 6), None, "calendar_not_known", False),
    ],
)
def test_a_day_is_answered_as_far_as_it_is_known(stations: Stations, day: date, is_open: bool | None, reason: str, usually: bool) -> None:
    hall, other = stations.get("civic_center"), stations.get("hetao")
    assert hall is not None and other is not None
    state = stations.day(hall, day)
    assert (state.open, state.reason, state.usually) == (is_open, reason, usually)
    assert stations.day(other, day).reason == "hours_not_known"


@pytest.mark.parametrize(("name", "key"), [("前海", "qianhai"), ("Hetao", "hetao"), ("Dameisha", None), ("Futian", None)])
def test_a_place_at_the_door_of_a_station_means_it(stations: Stations, name: str, key: str | None) -> None:
    place = project.catalogue().places.find(name).place
    assert place is not None
    found = stations.at(place)
    assert (found.key if found else None) == key


_CACHE: list[Stations] = []


def _stations() -> Stations:
    if not _CACHE:
        _CACHE.append(Stations.load(WorkingCalendar.load()))
    return _CACHE[0]


def test_a_matter_leaves_only_stations_that_state_it(stations: Stations) -> None:
    by_matter = {
        matter: [a.station.key for a in stations.nearest(SEA_WORLD, matter, when=TUESDAY, limit=8)]
        for matter in ("apply", "originals", "pick_up", "advice", "joint")
    }
    assert by_matter["apply"] == ["civic_center"]
    assert by_matter["originals"] == ["zhaoshang", "civic_center", "joint_counter", "guiyuan"]
    assert by_matter["pick_up"] == ["zhaoshang", "civic_center", "joint_counter", "guiyuan"]
    assert by_matter["advice"] == ["civic_center", "joint_counter", "guiyuan"]
    assert by_matter["joint"] == ["qianhai", "hetao", "joint_counter"]


def test_the_joint_matter_has_its_own_safe_choice(stations: Stations) -> None:
    answers = stations.nearest(SEA_WORLD, "joint", when=TUESDAY, limit=2)
    assert [(answer.station.key, answer.safe_choice) for answer in answers] == [("qianhai", False), ("joint_counter", True)]


@pytest.mark.parametrize(
    ("text", "matter"),
    [
        ("where can I hand in my originals", "originals"),
        ("bring original documents", "originals"),
        ("领证去哪里", "pick_up"),
        ("I want to pick up my permit", "pick_up"),
        ("work and residence permit together", "joint"),
        ("两证一起办", "joint"),
        ("I want advice", "advice"),
        ("想咨询一下", "advice"),
        ("where to submit the application", "apply"),
        ("去哪里交材料", "apply"),
        ("核验原件", "originals"),
        ("what time is it", None),
        ("最近的办理点在哪里", None),
        ("去哪里办理工作许可", "apply"),
    ],
)
def test_what_a_person_needs_is_read(stations: Stations, text: str, matter: str | None) -> None:
    found = stations.matter_in(text)
    assert (found.key if found else None) == matter


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("is the civic center open on saturday", "civic_center"),
        ("市民中心几点开门", "civic_center"),
        ("市民中心大廳", "civic_center"),
        ("Where is window 51?", "joint_counter"),
        ("51号窗口电话", "joint_counter"),
        ("Zhaoshang work station address", "zhaoshang"),
        ("招商街道工作站在哪", "zhaoshang"),
        ("坪山工作站", "pingshan"),
        ("Huawei Work Station", "huawei"),
        ("前海工作站", "qianhai"),
        ("phone of the Luohu workstation", "guiyuan"),
        ("罗湖国际人才服务中心电话", "guiyuan"),
        ("羅湖工作站", "guiyuan"),
        ("hetao station", "hetao"),
        ("MSCE", "msce"),
        ("LICC Longhua", "licc"),
        ("龙华国际合作中心能办吗", "licc"),
        ("口岸签证处", "port_visa"),
        ("2015 Yanhe North Road", "exit_entry_yanhe"),
        ("沿河北路2015号", "exit_entry_yanhe"),
        ("Xincheng Building", "old_experts_office"),
        ("I live in Futian", None),
        ("how long does it take", None),
    ],
)
def test_a_station_or_advice_place_is_found_by_its_name(stations: Stations, text: str, key: str | None) -> None:
    found = stations.by_name(text)
    assert (found.key if found else None) == key


def test_advice_places_are_said_not_to_be_permit_counters_and_never_ranked(stations: Stations) -> None:
    data = load_station_data(DATA / "stations.yml")
    ranked = {answer.station.key for answer in stations.nearest(SEA_WORLD, when=TUESDAY, limit=50)}
    for place in data.advice_places.values():
        assert place.kind == "advice"
        assert place.key not in ranked
        assert place.services == frozenset()
        said = place.notes[0]
        assert re.search(r"not (?:a|known to be a) work-permit counter|not work-permit counters|No source says|Do not go there", said["en"])
        assert re.search("不办理工作许可|没有资料说明|未见资料说明|请勿前往", said["zh"])


def test_stations_of_a_district_are_found_in_either_language(stations: Stations) -> None:
    assert [station.key for station in stations.in_district("Nanshan District")] == ["zhaoshang", "qianhai"]
    assert [station.key for station in stations.in_district("福田")] == ["civic_center", "joint_counter", "hetao"]
    assert [station.key for station in stations.in_district("羅湖區")] == ["guiyuan"]
    assert [station.key for station in stations.in_district("Longgang")] == ["huawei"]
    assert stations.in_district("Yantian") == ()


def test_stations_with_a_service_are_those_that_state_it(stations: Stations) -> None:
    assert [station.key for station in stations.with_service("issue")] == ["civic_center", "joint_counter", "zhaoshang", "guiyuan"]
    assert [s.key for s in stations.with_service("joint_work_residence")] == ["joint_counter", "qianhai", "hetao"]


def test_a_card_has_exactly_the_agreed_fields(stations: Stations) -> None:
    for answer in stations.nearest(SEA_WORLD, when=TUESDAY, limit=8):
        for language in ("en", "zh"):
            card: dict[str, Any] = answer.card(language)  # type: ignore[arg-type]
            assert set(card) == CARD_FIELDS
            assert all(isinstance(service, str) for service in card["services"])


def test_map_links_are_given_only_where_the_door_is_known(stations: Stations) -> None:
    with_links = [a.station.key for a in stations.nearest(SEA_WORLD, when=TUESDAY, limit=8) if a.card("en")["map_links"]]
    assert sorted(with_links) == ["civic_center", "joint_counter"]


@time_machine.travel(datetime(2026, 11, 24, 2, 0, tzinfo=UTC), tick=False)
def test_the_hall_is_open_now_and_the_others_are_not_known(stations: Stations) -> None:
    states = {a.station.key: a.open_now for a in stations.nearest(CIVIC, when=datetime.now(UTC), limit=8)}
    assert states.pop("civic_center") is True
    assert set(states.values()) == {None}


def test_a_vague_place_makes_every_distance_an_estimate(stations: Stations) -> None:
    district = project.catalogue().places.find("Futian").place
    assert district is not None
    assert all(answer.about for answer in stations.nearest(district, when=TUESDAY))


def test_one_station_can_be_answered_without_a_distance(stations: Stations) -> None:
    hall = stations.get("civic_center")
    assert hall is not None
    answer = stations.answer(hall, datetime(2026, 11, 24, 12, 30, tzinfo=SHANGHAI))
    assert (answer.distance_km, answer.open_now, answer.state.reason) == (None, False, "lunch")
    assert answer.next_open == datetime(2026, 11, 24, 14, 0, tzinfo=SHANGHAI)


def test_no_name_belongs_to_two_stations() -> None:
    data = load_station_data(DATA / "stations.yml")
    seen: dict[str, str] = {}
    for station in (*data.stations.values(), *data.advice_places.values()):
        for names in station.names.values():
            for name in names:
                assert seen.setdefault(name, station.key) == station.key, name


def _broken(tmp_path: Path, change: Any) -> DataError:
    raw = yaml.load((DATA / "stations.yml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    change(raw)
    path = tmp_path / "stations.yml"
    path.write_text(yaml.dump(raw, Dumper=yaml.CSafeDumper, allow_unicode=True), encoding="utf-8")
    with pytest.raises(DataError) as error:
        load_station_data(path, load_sources(DATA / "sources.yml"))
    return error.value


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("stations", "hetao"), None, "entry"),
        (("stations", "hetao", "position", "lat"), 21.0, "position.lat"),
        (("stations", "hetao", "position", "lon"), 104.0, "position.lon"),
        (("stations", "hetao", "position", "datum"), "GCJ-02", "position.datum"),
        (("stations", "hetao", "position"), None, "position"),
        (("stations", "hetao", "sources"), ["NOBODY"], "sources"),
        (("stations", "hetao", "sources"), [], "sources"),
        (("stations", "hetao", "services"), ["coffee"], "services"),
        (("stations", "hetao", "certainty"), "sure", "certainty"),
        (("stations", "hetao", "call_first"), None, "call_first"),
        (("stations", "hetao", "phone"), 123, "phone"),
        (("stations", "hetao", "review_by"), "soon", "review_by"),
        (("stations", "hetao", "name"), {"en": "only English"}, "name.zh"),
        (("stations", "hetao", "names"), {"en": ["a"]}, "names.zh"),
        (("stations", "civic_center", "hours", "spans"), ["12:00-09:00"], "hours.spans"),
        (("stations", "civic_center", "hours", "weekdays"), [0], "hours.weekdays"),
        (("advice_places", "msce", "what"), None, "what"),
        (("matters", "joint", "services"), ["coffee"], "services"),
    ],
)
def test_a_broken_entry_is_named(tmp_path: Path, path: tuple[str, ...], value: Any, field: str) -> None:
    def change(raw: dict[str, Any]) -> None:
        for key in path[:-1]:
            raw = raw[key]
        raw[path[-1]] = value

    error = _broken(tmp_path, change)
    assert (error.file, error.entry, error.field) == ("stations.yml", path[1], field)


def test_a_missing_station_key_is_named(tmp_path: Path) -> None:
    assert "hetao" in str(_broken(tmp_path, lambda raw: raw["stations"].pop("hetao")))


def test_a_new_station_is_one_entry(tmp_path: Path) -> None:
    raw = read_yaml(DATA / "stations.yml")
    raw["stations"]["longhua"] = {**raw["stations"]["pingshan"], "name": {"en": "Longhua Work Station", "zh": "龙华工作站"}}
    path = tmp_path / "stations.yml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    added = Stations.load(WorkingCalendar.load(), path)
    assert "longhua" in {answer.station.key for answer in added.nearest(PINGSHAN, when=TUESDAY, limit=9)}


def test_an_unknown_section_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "stations.yml"
    path.write_text((DATA / "stations.yml").read_text(encoding="utf-8") + "\nstation: {}\n", encoding="utf-8")
    with pytest.raises(DataError, match="station: section"):
        load_station_data(path)
