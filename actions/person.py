"""The way to a person."""

from __future__ import annotations

from typing import Any, Final

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.forms import set_aside
from actions.turn import Turn

# By the kind that the message's parse data names; without one nothing is taken for granted about it.
_SENSITIVE: Final = {
    "self_harm": "utter_sensitive_self_harm",
    "danger": "utter_sensitive_danger",
    "threat": "utter_sensitive_threat",
    "bribe": "utter_sensitive_bribe",
    "abuse": "utter_sensitive_abuse",
}
# After these the offer of a person is short and calm, and the staff are told in any case.
_CALM: Final = frozenset({"self_harm", "danger"})


class RequestPerson(Action):
    """The applicant wants a person: a typed hand-off, in whose place the gateway puts the offer."""

    def name(self) -> str:
        return "action_request_person"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        from actions import FLOWS

        Turn(tracker, dispatcher).say("utter_handoff", reason="asked")
        return set_aside(tracker, *FLOWS)


class AnswerSensitive(Action):
    """Self-harm, danger, a threat, a bribe or abuse: the fixed reply for its kind, and the offer of a person."""

    def name(self) -> str:
        return "action_answer_sensitive"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        from actions import FLOWS

        turn = Turn(tracker, dispatcher)
        kind = str(turn.message.get("safety"))
        turn.say(_SENSITIVE.get(kind, "utter_sensitive"))
        turn.say("utter_handoff", reason="sensitive", **({"calm": True} if kind in _CALM else {}))
        return set_aside(tracker, *FLOWS)
