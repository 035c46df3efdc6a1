"""The hand-off card: what waiting for a person means now, and the choice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.answers.formats import format_moment, format_spans, format_weekdays
from bot.answers.part import Part
from bot.catalogue.opening import Hours
from bot.catalogue.stations import SAFE_CHOICE
from bot.languages import Tongue, written

if TYPE_CHECKING:
    from bot.answers import Answers


def offer(answers: Answers, params: Mapping[str, Any], tongue: Tongue) -> Part:
    """`handoff`, phase `offer`: nothing is queued yet; `params` is the situation at the desk."""
    return _handoff(answers, params, tongue, "offer")


def queued(answers: Answers, params: Mapping[str, Any], tongue: Tongue) -> Part:
    """`handoff`, phase `queued`: the place in the queue and the expected wait."""
    return _handoff(answers, params, tongue, "queued")


def _handoff(answers: Answers, params: Mapping[str, Any], tongue: Tongue, phase: str) -> Part:
    hall = answers.catalogue.stations.get(SAFE_CHOICE)
    assert hall is not None and hall.hours is not None
    hours = hours_text(answers, hall.hours, tongue)
    next_open: datetime | None = params.get("next_open")
    if params.get("always"):
        line = answers.text("utter_desk_hours_always", tongue)
    elif params.get("within_hours"):
        # Where nobody is there, "open" would only be read as a promise.
        name = "utter_desk_hours_open" if params.get("can_wait") else "utter_desk_hours_plain"
        line = answers.text(name, tongue, hours=hours)
    elif params.get("within_hours") is None or next_open is None:
        line = answers.text("utter_desk_hours_unknown", tongue, hours=hours)
    else:
        line = answers.text("utter_desk_hours_closed", tongue, hours=hours, next=format_moment(next_open, tongue))
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
        "station": {"key": hall.key, "name": hall.name[written(tongue)]},
    }
    return Part(card=card, params={"hours_line": line, "wait": wait(answers, params["expected_wait_s"], tongue)})


def hours_text(answers: Answers, hours: Hours, tongue: Tongue) -> str:
    """When there is somebody, in words."""
    days, times = format_weekdays(hours.weekdays, tongue), format_spans(hours.spans, tongue)
    return answers.text("utter_frame_hours", tongue, days=days, times=times)


def wait(answers: Answers, expected_s: int | None, tongue: Tongue) -> str:
    """The expected wait in words, for the middle of a sentence."""
    if expected_s is None:
        return answers.text("utter_desk_wait_not_known", tongue)
    if expected_s < 60:
        return answers.text("utter_desk_wait_short", tongue)
    return answers.text("utter_desk_wait_known", tongue, minutes=round(expected_s / 60))
