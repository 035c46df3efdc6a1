"""Which material an application needs, what changes for a person, and what stands instead of a list: the data and its rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bot.catalogue.conditions import Context, When, read_when
from bot.catalogue.entries import PROVENANCE, Entry, read_entries
from bot.catalogue.facts import CERTAINTIES, Text
from bot.catalogue.grounds import DATA, Grounds
from bot.catalogue.materials import TEXT_FIELDS
from bot.data_file import read_yaml
from bot.errors import DataError

YES: Final = "yes"
IF: Final = "if"
COMMITMENT: Final = "commitment"
NOT_NEEDED: Final = "no"
_ANSWERS: Final = frozenset({YES, IF, COMMITMENT, NOT_NEEDED})
_KINDS: Final = frozenset({"stop", "redirect", "note"})
_ROW_FIELDS: Final = frozenset({"required", "condition", "rules"}) | PROVENANCE
_RULE_FIELDS: Final = frozenset({"when", "required", "condition", "certainty", "reported", "sure"})
_ADJUSTMENT_FIELDS: Final = frozenset({"material", "when", "field", "replace", "text"}) | PROVENANCE
_OUTCOME_FIELDS: Final = frozenset({"id", "kind", "code", "to", "when", "when_any", "unless", "text"}) | PROVENANCE

Domains = Mapping[str, Collection[str]]


@dataclass(frozen=True)
class Rule:
    """One line of the matrix: the answer while its condition holds; passed over while open when it is `sure`."""

    when: When
    required: str
    condition: Text | None
    certainty: str
    sure: bool = False


@dataclass(frozen=True)
class Requirement:
    """One material of one application type."""

    material: str
    rules: tuple[Rule, ...]
    condition: Text | None
    scope: str
    certainty: str
    sources: tuple[str, ...]
    review_by: date

    def needed(self, context: Context, domains: Domains) -> tuple[str, Text | None, str]:
        """The answer for this person, what to say with it, and how sure it is.

        Open circumstances are tried with every value they can have: only an answer that holds for all of them is given as
        certain. Yes for some and a commitment for others is yes; anything else that differs is "if".
        """
        possible = list({id(rule): rule for rule in self._possible(context, domains)}.values())
        answers = {rule.required if rule else IF for rule in possible}
        certainty = max((rule.certainty if rule else self.certainty for rule in possible), key=CERTAINTIES.index)
        if len(answers) == 1:
            answer = answers.pop()
            texts = [rule.condition if rule else None for rule in possible]
            said = texts[0] if all(text == texts[0] for text in texts) else None
            return answer, said or (self.condition if answer == IF else None), certainty
        return (YES if answers == {YES, COMMITMENT} else IF), self.condition, certainty

    def _possible(self, context: Context, domains: Domains) -> list[Rule | None]:
        for rule in self.rules:
            holds = rule.when.holds(context)
            if holds:
                return [rule]
            if holds is None and not rule.sure:
                key = rule.when.open_key(context)
                assert key is not None
                return [each for value in domains[key] for each in self._possible({**context, key: value}, domains)]
        return [None]


@dataclass(frozen=True)
class Adjustment:
    """A text that replaces a field of a material, or is added to its notes, for some people."""

    materials: frozenset[str]
    when: When
    field: str | None
    text: Text
    scope: str
    certainty: str
    sources: tuple[str, ...]
    review_by: date


@dataclass(frozen=True)
class Outcome:
    """What stands instead of a list (`stop`), leads to another type's list (`redirect`), or warns beside it (`note`)."""

    id: str
    kind: str
    code: str
    to: str | None
    when_any: tuple[When, ...]
    unless: When | None
    text: Text
    scope: str
    certainty: str
    sources: tuple[str, ...]
    review_by: date

    def holds(self, context: Context) -> bool:
        """Whether it is known to apply."""
        if self.unless is not None and self.unless.holds(context):
            return False
        return any(when.holds(context) for when in self.when_any)


@dataclass(frozen=True)
class Requirements:
    """The matrix with everything that bends it."""

    matrix: Mapping[str, tuple[Requirement, ...]]
    adjustments: tuple[Adjustment, ...]
    outcomes: tuple[Outcome, ...]

    @classmethod
    def load(
        cls,
        folder: Path = DATA,
        *,
        grounds: Grounds,
        materials: Collection[str],
        types: Collection[str],
        domains: Domains,
    ) -> Requirements:
        """Read requirements.yml, adjustments.yml and outcomes.yml.

        Args:
            types: the types that have a checklist; each needs its row in the matrix.
            domains: allowed values by circumstance.

        Raises:
            DataError: naming file, entry and field.
        """
        path = folder / "requirements.yml"
        raw = read_entries(path)
        for type_id in types:
            if type_id not in raw:
                raise DataError(path.name, type_id, "entry", "is missing")
        matrix: dict[str, tuple[Requirement, ...]] = {}
        for type_id, rows in raw.items():
            if type_id not in types:
                raise DataError(path.name, type_id, "entry", "is not an application type with a checklist")
            matrix[type_id] = tuple(
                _requirement(path.name, f"{type_id}.{material}", material, row, grounds, materials, domains)
                for material, row in rows.items()
            )
        adjustments = tuple(
            _adjustment("adjustments.yml", f"[{place}]", raw, grounds, materials, domains)
            for place, raw in enumerate(_listed(folder / "adjustments.yml"))
        )
        outcomes = tuple(_outcome("outcomes.yml", raw, grounds, types, domains) for raw in _listed(folder / "outcomes.yml"))
        return cls(MappingProxyType(matrix), adjustments, outcomes)


