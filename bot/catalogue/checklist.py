"""The checklist for one person, and the next question worth asking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from bot.catalogue.applications import CATEGORIES, ApplicationTypes, Category
from bot.catalogue.circumstances import NO, YES, Choice, Circumstance, Circumstances
from bot.catalogue.conditions import UNKNOWN, Context
from bot.catalogue.countries import Countries
from bot.catalogue.facts import CERTAINTIES, HOME_SCOPES, Text
from bot.catalogue.materials import Material, Materials
from bot.catalogue.profile import CATEGORY, TYPE, Profile
from bot.catalogue.requirements import NOT_NEEDED, Outcome, Requirement, Requirements
from bot.errors import Invalid


@dataclass(frozen=True)
class Note:
    """A remark with its provenance."""

    id: str
    text: Text
    certainty: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """One line of the checklist, in the fields of the card."""

    id: str
    name: Text
    required: Literal["yes", "if", "commitment"]
    condition: Text | None
    provided_by: str
    provided_by_text: Text
    form: Text | None
    authentication: Text | None
    translation: Text | None
    validity: Text | None
    details: Text | None
    common_return: Text | None
    notes: tuple[Note, ...]
    sources: tuple[str, ...]
    certainty: str
    scope: str


@dataclass(frozen=True)
class Checklist:
    """What this person needs.

    Attributes:
        application_type: of the list; differs from the asked one after a redirect, None while the type is not known.
        outcome: set when something stands instead of a list or led to another one (`code`: no_permit_needed,
            nothing_to_file, redirect).
        notes: warnings for this person.
    """

    application_type: str | None
    category: str | None
    items: tuple[Item, ...]
    notes: tuple[Note, ...]
    outcome: Outcome | None = None


@dataclass(frozen=True)
class Question:
    """What to ask next. `choices` are value and label; for a country they are suggestions."""

    id: str
    kind: Literal["bool", "choice", "country"]
    text: Text
    choices: tuple[tuple[str, Text], ...]


class Checklists:
    """Answers what is needed; immutable, loaded once."""

    def __init__(
        self,
        *,
        materials: Materials,
        types: ApplicationTypes,
        categories: Mapping[str, Category],
        circumstances: Circumstances,
        countries: Countries,
        requirements: Requirements,
        questions: Mapping[str, Text],
        labels: Mapping[str, Text],
    ) -> None:
        self._materials, self._types, self._categories = materials, types, categories
        self._circumstances, self._countries, self._requirements = circumstances, countries, requirements
        self._questions, self._labels = questions, labels
        self._domains = circumstances.domains(types.wire, countries)

    def checklist(self, profile: Profile, today: date) -> Checklist:
        """The list for this person on `today`; without items while the type is not known.

        Raises:
            Invalid: when the profile names a type, category or value that does not exist.
        """
        self._check(profile)
        context = self._context(profile)
        category = context.get(CATEGORY)
        category = None if category == UNKNOWN else category
        holding = [outcome for outcome in self._requirements.outcomes if outcome.holds(context)]
        stop = next((outcome for outcome in holding if outcome.kind == "stop"), None)
        type_id = context.get(TYPE)
        type_id = None if type_id == UNKNOWN else type_id
        if stop is not None:
            return Checklist(type_id, category, (), (), stop)
        redirect = next((outcome for outcome in holding if outcome.kind == "redirect"), None)
        if redirect is not None and redirect.to is not None:
            type_id = redirect.to
            context = {**context, TYPE: type_id}
            holding = [outcome for outcome in self._requirements.outcomes if outcome.holds(context)]
        notes = tuple(Note(each.id, each.text, each.certainty, each.sources) for each in holding if each.kind == "note")
        items = tuple(self._items(type_id, context, today)) if type_id is not None else ()
        return Checklist(type_id, category, items, notes, redirect)

    def next_question(self, profile: Profile, today: date) -> Question | None:
        """The most decisive thing still open, None when no answer would change the list any more."""
        base = self.checklist(profile, today)
        if base.outcome is not None and base.outcome.kind == "stop":
            return None
        context = self._context(profile)
        if TYPE not in context:
            missing = self._types.one_short_of(context)
            return (
                self._question(missing, context)
                if missing is not None and missing in self._circumstances
                else self._question(TYPE, context)
            )
        if base.application_type is None:
            return None
        if CATEGORY not in context and self._decides(profile, CATEGORY, CATEGORIES, today):
            return self._question(CATEGORY, context)
        context = {**context, TYPE: base.application_type}
        for each in self._circumstances.to_ask:
            if each.may_be_asked(context) and self._decides(profile, each.id, self._answers(each, context, today), today):
                return self._question(each.id, context)
        return None

    def question(self, question_id: str, profile: Profile) -> Question:
        """A question by its id, as it is put to this person."""
        return self._question(question_id, self._context(profile))

    def _context(self, profile: Profile) -> dict[str, str]:
        context = profile.context()
        if TYPE not in context:
            chosen = self._types.chosen(context)
            if chosen is not None:
                context[TYPE] = chosen
        if context.get(CATEGORY, UNKNOWN) == UNKNOWN:
            implied = self._circumstances.category(context)
            if implied is not None:
                context[CATEGORY] = implied
        return context

    def _check(self, profile: Profile) -> None:
        for key, value in profile.context().items():
            allowed = self._domains.get(key)
            if allowed is None:
                raise Invalid("unknown_circumstance", name=key)
            if value != UNKNOWN and value not in allowed:
                raise Invalid("unknown_value", name=key, value=value)

    def _decides(self, profile: Profile, key: str, values: tuple[str, ...], today: date) -> bool:
        lists = [self.checklist(profile.answered(key, value), today) for value in values]
        return any(replace(each, category=None) != replace(lists[0], category=None) for each in lists[1:])

    def _answers(self, each: Circumstance, context: Context, today: date) -> tuple[str, ...]:
        return self._countries.samples(today) if each.kind == "country" else each.values(context)

    def _question(self, key: str, context: Context) -> Question:
        if key == TYPE:
            return Question(key, "choice", self._questions[key], tuple((each, self._types[each].label) for each in self._types.wire))
        if key == CATEGORY:
            return Question(key, "choice", self._questions[key], tuple((each.id, each.label) for each in self._categories.values()))
        circumstance = self._circumstances[key]
        choices: tuple[tuple[str, Text], ...]
        if circumstance.kind == "country":
            choices = tuple((code, self._countries[code].name) for code in circumstance.suggest)
        elif circumstance.kind == "bool":
            choices = tuple((value, self._labels[value]) for value in (YES, NO))
        else:
            offered: Iterator[Choice] = (choice for choice in circumstance.choices if choice.when.holds(context) is not False)
            choices = tuple((choice.value, choice.label) for choice in offered)
        return Question(key, circumstance.kind, circumstance.question, choices)

    def _items(self, type_id: str, context: Context, today: date) -> Iterator[Item]:
        for requirement in self._requirements.matrix[type_id]:
            material = self._materials[requirement.material]
            if not material.withdrawn(today):
                item = self._item(material, requirement, context, today)
                if item is not None:
                    yield item

    def _item(self, material: Material, requirement: Requirement, context: Context, today: date) -> Item | None:
        required, condition, certainty = requirement.needed(context, self._domains)
        if required == NOT_NEEDED:
            return None
        texts: dict[str, Text | None] = {
            "authentication": material.authentication,
            "form": material.form,
            "translation": material.translation,
            "validity": material.validity,
            "details": material.details,
            "common_return": material.common_return,
            "provided_by_text": material.provided_by_text,
        }
        sources = [*requirement.sources, *material.sources]
        notes: list[Note] = []
        place = next((key for key in material.route if context.get(key, UNKNOWN) != UNKNOWN), None)
        if place is not None:
            route = self._countries.route(context[place], today)
            texts["authentication"] = route.text
            sources += route.sources
            certainty = max(certainty, route.certainty, key=CERTAINTIES.index)
            also = self._countries.also(place)
            if also is not None and route.kind != "mainland":
                notes.append(Note(f"also_{place}", also.text, also.certainty, also.sources))
        for adjustment in self._requirements.adjustments:
            if material.id in adjustment.materials and adjustment.when.holds(context):
                sources += adjustment.sources
                if adjustment.field is not None:
                    texts[adjustment.field] = adjustment.text
                else:
                    notes.append(Note(material.id, adjustment.text, adjustment.certainty, adjustment.sources))
        category = self._categories.get(context.get(CATEGORY, ""))
        inferred = category is not None and context[TYPE] in category.inferred_for
        ceiling = CERTAINTIES[1] if inferred else CERTAINTIES[0]
        return Item(
            id=material.id,
            name=material.name,
            required=required,  # type: ignore[arg-type]
            condition=condition,
            provided_by=material.provided_by,
            notes=tuple(notes),
            sources=tuple(dict.fromkeys(sources)),
            certainty=max(certainty, material.certainty, ceiling, key=CERTAINTIES.index),
            scope=requirement.scope if material.scope in HOME_SCOPES else material.scope,
            **texts,  # type: ignore[arg-type]
        )
