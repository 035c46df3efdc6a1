"""Countries: their names, the words for them in a sentence, and how a paper from each is authenticated."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from bot.catalogue.city_names import city_names
from bot.catalogue.entries import PROVENANCE, Entry, read_entries
from bot.catalogue.facts import Text
from bot.catalogue.formats import format_date
from bot.catalogue.grounds import DATA, Grounds
from bot.catalogue.phrases import PhraseIndex, plain
from bot.errors import DataError
from bot.languages import LANGUAGES, Language
from bot.locale_data import territories

MEMBERS: Final = frozenset({"yes", "no", "unclear_with_china"})
_COLUMNS: Final = ("iso2", "name_en", "name_zh", "member", "since", "note", "source")
_FILE_FIELDS: Final = frozenset({"in_force", "list", "special", "medium", "kinds", "also"})
_KIND_FIELDS: Final = frozenset({"text"}) | PROVENANCE
_WORD_FIELDS: Final = frozenset({"words", "names", "exact", "cities"})
_SHORTENED: Final = re.compile(r"^中国|（.*?）|特别行政区$|地区$")


@dataclass(frozen=True)
class Country:
    """One row of the Apostille list with names in both languages.

    Attributes:
        member: does an apostille from there work in mainland China: yes, no, unclear_with_china.
        since: the Convention's first day there; None when older or never.
    """

    code: str
    name: Text
    member: str
    since: date | None
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Route:
    """How a paper from one country is authenticated on a day.

    Attributes:
        kind: apostille, legalisation, mainland, hong_kong … as in routes.yml.
        since: from when an apostille works here; None when it does not.
        until: the last day of a route that is going to change; None when no change is known.
    """

    kind: str
    country: str
    text: Text
    since: date | None
    until: date | None
    certainty: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class CountryMention:
    """A country in a text that `phrases.plain` made; `kind` says which sort of word named it."""

    start: int
    end: int
    code: str
    kind: Literal["name", "person", "city"]


@dataclass(frozen=True)
class Way:
    """A way of authentication in words, before a country is put in."""

    text: Text
    scope: str
    certainty: str
    sources: tuple[str, ...]


class Countries(Mapping[str, Country]):
    """All countries and regions by ISO code, read-only."""

    def __init__(
        self,
        countries: Mapping[str, Country],
        words: Mapping[str, tuple[str, Literal["name", "person", "city"]]],
        exact: Mapping[str, str],
        routes: _Routes,
    ) -> None:
        self._countries = dict(countries)
        self._index = PhraseIndex(words)
        self._exact = [(re.compile(rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])"), code) for word, code in exact.items()]
        self._routes = routes

    def __getitem__(self, code: str) -> Country:
        return self._countries[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._countries)

    def __len__(self) -> int:
        return len(self._countries)

    def find(self, text: str) -> list[CountryMention]:
        """Every country, people or city named in `text`, from left to right."""
        bare = plain(text)
        found = [CountryMention(each.start, each.end, *each.value) for each in self._index.find_plain(bare)]
        if len(bare) == len(text):
            for pattern, code in self._exact:
                # "Polish" is said of people, "US" is the country.
                found += [
                    CountryMention(match.start(), match.end(), code, "name" if match.group().isupper() else "person")
                    for match in pattern.finditer(text)
                ]
        return sorted(found, key=lambda mention: mention.start)

    def route(self, code: str, today: date) -> Route:
        """How a paper from `code` is authenticated for use in mainland China on `today`."""
        country = self._countries[code]
        kind, since, until = self._routes.decide(country, today)
        template = self._routes.kinds[kind]
        certainty = "medium" if code in self._routes.medium and template.certainty == "high" else template.certainty
        shown = {language: _fill(template.text[language], language, country.name[language], since, until) for language in LANGUAGES}
        public_kind = "apostille" if kind == "apostille_new" else "legalisation" if kind == "legalisation_until" else kind
        sources = tuple(dict.fromkeys((*template.sources, *country.sources)))
        return Route(public_kind, code, MappingProxyType(shown), since, until, certainty, sources)

    def also(self, circumstance: str) -> Way | None:
        """What else may be done for the paper whose country this circumstance names."""
        return self._routes.also.get(circumstance)

    def samples(self, today: date) -> tuple[str, ...]:
        """One country for each way a paper can be authenticated on `today`."""
        chosen: dict[str, str] = {}
        for code, country in self._countries.items():
            chosen.setdefault(self._routes.decide(country, today)[0], code)
        return tuple(chosen.values())

    @classmethod
    def load(cls, folder: Path = DATA, grounds: Grounds | None = None) -> Countries:
        """Read apostille.csv, nationality_words.yml and routes.yml.

        Args:
            grounds: sources and facts; those of the project when None.

        Raises:
            DataError: naming file, entry and field.
        """
        grounds = grounds or Grounds.of()
        countries = _read_rows(folder / "apostille.csv", grounds.tags)
        words, exact = _read_words(folder / "nationality_words.yml", countries)
        return cls(countries, words, exact, _Routes.load(folder / "routes.yml", countries, grounds))


@dataclass(frozen=True)
class _Routes:
    in_force: date
    special: Mapping[str, str]
    medium: frozenset[str]
    kinds: Mapping[str, Way]
    also: Mapping[str, Way]

    def decide(self, country: Country, today: date) -> tuple[str, date | None, date | None]:
        if country.code in self.special:
            return self.special[country.code], None, None
        since = max(country.since or self.in_force, self.in_force)
        if country.member == "unclear_with_china":
            return "unclear", None, None
        if country.member == "yes":
            return ("apostille", since, None) if since <= today else ("legalisation_until", since, date.fromordinal(since.toordinal() - 1))
        if country.since is None:
            return "legalisation", None, None
        if country.since <= today:
            return "apostille_new", since, None
        return "legalisation_until", since, date.fromordinal(since.toordinal() - 1)

    @classmethod
    def load(cls, path: Path, countries: Mapping[str, Country], grounds: Grounds) -> _Routes:
        top = Entry(path.name, "file", read_entries(path), _FILE_FIELDS, grounds)
        raw = top.raw
        Entry(path.name, "list", raw.get("list"), PROVENANCE, grounds).provenance()
        kinds = _read_ways(path.name, "kinds", raw.get("kinds") or {}, grounds)
        for needed in ("apostille", "apostille_new", "unclear", "legalisation", "legalisation_until"):
            if needed not in kinds:
                raise DataError(path.name, "kinds", needed, "is missing")
        special: dict[str, str] = raw.get("special") or {}
        for code, kind in special.items():
            if code not in countries:
                raise DataError(path.name, "special", str(code), "is not a country of apostille.csv")
            if kind not in kinds:
                raise DataError(path.name, "special", str(code), f"names the unknown kind {kind!r}")
        for code in raw.get("medium") or []:
            if code not in countries:
                raise DataError(path.name, "medium", str(code), "is not a country of apostille.csv")
        in_force = top.value("in_force")
        if not isinstance(in_force, date):
            raise DataError(path.name, "in_force", "in_force", "must be a date, or the fact that gives one")
        also = _read_ways(path.name, "also", raw.get("also") or {}, grounds)
        return cls(in_force, special, frozenset(raw.get("medium") or ()), kinds, also)


def _read_ways(file: str, part: str, raw: Mapping[str, Any], grounds: Grounds) -> dict[str, Way]:
    ways = {}
    for key, inner in raw.items():
        entry = Entry(file, f"{part}.{key}", inner, _KIND_FIELDS, grounds)
        ground = entry.provenance()
        ways[key] = Way(entry.text("text"), ground.scope, ground.certainty, ground.sources)
    return ways


def _read_rows(path: Path, tags: Collection[str]) -> dict[str, Country]:
    names = {language: territories(language) for language in LANGUAGES}
    countries: dict[str, Country] = {}
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream)
        if tuple(rows.fieldnames or ()) != _COLUMNS:
            raise DataError(path.name, "header", "columns", f"must be {', '.join(_COLUMNS)}")
        for row in rows:
            code = row["iso2"]
            if code in countries:
                raise DataError(path.name, code, "iso2", "stands twice")
            if row["member"] not in MEMBERS:
                raise DataError(path.name, code, "member", f"must be one of {', '.join(sorted(MEMBERS))}")
            try:
                since = date.fromisoformat(row["since"]) if row["since"] else None
            except ValueError:
                raise DataError(path.name, code, "since", "must be a date, YYYY-MM-DD, or empty") from None
            sources = tuple(row["source"].split("+"))
            for tag in sources:
                if tag not in tags:
                    raise DataError(path.name, code, "source", f"names the unknown source {tag!r}")
            listed = {"en": row["name_en"], "zh": row["name_zh"]}
            name = MappingProxyType({language: names[language].get(code) or listed[language] for language in LANGUAGES})
            countries[code] = Country(code, name, row["member"], since, sources)
    return countries


def _read_words(path: Path, countries: Mapping[str, Country]) -> tuple[dict[str, Any], dict[str, str]]:
    words: dict[str, Any] = {}
    with (path.parent / "apostille.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            code = row["iso2"]
            for name in (*countries[code].name.values(), row["name_en"], row["name_zh"]):
                words[plain(name)] = (code, "name")
                words[plain(_SHORTENED.sub("", name).strip())] = (code, "name")
    words.pop("", None)
    exact: dict[str, str] = {}
    for code, raw in read_entries(path).items():
        if code not in countries:
            raise DataError(path.name, code, "entry", "is not a country of apostille.csv")
        entry = Entry(path.name, code, raw, _WORD_FIELDS)
        for field, kind in (("words", "person"), ("names", "name")):
            for word in entry.words(field):
                key = plain(word)
                if words.get(key, (code,))[0] != code:
                    raise entry.error(field, f"{word!r} already names {words[key][0]}")
                words.setdefault(key, (code, kind if key.isascii() else "name"))
        for word in entry.words("cities"):
            words[plain(word)] = (code, "city")
        exact.update(dict.fromkeys(entry.words("exact"), code))
    for city, code in city_names().items():
        if code in countries:
            words.setdefault(city, (code, "city"))
    return words, exact


def _fill(template: str, language: Language, country: str, since: date | None, until: date | None) -> str:
    days = {name: "" if day is None else format_date(day, language) for name, day in (("since", since), ("until", until))}
    return template.format(country=country, **days)
