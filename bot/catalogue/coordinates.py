"""A position that somebody typed or pasted: coordinates, or a link of a map service, brought to WGS-84."""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import unquote

from bot.catalogue.geo import Datum, Point, in_mainland_box, to_wgs84

# The first pattern that fits the host decides; Google's own pin on a phone's GPS is WGS-84, its Chinese site is not.
_HOSTS: Final[tuple[tuple[re.Pattern[str], Datum], ...]] = (
    (re.compile(r"\bamap\.com|\bautonavi\.com|\bgaode\.com"), "GCJ-02"),
    (re.compile(r"\bmap\.qq\.com"), "GCJ-02"),
    (re.compile(r"\bgoogle\.cn|\bditu\.google"), "GCJ-02"),
    (re.compile(r"\bmaps\.apple\.com"), "GCJ-02"),
    (re.compile(r"\bmap\.baidu\.com|\bj\.map\.baidu\.com"), "BD-09"),
    (re.compile(r"\bgoogle\.[a-z.]+/maps|\bmaps\.google\.|\bopenstreetmap\.org|\bosm\.org|^geo:"), "WGS-84"),
)
_LINK: Final = re.compile(r"(?:https?://|geo:|\b(?=[\w.-]+\.(?:com|org|cn)/))\S+", re.IGNORECASE)
_NUMBER: Final = r"[-+]?\d{1,3}\.\d+"
_PAIR: Final = re.compile(rf"(?<![\d.])({_NUMBER})\s*[,;/~ ，、]\s*({_NUMBER})(?![\d.]*\d)")
_GOOGLE_PLACE: Final = re.compile(rf"!3d({_NUMBER})!4d({_NUMBER})")
_LAT_FIELD: Final = re.compile(rf"[?&#](?:m?lat|latitude|pointy|y)=({_NUMBER})", re.IGNORECASE)
_LON_FIELD: Final = re.compile(rf"[?&#](?:m?lon|m?lng|longitude|pointx|x)=({_NUMBER})", re.IGNORECASE)
_LABELLED: Final = re.compile(
    rf"(?:([NS])\s*)?({_NUMBER})\s*°?\s*([NS])?\s*[,;，/ ]\s*(?:([EW])\s*)?({_NUMBER})\s*°?\s*([EW])?", re.IGNORECASE
)
_DEGREES: Final = re.compile(r"(\d{1,3})\s*°\s*(\d{1,2})\s*['′]\s*(\d{1,2}(?:\.\d+)?)?\s*[\"″]?\s*([NSEW])", re.IGNORECASE)


def _ordered(first: float, second: float) -> tuple[float, float] | None:
    """The pair as (lat, lon): the range of China decides the order where both orders would be possible."""
    if in_mainland_box(first, second):
        return first, second
    if in_mainland_box(second, first):
        return second, first
    if abs(first) <= 90 and abs(second) <= 180:
        return first, second
    if abs(second) <= 90 and abs(first) <= 180:
        return second, first
    return None


def _from_link(link: str) -> Point | None:
    address = unquote(link)
    datum = next((datum for host, datum in _HOSTS if host.search(address.lower())), None)
    if datum is None:
        return None
    declared = re.search(r"(?:coord_type|coordinate|coordtype)=([a-z0-9]+)", address.lower())
    if declared:
        datum = {"wgs84": "WGS-84", "gcj02": "GCJ-02", "gaode": "GCJ-02", "bd09ll": "BD-09"}.get(declared.group(1), datum)  # type: ignore[assignment]
    found = _GOOGLE_PLACE.search(address) or _PAIR.search(address)
    if found:
        pair = _ordered(float(found.group(1)), float(found.group(2)))
    else:
        lat, lon = _LAT_FIELD.search(address), _LON_FIELD.search(address)
        pair = (float(lat.group(1)), float(lon.group(1))) if lat and lon else None
    return to_wgs84(*pair, datum) if pair else None


def _from_degrees(text: str) -> Point | None:
    values: dict[str, float] = {}
    for degrees, minutes, seconds, letter in _DEGREES.findall(text):
        value = int(degrees) + int(minutes) / 60 + float(seconds or 0) / 3600
        letter = letter.upper()
        values["lat" if letter in "NS" else "lon"] = -value if letter in "SW" else value
    return Point(values["lat"], values["lon"]) if len(values) == 2 else None


def read_point(text: str) -> Point | None:
    """The first position in `text`, or None.

    Understands `22.54,114.05` in either order, degrees with letters or minutes and seconds, and links of AMap, Tencent,
    Baidu, Google, Apple, OpenStreetMap and `geo:`. Shortened links hold no position and give None.
    """
    plain = unicodedata.normalize("NFKC", text)
    for link in _LINK.findall(plain):
        point = _from_link(link)
        if point is not None:
            return point
    without_links = _LINK.sub(" ", plain)
    point = _from_degrees(without_links)
    if point is not None:
        return point
    found = _LABELLED.search(without_links)
    if found:
        before_a, a, after_a, before_b, b, after_b = found.groups()
        south = (before_a or after_a or "").upper() == "S"
        west = (before_b or after_b or "").upper() == "W"
        pair = _ordered(-float(a) if south else float(a), -float(b) if west else float(b))
        precise = min(len(a.partition(".")[2]), len(b.partition(".")[2])) >= 2
        if pair and (precise or in_mainland_box(*pair)):
            return Point(*pair)
    return None


def has_map_link(text: str) -> bool:
    """Whether the text holds a link of a map service, even one that gives no position."""
    return any(host.search(link.lower()) for link in _LINK.findall(text) for host, _ in _HOSTS)
