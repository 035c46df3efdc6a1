"""What can be asked or read about a person; what it changes stands in the requirements."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, cast

from bot.catalogue.applications import CATEGORIES
from bot.catalogue.conditions import UNKNOWN, Context, When, read_when
from bot.catalogue.entries import PROVENANCE, Entry, read_entries, read_phrases
from bot.catalogue.facts import Text
from bot.catalogue.grounds import DATA, Grounds
from bot.errors import DataError

Kind = Literal["bool", "choice", "country"]
YES: Final = "yes"
NO: Final = "no"
_FIELDS: Final = frozenset({"kind", "ask", "for", "ask_when", "skip_when", "question", "choices", "suggest", "phrases"}) | PROVENANCE
_CHOICE_FIELDS: Final = frozenset({"label", "aliases", "when", "category"})


@dataclass(frozen=True)
class Choice:
    """One answer of a choice; `when` says for whom it is offered, `category` the only one it can belong to."""

    value: str
    label: Text
    aliases: tuple[str, ...]
    category: str | None = None
    when: When = field(default_factory=When)


@dataclass(frozen=True)
class Circumstance:
    """One thing about a person.

    Attributes:
        rank: order of asking, the smaller first; None when it is never asked, only read.
        types, categories: where it can matter; empty means everywhere.
        ask_when: it is asked only while one of these holds; empty means always.
        skip_when: it is not asked while one of these holds.
        suggest: for countries, codes to offer.
        phrases: words in a sentence that set a value.
    """

    id: str
    kind: Kind
    question: Text
    rank: int | None
    types: frozenset[str]
    categories: frozenset[str]
    ask_when: tuple[When, ...]
    skip_when: tuple[When, ...]
    choices: tuple[Choice, ...]
    suggest: tuple[str, ...]
    phrases: Mapping[str, tuple[str, ...]]

    def values(self, context: Context) -> tuple[str, ...]:
        """The answers that are possible for this person; none listed for countries."""
        if self.kind == "bool":
            return (YES, NO)
        return tuple(choice.value for choice in self.choices if choice.when.holds(context) is not False)

    def may_be_asked(self, context: Context) -> bool:
        """Whether it is a question for this person at all, before looking at what it changes."""
        if self.rank is None or self.id in context:
            return False
        if self.types and context.get("application_type") not in self.types:
            return False
        category = context.get("category", UNKNOWN)
        if self.categories and category != UNKNOWN and category not in self.categories:
            return False
        if any(when.holds(context) for when in self.skip_when):
            return False
        return not self.ask_when or any(when.holds(context) for when in self.ask_when)


class Circumstances(Mapping[str, Circumstance]):
    """All circumstances by id."""

    def __init__(self, circumstances: Mapping[str, Circumstance]) -> None:
        self._circumstances = dict(circumstances)
        self.to_ask: tuple[Circumstance, ...] = tuple(
            sorted((each for each in circumstances.values() if each.rank is not None), key=lambda each: cast(int, each.rank))
        )

    def __getitem__(self, circumstance_id: str) -> Circumstance:
        return self._circumstances[circumstance_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._circumstances)

    def __len__(self) -> int:
        return len(self._circumstances)

    def category(self, context: Context) -> str | None:
        """The category that something known about the person implies, or None."""
        implied = (choice.category for each in self.values() for choice in each.choices if context.get(each.id) == choice.value)
        return next(filter(None, implied), None)

    def domains(self, types: Collection[str], countries: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """The allowed values of every circumstance, with `application_type` and `category`."""
        domains: dict[str, tuple[str, ...]] = {"application_type": tuple(types), "category": CATEGORIES}
        for each in self.values():
            domains[each.id] = tuple(countries) if each.kind == "country" else each.values({})
        return MappingProxyType(domains)

    @classmethod
    def load(
        cls, path: Path = DATA / "circumstances.yml", *, grounds: Grounds, types: Collection[str], countries: Collection[str]
    ) -> Circumstances:
        """Read and check the file; a circumstance whose texts name a fact says what it rests on.

        Raises:
            DataError: naming file, entry and field.
        """
        raws = read_entries(path)
        read = {key: _circumstance(path.name, key, raw, grounds, types, countries) for key, raw in raws.items()}
        domains = cls(read).domains(types, countries)
        return cls({key: _with_conditions(path.name, each, raws[key], domains) for key, each in read.items()})


def _circumstance(file: str, key: str, raw: Any, grounds: Grounds, types: Collection[str], countries: Collection[str]) -> Circumstance:
    entry = Entry(file, key, raw, _FIELDS, grounds)
    if entry.facts:
        entry.provenance()
    kind: Kind = entry.one_of("kind", {"bool", "choice", "country"})
    ask = raw.get("ask")
    if ask != "never" and (not isinstance(ask, int) or isinstance(ask, bool)):
        raise entry.error("ask", "must be a whole number, or never")
    where = raw.get("for") or {}
    if not isinstance(where, Mapping) or set(where) - {"types", "categories"}:
        raise entry.error("for", "may name types and categories")
    for name, allowed in (("types", types), ("categories", CATEGORIES)):
        for value in where.get(name) or []:
            if value not in allowed:
                raise entry.error(f"for.{name}", f"{value!r} does not exist")
    choices = raw.get("choices") or {}
    if (kind == "choice") != bool(choices):
        raise entry.error("choices", "belong to circumstances of the kind choice, and only there")
    read_choices = []
    for value, inner_raw in choices.items():
        inner = Entry(file, f"{key}.choices.{value}", inner_raw, _CHOICE_FIELDS, grounds)
        category = inner.one_of("category", frozenset(CATEGORIES)) if "category" in inner_raw else None
        read_choices.append(Choice(str(value), inner.text("label"), inner.phrases("aliases"), category))
    for code in entry.words("suggest"):
        if code not in countries:
            raise entry.error("suggest", f"{code!r} is not a country of apostille.csv")
    allowed = (YES, NO) if kind == "bool" else tuple(choice.value for choice in read_choices)
    phrases: dict[str, tuple[str, ...]] = {}
    for value, listed in (raw.get("phrases") or {}).items():
        if value not in allowed:
            raise entry.error(
                f"phrases.{value}", "is not a value of this circumstance" + (' (quote "yes" and "no")' if isinstance(value, bool) else "")
            )
        phrases[str(value)] = read_phrases(file, key, f"phrases.{value}", listed, needed=True)
    return Circumstance(
        id=key,
        kind=kind,
        question=entry.text("question"),
        rank=None if ask == "never" else ask,
        types=frozenset(where.get("types") or ()),
        categories=frozenset(where.get("categories") or ()),
        ask_when=(),
        skip_when=(),
        choices=tuple(read_choices),
        suggest=entry.words("suggest"),
        phrases=MappingProxyType(phrases),
    )


def _with_conditions(file: str, each: Circumstance, raw: Mapping[str, Any], domains: Mapping[str, Collection[str]]) -> Circumstance:
    offered = {choice.value: raw["choices"][choice.value].get("when") for choice in each.choices}
    choices = tuple(
        replace(choice, when=read_when(file, each.id, f"choices.{choice.value}.when", offered[choice.value], domains))
        for choice in each.choices
    )
    ask_when = _conditions(file, each.id, "ask_when", raw.get("ask_when"), domains)
    return replace(
        each, choices=choices, ask_when=ask_when, skip_when=_conditions(file, each.id, "skip_when", raw.get("skip_when"), domains)
    )


def _conditions(file: str, key: str, field_name: str, raw: Any, domains: Mapping[str, Collection[str]]) -> tuple[When, ...]:
    if not isinstance(raw or [], list):
        raise DataError(file, key, field_name, "must be a list of conditions")
    return tuple(read_when(file, key, f"{field_name}[{place}]", when, domains) for place, when in enumerate(raw or []))
