"""Which station to go to: the nearest that helps with the matter, one by its name, those of a district."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from math import ceil, hypot
from pathlib import Path
from typing import Any, Final

from bot.catalogue.calendar import WorkingCalendar
from bot.catalogue.facts import Facts
from bot.catalogue.geo import Point, distance_km, map_links
from bot.catalogue.grounds import DATA
from bot.catalogue.opening import DayState, OpenState, open_on, open_state
from bot.catalogue.place_names import fold, fold_chinese
from bot.catalogue.places import Place
from bot.catalogue.reviews import Review
from bot.catalogue.station_data import Matter, Remark, Station, StationData, load_station_data
from bot.languages import Language

SAFE_CHOICE: Final = "civic_center"
_ABOUT_ABOVE_KM: Final = 0.3
# How far the point of a place may be off, by its certainty.
_PLACE_ERROR_KM: Final = {"high": 0.2, "medium": 0.5, "low": 1.0}
# A certain station that is at most so much farther than an uncertain one is nearly as near.
_NEARLY_KM: Final = 2.0
# A place so near to a station that its name means the station.
_AT_THE_DOOR_KM: Final = 2.0
_DISTRICT_WORD: Final = re.compile(r"\b(?:new )?district\b|\bqu\b")


@dataclass(frozen=True)
class StationAnswer:
    """One station as the answer to a question asked at a moment, perhaps from a place.

    Attributes:
        distance_km: from where the person is, no finer than it is known: one decimal between exact points, whole kilometres
            where `about`, the error itself where it lies `below_error`; None when no place was given.
        about: the distance is only an estimate, because a point behind it is one.
        below_error: it is nearer than the points are exact, so that only "less than" can be said.
        instead_of: the station that is nearest, where this certain one is nearly as near and therefore comes before it.
        fits: whether a source says that it helps with the matter; None when its services are unknown.
        state: open or not, why, and when next.
        safe_choice: it stands here because it is the certain one, not because it is near.
    """

    station: Station
    distance_km: float | None
    about: bool
    fits: bool | None
    state: OpenState
    safe_choice: bool
    service_names: tuple[tuple[str, Any], ...]
    below_error: bool = False
    instead_of: Station | None = None

    @property
    def open_now(self) -> bool | None:
        """True, False, or None when no source settles it."""
        return self.state.open

    @property
    def next_open(self) -> datetime | None:
        """The next opening in Asia/Shanghai, None when the hours are unknown."""
        return self.state.next_open

    @property
    def call_first(self) -> bool:
        """Whether one should telephone before going."""
        return self.station.call_first

    @property
    def certainty(self) -> str:
        """How sure it is that one can go there for this today."""
        return self.station.certainty

    def card(self, language: Language) -> dict[str, Any]:
        """The station as an entry of a `station` card, texts in `language`.

        Map links are given only where the street address is known: an estimated point would send people to a wrong door.
        """
        station = self.station
        links: dict[str, str] = {}
        if station.address is not None and station.position is not None:
            links = map_links(station.position.point, station.name["zh"])
        return {
            "key": station.key,
            "name": station.name[language],
            "district": station.district[language] if station.district else None,
            "address": station.address[language] if station.address else None,
            "phone": station.phone,
            "hours": station.hours.text[language] if station.hours else None,
            "open_now": self.open_now,
            "distance_km": self.distance_km,
            "services": [name[language] for _, name in self.service_names],
            "map_links": links,
            "certainty": station.certainty,
            "call_first": station.call_first,
        }


class Stations:
    """The stations, asked in the ways people ask."""

    def __init__(self, data: StationData, calendar: WorkingCalendar) -> None:
        self._data, self._calendar = data, calendar
        self._names: list[tuple[str, str, Station]] = []
        for station in (*data.stations.values(), *data.advice_places.values()):
            for language, names in station.names.items():
                folded = {fold_chinese(name) if language == "zh" else fold(name) for name in names}
                self._names += [(name, language, station) for name in folded]
        self._names.sort(key=lambda item: -len(item[0]))
        self._aliases = [
            (matter, [fold_chinese(alias) for alias in matter.aliases["zh"]], [fold(alias) for alias in matter.aliases["en"]])
            for matter in data.matters.values()
        ]

    @classmethod
    def load(
        cls,
        calendar: WorkingCalendar,
        path: Path = DATA / "stations.yml",
        known_sources: Collection[str] | None = None,
        facts: Facts | None = None,
    ) -> Stations:
        """The stations of `path`; sources and facts are those of the project unless others are given.

        Raises:
            DataError: naming file, entry and field.
        """
        return cls(load_station_data(path, known_sources, facts), calendar)

    @property
    def reviews(self) -> tuple[Review, ...]:
        """What of them must be looked at again, and when."""
        return self._data.reviews

    @property
    def unidentified(self) -> Remark:
        """What is known of the stations that nobody names."""
        return self._data.unidentified

    def get(self, key: str) -> Station | None:
        """The station or advice place with this key."""
        return self._data.stations.get(key) or self._data.advice_places.get(key)

    def all(self) -> tuple[Station, ...]:
        """Every station, the public ones first, in the order of the data; no advice places."""
        stations = self._data.stations.values()
        return tuple(sorted(stations, key=lambda station: not station.open_to_public))

    def by_name(self, text: str) -> Station | None:
        """The station or advice place that `text` names (the longest name wins), or None."""
        latin, chinese = f" {fold(text)} ", fold_chinese(text)
        for name, language, station in self._names:
            if (name in chinese) if language == "zh" else (f" {name} " in latin):
                return station
        return None

    def at(self, place: Place) -> Station | None:
        """The public station that stands at this place, so that the place's name means it, or None."""
        if place.kind == "district":
            return None
        open_ones = [(distance_km(place.point, each.position.point), each) for each in self.all() if each.open_to_public and each.position]
        away, nearest = min(open_ones, key=lambda pair: pair[0])
        return nearest if away <= _AT_THE_DOOR_KM else None

    def in_district(self, name: str) -> tuple[Station, ...]:
        """Stations in the district named in English or Chinese, the public ones first."""
        english, chinese = _DISTRICT_WORD.sub("", fold(name)).strip().replace(" ", ""), fold_chinese(name).rstrip("区")
        found = []
        for station in self.all():
            district = station.district
            if district is None:
                continue
            own_english, own_chinese = fold(district["en"]).replace(" ", ""), fold_chinese(district["zh"])
            if (english and own_english.startswith(english)) or (chinese and own_chinese.startswith(chinese)):
                found.append(station)
        return tuple(found)

    def with_service(self, service: str) -> tuple[Station, ...]:
        """Public stations of which a source states the service (or `all_matters`, except for the joint item)."""
        return tuple(s for s in self.all() if s.open_to_public and self._fits(s, frozenset({service})))

    def services(self) -> tuple[str, ...]:
        """The codes of all services."""
        return tuple(self._data.services)

    def matter(self, key: str) -> Matter | None:
        """What a person may want to do at a station, by key."""
        return self._data.matters.get(key)

    def matters_of(self, station: Station) -> tuple[str, ...]:
        """The keys of what a source says the station helps with."""
        return tuple(key for key, matter in self._data.matters.items() if self._fits(station, matter.services))

    def matter_in(self, text: str) -> Matter | None:
        """The matter that `text` speaks of, by the longest phrase in it, or None."""
        latin, chinese = f" {fold(text)} ", fold_chinese(text)
        best: tuple[int, Matter] | None = None
        for matter, in_chinese, in_latin in self._aliases:
            hits = [2 * len(alias) for alias in in_chinese if alias in chinese]
            hits += [len(alias) for alias in in_latin if f" {alias} " in latin]
            if hits and (best is None or max(hits) > best[0]):
                best = max(hits), matter
        return best[1] if best else None

    def nearest(
        self, where: Point | Place, matter: str | None = None, service: str | None = None, *, when: datetime, limit: int = 3
    ) -> list[StationAnswer]:
        """Public stations from near to far, at most `limit`.

        With a matter or a service only stations of which a source states it are listed. When the nearest must be called
        first, the certain choice is always in the list and marked: the hall in the Civic Center, or the nearest that need
        not be called first where the hall does not do it. Where that is nearly as near it comes first.
        """
        point = where.point if isinstance(where, Place) else where
        needed = self._needed(matter, service)
        measured: list[tuple[float, float, Station]] = []
        for station in self._data.stations.values():
            if station.open_to_public and station.position is not None and (not needed or self._fits(station, needed)):
                error = hypot(station.position.error_km, _error_km(where))
                measured.append((distance_km(point, station.position.point), error, station))
        measured.sort(key=lambda item: round(item[0], 3))

        def answered(distance: float, error: float, station: Station) -> StationAnswer:
            return _with_distance(self._answer(station, when, True if needed else None), distance, error, _is_vague(where))

        shown = measured[:limit]
        certain = [item for item in measured if not item[2].call_first]
        certain.sort(key=lambda item: item[2].key != SAFE_CHOICE)
        if not shown or not shown[0][2].call_first or not certain:
            return [answered(*item) for item in shown]
        away, error, first = measured[0]
        choice = certain[0]
        safe = replace(answered(*choice), safe_choice=True)
        others = [answered(*item) for item in shown if item is not choice]
        if choice[0] - away <= max(_NEARLY_KM, error):
            return [replace(safe, instead_of=first), *others][:limit]
        if choice in shown:
            others.insert(shown.index(choice), safe)
            return others
        return [*others[: max(1, limit - 1)], safe]

    def answer(self, station: Station, when: datetime) -> StationAnswer:
        """One station as an answer without a distance."""
        return self._answer(station, when, None)

    def day(self, station: Station, day: date) -> DayState:
        """Whether the station opens on a day."""
        return open_on(station.hours, day, self._calendar)

    def _answer(self, station: Station, when: datetime, fits: bool | None) -> StationAnswer:
        state = open_state(station.hours, when, self._calendar)
        names = tuple((code, name) for code, name in self._data.services.items() if code in station.services)
        return StationAnswer(station, None, False, fits, state, False, names)

    def _needed(self, matter: str | None, service: str | None) -> frozenset[str]:
        known = self._data.matters.get(matter) if matter else None
        return (known.services if known else frozenset()) | (frozenset({service}) if service else frozenset())

    def _fits(self, station: Station, needed: frozenset[str]) -> bool:
        joint = "joint_work_residence" in needed
        return bool(needed & station.services) or (bool(needed) and not joint and "all_matters" in station.services)


def _is_vague(where: Point | Place) -> bool:
    return isinstance(where, Place) and (where.is_area or where.certainty == "low")


def _error_km(where: Point | Place) -> float:
    return _PLACE_ERROR_KM[where.certainty] if isinstance(where, Place) and where.kind != "point" else 0.0


def _with_distance(answer: StationAnswer, distance: float, error: float, vague: bool) -> StationAnswer:
    position = answer.station.position
    about = vague or (position is not None and position.error_km > _ABOUT_ABOVE_KM)
    if distance < error:
        return replace(answer, distance_km=float(ceil(error)), about=True, below_error=True)
    return replace(answer, distance_km=float(max(1, round(distance))) if about else round(distance, 1), about=about)
