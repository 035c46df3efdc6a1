"""Answers to topics by name: to one that is pointed at, and to several that one message asks about."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.forms import start
from actions.services import current
from actions.turn import Turn


def _flow_of(topic: str) -> Any:
    from actions import FLOWS

    return {"materials": FLOWS[0], "station_nearest": FLOWS[1], "application_status": FLOWS[2], "deadline": FLOWS[3]}.get(topic)


def _action_of(topic: str) -> type[Action] | None:
    from actions import materials, person, station, status, talk

    return {
        "material_detail": materials.ShowMaterial,
        "station_info": station.ShowStation,
        "station_list": station.ListStations,
        "status_meaning": status.ExplainStage,
        "handoff": person.RequestPerson,
        "language": talk.SetLanguage,
        "cancel": talk.Cancel,
        "affirm": talk.Agree,
        "deny": talk.Decline,
    }.get(topic)


def answer(turn: Turn) -> list[EventType]:
    """Answer the topic that `turn` is about, as the rules would."""
    topic = turn.intent or ""
    flow, action = _flow_of(topic), _action_of(topic)
    if flow is not None:
        return start(flow, turn)
    if action is not None:
        return action().run(turn.dispatcher, turn.tracker, {})
    turn.say(f"utter_{topic}" if f"utter_{topic}" in current().answers.names else "utter_not_understood")
    return []


def _enough(flow: Any, part: Turn, whole: Turn) -> Turn:
    """The whole message where it says what one part of it leaves open ("It ends on 30 November. When may I extend?"), else the part."""
    state = dict(whole.tracker.get_slot(f"{flow.name}_state") or {})
    return whole if not flow.begin(part, state).done and flow.begin(whole, state).done else part


class AnswerSeveral(Action):
    """Each question of a message in its order; what must ask back does so at the end, the first of them first."""

    def name(self) -> str:
        return "action_answer_several"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(tracker, dispatcher)
        events: list[EventType] = []
        asking: list[tuple[Any, Turn]] = []
        for part in turn.parts:
            each = turn.about(str(part["topic"]), str(part["text"]))
            flow = _flow_of(str(part["topic"]))
            if flow is not None:
                each = _enough(flow, each, turn.about(str(part["topic"]), turn.text))
            if flow is None:
                events += answer(each)
            elif flow.begin(each, dict(tracker.get_slot(f"{flow.name}_state") or {})).done:
                events += [event for event in start(flow, each) if event.get("event") == "slot"]
            else:
                asking.append((flow, each))
        for flow, each in asking[1:2]:
            # It is gone on with when the first has its answer.
            state = flow.begin(each, dict(tracker.get_slot(f"{flow.name}_state") or {})).state
            events += [SlotSet(f"{flow.name}_state", state), SlotSet("interrupted_form", f"{flow.name}_form")]
        if asking:
            events += start(*asking[0])
        return events
