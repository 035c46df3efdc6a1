"""What the assistant has just taken note of, while the open question stays open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.answers.formats import join
from bot.answers.part import Part
from bot.catalogue.conditions import UNKNOWN
from bot.catalogue.profile import TYPE, Profile
from bot.languages import Language

if TYPE_CHECKING:
    from bot.answers import Answers

# What the name of the application type says already.
_SAID_BY_TYPE = frozenset({"purpose", "place"})


def noted(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """The values of `keys` in `profile`, in words."""
    profile = Profile.from_dict(params["profile"])
    known = profile.context()
    keys = [key for key in params["keys"] if not (TYPE in params["keys"] and key in _SAID_BY_TYPE)]
    items = [_item(answers, profile, key, known[key], language) for key in keys]
    return Part(params={"known": join(items, language)})


def _item(answers: Answers, profile: Profile, key: str, value: str, language: Language) -> str:
    papers = answers.catalogue.papers
    asked = papers.checklists.question(key, profile)
    if value == UNKNOWN:
        answer = answers.text("utter_unknown_choice", language)
        return answers.text("utter_noted_answer", language, question=asked.text[language], answer=answer)
    if asked.kind == "country":
        return answers.text(f"utter_noted_{key}", language, country=papers.countries[value].name[language])
    label = dict(asked.choices)[value][language] if value in dict(asked.choices) else _any_label(answers, key, value, language)
    if asked.kind == "bool":
        return answers.text("utter_noted_answer", language, question=asked.text[language], answer=label)
    return label


def _any_label(answers: Answers, key: str, value: str, language: Language) -> str:
    """The label of a choice that is not offered to this person, yet was read from a sentence."""
    choices = answers.catalogue.papers.circumstances[key].choices
    return next(choice.label[language] for choice in choices if choice.value == value)
