"""What refers to what was said before: why, more, once more, in another language, the second one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions import deadline
from actions.asked import answer
from actions.forms import start
from actions.services import current
from actions.turn import ORDINALS, Said, Turn
from bot.languages import Language

_LANGUAGES: Final[dict[str, Language]] = {"in_chinese": "zh", "in_english": "en"}
_ANSWER: Final = "utter_"
_MORE: Final = "utter_more_"
_CHOOSE: Final = "choose:"
# Why something is asked, by the response that asks it.
_REASONS: Final = {
    "utter_ask_circumstance": "utter_why_circumstance",
    "utter_ask_number": "utter_why_number",
    "utter_ask_birth_date": "utter_why_birth_date",
    "utter_ask_birth_date_again": "utter_why_birth_date",
    "utter_ask_place": "utter_why_place",
    "utter_ask_which_place": "utter_why_place",
}


def say_again(turn: Turn, **params: Any) -> bool:
    """Give the last answer once more; False when there is none."""
    # What a person took over from the assistant is no answer of its own.
    said = [each for each in turn.said if each.response.startswith(_ANSWER) and each.response != "utter_handoff"]
    for each in said:
        turn.say(each.response, **{**each.params, **params})
    return bool(said)


class FollowUp(Action):
    """Answers from what was said before; without anything before it, asks what is meant."""

    def name(self) -> str:
        return "action_follow_up"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(tracker, dispatcher)
        if turn.refers in _LANGUAGES:
            language = _LANGUAGES[turn.refers]
            # An open question is asked again by its form, in the new language.
            if tracker.active_loop_name or not say_again(turn, set_language=language):
                turn.say(f"utter_language_{language}", set_language=language)
            return []
        if turn.refers in ("why", "more"):
            _explain(turn)
            return []
        if turn.refers == "again":
            if not tracker.active_loop_name and not say_again(turn):
                turn.say("utter_not_understood")
            return []
        if turn.refers == "too_late":
            return [] if deadline.FLOW.standing(turn) else answer(turn.about("late_extension", turn.text))
        return _take(turn)


def _explain(turn: Turn) -> None:
    last: Said | None = turn.said[-1] if turn.said else None
    name = last.response if last is not None else ""
    reason = next((_REASONS[said.response] for said in reversed(turn.said) if said.response in _REASONS), None)
    more = name.replace(_ANSWER, _MORE, 1)
    if reason is not None:
        turn.say(reason)
    elif last is None:
        turn.say("utter_not_understood")
    elif not name.startswith(_MORE) and more in current().answers.names:
        turn.say(more)
    else:
        turn.say("utter_nothing_more")


def take_choice(turn: Turn) -> list[EventType] | None:
    """Do what was chosen where no question is open: the second part of an answer, or a flow; None when it is too late for it."""
    from actions import FLOWS

    form, question, _ = turn.chosen or ("", "", "")
    more = f"{_MORE}{question}"
    if form == "more" and more in current().answers.names:
        turn.say(more)
        return []
    for flow in FLOWS:
        if flow.name == form and flow.choose(turn, dict(turn.tracker.get_slot(f"{form}_state") or {})) is not None:
            return start(flow, turn)
    return None


def _answered(turn: Turn) -> list[Mapping[str, Any]]:
    """The questions of the message before this one when it asked several things; `text` and `topic` of each."""
    heard = [event for event in turn.tracker.events if event.get("event") == "user"]
    parts = (heard[-2].get("parse_data") or {}).get("parts") if len(heard) > 1 and turn.said else None
    return list(parts or ())


def _take(turn: Turn) -> list[EventType]:
    """What the message points at by its number: a station that was shown, one of several answers, or a choice that was offered."""
    stations = next((said.stations for said in reversed(turn.said) if len(said.stations) > 1), ())
    at = ORDINALS[str(turn.refers)]
    if stations and at < len(stations):
        turn.say("utter_station", station=stations[at])
        return []
    answered = _answered(turn)
    if answered and at < len(answered):
        topic = str(answered[at]["topic"])
        if f"{_MORE}{topic}" in current().answers.names:
            turn.say(f"{_MORE}{topic}")
            return []
        return answer(turn.about(topic, str(answered[at]["text"])))
    payload = turn.pointed
    taken = take_choice(turn) if payload is not None and payload.startswith(_CHOOSE) else None
    if taken is not None:
        return taken
    if payload is not None and payload.startswith("/"):
        topic = payload[1:]
        return answer(turn.about(topic, turn.asked_back(topic)))
    turn.say("utter_not_understood")
    return []
