"""A flow that asks until it knows enough: one state, one question at a time, and room for other questions between.

Rasa's form carries one slot that our own code fills. A message that is no answer to the open question is rejected, so that
the rules answer it as they would anywhere, and then the form asks again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Turn

State = dict[str, Any]
_RESUME = "interrupted_form"
_EARLIER = "earlier"
_PATIENCE = 2
_YES_AND_NO = frozenset({"affirm", "deny"})


@dataclass(frozen=True)
class Step:
    """Where a flow stands after a message: what it knows, and whether that is enough.

    Attributes:
        says: responses to give before the next question.
        missed: whether the message was meant as an answer and could not be used; after two in a row a person is offered.
    """

    state: State
    done: bool = False
    says: tuple[tuple[str, Mapping[str, Any]], ...] = field(default=())
    missed: bool = False


class Flow(ABC):
    """What one flow asks and answers; subclasses know nothing of Rasa's events."""

    name: ClassVar[str]
    action: ClassVar[str]

    @abstractmethod
    def begin(self, turn: Turn, before: State) -> Step:
        """Read the message that starts the flow.

        `before` is what was known when it last ended, or what is known so far when the applicant starts it once more.
        """

    def choose(self, turn: Turn, before: State) -> Step | None:
        """What a quick reply of this flow starts that is chosen after the flow has ended; None when it is too late for it."""
        return None

    def claims(self, turn: Turn) -> bool:
        """Whether what the message names makes it one for this flow although the classifier is not sure."""
        return False

    def owed(self, turn: Turn) -> bool:
        """Whether the message is what this flow last asked for, though its form is no longer open."""
        return False

    @abstractmethod
    def take(self, turn: Turn, state: State) -> Step | None:
        """Read a message while a question is open; None when it is no answer to it."""

    @abstractmethod
    def ask(self, turn: Turn, state: State) -> None:
        """Ask the next question."""

    @abstractmethod
    def finish(self, turn: Turn, state: State) -> State:
        """Answer, and return what is worth keeping for the next time."""

    def rest(self, state: State) -> State:
        """What is still known when the applicant has gone to a person and comes back."""
        return {}


def _slots(flow: Flow) -> tuple[str, str, str]:
    return f"{flow.name}_form", f"{flow.name}_state", f"{flow.name}_answer"


def flow_actions(flow: Flow) -> list[type[Action]]:
    """The three actions of a flow: start or finish it, read an answer, ask the next question."""
    form, state_slot, answer_slot = _slots(flow)

    class Run(Action):
        def name(self) -> str:
            return flow.action

        def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
            from actions import FLOWS

            turn = Turn(tracker, dispatcher)
            return start(next((other for other in FLOWS if other.owed(turn)), flow), turn)

    class Validate(Action):
        def name(self) -> str:
            return f"validate_{form}"

        def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
            state: State = dict(tracker.get_slot(state_slot) or {})
            if tracker.get_slot("requested_slot") != answer_slot:
                return [SlotSet(state_slot, state)]
            if _answered_elsewhere(tracker, form):
                return []
            turn = Turn(tracker, dispatcher)
            if turn.chosen is not None and turn.chosen[0] != flow.name:
                return []
            earlier = state.pop(_EARLIER, [])
            if earlier and turn.goes_back:
                *older, last = earlier
                return [SlotSet(state_slot, {**last, _EARLIER: older}), SlotSet(answer_slot, None)]
            step = flow.take(turn, state)
            if step is None:
                if turn.interrupts and (turn.intent not in _YES_AND_NO or turn.person_offered):
                    return []
                if turn.asks and turn.candidates:
                    # A question of its own, of which it is only not clear which.
                    return []
                step = Step(state, missed=True, says=(("utter_form_not_understood", {}),))
            known = {key: value for key, value in step.state.items() if key != "misses"}
            says = step.says
            if step.missed:
                known["misses"] = int(state.get("misses", 0)) + 1
                if known["misses"] >= _PATIENCE:
                    says = (("utter_form_offer_person", {}),)
            else:
                earlier = [*earlier, {key: value for key, value in state.items() if key != "misses"}]
            for response, params in says:
                turn.say(response, **params)
            return [
                SlotSet(state_slot, {**known, _EARLIER: earlier} if earlier else known),
                SlotSet(answer_slot, "done" if step.done else None),
            ]

    class Ask(Action):
        def name(self) -> str:
            return f"action_ask_{form}_{answer_slot}"

        def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
            flow.ask(Turn(tracker, dispatcher), dict(tracker.get_slot(state_slot) or {}))
            return []

    return [Run, Validate, Ask]


def start(flow: Flow, turn: Turn) -> list[EventType]:
    """Events that begin the flow with this message, or end it when enough is known; the answer goes through `turn`."""
    form, state_slot, answer_slot = _slots(flow)
    tracker = turn.tracker
    state: State = dict(tracker.get_slot(state_slot) or {})
    state.pop(_EARLIER, None)
    if tracker.get_slot(answer_slot) != "done":
        before = {key: value for key, value in state.items() if key != "misses"}
        chosen = turn.chosen is not None and turn.chosen[0] == flow.name
        step = (flow.choose(turn, before) if chosen else None) or flow.begin(turn, before)
        for response, params in step.says:
            turn.say(response, **params)
        if not step.done:
            events = [SlotSet(state_slot, step.state), SlotSet(answer_slot, None)]
            interrupted = tracker.active_loop_name
            if interrupted and interrupted != form:
                events.append(SlotSet(_RESUME, interrupted))
            return [*events, ActiveLoop(None), SlotSet("requested_slot", None), FollowupAction(form)]
        state = step.state
    kept = flow.finish(turn, state)
    events = [SlotSet(state_slot, kept or None), SlotSet(answer_slot, None)]
    if tracker.active_loop_name in (None, form):
        events += [ActiveLoop(None), SlotSet("requested_slot", None)]
        resume = tracker.get_slot(_RESUME)
        if resume and resume != form:
            events += [SlotSet(_RESUME, None), FollowupAction(resume)]
    return events


def _answered_elsewhere(tracker: Tracker, form: str) -> bool:
    """Whether the form let this very message pass already, so that a rule has answered it."""
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            return False
        if event.get("event") == "action_execution_rejected" and event.get("name") == form:
            return True
    return False


def forget(*flows: Flow) -> list[EventType]:
    """Events that end every open form and clear what the flows knew."""
    events: list[EventType] = [ActiveLoop(None), SlotSet("requested_slot", None), SlotSet(_RESUME, None)]
    for flow in flows:
        _, state_slot, answer_slot = _slots(flow)
        events += [SlotSet(state_slot, None), SlotSet(answer_slot, None)]
    return events


def set_aside(tracker: Tracker, *flows: Flow) -> list[EventType]:
    """Events that end every open form, because a person takes over, and keep what the flows know for the time after."""
    events = forget(*flows)
    for flow in flows:
        state_slot = _slots(flow)[1]
        rest = flow.rest(dict(tracker.get_slot(state_slot) or {}))
        if rest:
            events.append(SlotSet(state_slot, rest))
    return events
