"""The checklist card, the questions that lead to it, and one material, with their text forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.answers.formats import format_date, join
from bot.answers.part import Part
from bot.catalogue.calendar import local
from bot.catalogue.checklist import Checklist, Item
from bot.catalogue.facts import HOME_SCOPES
from bot.catalogue.profile import Profile
from bot.db import now
from bot.languages import Language

if TYPE_CHECKING:
    from bot.answers import Answers

# What the name of the application type says already.
_SAID_BY_TYPE = frozenset({"purpose", "place"})
_FIELDS = (
    ("condition", "condition"),
    ("provided", "provided_by_text"),
    ("form", "form"),
    ("authentication", "authentication"),
    ("translation", "translation"),
    ("validity", "validity"),
    ("details", "details"),
    ("returned", "common_return"),
)


def question(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """The question `question` as put to the person of `profile`, with its choices."""
    asked = answers.catalogue.papers.checklists.question(params["question"], Profile.from_dict(params["profile"]))
    choices = [(label[language], f"choose:materials.{asked.id}={value}") for value, label in asked.choices]
    choices.append((answers.text("utter_unknown_choice", language), f"choose:materials.{asked.id}=unknown"))
    return Part(params={"question": asked.text[language]}, quick_replies=tuple(choices))


def checklist(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """The list for the person of `profile`, or what stands in its place."""
    profile = Profile.from_dict(params["profile"])
    papers = answers.catalogue.papers
    found = papers.checklists.checklist(profile, local(now()).date())
    outcome = found.outcome
    notes = [note.text[language] for note in found.notes]
    tags = [tag for note in found.notes for tag in note.sources]
    if outcome is not None:
        tags += outcome.sources
    if not found.items:
        reason = outcome.text[language] if outcome is not None else ""
        return Part(params={"intro": reason, "list": "", "notes": _bullets(notes)}, sources=answers.catalogue.cited(tags))
    assert found.application_type is not None
    person = _person(answers, profile, found, language)
    name = papers.application_types[found.application_type].name[language]
    if outcome is not None:
        intro = answers.text("utter_checklist_redirect", language, reason=outcome.text[language], type=name, person=person)
    else:
        intro = answers.text("utter_checklist_intro", language, type=name, person=person)
    tags += [tag for item in found.items for tag in item.sources]
    unconfirmed = [item.name[language] for item in found.items if item.certainty in ("low", "unknown") or item.scope not in HOME_SCOPES]
    return Part(
        card={
            "type": "checklist",
            "application_type": found.application_type,
            "category": found.category,
            "items": [_card_item(answers, item, language) for item in found.items],
            "notes": notes,
        },
        params={"intro": intro, "list": "\n".join(_line(answers, item, language) for item in found.items), "notes": _bullets(notes)},
        sources=answers.catalogue.cited(tags),
        unconfirmed=tuple(unconfirmed),
        all_sources=True,
    )


def material(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """One material: as on the person's list where there is one, and otherwise in general."""
    papers = answers.catalogue.papers
    found = papers.materials[params["material"]]
    item: Any = found
    if params.get("profile"):
        listed = papers.checklists.checklist(Profile.from_dict(params["profile"]), local(now()).date())
        item = next((each for each in listed.items if each.id == found.id), found)
    details = _fields(answers, item, language)
    if isinstance(item, Item):
        details += [note.text[language] for note in item.notes]
    uncertain = item.certainty in ("low", "unknown") or item.scope not in HOME_SCOPES
    return Part(
        params={"name": found.name[language], "other_name": _other(found.name, language), "details": _bullets(details)},
        sources=answers.catalogue.cited(item.sources),
        unconfirmed=(found.name[language],) if uncertain else (),
    )


def withdrawn(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """A material that is no longer asked for."""
    found = answers.catalogue.papers.materials[params["material"]]
    assert found.until is not None
    texts = {"name": found.name[language], "other_name": _other(found.name, language), "until": format_date(found.until, language)}
    return Part(params=texts, sources=answers.catalogue.cited(found.sources))


def _person(answers: Answers, profile: Profile, found: Checklist, language: Language) -> str:
    papers = answers.catalogue.papers
    category = papers.categories.get(found.category or "")
    known = [category.label[language]] if category is not None else []
    for key, value in profile.circumstances.items():
        circumstance = papers.circumstances.get(key)
        if circumstance is None or value in ("unknown", "nothing") or key in _SAID_BY_TYPE:
            continue
        if circumstance.kind == "country":
            known.append(papers.countries[value].name[language])
        elif circumstance.kind == "choice":
            labels = [choice.label[language] for choice in circumstance.choices if choice.value == value]
            known += [answers.text("utter_checklist_change", language, value=label) if key == "change" else label for label in labels]
    if not known:
        return ""
    text = answers.text("utter_checklist_person", language, known=join(list(dict.fromkeys(known)), language))
    return text if language == "zh" else f" {text}"


def _line(answers: Answers, item: Item, language: Language) -> str:
    details = _fields(answers, item, language) + [note.text[language] for note in item.notes]
    return answers.text(
        "utter_checklist_item",
        language,
        name=item.name[language],
        other_name=_other(item.name, language),
        required=answers.text(f"utter_required_{item.required}", language),
        details=("" if language == "zh" else " ").join(details),
    )


def _fields(answers: Answers, item: Any, language: Language) -> list[str]:
    texts = []
    for name, attribute in _FIELDS:
        text = getattr(item, attribute, None)
        if text is not None:
            texts.append(answers.text(f"utter_item_{name}", language, text=text[language]))
    return texts


def _card_item(answers: Answers, item: Item, language: Language) -> dict[str, Any]:
    def shown(text: Mapping[Language, str] | None) -> str | None:
        return None if text is None else text[language]

    return {
        "id": item.id,
        "name": item.name[language],
        "name_zh": item.name["zh"],
        "required": item.required,
        "condition": shown(item.condition),
        "provided_by": item.provided_by,
        "provided_by_text": shown(item.provided_by_text),
        "form": shown(item.form),
        "authentication": shown(item.authentication),
        "translation": shown(item.translation),
        "validity": shown(item.validity),
        "details": shown(item.details),
        "common_return": shown(item.common_return),
        "notes": [note.text[language] for note in item.notes],
        "certainty": item.certainty,
        "sources": answers.public_sources(item.sources, language),
    }


def _other(name: Mapping[Language, str], language: Language) -> str:
    return name["en"] if language == "zh" else name["zh"]


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
