"""Facts and their sources: what is stated, by whom, when, for which city, and how sure we are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bot.data_file import read_yaml
from bot.errors import DataError
from bot.languages import LANGUAGES, Language

SCOPES: Final = frozenset({"SZ", "NAT", "BJ", "SH", "TJ", "GD", "other"})
HOME_SCOPES: Final = frozenset({"SZ", "NAT"})
CERTAINTIES: Final = ("high", "medium", "low", "unknown")
DEFAULT_PHONE: Final = "work_permit"

Text = Mapping[Language, str]

_FACT_FIELDS = {"statement", "values", "scope", "certainty", "sources", "review_by", "until", "settled_by", "label"}
_SOURCE_FIELDS = {"title", "address", "date", "authority", "scope", "grade", "note"}


@dataclass(frozen=True)
class Source:
    """A page or paper that states something.

    Attributes:
        date: as the source gives it, `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; None when it gives none.
        authority: whether it is a public authority's own; only then is the address shown to applicants.
    """

    tag: str
    title: Text
    address: str | None
    date: str | None
    authority: bool
    scope: str


@dataclass(frozen=True)
class Fact:
    """One statement with its provenance; `values` are what answers may quote from it."""

    id: str
    statement: Text
    values: Mapping[str, Any]
    scope: str
    certainty: str
    sources: tuple[Source, ...]
    review_by: date
    until: date | None
    settled_by: str
    label: Text | None

    @property
    def confirmed_here(self) -> bool:
        """Whether it may be said of Shenzhen without a caveat."""
        return self.scope in HOME_SCOPES and self.certainty in ("high", "medium")

    def withdrawn(self, today: date) -> bool:
        """Whether it no longer holds on `today`."""
        return self.until is not None and self.until <= today


def read_text(file: str, entry: str, field: str, value: Any) -> Text:
    """`value` as a text in every language, or a DataError."""
    if not isinstance(value, Mapping):
        raise DataError(file, entry, field, "must be a text in every language, {en: …, zh: …}")
    for language in LANGUAGES:
        if not isinstance(value.get(language), str) or not value[language].strip():
            raise DataError(file, entry, f"{field}.{language}", "is missing or empty")
    unknown = set(value) - set(LANGUAGES)
    if unknown:
        raise DataError(file, entry, field, f"has unknown languages: {', '.join(sorted(map(str, unknown)))}")
    return MappingProxyType({language: value[language].strip() for language in LANGUAGES})


def load_sources(path: Path) -> Mapping[str, Source]:
    """The source list by tag."""
    sources: dict[str, Source] = {}
    for tag, raw in _entries(path).items():
        _only(path.name, tag, raw, _SOURCE_FIELDS)
        title = read_text(path.name, tag, "title", raw.get("title"))
        address, dated, authority = raw.get("address"), raw.get("date"), raw.get("authority")
        if address is not None and not str(address).startswith(("http://", "https://")):
            raise DataError(path.name, tag, "address", "must start with http:// or https://, or be null")
        if not isinstance(authority, bool):
            raise DataError(path.name, tag, "authority", "must be true or false")
        if authority and tag != "OWN" and address is None:
            raise DataError(path.name, tag, "address", "an authority's source needs its address")
        sources[tag] = Source(tag, title, address, None if dated is None else str(dated), authority, str(raw.get("scope", "other")))
    return MappingProxyType(sources)


def _entries(path: Path) -> Mapping[str, Any]:
    raw = read_yaml(path)
    if not isinstance(raw, Mapping) or not raw:
        raise DataError(path.name, "file", "content", "must be a mapping of entries")
    for key, value in raw.items():
        if not isinstance(value, Mapping):
            raise DataError(path.name, str(key), "entry", "must be a mapping")
    return raw


def _only(file: str, entry: str, raw: Mapping[str, Any], allowed: set[str]) -> None:
    unknown = set(raw) - allowed
    if unknown:
        raise DataError(file, entry, ", ".join(sorted(map(str, unknown))), "is not a known field")


def named_sources(file: str, entry: str, tags: Any, sources: Mapping[str, Source]) -> tuple[Source, ...]:
    """The sources that `tags` name; at least one, each known, or a DataError."""
    if not isinstance(tags, list) or not tags:
        raise DataError(file, entry, "sources", "needs at least one source tag")
    for tag in tags:
        if tag not in sources:
            raise DataError(file, entry, "sources", f"names the unknown source {tag!r}")
    return tuple(sources[tag] for tag in tags)


class Facts(Mapping[str, Fact]):
    """All facts by id (`area.key`), read-only."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._facts = MappingProxyType({fact.id: fact for fact in facts})

    def __getitem__(self, fact_id: str) -> Fact:
        return self._facts[fact_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    @classmethod
    def load(cls, folder: Path, sources: Mapping[str, Source]) -> Facts:
        """Every `<area>.yml` of `folder`.

        Raises:
            DataError: naming file, entry and field.
        """
        facts: list[Fact] = []
        for path in sorted(folder.glob("*.yml")):
            for key, raw in _entries(path).items():
                facts.append(_fact(path.name, f"{path.stem}.{key}", raw, sources))
        phones = {fact.id.split(".")[1] for fact in facts if fact.id.startswith("phones.")}
        for fact in facts:
            if fact.settled_by not in phones:
                raise DataError(f"{fact.id.split('.')[0]}.yml", fact.id, "settled_by", f"{fact.settled_by!r} is not in phones.yml")
        return cls(facts)


def _fact(file: str, fact_id: str, raw: Mapping[str, Any], sources: Mapping[str, Source]) -> Fact:
    _only(file, fact_id, raw, _FACT_FIELDS)
    scope, certainty = raw.get("scope"), raw.get("certainty")
    if scope not in SCOPES:
        raise DataError(file, fact_id, "scope", f"must be one of {', '.join(sorted(SCOPES))}")
    if certainty not in CERTAINTIES:
        raise DataError(file, fact_id, "certainty", f"must be one of {', '.join(CERTAINTIES)}")
    for field, needed in (("review_by", True), ("until", False)):
        if (needed or raw.get(field) is not None) and not isinstance(raw.get(field), date):
            raise DataError(file, fact_id, field, "must be a date, YYYY-MM-DD")
    values = raw.get("values") or {}
    if not isinstance(values, Mapping):
        raise DataError(file, fact_id, "values", "must be a mapping of names to values")
    for name, value in values.items():
        _check_value(file, fact_id, f"values.{name}", value)
    label = None if raw.get("label") is None else read_text(file, fact_id, "label", raw["label"])
    fact = Fact(
        id=fact_id,
        statement=read_text(file, fact_id, "statement", raw.get("statement")),
        values=MappingProxyType(dict(values)),
        scope=scope,
        certainty=certainty,
        sources=named_sources(file, fact_id, raw.get("sources"), sources),
        review_by=raw["review_by"],
        until=raw.get("until"),
        settled_by=raw.get("settled_by", DEFAULT_PHONE),
        label=label,
    )
    if not fact.confirmed_here and label is None:
        raise DataError(file, fact_id, "label", "a low, unknown or other city's fact needs a short label")
    return fact


def _check_value(file: str, entry: str, field: str, value: Any) -> None:
    if isinstance(value, bool) or value is None:
        raise DataError(file, entry, field, "must be a number, a date, a text, or a list of texts")
    if isinstance(value, list):
        for position, item in enumerate(value):
            _check_value(file, entry, f"{field}[{position}]", item)
    elif isinstance(value, Mapping):
        read_text(file, entry, field, value)
    elif not isinstance(value, (int, float, str, date)):
        raise DataError(file, entry, field, "must be a number, a date, a text, or a list of texts")