def _listed(path: Path) -> list[Any]:
    raw = read_yaml(path)
    if not isinstance(raw, list):
        raise DataError(path.name, "file", "content", "must be a list of entries")
    return raw


def _requirement(
    file: str, name: str, material: str, raw: Any, grounds: Grounds, materials: Collection[str], domains: Domains
) -> Requirement:
    entry = Entry(file, name, raw, _ROW_FIELDS, grounds, apart=("rules",))
    if material not in materials:
        raise entry.error("entry", f"names the unknown material {material!r}")
    ground, condition = entry.provenance(), entry.optional_text("condition")
    sources = list(ground.sources)
    if "rules" not in raw:
        rules: tuple[Rule, ...] = (Rule(When(), entry.one_of("required", _ANSWERS), condition, ground.certainty),)
    else:
        if "required" in raw:
            raise entry.error("required", "stands in the rules when there are rules")
        inner = [Entry(file, f"{name}.rules[{place}]", rule, _RULE_FIELDS, grounds) for place, rule in enumerate(raw["rules"] or [])]
        rules = tuple(_rule(each, ground.certainty, domains) for each in inner)
        sources += (source.tag for each in inner for fact in each.facts for source in fact.sources)
        if condition is None:
            raise entry.error("condition", "is needed to say what decides")
    if condition is None and any(rule.required == IF and rule.condition is None for rule in rules):
        raise entry.error("condition", 'is needed where the answer is "if"')
    return Requirement(material, rules, condition, ground.scope, ground.certainty, tuple(dict.fromkeys(sources)), ground.review_by)


def _rule(entry: Entry, certainty: str, domains: Domains) -> Rule:
    when = read_when(entry.file, entry.name, "when", entry.raw.get("when"), domains)
    sure = entry.lowered(entry.certainty(certainty))
    return Rule(when, entry.one_of("required", _ANSWERS), entry.optional_text("condition"), sure, entry.flag("sure"))


def _adjustment(file: str, name: str, raw: Any, grounds: Grounds, materials: Collection[str], domains: Domains) -> Adjustment:
    entry = Entry(file, name, raw, _ADJUSTMENT_FIELDS, grounds)
    named = raw.get("material")
    listed = named if isinstance(named, list) else [named]
    for material in listed:
        if material not in materials:
            raise entry.error("material", f"names the unknown material {material!r}")
    replace = entry.flag("replace")
    field = entry.one_of("field", TEXT_FIELDS) if replace else None
    when = read_when(file, name, "when", raw.get("when"), domains)
    ground = entry.provenance()
    return Adjustment(frozenset(listed), when, field, entry.text("text"), ground.scope, ground.certainty, ground.sources, ground.review_by)


def _outcome(file: str, raw: Any, grounds: Grounds, types: Collection[str], domains: Domains) -> Outcome:
    name = str(raw.get("id", "?")) if isinstance(raw, Mapping) else "?"
    entry = Entry(file, name, raw, _OUTCOME_FIELDS, grounds)
    kind = entry.one_of("kind", _KINDS)
    if (kind == "redirect") != (raw.get("to") in types) or (kind == "stop") != isinstance(raw.get("code"), str):
        raise entry.error("kind", "a stop has a code, a redirect the application type it leads to")
    conditions = raw["when_any"] if "when_any" in raw else [raw.get("when")]
    if not isinstance(conditions, list) or not all(conditions):
        raise entry.error("when", "is missing")
    when_any = tuple(read_when(file, name, f"when[{place}]", when, domains) for place, when in enumerate(conditions))
    unless = read_when(file, name, "unless", raw["unless"], domains) if raw.get("unless") else None
    ground = entry.provenance()
    return Outcome(
        id=name,
        kind=kind,
        code=raw.get("code") or kind,
        to=raw.get("to"),
        when_any=when_any,
        unless=unless,
        text=entry.text("text"),
        scope=ground.scope,
        certainty=ground.certainty,
        sources=ground.sources,
        review_by=ground.review_by,
    )
