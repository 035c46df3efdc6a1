"""The way to a person."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.forms import forget
from actions.turn import Turn


class RequestPerson(Action):
    """The applicant wants a person: a typed hand-off with its reason, hours and the hotline."""

    def name(self) -> str:
        return "action_request_person"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        from actions import FLOWS

        Turn(tracker, dispatcher).say("utter_handoff", reason="asked")
        return forget(*FLOWS)


class AnswerSensitive(Action):
    """A threat, self-harm, a bribe or abuse: one fixed reply, and a person."""

    def name(self) -> str:
        return "action_answer_sensitive"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        from actions import FLOWS

        turn = Turn(tracker, dispatcher)
        turn.say("utter_sensitive")
        turn.say("utter_handoff", reason="sensitive")
        return forget(*FLOWS)
