"""The checklist card, the questions that lead to it, and one material, with their text forms."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from bot.answers.asked import put
from bot.answers.formats import format_date, join
from bot.answers.part import DOUBTS, MAX_CHOICES, DoubtKind, Part, doubt_of
from bot.catalogue.calendar import local
from bot.catalogue.checklist import Checklist, Item
from bot.catalogue.profile import Profile
from bot.db import now
from bot.languages import Language, Tongue

if TYPE_CHECKING:
    from bot.answers import Answers

# What the name of the application type says already.
_SAID_BY_TYPE = frozenset({"purpose", "place"})
# The remark that says how far any list is known; every other one may overturn this person's plan and comes before the list.
_ON_THE_LIST = frozenset({"shenzhen_list"})
# A question offers this many choices beside "I don't know"; these are the ones that are only named when there are more.
_CHOICES = MAX_CHOICES - 1
_SELDOM = frozenset({"short_term", "cancellation"})
# Fields that a list leaves out when they only say that there is nothing to do; the condition it says with the name.
_SILENT = frozenset({"authentication", "translation"})
_BESIDE_THE_NAME = "condition"
_FIRST_SENTENCE: Final = re.compile(r"(?<=\.)\s+|(?<=。)")
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


def question(answers: Answers, params: Mapping[str, Any], tongue: Tongue) -> Part:
    """The question `question` as put to the person of `profile`, with its choices."""
    profile = Profile.from_dict(params["profile"])
    asked = answers.catalogue.papers.checklists.question(params["question"], profile)
    said = put(answers, asked, tongue)
    offered = list(said.choices)
    if len(offered) > _CHOICES:
        offered = [value for value in offered if value not in _SELDOM][:_CHOICES]
    choices = [(said.choices[value], f"choose:materials.{asked.id}={value}") for value in offered]
    choices.append((answers.text("utter_unknown_choice", tongue), f"choose:materials.{asked.id}=unknown"))
    named = [title for value, title in said.choices.items() if value not in offered]
    others = ""
    if named:
        others = answers.text("utter_question_others", tongue, others=_bullets(named))
    elif asked.kind == "country":
        others = answers.text("utter_question_other_country", tongue)
    return Part(params={"question": said.text, "others": others}, quick_replies=tuple(choices), profile=profile.to_dict())


def checklist(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """The list for the person of `profile`, or what stands in its place."""
    profile = Profile.from_dict(params["profile"])
    papers = answers.catalogue.papers
    found = papers.checklists.checklist(profile, local(now()).date())
    outcome = found.outcome
    warnings = [note for note in found.notes if note.id not in _ON_THE_LIST]
    remarks = [note for note in found.notes if note.id in _ON_THE_LIST]
    said = [outcome.sources] if outcome is not None else []
    said += [note.sources for note in warnings]
    if not found.items:
        reason = outcome.text[language] if outcome is not None else ""
        notes = _bullets([note.text[language] for note in found.notes])
        said += [note.sources for note in remarks]
        claims = tuple(answers.catalogue.cited(tags) for tags in said)
        return Part(params={"intro": reason, "list": "", "notes": notes}, claims=claims)
    assert found.application_type is not None
    person = _person(answers, profile, found, language)
    name = papers.application_types[found.application_type].name[language]
    if outcome is not None:
        heading = answers.text("utter_checklist_redirect", language, reason=outcome.text[language], type=name, person=person)
    else:
        heading = answers.text("utter_checklist_heading", language, type=name, person=person)
    first = _bullets([note.text[language] for note in warnings])
    intro = answers.text("utter_checklist_warned" if first else "utter_checklist_intro", language, heading=heading, warnings=first)
    said += [tags for item in found.items for tags in (item.sources, *(note.sources for note in item.notes))]
    said += [note.sources for note in remarks]
    return Part(
        card={
            "type": "checklist",
            "application_type": found.application_type,
            "category": found.category,
            "profile": profile.to_dict(),
            "items": [_card_item(answers, item, language) for item in found.items],
            "notes": [note.text[language] for note in found.notes],
            **_both(lambda each: _card_heading(answers, profile, found, each), language),
        },
        params={
            "intro": intro,
            "list": "\n".join(_line(answers, item, language) for item in found.items),
            "notes": "\n".join(note.text[language] for note in remarks),
        },
        claims=tuple(answers.catalogue.cited(tags) for tags in said),
        unconfirmed=_doubts(answers, found.items, language),
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
    details = _fields(answers, item, language, full=True)
    if isinstance(item, Item):
        details += [note.text[language] for note in item.notes]
    return Part(
        params={"name": found.name[language], "other_name": _other(found.name, language), "details": _bullets(details)},
        sources=answers.catalogue.cited(item.sources),
        unconfirmed=_doubts(answers, [item], language),
    )


def withdrawn(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """A material that is no longer asked for."""
    found = answers.catalogue.papers.materials[params["material"]]
    assert found.until is not None
    texts = {"name": found.name[language], "other_name": _other(found.name, language), "until": format_date(found.until, language)}
    return Part(params=texts, sources=answers.catalogue.cited(found.sources))


def _person(answers: Answers, profile: Profile, found: Checklist, language: Language) -> str:
    known = _known(answers, profile, found, language)
    if not known:
        return ""
    text = answers.text("utter_checklist_person", language, known=join(known, language))
    return text if language == "zh" else f" {text}"


def _known(answers: Answers, profile: Profile, found: Checklist, language: Language) -> list[str]:
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
    return list(dict.fromkeys(known))


def _line(answers: Answers, item: Item, language: Language) -> str:
    said = item.condition[language] if item.condition is not None else ""
    required = answers.text(f"utter_required_{item.required}{'_when' if said else ''}", language, condition=said)
    details = _fields(answers, item, language, full=False) + [note.text[language] for note in item.notes]
    return answers.text(
        "utter_checklist_item",
        language,
        name=item.name[language],
        other_name=_other(item.name, language),
        required=required,
        details=("" if language == "zh" else " ").join(details),
    )


def _doubts(answers: Answers, items: Sequence[Any], language: Language) -> tuple[tuple[DoubtKind, str], ...]:
    """What is not certain: never whether the paper as such is asked for, but what is said about it."""
    found = []
    for kind in DOUBTS:
        names = [item.name[language] for item in items if doubt_of(item.certainty, item.scope) == kind]
        if names:
            quoted = [answers.text("utter_checklist_quoted", language, name=name) for name in names]
            found.append((kind, answers.text("utter_checklist_doubt", language, names=join(quoted, language))))
    return tuple(found)


def _fields(answers: Answers, item: Any, language: Language, *, full: bool) -> list[str]:
    texts = []
    for name, attribute in _FIELDS:
        text = getattr(item, attribute, None)
        if not full and name == _BESIDE_THE_NAME:
            continue
        silent = not full and name in _SILENT and text is not None
        if text is not None and not (silent and text[language] == answers.text(f"utter_item_no_{name}", language)):
            texts.append(answers.text(f"utter_item_{name}", language, text=text[language]))
    return texts


def _both(words: Callable[[Language], dict[str, Any]], language: Language) -> dict[str, Any]:
    """The words of a card in its own language, and those of the other one under `other`: a list is read by two people."""
    other: Language = "zh" if language == "en" else "en"
    return {"language": language, **words(language), "other": {"language": other, **words(other)}}


def _card_heading(answers: Answers, profile: Profile, found: Checklist, language: Language) -> dict[str, Any]:
    assert found.application_type is not None
    return {
        "type_name": answers.catalogue.papers.application_types[found.application_type].name[language],
        "person": join(_known(answers, profile, found, language), language),
        "reason": found.outcome.text[language] if found.outcome is not None else None,
        "warnings": [note.text[language] for note in found.notes if note.id not in _ON_THE_LIST],
        "closing": [note.text[language] for note in found.notes if note.id in _ON_THE_LIST],
    }


def _card_item(answers: Answers, item: Item, language: Language) -> dict[str, Any]:
    return {
        "id": item.id,
        "name_en": item.name["en"],
        "name_zh": item.name["zh"],
        "required": item.required,
        "provided_by": item.provided_by,
        "certainty": item.certainty,
        "sources": answers.public_sources(item.sources, language),
        **_both(lambda each: _card_words(answers, item, each), language),
    }


def _card_words(answers: Answers, item: Item, language: Language) -> dict[str, Any]:
    words: dict[str, Any] = {"name": item.name[language], "brief": _brief(answers, item, language)}
    for _, attribute in _FIELDS:
        text = getattr(item, attribute)
        words[attribute] = None if text is None else text[language]
    return {**words, "notes": [note.text[language] for note in item.notes]}


def _brief(answers: Answers, item: Item, language: Language) -> str:
    """The one sentence that matters most to this person: what decides whether it is needed, then what makes it valid."""
    general = answers.catalogue.papers.materials[item.id]
    # A way of authentication that differs from the general one was found for this person's country.
    own = item.authentication if item.authentication != general.authentication else None
    told = next(filter(None, (item.condition, own, item.validity, item.form, item.provided_by_text)))
    return _FIRST_SENTENCE.split(told[language], maxsplit=1)[0]


def _other(name: Mapping[Language, str], language: Language) -> str:
    return name["en"] if language == "zh" else name["zh"]


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
