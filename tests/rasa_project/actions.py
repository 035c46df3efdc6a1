"""The actions of the small project; served by `python -m actions.server --package tests.rasa_project.actions`."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, ActiveLoop, EventType, SessionStarted, SlotSet
from rasa_sdk.executor import CollectingDispatcher

Domain = dict[str, Any]


class StartSession(Action):
    def name(self) -> str:
        return "action_session_start"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain) -> list[EventType]:
        return [SessionStarted(), ActionExecuted("action_listen")]


class ValidateStation(Action):
    """Takes a place; what is no place is for the rules. The word "bomb" breaks it."""

    def name(self) -> str:
        return "validate_station_form"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain) -> list[EventType]:
        if tracker.get_slot("requested_slot") != "station_answer":
            return []
        message = tracker.latest_message
        text = str(message.get("text"))
        if "bomb" in text:
            raise RuntimeError(f"cannot read {text}")
        choice = (message.get("metadata") or {}).get("choice", "")
        if choice.startswith("station.place="):
            return [SlotSet("station_answer", choice.partition("=")[2])]
        if "Nanshan" in text or "南山" in text:
            return [SlotSet("station_answer", "Nanshan")]
        return []


class AskPlace(Action):
    def name(self) -> str:
        return "action_ask_station_form_station_answer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain) -> list[EventType]:
        dispatcher.utter_message(response="utter_ask_place", params={"hint": "district"})
        return []


class ShowStation(Action):
    def name(self) -> str:
        return "action_show_station"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain) -> list[EventType]:
        dispatcher.utter_message(response="utter_station", params={"place": tracker.get_slot("station_answer")})
        return [SlotSet("station_answer", None)]


class HandleDoubt(Action):
    def name(self) -> str:
        return "action_handle_doubt"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain) -> list[EventType]:
        dispatcher.utter_message(response="utter_doubt", params={"decision": tracker.latest_message.get("decision")})
        return []


class Cancel(Action):
    def name(self) -> str:
        return "action_cancel"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain) -> list[EventType]:
        dispatcher.utter_message(response="utter_cancelled")
        return [ActiveLoop(None), SlotSet("requested_slot", None), SlotSet("station_answer", None)]
