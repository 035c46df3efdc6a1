"""Deadlines as text: the days a rule gives for a date, and which rules there are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from bot.answers.formats import format_date
from bot.answers.part import Part, doubt_of
from bot.catalogue.calendar import local
from bot.catalogue.deadlines import DeadlineAnswer
from bot.db import now
from bot.languages import Language, Tongue, written

if TYPE_CHECKING:
    from bot.answers import Answers

OFFERED: Final = (
    "extension_window",
    "decision_due",
    "change_report",
    "cancellation_by_employer",
    "residence_permit",
    "residence_extension",
)
"""The rules people ask for most, as choices."""


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
    notes += [answers.text("utter_deadline_remark", language, text=_capital(remark.text[language])) for remark in answer.rule.remarks]
    doubt = doubt_of(answer.rule.certainty, answer.rule.scope)
    return Part(
        params={
            "state": answers.text(f"utter_deadline_state_{_state(answer)}", language),
            "base": format_date(answer.base_date, language),
            "name": _capital(answer.rule.name[language]),
            "days": "\n".join(f"- {line}" for line in lines),
            "rule": answer.rule.text[language],
            "notes": "\n".join(f"- {note}" for note in notes),
        },
        facts=tuple(answers.catalogue.facts[fact] for fact in answer.facts),
        claims=tuple(answers.catalogue.cited(tags) for tags in (answer.rule.sources, *(remark.sources for remark in answer.rule.remarks))),
        unconfirmed=((doubt, answer.rule.name[language]),) if doubt is not None else (),
    )


def standing(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """Whether it is too late for what `rule` says for `base_date` (ISO)."""
    deadlines = answers.catalogue.deadlines
    answer = deadlines.compute(params["rule"], date.fromisoformat(params["base_date"]), local(now()).date())
    target = answer.last_day or answer.due
    assert target is not None
    day = format_date(target, language)
    doubt = doubt_of(answer.rule.certainty, answer.rule.scope)
    return Part(
        params={
            "standing": answers.text(f"utter_deadline_standing_{_state(answer)}", language, date=day),
            "name": _capital(answer.rule.name[language]),
            "rule": answer.rule.text[language],
        },
        facts=tuple(answers.catalogue.facts[fact] for fact in answer.facts),
        claims=(answers.catalogue.cited(answer.rule.sources),),
        unconfirmed=((doubt, answer.rule.name[language]),) if doubt is not None else (),
    )


def _state(answer: DeadlineAnswer) -> str:
    # Where the applicant waits for the authority there is nothing to be in time with.
    waits = answer.last_day is None and answer.due is not None
    return f"waiting_{answer.state}" if waits and answer.state in ("open", "late") else answer.state


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def untold(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """What the `rules` say, without a date."""
    told = [answers.catalogue.deadlines.rule(rule) for rule in params["rules"]]
    return Part(
        params={
            "rules": "\n\n".join(
                answers.text("utter_deadline_rule_told", language, name=_capital(rule.name[language]), rule=rule.text[language])
                for rule in told
            )
        },
        facts=tuple(answers.catalogue.facts[fact] for fact in dict.fromkeys(fact for rule in told for fact in rule.facts)),
        claims=tuple(answers.catalogue.cited(rule.sources) for rule in told),
        unconfirmed=tuple((doubt, rule.name[language]) for rule in told if (doubt := doubt_of(rule.certainty, rule.scope)) is not None),
    )


def rules(answers: Answers, params: Mapping[str, Any], tongue: Tongue) -> Part:
    """The rules as choices."""
    frame, known = answers.frame(tongue), answers.catalogue.deadlines.rule
    titles = {rule: frame.deadlines[rule] if frame else _capital(known(rule).name[written(tongue)]) for rule in OFFERED}
    return Part(quick_replies=tuple((title, f"choose:deadline.rule={rule}") for rule, title in titles.items()))


def question(answers: Answers, params: Mapping[str, Any], tongue: Tongue) -> Part:
    """The question for the date that `rule` counts from."""
    frame, rule = answers.frame(tongue), answers.catalogue.deadlines.rule(params["rule"])
    return Part(params={"question": frame.dates[rule.base] if frame else rule.question[written(tongue)]})
