"""The rules behind deadlines as read from `deadlines.yml`: which days they name, and the facts those are taken from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final, Literal

from bot.catalogue.entries import PROVENANCE, Entry
from bot.catalogue.facts import SCOPES, Fact, Text
from bot.catalogue.grounds import Grounds
from bot.catalogue.templates import split
from bot.languages import LANGUAGES, Language

Role = Literal["first", "last", "due", "end", "alternative"]
Unit = Literal["hours", "days", "working_days", "months"]

_ROLES: Final = ("first", "last", "due", "end", "alternative")
_UNITS: Final = ("hours", "days", "working_days", "months")
_RULE_FIELDS: Final = frozenset({"name", "text", "base", "marks", "afterwards", "missed", "remarks", "aliases", "hints"}) | PROVENANCE
_MARK_FIELDS: Final = frozenset({"id", "role", "before", "after", "unit", "base_counts", "text"})
_REMARK_FIELDS: Final = frozenset({"scope", "text", "sources"})


@dataclass(frozen=True)
class Mark:
    """A day that a rule names: `count` units from the base date, before it when negative.

    Attributes:
        base_counts: whether the base date is the first of the days.
    """

    id: str
    role: Role
    count: int
    unit: Unit
    base_counts: bool
    text: Text


@dataclass(frozen=True)
class Remark:
    """Another reading, another city's rule, or a report, that belongs beside the rule."""

    scope: str
    text: Text
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """One rule; `base` is the date it asks for and `question` how to ask it.

    Attributes:
        missed: the topic that says what can be done when the last day is over, None where the rule's own text does.
        facts: ids of the facts its days and texts are taken from, without those of remarks.
        aliases: phrases for what somebody wants or asks about.
        hints: phrases for what happened, which decide only where no alias stands.
    """

    id: str
    name: Text
    text: Text
    base: str
    question: Text
    marks: tuple[Mark, ...]
    afterwards: Literal["late", "passed"]
    missed: str | None
    scope: str
    certainty: str
    sources: tuple[str, ...]
    remarks: tuple[Remark, ...]
    review_by: date
    facts: tuple[str, ...]
    aliases: Mapping[Language, tuple[str, ...]]
    hints: Mapping[Language, tuple[str, ...]]

    @property
    def looks_ahead(self) -> bool:
        """Whether its days lie before the date it asks for, which is then still to come."""
        return any(mark.count < 0 for mark in self.marks)


def read_rule(file: str, rule_id: str, raw: Any, questions: Mapping[str, Text], grounds: Grounds) -> Rule:
    """One rule; `questions` are how to ask for each base date.

    Raises:
        DataError: naming file, entry and field.
    """
    entry = Entry(file, rule_id, raw, _RULE_FIELDS, grounds, apart=("remarks",))
    if raw.get("base") not in questions:
        raise entry.error("base", "must be one of base_dates")
    afterwards = entry.one_of("afterwards", ("late", "passed"))
    aliases = _phrases(entry, "aliases")
    hints = _phrases(entry, "hints") if "hints" in raw else dict.fromkeys(LANGUAGES, ())
    marks, counted = _marks(entry, grounds)
    ground = entry.provenance(counted)
    return Rule(
        id=rule_id,
        name=entry.text("name"),
        text=entry.text("text"),
        base=raw["base"],
        question=questions[raw["base"]],
        marks=marks,
        afterwards=afterwards,
        missed=raw.get("missed"),
        scope=ground.scope,
        certainty=ground.certainty,
        sources=ground.sources,
        remarks=tuple(_remark(file, f"{rule_id}.remarks[{place}]", item, grounds) for place, item in enumerate(raw.get("remarks") or ())),
        review_by=ground.review_by,
        facts=tuple(dict.fromkeys(fact.id for fact in (*counted, *entry.facts))),
        aliases=MappingProxyType(aliases),
        hints=MappingProxyType(hints),
    )


def _phrases(entry: Entry, field: str) -> dict[Language, tuple[str, ...]]:
    raw = entry.raw.get(field) or {}
    for language in LANGUAGES:
        if not isinstance(raw.get(language), list) or not raw[language]:
            raise entry.error(f"{field}.{language}", "must be a list of phrases")
    return {language: tuple(raw[language]) for language in LANGUAGES}


def _remark(file: str, name: str, raw: Any, grounds: Grounds) -> Remark:
    entry = Entry(file, name, raw, _REMARK_FIELDS, grounds)
    return Remark(entry.one_of("scope", SCOPES), entry.text("text"), entry.sources())


def _marks(rule: Entry, grounds: Grounds) -> tuple[tuple[Mark, ...], list[Fact]]:
    raw = rule.raw.get("marks")
    if not isinstance(raw, list) or not raw:
        raise rule.error("marks", "needs at least one mark")
    marks, counted = [], []
    for place, item in enumerate(raw):
        field = f"marks[{place}]"
        entry = Entry(rule.file, f"{rule.name}.{field}", item, _MARK_FIELDS, grounds)
        if item.get("role") not in _ROLES or item.get("unit") not in _UNITS:
            raise rule.error(field, "needs a known role and unit")
        if ("before" in item) == ("after" in item) or (item["unit"] in ("working_days", "hours") and "before" in item):
            raise rule.error(field, "needs either before or after; hours and working days only after")
        side = "after" if "after" in item else "before"
        count, facts = _count(rule, f"{field}.{side}", item[side], grounds)
        counted += facts
        marks.append(
            Mark(
                id=str(item.get("id")),
                role=item["role"],
                count=count if side == "after" else -count,
                unit=item["unit"],
                base_counts=entry.flag("base_counts"),
                text=entry.text("text"),
            )
        )
    if not any(mark.role in ("last", "due") for mark in marks):
        raise rule.error("marks", "needs a last or due day")
    return tuple(marks), counted


def _count(rule: Entry, field: str, raw: Any, grounds: Grounds) -> tuple[int, list[Fact]]:
    """The sum of the facts' values that `raw` names; 0 is the base date itself and the only number that may stand there."""
    if raw == 0 and not isinstance(raw, bool):
        return 0, []
    names = raw if isinstance(raw, list) else [raw]
    total = 0
    for name in names:
        value = grounds.value(rule.file, rule.name, field, str(name))
        if not isinstance(value, int):
            raise rule.error(field, f"{name!r} is not a whole number")
        total += value
    return total, [grounds.facts[split(str(name))[0]] for name in names]
