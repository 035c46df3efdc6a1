"""Points on the map: the three Chinese datums, distances, and links that open a map at the right spot.

Everything inside the system is WGS-84. AMap, Tencent and Apple draw mainland China in GCJ-02, Baidu in BD-09.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

Datum = Literal["WGS-84", "GCJ-02", "BD-09"]

_AXIS: Final = 6378245.0
_ECCENTRICITY: Final = 0.00669342162296594323
_BAIDU: Final = math.pi * 3000.0 / 180.0
_EARTH_KM: Final = 6371.0088


@dataclass(frozen=True)
class Point:
    """A WGS-84 position in degrees."""

    lat: float
    lon: float


def _swing(x: float, y: float) -> float:
    return (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0 + y


def _gcj_offset(lat: float, lon: float) -> tuple[float, float]:
    x, y = lon - 105.0, lat - 35.0
    root = math.sqrt(abs(x))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north = _swing(x, north)
    north += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east = _swing(x, east)
    east += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    radians = math.radians(lat)
    bulge = 1 - _ECCENTRICITY * math.sin(radians) ** 2
    north = north * 180.0 / ((_AXIS * (1 - _ECCENTRICITY)) / (bulge * math.sqrt(bulge)) * math.pi)
    east = east * 180.0 / (_AXIS / math.sqrt(bulge) * math.cos(radians) * math.pi)
    return north, east


def in_mainland_box(lat: float, lon: float) -> bool:
    """Whether the shifted datums apply at all (a box around China, as the map services use it)."""
    return 0.8293 <= lat <= 55.8271 and 72.004 <= lon <= 137.8347


def wgs84_to_gcj02(lat: float, lon: float) -> tuple[float, float]:
    """GCJ-02 latitude and longitude of a WGS-84 position; unchanged outside China."""
    if not in_mainland_box(lat, lon):
        return lat, lon
    north, east = _gcj_offset(lat, lon)
    return lat + north, lon + east


def gcj02_to_wgs84(lat: float, lon: float) -> tuple[float, float]:
    """WGS-84 latitude and longitude of a GCJ-02 position, exact to well under a metre."""
    if not in_mainland_box(lat, lon):
        return lat, lon
    guess = lat, lon
    for _ in range(3):
        shifted = wgs84_to_gcj02(*guess)
        guess = guess[0] + lat - shifted[0], guess[1] + lon - shifted[1]
    return guess


def gcj02_to_bd09(lat: float, lon: float) -> tuple[float, float]:
    """BD-09 latitude and longitude of a GCJ-02 position."""
    radius = math.hypot(lon, lat) + 0.00002 * math.sin(lat * _BAIDU)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * _BAIDU)
    return radius * math.sin(angle) + 0.006, radius * math.cos(angle) + 0.0065


def bd09_to_gcj02(lat: float, lon: float) -> tuple[float, float]:
    """GCJ-02 latitude and longitude of a BD-09 position."""
    y, x = lat - 0.006, lon - 0.0065
    radius = math.hypot(x, y) - 0.00002 * math.sin(y * _BAIDU)
    angle = math.atan2(y, x) - 0.000003 * math.cos(x * _BAIDU)
    return radius * math.sin(angle), radius * math.cos(angle)


def to_wgs84(lat: float, lon: float, datum: Datum) -> Point:
    """The position as a `Point`, whatever datum it was written in."""
    if datum == "BD-09":
        lat, lon = bd09_to_gcj02(lat, lon)
    if datum in ("BD-09", "GCJ-02"):
        lat, lon = gcj02_to_wgs84(lat, lon)
    return Point(lat, lon)


def distance_km(a: Point, b: Point) -> float:
    """Great-circle distance in kilometres."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    half_lat, half_lon = (lat_b - lat_a) / 2, math.radians(b.lon - a.lon) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(min(1.0, chord)))


def inside(point: Point, outline: Sequence[tuple[float, float]]) -> bool:
    """Whether the point lies in the polygon given as (lat, lon) corners."""
    result = False
    previous = outline[-1]
    for corner in outline:
        (lat_a, lon_a), (lat_b, lon_b) = previous, corner
        if (lat_a > point.lat) != (lat_b > point.lat):
            crossing = lon_a + (point.lat - lat_a) / (lat_b - lat_a) * (lon_b - lon_a)
            if point.lon < crossing:
                result = not result
        previous = corner
    return result


def map_links(point: Point, name: str) -> dict[str, str]:
    """Addresses that open AMap, Google Maps and Apple Maps at `point`, labelled `name`.

    All three take GCJ-02 here: Google and Apple draw the streets of mainland China in it too, so a pin set by WGS-84
    numbers would stand some 600 m off the building.
    """
    lat, lon = wgs84_to_gcj02(point.lat, point.lon)
    label = quote(name, safe="")
    return {
        "amap": f"https://uri.amap.com/marker?position={lon:.6f},{lat:.6f}&name={label}&coordinate=gaode&callnative=1",
        "google": f"https://www.google.com/maps/search/?api=1&query={lat:.6f}%2C{lon:.6f}",
        "apple": f"https://maps.apple.com/?ll={lat:.6f},{lon:.6f}&q={label}",
    }


def directions(point: Point, name: str) -> dict[str, str]:
    """Addresses that open the way to `point` in AMap and in Apple Maps, from wherever the reader is; GCJ-02 as above."""
    lat, lon = wgs84_to_gcj02(point.lat, point.lon)
    label = quote(name, safe="")
    return {
        "amap": f"https://uri.amap.com/navigation?to={lon:.6f},{lat:.6f},{label}&mode=bus&coordinate=gaode&callnative=1",
        "apple": f"https://maps.apple.com/?daddr={lat:.6f},{lon:.6f}&dirflg=r",
        "google": f"https://www.google.com/maps/dir/?api=1&destination={lat:.6f}%2C{lon:.6f}&travelmode=transit",
    }
