"""The hand-off card: what waiting for a person means now, and the choice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.answers.formats import format_moment
from bot.answers.part import Part
from bot.catalogue.stations import SAFE_CHOICE
from bot.languages import Language

if TYPE_CHECKING:
    from bot.answers import Answers


def offer(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """`handoff`, phase `offer`: nothing is queued yet; `params` is the situation at the desk."""
    return _handoff(answers, params, language, "offer")


def queued(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """`handoff`, phase `queued`: the place in the queue and the expected wait."""
    return _handoff(answers, params, language, "queued")


def _handoff(answers: Answers, params: Mapping[str, Any], language: Language, phase: str) -> Part:
    hall = answers.catalogue.stations.get(SAFE_CHOICE)
    assert hall is not None and hall.hours is not None
    hours = hall.hours.text[language]
    next_open: datetime | None = params.get("next_open")
    if params.get("always"):
        line = answers.text("utter_desk_hours_always", language)
    elif params.get("within_hours"):
        # Where nobody is there, "open" would only be read as a promise.
        name = "utter_desk_hours_open" if params.get("can_wait") else "utter_desk_hours_plain"
        line = answers.text(name, language, hours=hours)
    elif params.get("within_hours") is None or next_open is None:
        line = answers.text("utter_desk_hours_unknown", language, hours=hours)
    else:
        line = answers.text("utter_desk_hours_closed", language, hours=hours, next=format_moment(next_open, language))
    card = {
        "type": "handoff",
        "phase": phase,
        "reason": params["reason"],
        "position": params["position"],
        "expected_wait_s": params["expected_wait_s"],
        "within_hours": params.get("within_hours"),
        "officers_ready": params.get("officers_ready", 0),
        "can_wait": bool(params.get("can_wait")),
        "hours": hours,
        "next_open": None if next_open is None else next_open.isoformat(),
        "phone": answers.catalogue.facts["phones.work_permit"].values["number"],
        "station": {"key": hall.key, "name": hall.name[language]},
    }
    return Part(card=card, params={"hours_line": line, "wait": wait(answers, params["expected_wait_s"], language)})


def wait(answers: Answers, expected_s: int | None, language: Language) -> str:
    """The expected wait in words, for the middle of a sentence."""
    if expected_s is None:
        return answers.text("utter_desk_wait_not_known", language)
    if expected_s < 60:
        return answers.text("utter_desk_wait_short", language)
    return answers.text("utter_desk_wait_known", language, minutes=round(expected_s / 60))
