"""Datums, distances, outlines and map links."""

from __future__ import annotations

from urllib.parse import parse_qs, urlparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.coordinates import has_map_link, read_point
from bot.catalogue.geo import (
    Point,
    bd09_to_gcj02,
    distance_km,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    inside,
    map_links,
    to_wgs84,
    wgs84_to_gcj02,
)

CITY = {"lat": st.floats(22.4, 22.9), "lon": st.floats(113.7, 114.7)}
WORLD = st.builds(Point, st.floats(-85, 85), st.floats(-179, 179))


@pytest.mark.parametrize(
    ("wgs", "gcj"),
    [
        ((22.5461, 114.0552), (22.5434, 114.0604)),
        ((22.4943, 113.9136), (22.4912, 113.9184)),
        ((22.7114, 114.3472), (22.7087, 114.3521)),
        ((22.6531, 114.0620), (22.6504, 114.0671)),
    ],
)
def test_the_shift_agrees_with_known_pairs_of_shenzhen(wgs: tuple[float, float], gcj: tuple[float, float]) -> None:
    assert wgs84_to_gcj02(*wgs) == pytest.approx(gcj, abs=1.2e-4)


def test_the_shift_agrees_with_a_published_reference_pair() -> None:
    assert wgs84_to_gcj02(39.915, 116.404) == pytest.approx((39.91640428150164, 116.41024449916938), abs=1e-9)
    assert gcj02_to_bd09(39.915, 116.404) == pytest.approx((39.92133699351021, 116.41036949371029), abs=1e-9)


@given(**CITY)
def test_there_and_back_again_is_the_same_spot(lat: float, lon: float) -> None:
    start = Point(lat, lon)
    assert distance_km(start, Point(*gcj02_to_wgs84(*wgs84_to_gcj02(lat, lon)))) < 0.003
    assert distance_km(start, Point(*bd09_to_gcj02(*gcj02_to_bd09(lat, lon)))) < 0.003
    assert distance_km(start, to_wgs84(*gcj02_to_bd09(*wgs84_to_gcj02(lat, lon)), "BD-09")) < 0.003


@given(**CITY)
def test_the_shift_in_shenzhen_is_some_six_hundred_metres(lat: float, lon: float) -> None:
    assert 0.5 < distance_km(Point(lat, lon), Point(*wgs84_to_gcj02(lat, lon))) < 0.75


def test_outside_china_nothing_is_shifted() -> None:
    assert wgs84_to_gcj02(48.8584, 2.2945) == (48.8584, 2.2945)
    assert gcj02_to_wgs84(48.8584, 2.2945) == (48.8584, 2.2945)


@given(WORLD, WORLD, WORLD)
def test_distances_are_those_of_a_sphere(a: Point, b: Point, c: Point) -> None:
    assert distance_km(a, b) == pytest.approx(distance_km(b, a), abs=1e-9)
    assert distance_km(a, a) == 0
    assert 0 <= distance_km(a, b) <= 20016
    assert distance_km(a, c) <= distance_km(a, b) + distance_km(b, c) + 1e-6


def test_a_known_distance_comes_out() -> None:
    assert distance_km(Point(22.5461, 114.0552), Point(22.4943, 113.9136)) == pytest.approx(15.65, abs=0.05)
    assert distance_km(Point(0, 0), Point(0, 1)) == pytest.approx(111.195, abs=0.01)


def test_inside_follows_the_outline() -> None:
    square = [(0.0, 0.0), (0.0, 2.0), (2.0, 2.0), (2.0, 0.0)]
    assert inside(Point(1, 1), square)
    assert not inside(Point(3, 1), square)
    assert not inside(Point(1, -0.5), square)


def test_map_links_carry_the_datum_their_map_is_drawn_in() -> None:
    point = Point(22.5461, 114.0552)
    links = map_links(point, "市民中心 B&C")
    amap = parse_qs(urlparse(links["amap"]).query)
    lon, lat = map(float, amap["position"][0].split(","))
    assert (lat, lon) == pytest.approx((22.5434, 114.0604), abs=2e-4)
    assert amap["coordinate"] == ["gaode"]
    assert amap["name"] == ["市民中心 B&C"]
    for key, field in (("google", "query"), ("apple", "ll")):
        lat, lon = map(float, parse_qs(urlparse(links[key]).query)[field][0].split(","))
        assert (lat, lon) == pytest.approx((22.5434, 114.0604), abs=2e-4)


@pytest.mark.parametrize("link", ["amap", "apple"])
def test_our_own_links_are_read_back_to_the_same_spot(link: str) -> None:
    point = Point(22.5461, 114.0552)
    back = read_point(map_links(point, "x")[link])
    assert back is not None
    assert distance_km(point, back) < 0.003


@given(**CITY)
def test_typed_coordinates_are_read_in_either_order(lat: float, lon: float) -> None:
    for text in (f"{lat:.5f},{lon:.5f}", f"{lon:.5f}, {lat:.5f}", f"I am at {lat:.5f} / {lon:.5f}"):
        point = read_point(text)
        assert point is not None
        assert (point.lat, point.lon) == pytest.approx((lat, lon), abs=1e-4)


@pytest.mark.parametrize("text", ["2026-11-24", "09:00-12:00", "12.5 or 13.5 thousand", "version 3.6.21", "0755-88121678", "3.5, 7.2"])
def test_other_numbers_are_no_coordinates(text: str) -> None:
    assert read_point(text) is None


def test_a_map_link_is_noticed_even_without_a_position() -> None:
    assert has_map_link("see https://surl.amap.com/abc123")
    assert not has_map_link("see https://www.sz.gov.cn/abc")
