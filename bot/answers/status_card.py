"""The status card: one or several applications with meaning, who acts and by when; and what a stage means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from bot.answers.formats import format_date
from bot.answers.part import Part
from bot.catalogue.calendar import local
from bot.catalogue.facts import Fact
from bot.db import now
from bot.languages import Language

if TYPE_CHECKING:
    from bot.answers import Answers

_PROMISE = "time.promised"
_DECIDING = frozenset({"accepted", "under_examination"})


def status(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """The result of a look-up (`result`, the JSON of a `LookupResult`): the first application in full, the others named."""
    from datetime import datetime

    applications = params["result"]["applications"]
    catalogue = answers.catalogue
    promise = catalogue.facts[_PROMISE]
    entries, facts, stages = [], [], set()
    for each in applications:
        stage = catalogue.papers.stages[each["stage"]]
        stages.add(stage.id)
        expected, fact = _expected(answers, each)
        facts += [fact] if fact else []
        station = catalogue.stations.get(each["collect_at"]) if each["collect_at"] else None
        entries.append(
            {
                "number": each["number"],
                "application_type": each["application_type"],
                "stage": each["stage"],
                "stage_name": stage.name[language],
                "since": each["since"],
                "history": each["history"],
                "meaning": stage.meaning[language],
                "who_acts": stage.who_acts[language],
                "to_do": stage.todo[language],
                "act_by": None,
                "expected_by": expected.date.isoformat() if expected else None,
                "expected_exact": expected.exact if expected else None,
                "valid_until": each["valid_until"],
                "collect_at": station.key if station else None,
            }
        )
    first = applications[0]
    stage = catalogue.papers.stages[first["stage"]]
    details = []
    expected, _ = _expected(answers, first)
    if expected is not None:
        today = local(now()).date()
        if expected.exact and expected.date < today:
            phone = catalogue.facts["phones.work_permit"].values["number"]
            details.append(answers.text("utter_status_late", language, date=format_date(expected.date, language), phone=phone))
        elif expected.exact:
            days = promise.values["days"]
            details.append(answers.text("utter_status_due", language, date=format_date(expected.date, language), days=days))
        else:
            reason = answers.text("utter_calendar_not_known", language, until=format_date(expected.known_until, language))
            details.append(answers.text("utter_status_due_not_before", language, date=format_date(expected.date, language), reason=reason))
    if first["valid_until"]:
        details.append(
            answers.text("utter_status_valid_until", language, date=format_date(date.fromisoformat(first["valid_until"]), language))
        )
    station = catalogue.stations.get(first["collect_at"]) if first["collect_at"] else None
    if station is not None:
        details.append(answers.text("utter_status_collect", language, station=station.name[language]))
    separator = "；" if language == "zh" else "; "
    steps = [
        f"{catalogue.papers.stages[step['stage']].name[language]} {format_date(datetime.fromisoformat(step['at']), language)}"
        for step in first["history"]
    ]
    details.append(answers.text("utter_status_history", language, steps=separator.join(steps)))
    if len(applications) > 1:
        others = [
            f"{catalogue.papers.application_types[each['application_type']].name[language]} {each['number']} – {catalogue.papers.stages[each['stage']].name[language]}"
            for each in applications[1:]
        ]
        details.append(answers.text("utter_status_others", language, others=separator.join(others)))
    body = answers.text(
        "utter_status_one",
        language,
        type=catalogue.papers.application_types[first["application_type"]].name[language],
        number=first["number"],
        stage=stage.name[language],
        since=format_date(datetime.fromisoformat(first["since"]), language),
        meaning=stage.meaning[language],
        todo=stage.todo[language],
        details="\n".join(details),
    )
    return Part(
        card={"type": "status", "applications": entries}, params={"body": body}, facts=tuple(facts), sources=catalogue.cited(stage.sources)
    )


def _expected(answers: Answers, application: Mapping[str, Any]) -> tuple[Any, Fact | None]:
    from datetime import datetime

    if application["stage"] not in _DECIDING or not application["accepted_at"]:
        return None, None
    fact = answers.catalogue.facts[_PROMISE]
    accepted = local(datetime.fromisoformat(application["accepted_at"])).date()
    return answers.catalogue.calendar.add_working_days(accepted, fact.values["days"]), fact


def stage(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """What one stage means."""
    found = answers.catalogue.papers.stages[params["stage"]]
    other: Language = "zh" if language == "en" else "en"
    texts = {
        "name": found.name[language],
        "other_name": found.name[other],
        "meaning": found.meaning[language],
        "who": found.who_acts[language],
        "todo": found.todo[language],
        "limit": found.limit[language] if found.limit else "",
    }
    return Part(params=texts, sources=answers.catalogue.cited(found.sources))


def stages(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """The usual way of an application, one stage a line."""
    usual = [found for found in answers.catalogue.papers.stages.values() if found.usual]
    lines = [f"- **{found.name[language]}**: {found.meaning[language]}" for found in usual]
    return Part(params={"stages": "\n".join(lines)}, sources=answers.catalogue.cited({tag for found in usual for tag in found.sources}))
