"""The hand-off card: whether the counters are open, and when they open next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.answers.formats import format_moment
from bot.answers.part import Part
from bot.db import now
from bot.languages import Language

if TYPE_CHECKING:
    from bot.answers import Answers


def handoff(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """`handoff` of the wire; place and wait stay null while nobody can tell them."""
    stations = answers.catalogue.stations
    hall = stations.get("civic_center")
    assert hall is not None and hall.hours is not None
    state = stations.answer(hall, now()).state
    hours = hall.hours.text[language]
    if state.open:
        line = answers.text("utter_handoff_open", language, hours=hours)
    elif state.open is None or state.next_open is None:
        line = answers.text("utter_handoff_unknown", language, hours=hours)
    else:
        line = answers.text("utter_handoff_closed", language, hours=hours, next=format_moment(state.next_open, language))
    card = {
        "type": "handoff",
        "reason": params.get("reason", "asked"),
        "position": None,
        "expected_wait_s": None,
        "within_hours": state.open,
    }
    return Part(card=card, params={"hours_line": line}, sources=answers.catalogue.cited(hall.sources))
