"""What is known of each station and advice place: the data file as checked, frozen objects."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bot.catalogue.entries import PROVENANCE, Entry
from bot.catalogue.facts import CERTAINTIES, Facts, Text
from bot.catalogue.geo import Point
from bot.catalogue.grounds import Grounds
from bot.catalogue.opening import Hours
from bot.catalogue.reviews import Review
from bot.data_file import read_yaml
from bot.errors import DataError
from bot.languages import LANGUAGES, Language

# Keys that other parts and the wire name; the file may hold more.
KEYS: Final = ("civic_center", "joint_counter", "zhaoshang", "pingshan", "huawei", "qianhai", "guiyuan", "hetao")
_SECTIONS: Final = frozenset({"services", "matters", "stations", "unidentified", "advice_places"})
_BOUNDS: Final = (22.40, 22.90, 113.70, 114.70)
_PLACE_FIELDS: Final = frozenset(
    {"name", "names", "district", "address", "phone", "hours", "metro", "position", "what", "notes", "obsolete"}
) | (PROVENANCE - {"scope"})
_STATION_FIELDS: Final = (_PLACE_FIELDS - {"what"}) | {
    "subdistrict",
    "other_phones",
    "services",
    "existence",
    "call_first",
    "open_to_public",
}


@dataclass(frozen=True)
class Position:
    """Where it is, in WGS-84, and how far the point may be off."""

    point: Point
    certainty: str
    error_km: float


@dataclass(frozen=True)
class Station:
    """A counter for work permits, or (kind `advice`) a place that is not one but is asked for.

    Attributes:
        names: other names by language, to find it in a sentence.
        certainty: how sure it is that one can go there today for its services.
        existence: how sure it is that it was opened at all.
        notes: remarks that belong to an answer about it; for advice places the first says what it is and is not.
        services: codes of `services` in the data; empty when unknown.
    """

    key: str
    kind: str
    name: Text
    names: Mapping[Language, tuple[str, ...]]
    district: Text | None
    subdistrict: Text | None
    address: Text | None
    phone: str | None
    other_phones: Mapping[str, str]
    hours: Hours | None
    services: frozenset[str]
    metro: tuple[Text, ...]
    position: Position | None
    existence: str
    certainty: str
    call_first: bool
    open_to_public: bool
    obsolete: bool
    notes: tuple[Text, ...]
    sources: tuple[str, ...]
    review_by: date


@dataclass(frozen=True)
class Matter:
    """Something a person wants to do at a station, the services that fit, and how people say it."""

    key: str
    name: Text
    services: frozenset[str]
    aliases: Mapping[Language, tuple[str, ...]]


@dataclass(frozen=True)
class Remark:
    """A statement about stations that belongs to none of them."""

    statement: Text
    certainty: str
    sources: tuple[str, ...]
    review_by: date


@dataclass(frozen=True)
class StationData:
    """The whole file."""

    stations: Mapping[str, Station]
    advice_places: Mapping[str, Station]
    services: Mapping[str, Text]
    matters: Mapping[str, Matter]
    unidentified: Remark
    reviews: tuple[Review, ...]


class _Entry(Entry):
    """One entry of the file while it is read. A fact in its texts lends its sources; how sure a station is, only the entry says."""

    def words_by_language(self, field: str) -> Mapping[Language, tuple[str, ...]]:
        raw = self.raw.get(field) or {}
        result: dict[Language, tuple[str, ...]] = {}
        for language in LANGUAGES:
            values = raw.get(language)
            if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
                raise self.error(f"{field}.{language}", "must be a list of names")
            result[language] = tuple(values)
        return MappingProxyType(result)

    def string_or_none(self, field: str) -> str | None:
        value = self.value(field)
        if value is not None and not isinstance(value, str):
            raise self.error(field, "must be text or null (quote numbers and dates)")
        return value

    def decided(self, field: str, default: bool | None = None) -> bool:
        value = self.raw.get(field, default)
        if not isinstance(value, bool):
            raise self.error(field, "must be true or false")
        return value

    def services(self, known: Collection[str]) -> frozenset[str]:
        values = self.raw.get("services") or []
        for value in values:
            if value not in known:
                raise self.error("services", f"unknown service {value!r}")
        return frozenset(values)

    def hours(self) -> Hours | None:
        raw = self.raw.get("hours")
        if raw is None:
            return None
        days = raw.get("weekdays")
        if not isinstance(days, list) or not days or not all(isinstance(day, int) and 1 <= day <= 7 for day in days):
            raise self.error("hours.weekdays", "must list weekdays, Monday is 1")
        spans: list[tuple[time, time]] = []
        for span in raw.get("spans") or []:
            try:
                start, end = (time.fromisoformat(part) for part in str(span).split("-"))
            except ValueError:
                raise self.error("hours.spans", f"{span!r} is not like 09:00-12:00") from None
            if start >= end or (spans and spans[-1][1] > start):
                raise self.error("hours.spans", "must be in order, without overlap")
            spans.append((start, end))
        if not spans:
            raise self.error("hours.spans", "needs at least one span")
        return Hours(frozenset(days), tuple(spans), self._text("hours.text", raw.get("text")))

    def position(self) -> Position | None:
        raw = self.raw.get("position")
        if raw is None:
            return None
        if raw.get("datum") != "WGS-84":
            raise self.error("position.datum", "must be WGS-84")
        lat, lon, error = raw.get("lat"), raw.get("lon"), raw.get("error_km")
        if not isinstance(lat, float) or not _BOUNDS[0] <= lat <= _BOUNDS[1]:
            raise self.error("position.lat", f"{lat} is not a latitude of Shenzhen")
        if not isinstance(lon, float) or not _BOUNDS[2] <= lon <= _BOUNDS[3]:
            raise self.error("position.lon", f"{lon} is not a longitude of Shenzhen")
        if raw.get("certainty") not in CERTAINTIES:
            raise self.error("position.certainty", f"must be one of {', '.join(CERTAINTIES)}")
        if not isinstance(error, (int, float)) or error <= 0:
            raise self.error("position.error_km", "must be a number of kilometres above zero")
        return Position(Point(lat, lon), str(raw["certainty"]), float(error))


def _station(file: str, key: str, raw: Any, grounds: Grounds, kind: str, known_services: Collection[str]) -> Station:
    is_station = kind == "station"
    entry = _Entry(file, key, raw, _STATION_FIELDS if is_station else _PLACE_FIELDS, grounds)
    what = () if is_station else (entry.text("what"),)
    listed = raw.get("other_phones") or {}
    phones = {str(name): str(grounds.value(file, key, f"other_phones.{name}", fact)) for name, fact in listed.items()}
    return Station(
        key=key,
        kind=kind,
        name=entry.text("name"),
        names=entry.words_by_language("names"),
        district=entry.text("district") if is_station else entry.optional_text("district"),
        subdistrict=entry.optional_text("subdistrict"),
        address=entry.optional_text("address"),
        phone=entry.string_or_none("phone"),
        other_phones=MappingProxyType(phones),
        hours=entry.hours(),
        services=entry.services(known_services),
        metro=entry.texts("metro"),
        position=entry.position(),
        existence=entry.one_of("existence" if is_station else "certainty", CERTAINTIES),
        certainty=entry.certainty(),
        call_first=entry.decided("call_first", None if is_station else True),
        open_to_public=entry.decided("open_to_public", None if is_station else True),
        obsolete=entry.flag("obsolete"),
        notes=what + entry.texts("notes"),
        sources=entry.sources(),
        review_by=entry.review(),
    )


def load_station_data(path: Path, known_sources: Collection[str] | None = None, facts: Facts | None = None) -> StationData:
    """The checked content of `stations.yml`; sources and facts are those of the project unless others are given.

    Raises:
        DataError: naming file, entry and field, for a missing key, an unknown source, service or fact, a point outside
            Shenzhen, a language left out.
    """
    raw, file, grounds = read_yaml(path), path.name, Grounds.of(known_sources, facts)

    def part(name: str) -> Mapping[str, Any]:
        if not isinstance(raw, Mapping) or not isinstance(raw.get(name), Mapping):
            raise DataError(file, name, "content", "is missing")
        return raw[name]  # type: ignore[no-any-return]

    named = _Entry(file, "services", part("services"), tuple(part("services")), grounds)
    services = {key: named.text(key) for key in part("services")}
    missing = set(KEYS) - set(part("stations"))
    if missing:
        raise DataError(file, "stations", "keys", f"missing: {', '.join(sorted(missing))}")
    for name in set(raw) - _SECTIONS:
        raise DataError(file, str(name), "section", f"is unknown; there are {', '.join(sorted(_SECTIONS))}")
    stations = {key: _station(file, key, value, grounds, "station", services) for key, value in part("stations").items()}
    for station in stations.values():
        if station.position is None:
            raise DataError(file, station.key, "position", "a station needs a position to be ranked")
    places = {key: _station(file, key, value, grounds, "advice", services) for key, value in part("advice_places").items()}
    matters: dict[str, Matter] = {}
    for key, value in part("matters").items():
        entry = _Entry(file, key, value, {"name", "services", "aliases"}, grounds)
        matters[key] = Matter(key, entry.text("name"), entry.services(services), entry.words_by_language("aliases"))
    remark = _Entry(file, "unidentified", part("unidentified"), {"statement"} | PROVENANCE, grounds)
    ground = remark.provenance()
    unidentified = Remark(remark.text("statement"), ground.certainty, ground.sources, ground.review_by)
    freeze = MappingProxyType
    return StationData(freeze(stations), freeze(places), freeze(services), freeze(matters), unidentified, tuple(grounds.reviews))
