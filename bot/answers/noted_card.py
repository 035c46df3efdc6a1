"""What the assistant has just taken note of, while the open question stays open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.answers.asked import country_name, label, put
from bot.answers.formats import join
from bot.answers.part import Part
from bot.catalogue.conditions import UNKNOWN
from bot.catalogue.profile import TYPE, Profile
from bot.languages import Tongue

if TYPE_CHECKING:
    from bot.answers import Answers

# What the name of the application type says already.
_SAID_BY_TYPE = frozenset({"purpose", "place"})


def noted(answers: Answers, params: Mapping[str, Any], tongue: Tongue) -> Part:
    """The values of `keys` in `profile`, in words."""
    profile = Profile.from_dict(params["profile"])
    known = profile.context()
    keys = [key for key in params["keys"] if not (TYPE in params["keys"] and key in _SAID_BY_TYPE)]
    return Part(params={"known": join([_item(answers, profile, key, known[key], tongue) for key in keys], tongue)})


def _item(answers: Answers, profile: Profile, key: str, value: str, tongue: Tongue) -> str:
    papers = answers.catalogue.papers
    question = papers.checklists.question(key, profile)
    asked = put(answers, question, tongue)
    if value == UNKNOWN:
        return answers.text("utter_noted_answer", tongue, question=asked.text, answer=answers.text("utter_unknown_choice", tongue))
    if question.kind == "country":
        return answers.text(f"utter_noted_{key}", tongue, country=country_name(papers.countries[value], tongue))
    if question.kind == "bool":
        return answers.text("utter_noted_answer", tongue, question=asked.text, answer=asked.choices[value])
    return asked.choices[value] if value in asked.choices else label(answers, key, value, tongue)
