"""Where in Shenzhen somebody is, from what they typed: a place by any of its names, coordinates, or a map link."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from bot.catalogue.coordinates import read_point
from bot.catalogue.facts import Text, read_text
from bot.catalogue.geo import Point, distance_km, inside
from bot.catalogue.grounds import DATA
from bot.catalogue.place_names import chinese_names, english_names, fold, fold_chinese, simplified
from bot.catalogue.place_search import Mention, NameIndex
from bot.data_file import read_yaml
from bot.errors import DataError

_KINDS: Final = ("landmark", "metro", "subdistrict", "district")
_COLUMNS: Final = ("kind", "name_en", "name_zh", "district_en", "lat", "lon", "datum", "certainty", "source")
_SAME_PLACE_KM: Final = 2.5
_PART_OF_KM: Final = 5.0
_SAME_WAY_KM: Final = 7.0
_NEIGHBOUR_KM: Final = 80.0
_MOST_CANDIDATES: Final = 5


@dataclass(frozen=True)
class Place:
    """A place of the list, or (kind `point`) the position somebody gave.

    Attributes:
        key: stable id made from kind and English name.
        certainty: of the point: high, medium or low.
    """

    key: str
    kind: str
    name: Text
    district: str
    point: Point
    certainty: str

    @property
    def is_road(self) -> bool:
        """Whether it is a road, of which the point is only somewhere on it."""
        return self.kind == "landmark" and self.name["zh"].endswith(("路", "大道"))

    @property
    def is_area(self) -> bool:
        """Whether it is a district or sub-district, of which the point is only the middle."""
        return self.kind in ("district", "subdistrict")


@dataclass(frozen=True)
class OutsidePlace:
    """A city or region that is not Shenzhen, with a few of its points."""

    name: Text
    points: tuple[Point, ...]


@dataclass(frozen=True)
class PlaceMatch:
    """What a text says about where somebody is.

    Attributes:
        kind: `found` (then `place`), `ambiguous` (then two to five `candidates` to ask back), `outside` (then perhaps
            `outside_name`), `unknown`.
        score: 100 for an exact name, less for typing errors, 70 for a road named after a place.
    """

    kind: Literal["found", "ambiguous", "outside", "unknown"]
    place: Place | None = None
    score: int = 0
    candidates: tuple[Place, ...] = ()
    outside_name: Text | None = None


_UNKNOWN: Final = PlaceMatch("unknown")
# Between a place and the larger one that it lies in: "the international school in Shekou".
_LIES_IN: Final = re.compile(r"\s*,?\s*(?:in|of|at)\s+", re.IGNORECASE)
_SURE_SCORE: Final = 95
# What stands in an address, or before a place that somebody names, besides the names.
_ADDRESS_WORDS: Final = re.compile(
    r"\b(?:no|room|rm|unit|suite|flat|floor|fl|block|blk|building|bldg|tower|phase|zone|\w*\d\w*|[a-f]"
    r"|(?:\w+ )?(?:road|rd|street|st|avenue|ave|boulevard|blvd|lane)|shenzhen(?: city)?|guangdong(?: province)?|p ?r ?china|china"
    r"|district|sub-?district|street office|station|metro|subway|exit|the|at|in|near|from|around|close to|next to|of|and|hi|hello"
    r"|please|pls|i ?['’]?a?m|i live|i work|we are|my (?:place|home|office))\b"
    r"|(?:中国|广东省?|深圳市?|[\u3400-\u9fff]{1,4}(?:路|大道|街|巷|大厦|广场|花园|小区|苑|科技园|科学园|工业区|村|中心)"
    r"|[东南西北中一二三]?[区座栋楼层室号]|单元"
    r"|附近|旁边|这边|这里|地铁站?|站|我?[在住](?:在)?|去|离|的)"
)


class Places:
    """The places of Shenzhen by all their names; read only. The names are spelt out when the first text is searched."""

    def __init__(
        self,
        places: Sequence[Place],
        index: Callable[[], NameIndex[Place | OutsidePlace]],
        outside: Sequence[OutsidePlace],
        outlines: Sequence[Sequence[tuple[float, float]]],
        destinations: Collection[str] = (),
    ) -> None:
        self._places, self._build, self._outside, self._outlines = tuple(places), index, tuple(outside), outlines
        self._destinations = frozenset(destinations)
        self._by_key = {place.key: place for place in self._places}

    @classmethod
    def load(cls, folder: Path = DATA) -> Places:
        """The places of `places.csv`, `place_names.yml` and `boundary.yml`.

        Raises:
            DataError: naming file, entry and field.
        """
        rows = _read_rows(folder / "places.csv")
        names = read_yaml(folder / "place_names.yml")
        by_name = {raw_en: place for place, raw_en, _ in rows}
        others: list[tuple[Mapping[str, Any], Place | OutsidePlace]] = []
        for number, alias in enumerate(names.get("aliases") or ()):
            target = by_name.get(alias.get("place"))
            if target is None:
                raise DataError("place_names.yml", f"aliases[{number}]", "place", f"{alias.get('place')!r} is not in places.csv")
            others.append((alias, target))
        outside = []
        for number, raw in enumerate(names.get("outside") or ()):
            entry = f"outside[{number}]"
            city = OutsidePlace(
                read_text("place_names.yml", entry, "name", raw.get("name")),
                tuple(Point(float(lat), float(lon)) for lat, lon in raw.get("points") or ()),
            )
            others.append((raw, city))
            outside.append(city)
        outlines = [[(float(lat), float(lon)) for lat, lon in corners] for corners in read_yaml(folder / "boundary.yml").values()]
        goals = []
        for name in names.get("destinations") or ():
            if name not in by_name:
                raise DataError("place_names.yml", "destinations", "place", f"{name!r} is not in places.csv")
            goals.append(by_name[name].key)

        def index() -> NameIndex[Place | OutsidePlace]:
            built: NameIndex[Place | OutsidePlace] = NameIndex(
                names.get("needs_context") or {}, names.get("capitals") or (), names.get("not_places") or (), names.get("tails") or ()
            )
            for place, raw_en, raw_zh in rows:
                for name in english_names(place.kind, raw_en):
                    built.add_latin(name, place)
                for name in chinese_names(place.kind, raw_zh):
                    built.add_chinese(name, place)
            for raw, target in others:
                _add_names(built, raw, target)
            return built

        return cls([place for place, _, _ in rows], index, outside, outlines, goals)

    @cached_property
    def _index(self) -> NameIndex[Place | OutsidePlace]:
        return self._build()

    def all(self) -> tuple[Place, ...]:
        """Every place of the list."""
        return self._places

    def by_key(self, key: str) -> Place | None:
        """The place with this key, for an answer to "which one do you mean"."""
        return self._by_key.get(key)

    def in_shenzhen(self, point: Point) -> bool:
        """Whether the point lies in the city (to about a kilometre, closer on the side of Hong Kong)."""
        return any(inside(point, outline) for outline in self._outlines)

    def at(self, point: Point) -> PlaceMatch:
        """The match for a position: a place of kind `point`, or outside with the nearest known city."""
        if self.in_shenzhen(point):
            nearest = min((p for p in self._places if p.kind == "subdistrict"), key=lambda p: distance_km(p.point, point))
            label = f"{point.lat:.5f}, {point.lon:.5f}"
            name: Text = MappingProxyType({"en": label, "zh": label})
            return PlaceMatch("found", Place("point", "point", name, nearest.district, point, "high"), 100)
        ranked = sorted((distance_km(at, point), number) for number, city in enumerate(self._outside) for at in city.points)
        near = ranked and ranked[0][0] <= _NEIGHBOUR_KM
        return PlaceMatch("outside", outside_name=self._outside[ranked[0][1]].name if near else None)

    def find(self, text: str, by_ear: bool = True) -> PlaceMatch:
        """Where the text says that somebody is; see `PlaceMatch`.

        Args:
            by_ear: whether Chinese characters count that only sound like a name, as they do in typing errors.
        """
        point = read_point(text)
        if point is not None:
            return self.at(point)
        mentions = self._index.mentions(text, by_ear)
        strong = [mention for mention in mentions if not mention.weak and not _only_roads(mention)]
        strong = strong or [mention for mention in mentions if not mention.weak]
        return self._decide(_without_surroundings(strong or mentions, simplified(text)))

    def is_only_place(self, text: str) -> bool:
        """Whether the text is hardly more than a place or an address: nothing but names, numbers and words of streets."""
        if read_point(text) is not None:
            return True
        plain, names = simplified(text), self._index.mentions(text)
        if not any(not mention.weak for mention in names):
            return False
        rest = plain
        for mention in names:
            rest = rest[: mention.start] + " " * (mention.end - mention.start) + rest[mention.end :]
        left = _ADDRESS_WORDS.sub(" ", rest.lower())
        return not re.search(r"[^\W_]", left)

    def _decide(self, mentions: Sequence[Mention[Place | OutsidePlace]]) -> PlaceMatch:
        inner, outer, scores = [], [], {}
        for mention in mentions:
            cities = [target for target in mention.targets if isinstance(target, OutsidePlace)]
            if cities:
                outer.append(cities[0])
                continue
            options = _one_of_each_spot([target for target in mention.targets if isinstance(target, Place)])
            inner.append(options)
            scores.update({place.key: mention.score for place in options})
        if not inner:
            return PlaceMatch("outside", outside_name=outer[0].name) if outer else _UNKNOWN
        if outer and max(scores.values()) < _SURE_SCORE:
            return PlaceMatch("outside", outside_name=outer[0].name)
        places = _without_wholes(_narrowed(inner))
        places = [place for place in places if place.key not in self._destinations] or places
        if len(places) == 1 or _side_by_side(places):
            return PlaceMatch("found", places[0], scores[places[0].key])
        return PlaceMatch("ambiguous", candidates=tuple(places[:_MOST_CANDIDATES]))


def _only_roads(mention: Mention[Place | OutsidePlace]) -> bool:
    return all(isinstance(target, Place) and target.is_road for target in mention.targets)


def _without_surroundings(mentions: Sequence[Mention[Any]], text: str) -> list[Mention[Any]]:
    """Without a larger place of the same district that a finer one is said to lie in: `the school in Shekou`, 布吉中心广场.

    Without a landmark, too, that stands after the name of another district; that is a branch which the list does not have.
    """
    kept: list[Mention[Any]] = []
    for mention in mentions:
        before = kept[-1] if kept else None
        if before is not None:
            between = text[before.end : mention.start]
            side_by_side = not between.strip(" ")
            if _LIES_IN.fullmatch(between) and _same_district(before, mention):
                continue
            if side_by_side and (_same_district(mention, before) or _elsewhere(before, mention)):
                kept.pop()
            elif side_by_side and ((between and _same_district(before, mention)) or _elsewhere(mention, before)):
                continue
        kept.append(mention)
    return kept


def _same_district(finer: Mention[Any], larger: Mention[Any]) -> bool:
    """Whether both lie in one district and the finer one is no area."""
    places = [target for target in (*finer.targets, *larger.targets) if isinstance(target, Place)]
    return (
        len(places) == len(finer.targets) + len(larger.targets)
        and len({place.district for place in places}) == 1
        and not any(place.is_area for place in finer.targets)
    )


def _elsewhere(branch: Mention[Any], where: Mention[Any]) -> bool:
    """Whether a landmark or a metro station is named in a district where the list has none of that name: 前海万象城 is a branch."""
    landmarks = all(isinstance(target, Place) and target.kind in ("landmark", "metro") for target in branch.targets)
    districts = {target.district for target in where.targets if isinstance(target, Place)}
    return landmarks and bool(districts) and districts.isdisjoint(target.district for target in branch.targets)


def _one_of_each_spot(places: list[Place]) -> list[Place]:
    """The meanings of one name: the district where it is one, else one place for each spot."""
    districts = [place for place in places if place.kind == "district"]
    if districts:
        return districts[:1]
    kept: list[Place] = []
    for place in sorted(places, key=lambda place: _KINDS.index(place.kind)):
        if all(distance_km(place.point, other.point) > _SAME_PLACE_KM for other in kept):
            kept.append(place)
    return kept


def _narrowed(groups: list[list[Place]]) -> list[Place]:
    """All meanings, those of an ambiguous name cut down to the district that another name gives."""
    certain = {place.district for group in groups if len(group) == 1 for place in group}
    result: list[Place] = []
    for group in groups:
        if len(group) > 1 and certain:
            group = [place for place in group if place.district in certain] or group
        result += [place for place in group if place not in result]
    return result


def _without_wholes(places: list[Place]) -> list[Place]:
    """Without areas that hold another place of the list, and one place only where several are the same spot."""
    kept = [place for place in places if not any(_holds(place, other) for other in places if other is not place)]
    result: list[Place] = []
    for place in kept:
        twin = next((other for other in result if distance_km(other.point, place.point) <= _SAME_PLACE_KM), None)
        if twin is None:
            result.append(place)
        elif _KINDS.index(place.kind) < _KINDS.index(twin.kind):
            result[result.index(twin)] = place
    return result


def _side_by_side(places: Sequence[Place]) -> bool:
    """Whether it makes no difference which is meant: "Fuyong, ten minutes from the airport"."""
    first = places[0]
    return all(place.district == first.district and distance_km(place.point, first.point) <= _SAME_WAY_KM for place in places)


def _holds(area: Place, other: Place) -> bool:
    if area.district != other.district or _KINDS.index(area.kind) <= _KINDS.index(other.kind):
        return False
    if area.kind == "district":
        return True
    return area.kind == "subdistrict" and distance_km(area.point, other.point) <= _PART_OF_KM


def _add_names(index: NameIndex[Any], raw: Mapping[str, Any], target: Place | OutsidePlace) -> None:
    inner = isinstance(target, Place)
    for name in raw.get("en") or ():
        index.add_latin(fold(str(name)), target, fuzzy=inner or len(str(name)) >= 7)
    for name in raw.get("zh") or ():
        index.add_chinese(fold_chinese(str(name)), target, fuzzy=inner)
    for name in raw.get("stems") or ():
        index.add_stem(str(name), target)


def _read_rows(path: Path) -> list[tuple[Place, str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(_data_lines(file))
        if tuple(reader.fieldnames or ()) != _COLUMNS:
            raise DataError(path.name, "header", "columns", f"must be {', '.join(_COLUMNS)}")
        return [_place(path.name, row) for row in reader]


def _data_lines(lines: Iterable[str]) -> Iterable[str]:
    return (line for line in lines if not line.startswith("#"))


def _place(file: str, row: Mapping[str, str]) -> tuple[Place, str, str]:
    kind, entry = row["kind"], row["name_en"] or "?"
    if kind not in _KINDS:
        raise DataError(file, entry, "kind", f"must be one of {', '.join(_KINDS)}")
    if row["datum"] != "WGS-84":
        raise DataError(file, entry, "datum", "must be WGS-84")
    if row["certainty"] not in ("high", "medium", "low"):
        raise DataError(file, entry, "certainty", "must be high, medium or low")
    try:
        point = Point(float(row["lat"]), float(row["lon"]))
    except ValueError:
        raise DataError(file, entry, "lat, lon", "must be numbers") from None
    if not (22.3 <= point.lat <= 23.1 and 113.7 <= point.lon <= 115.3):
        raise DataError(file, entry, "lat, lon", "is not in Shenzhen")
    shown_en = re.sub(r"\s*\(Line[^)]*\)$", "", row["name_en"])
    name = read_text(file, entry, "name", {"en": shown_en, "zh": row["name_zh"]})
    key = f"{kind}_{fold(row['name_en']).replace(' ', '_')}"
    return Place(key, kind, name, row["district_en"], point, row["certainty"]), row["name_en"], row["name_zh"]
