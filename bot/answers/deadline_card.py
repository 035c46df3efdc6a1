"""Deadlines as text: the days a rule gives for a date, and which rules there are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from bot.answers.formats import format_date
from bot.answers.part import Part
from bot.catalogue.calendar import local
from bot.catalogue.facts import HOME_SCOPES
from bot.db import now
from bot.languages import Language

if TYPE_CHECKING:
    from bot.answers import Answers

# The rules people ask for most, as choices.
_OFFERED = ("extension_window", "decision_due", "change_report", "cancellation_by_employer", "residence_permit", "residence_extension")


def days(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """What `rule` says for `base_date` (ISO)."""
    deadlines = answers.catalogue.deadlines
    answer = deadlines.compute(params["rule"], date.fromisoformat(params["base_date"]), local(now()).date())
    lines = []
    for marked in answer.days:
        name = "utter_deadline_day" if marked.exact else "utter_deadline_day_not_before"
        lines.append(answers.text(name, language, what=marked.mark.text[language], date=format_date(marked.day, language)))
    known_until = format_date(answers.catalogue.calendar.known_until, language)
    notes = [answers.text(f"utter_deadline_reason_{reason}", language, until=known_until) for reason in answer.reasons]
    notes += [remark.text[language] for remark in answer.rule.remarks]
    return Part(
        params={
            "state": answers.text(f"utter_deadline_state_{answer.state}", language),
            "base": format_date(answer.base_date, language),
            "name": answer.rule.name[language],
            "days": "\n".join(f"- {line}" for line in lines),
            "rule": answer.rule.text[language],
            "notes": "\n".join(f"- {note}" for note in notes),
        },
        facts=tuple(answers.catalogue.facts[fact] for fact in answer.facts),
        sources=answers.catalogue.cited(answer.sources),
        unconfirmed=(answer.rule.name[language],)
        if answer.rule.certainty in ("low", "unknown") or answer.rule.scope not in HOME_SCOPES
        else (),
    )


def rules(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """The rules as choices."""
    known = {rule.id: rule for rule in answers.catalogue.deadlines.rules()}
    offered = [known[rule] for rule in _OFFERED if rule in known]
    return Part(quick_replies=tuple((rule.name[language], f"choose:deadline.rule={rule.id}") for rule in offered))


def question(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """The question for the date that `rule` counts from."""
    return Part(params={"question": answers.catalogue.deadlines.rule(params["rule"]).question[language]})
