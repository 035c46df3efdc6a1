"""What is known of each station and advice place: the data file as checked, frozen objects."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bot.catalogue.facts import Text, read_text, read_yaml
from bot.catalogue.geo import Point
from bot.catalogue.opening import Hours
from bot.errors import DataError
from bot.languages import LANGUAGES, Language

KEYS: Final = ("civic_center", "joint_counter", "zhaoshang", "pingshan", "huawei", "qianhai", "guiyuan", "hetao")
_BOUNDS: Final = (22.40, 22.90, 113.70, 114.70)
_LEVELS: Final = ("high", "medium", "low", "unknown")


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
    opened: str | None
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


class _Entry:
    """One entry of the file while it is read; every complaint names file, entry and field."""

    def __init__(self, file: str, key: str, raw: Any, known_sources: Collection[str] | None) -> None:
        self.file, self.key, self.known_sources = file, key, known_sources
        if not isinstance(raw, Mapping):
            raise DataError(file, key, "entry", "must be a mapping")
        self.raw = raw

    def fail(self, field: str, problem: str) -> DataError:
        return DataError(self.file, self.key, field, problem)

    def text(self, field: str) -> Text:
        return read_text(self.file, self.key, field, self.raw.get(field))

    def text_or_none(self, field: str) -> Text | None:
        return None if self.raw.get(field) is None else self.text(field)

    def texts(self, field: str) -> tuple[Text, ...]:
        values = self.raw.get(field) or []
        return tuple(read_text(self.file, self.key, f"{field}[{i}]", value) for i, value in enumerate(values))

    def words(self, field: str) -> Mapping[Language, tuple[str, ...]]:
        raw = self.raw.get(field) or {}
        result: dict[Language, tuple[str, ...]] = {}
        for language in LANGUAGES:
            values = raw.get(language)
            if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
                raise self.fail(f"{field}.{language}", "must be a list of names")
            result[language] = tuple(values)
        return MappingProxyType(result)

    def string_or_none(self, field: str) -> str | None:
        value = self.raw.get(field)
        if value is not None and not isinstance(value, str):
            raise self.fail(field, "must be text or null (quote numbers and dates)")
        return value

    def flag(self, field: str, default: bool | None = None) -> bool:
        value = self.raw.get(field, default)
        if not isinstance(value, bool):
            raise self.fail(field, "must be true or false")
        return value

    def level(self, field: str) -> str:
        value = self.raw.get(field)
        if value not in _LEVELS:
            raise self.fail(field, f"must be one of {', '.join(_LEVELS)}")
        return str(value)

    def day(self, field: str) -> date:
        value = self.raw.get(field)
        if type(value) is not date:
            raise self.fail(field, "must be a date, YYYY-MM-DD")
        return value

    def sources(self) -> tuple[str, ...]:
        tags = self.raw.get("sources")
        if not isinstance(tags, list) or not (tags or self.raw.get("evidence")):
            raise self.fail("sources", "needs at least one source tag, or evidence")
        for tag in tags:
            if self.known_sources is not None and tag not in self.known_sources:
                raise self.fail("sources", f"names the unknown source {tag!r}")
        return tuple(tags)

    def services(self, known: Collection[str]) -> frozenset[str]:
        values = self.raw.get("services") or []
        for value in values:
            if value not in known:
                raise self.fail("services", f"unknown service {value!r}")
        return frozenset(values)

    def hours(self) -> Hours | None:
        raw = self.raw.get("hours")
        if raw is None:
            return None
        days = raw.get("weekdays")
        if not isinstance(days, list) or not days or not all(isinstance(day, int) and 1 <= day <= 7 for day in days):
            raise self.fail("hours.weekdays", "must list weekdays, Monday is 1")
        spans: list[tuple[time, time]] = []
        for span in raw.get("spans") or []:
            try:
                start, end = (time.fromisoformat(part) for part in str(span).split("-"))
            except ValueError:
                raise self.fail("hours.spans", f"{span!r} is not like 09:00-12:00") from None
            if start >= end or (spans and spans[-1][1] > start):
                raise self.fail("hours.spans", "must be in order, without overlap")
            spans.append((start, end))
        if not spans:
            raise self.fail("hours.spans", "needs at least one span")
        return Hours(frozenset(days), tuple(spans), read_text(self.file, self.key, "hours.text", raw.get("text")))

    def position(self) -> Position | None:
        raw = self.raw.get("position")
        if raw is None:
            return None
        if raw.get("datum") != "WGS-84":
            raise self.fail("position.datum", "must be WGS-84")
        lat, lon, error = raw.get("lat"), raw.get("lon"), raw.get("error_km")
        if not isinstance(lat, float) or not _BOUNDS[0] <= lat <= _BOUNDS[1]:
            raise self.fail("position.lat", f"{lat} is not a latitude of Shenzhen")
        if not isinstance(lon, float) or not _BOUNDS[2] <= lon <= _BOUNDS[3]:
            raise self.fail("position.lon", f"{lon} is not a longitude of Shenzhen")
        if raw.get("certainty") not in _LEVELS:
            raise self.fail("position.certainty", f"must be one of {', '.join(_LEVELS)}")
        if not isinstance(error, (int, float)) or error <= 0:
            raise self.fail("position.error_km", "must be a number of kilometres above zero")
        return Position(Point(lat, lon), str(raw["certainty"]), float(error))


def _station(entry: _Entry, kind: str, known_services: Collection[str]) -> Station:
    is_station = kind == "station"
    what = () if is_station else (entry.text("what"),)
    phones = entry.raw.get("other_phones") or {}
    return Station(
        key=entry.key, kind=kind, name=entry.text("name"), names=entry.words("names"),
        district=entry.text("district") if is_station else entry.text_or_none("district"),
        subdistrict=entry.text_or_none("subdistrict"), address=entry.text_or_none("address"),
        phone=entry.string_or_none("phone"), other_phones=MappingProxyType({str(k): str(v) for k, v in phones.items()}),
        hours=entry.hours(), services=entry.services(known_services), metro=entry.texts("metro"),
        opened=entry.string_or_none("opened"), position=entry.position(),
        existence=entry.level("existence" if is_station else "certainty"), certainty=entry.level("certainty"),
        call_first=entry.flag("call_first", None if is_station else True),
        open_to_public=entry.flag("open_to_public", None if is_station else True),
        obsolete=entry.flag("obsolete", False), notes=what + entry.texts("notes"),
        sources=entry.sources(), review_by=entry.day("review_by"),
    )


def load_station_data(path: Path, known_sources: Collection[str] | None = None) -> StationData:
    """The checked content of `stations.yml`.

    Raises:
        DataError: naming file, entry and field, for a missing key, an unknown source or service, a point outside
            Shenzhen, a language left out.
    """
    raw, file = read_yaml(path), path.name

    def part(name: str) -> Mapping[str, Any]:
        if not isinstance(raw, Mapping) or not isinstance(raw.get(name), Mapping):
            raise DataError(file, name, "content", "is missing")
        return raw[name]  # type: ignore[no-any-return]

    services = {key: read_text(file, f"services.{key}", "name", value) for key, value in part("services").items()}
    missing, unknown = set(KEYS) - set(part("stations")), set(part("stations")) - set(KEYS)
    if missing or unknown:
        raise DataError(file, "stations", "keys", f"missing: {sorted(missing)}, unknown: {sorted(unknown)}")
    stations = {key: _station(_Entry(file, key, value, known_sources), "station", services)
                for key, value in part("stations").items()}
    for station in stations.values():
        if station.position is None:
            raise DataError(file, station.key, "position", "a station needs a position to be ranked")
    places = {key: _station(_Entry(file, key, value, known_sources), "advice", services)
              for key, value in part("advice_places").items()}
    matters: dict[str, Matter] = {}
    for key, value in part("matters").items():
        entry = _Entry(file, key, value, known_sources)
        matters[key] = Matter(key, entry.text("name"), entry.services(services), entry.words("aliases"))
    remark = _Entry(file, "unidentified", part("unidentified"), known_sources)
    unidentified = Remark(remark.text("statement"), remark.level("certainty"), remark.sources(), remark.day("review_by"))
    freeze = MappingProxyType
    return StationData(freeze(stations), freeze(places), freeze(services), freeze(matters), unidentified)
