"""The status card: one or several applications with meaning, who acts and by when; and what a stage means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from bot.answers import status_doubts
from bot.answers.formats import format_date
from bot.answers.part import Part
from bot.catalogue.calendar import local
from bot.catalogue.deadlines import DeadlineAnswer
from bot.catalogue.stages import Stage
from bot.catalogue.station_data import Station
from bot.db import now
from bot.languages import Language

if TYPE_CHECKING:
    from bot.answers import Answers

# What the words about collecting rest on.
_NO_CARD = ("card.end", "permit.result_documents")
# Which way an application goes after this depends on its type.
_DECIDED = "approved"
_NEWS = {"follow": ("utter_news_offer_follow", "news:follow"), "stop": ("utter_news_offer_stop", "news:stop")}


def status(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """The result of a look-up (`result`, the JSON of a `LookupResult`): the first application in full, the others named.

    `news`, if given, is what is offered about changes: `follow` or `stop`.
    """
    applications = params["result"]["applications"]
    first = applications[0]
    stage = answers.catalogue.papers.stages[first["stage"]]
    running = _running(answers, first)
    reason = status_doubts.doubt(first, running)
    body = answers.text(
        "utter_status_one",
        language,
        type=_type_name(answers, first, language),
        number=first["number"],
        stage=stage.name[language],
        since=format_date(datetime.fromisoformat(first["since"]), language),
        meaning=stage.meaning[language],
        who=stage.who_acts[language],
        todo=stage.todo[language],
        details="\n".join(
            [
                *_counted(answers, running, language),
                *status_doubts.line(answers, first, reason, language),
                *_details(answers, applications, language),
            ]
        ),
    )
    facts = [*(running.facts if running else ()), *(_NO_CARD if first["collect_at"] else ())]
    tags = [*stage.sources, *(running.sources if running else ())]
    return Part(
        card={"type": "status", "applications": [_entry(answers, each, language) for each in applications]},
        params={"body": body},
        facts=tuple(answers.catalogue.facts[fact] for fact in facts),
        sources=answers.catalogue.cited(tags),
        named_replies=(_NEWS[params["news"]],) if params.get("news") else (),
        offers=reason,
    )


def _running(answers: Answers, application: Mapping[str, Any]) -> DeadlineAnswer | None:
    counts = answers.catalogue.papers.stages[application["stage"]].counts
    base = application[counts.base] if counts else None
    if counts is None or base is None:
        return None
    day = date.fromisoformat(base) if len(base) == len("2026-11-24") else local(datetime.fromisoformat(base)).date()
    return answers.catalogue.deadlines.compute(counts.rule_for(application["application_type"]), day, local(now()).date())


def _entry(answers: Answers, application: Mapping[str, Any], language: Language) -> dict[str, Any]:
    stage = answers.catalogue.papers.stages[application["stage"]]
    running = _running(answers, application)
    station = answers.catalogue.stations.get(application["collect_at"]) if application["collect_at"] else None
    stages = answers.catalogue.papers.stages
    return {
        "application_id": application.get("id"),
        "number": application["number"],
        "application_type": application["application_type"],
        "type_name": _type_name(answers, application, language),
        "stage": application["stage"],
        "stage_name": stage.name[language],
        "since": application["since"],
        "history": [{**step, "name": stages[step["stage"]].name[language]} for step in application["history"]],
        "ahead": [{"stage": each.id, "name": each.name[language]} for each in _ahead(answers, application["stage"])],
        "meaning": stage.meaning[language],
        "who_acts": stage.who_acts[language],
        "to_do": stage.todo[language],
        "act_by": running.last_day.isoformat() if running and running.last_day else None,
        "expected_by": running.due.isoformat() if running and running.due else None,
        "exact": running.exact if running else None,
        "act_from": running.first_day.isoformat() if running and running.first_day else None,
        "deadline": [line.replace("**", "") for line in _counted(answers, running, language)],
        "valid_until": application["valid_until"],
        "collect_at": station.key if station else None,
        "collect": [line.replace("**", "") for line in _collecting(answers, station, language)],
    }


def _ahead(answers: Answers, stage: str) -> Sequence[Stage]:
    """What usually comes between `stage` and the decision; nothing where the usual way was left or is over."""
    usual = [each for each in answers.catalogue.papers.stages.values() if each.usual]
    names = [each.id for each in usual]
    return usual[names.index(stage) + 1 : names.index(_DECIDED) + 1] if stage in names else ()


def _collecting(answers: Answers, station: Station | None, language: Language) -> list[str]:
    if station is None:
        return []
    lines = [answers.text("utter_status_collect", language, station=station.name[language])]
    if station.call_first:
        phone = station.phone or answers.catalogue.facts["phones.work_permit"].values["number"]
        lines.append(answers.text("utter_station_call_first", language, phone=phone))
    return lines


def _counted(answers: Answers, running: DeadlineAnswer | None, language: Language) -> list[str]:
    if running is None:
        return []
    until = format_date(answers.catalogue.calendar.known_until, language)
    lines = []
    if running.due is not None:
        day = format_date(running.due, language)
        if not running.exact:
            reason = answers.text("utter_calendar_not_known", language, until=until)
            lines.append(answers.text("utter_status_due_not_before", language, date=day, reason=reason))
        elif running.state in ("late", "passed"):
            lines.append(answers.text("utter_status_late", language, date=day))
        else:
            lines.append(answers.text("utter_status_due", language, date=day))
    if running.last_day is not None:
        name = "utter_status_act_by" if running.first_day is None else "utter_status_act_between"
        first = format_date(running.first_day, language) if running.first_day else ""
        last = format_date(running.last_day, language)
        lines.append(answers.text(name, language, what=running.rule.name[language], first=first, last=last))
    return [*lines, running.rule.text[language]]


def _details(answers: Answers, applications: Sequence[Mapping[str, Any]], language: Language) -> list[str]:
    first, stages = applications[0], answers.catalogue.papers.stages
    details = []
    if first["valid_until"]:
        day = format_date(date.fromisoformat(first["valid_until"]), language)
        details.append(answers.text("utter_status_valid_until", language, date=day))
    station = answers.catalogue.stations.get(first["collect_at"]) if first["collect_at"] else None
    details += _collecting(answers, station, language)
    separator = "；" if language == "zh" else "; "
    steps = [
        f"{stages[step['stage']].name[language]} {format_date(datetime.fromisoformat(step['at']), language)}" for step in first["history"]
    ]
    details.append(answers.text("utter_status_history", language, steps=separator.join(steps)))
    others = [
        answers.text(
            "utter_status_other",
            language,
            type=_type_name(answers, each, language),
            number=each["number"],
            stage=stages[each["stage"]].name[language],
        )
        for each in applications[1:]
    ]
    if others:
        details.append(answers.text("utter_status_others", language, others=separator.join(others)))
    return details


def _type_name(answers: Answers, application: Mapping[str, Any], language: Language) -> str:
    return answers.catalogue.papers.application_types[application["application_type"]].name[language]


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
