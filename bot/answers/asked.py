"""The questions that lead to a checklist, as they are put in a tongue."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from babel import Locale

from bot.catalogue import Catalogue
from bot.catalogue.checklist import Question
from bot.catalogue.circumstances import NO, YES
from bot.catalogue.countries import Country
from bot.catalogue.phrases import plain
from bot.catalogue.profile import CATEGORY, TYPE, Profile
from bot.catalogue.templates import Template
from bot.errors import DataError
from bot.languages import LANGUAGES, TRADITIONAL, Tongue, written

if TYPE_CHECKING:
    from bot.answers import Answers

_FIELDS: Final = frozenset({"text", "choices"})
_SIGNS: Final = " -.!。"
_NUMBER: Final = re.compile(r"\d+")
# The topics whose titles are the answers yes and no.
_SAID: Final[Mapping[str, str]] = MappingProxyType({YES: "affirm", NO: "deny"})


@dataclass(frozen=True)
class Asked:
    """A question in one tongue: its text, and what its choices are called, by value."""

    text: str
    choices: Mapping[str, str]


def load_asked(file: str, raw: Any, catalogue: Catalogue, today: date) -> Mapping[str, Asked]:
    """Every question by its id, as `questions` of a frame has it.

    Raises:
        DataError: naming file, question and field; also when a question or a choice is missing, or a number differs from English.
    """
    papers = catalogue.papers
    needed = (TYPE, CATEGORY, *papers.circumstances)
    if not isinstance(raw, Mapping):
        raise DataError(file, "questions", "content", "must be questions by their ids")
    for name in sorted(set(needed) ^ set(raw)):
        raise DataError(file, str(name), "question", "is missing in this tongue" if name in needed else "is not a question")
    read = {}
    for name in needed:
        entry, question = raw[name], papers.checklists.question(name, Profile())
        offered = dict(question.choices) if question.kind == "choice" else {}
        if not isinstance(entry, Mapping) or set(entry) - _FIELDS or set(entry.get("choices") or ()) != set(offered):
            raise DataError(file, name, "choices", f"must have a text, and the choices {', '.join(offered) or 'of no question'}")
        titles = {value: _text(file, name, entry["choices"][value], label["en"], catalogue, today) for value, label in offered.items()}
        read[name] = Asked(_text(file, name, entry.get("text"), question.text["en"], catalogue, today), MappingProxyType(titles))
    return MappingProxyType(read)


def _text(file: str, name: str, raw: Any, english: str, catalogue: Catalogue, today: date) -> str:
    if not isinstance(raw, str):
        raise DataError(file, name, "text", "must be a text")
    text = Template.parse(file, name, "text", raw, catalogue.facts, today).fill(catalogue.facts, "en", {})
    if sorted(_NUMBER.findall(text)) != sorted(_NUMBER.findall(english)):
        raise DataError(file, name, "text", "names other numbers than in English")
    return text


def put(answers: Answers, question: Question, tongue: Tongue) -> Asked:
    """`question` as it is put in `tongue`, with the choices that it offers."""
    frame, language = answers.frame(tongue), written(tongue)
    if frame is None:
        return Asked(question.text[language], {value: label[language] for value, label in question.choices})
    asked = frame.questions[question.id]
    if question.kind == "bool":
        choices = {value: frame.titles[_SAID[value]] for value, _ in question.choices}
    elif question.kind == "country":
        choices = {code: country_name(answers.catalogue.papers.countries[code], tongue) for code, _ in question.choices}
    else:
        choices = {value: asked.choices[value] for value, _ in question.choices}
    return Asked(asked.text, choices)


def typed(answers: Answers, question: Question, text: str, tongue: Tongue) -> str | None:
    """The choice that `text` names as it stands below the question, with or without what is in brackets; None where it names none."""
    if answers.frame(tongue) is None:
        return None
    said = plain(text).strip(_SIGNS)
    titles = {value: plain(title) for value, title in put(answers, question, tongue).choices.items()}
    found = [value for value, title in titles.items() if said in (title, title.partition("(")[0].strip())]
    return found[0] if len(found) == 1 else None


def label(answers: Answers, question_id: str, value: str, tongue: Tongue) -> str:
    """What a choice is called, also where it is not offered to this person but was read from a sentence."""
    frame = answers.frame(tongue)
    if frame is not None:
        return frame.questions[question_id].choices[value]
    choices = answers.catalogue.papers.circumstances[question_id].choices
    return next(choice.label[written(tongue)] for choice in choices if choice.value == value)


def country_name(country: Country, tongue: Tongue) -> str:
    """The name of a country or region in `tongue`."""
    if tongue in LANGUAGES or tongue == TRADITIONAL:
        return country.name[written(tongue)]
    return str(Locale.parse(tongue).territories.get(country.code, country.name["en"]))
