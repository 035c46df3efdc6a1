"""Where an application stands: number, then proof by date of birth, then the result, none of which Rasa ever sees."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.dates import ORDERS, TOKEN, chosen_order, reading, resolved
from actions.forms import Flow, State, Step, flow_actions
from actions.services import current
from actions.turn import Turn

_NUMBER = re.compile(r"<NUMBER:\d+>")
# Topics that "I don't have it" and "忘了" are taken for.
_LACKING = frozenset({"application_status", "cancel", "deny"})


class StatusFlow(Flow):
    """Asks for the number, the date of birth and, where needed, which part of the date is the day."""

    name: ClassVar[str] = "status"
    action: ClassVar[str] = "action_look_up_status"

    def begin(self, turn: Turn, before: State) -> Step:
        state = self._read(turn, before if _kept(turn, before) else {})
        if not state and self._proven(turn):
            return Step({"again": True}, done=True)
        return self._step(turn, state)

    def owed(self, turn: Turn) -> bool:
        return not _NUMBER.search(turn.text) and self.claims(turn)

    def claims(self, turn: Turn) -> bool:
        if _NUMBER.search(turn.text):
            return turn.short or "application_status" in turn.candidates
        # Another birth date after a refusal; which of the two was wrong is never said.
        known: State = turn.tracker.get_slot("status_state") or {}
        return bool(TOKEN.search(turn.text)) and turn.short and not turn.asks and "refused" in known and _kept(turn, known)

    def take(self, turn: Turn, state: State) -> Step | None:
        if "date" in state:
            order = turn.choice("status.order") or chosen_order(turn, state, past=True)
            if order in ORDERS:
                return self._step(turn, {**state, "order": order})
        after = self._read(turn, state)
        if after != state or _NUMBER.search(turn.text):
            return self._step(turn, after)
        if turn.lacks and (turn.refuses or not turn.interrupts or turn.intent in _LACKING):
            return Step(state, missed=True, says=(("utter_birth_date_missing" if "number" in state else "utter_number_missing", {}),))
        return None

    def ask(self, turn: Turn, state: State) -> None:
        if "number" not in state:
            turn.say("utter_ask_number")
        elif "date" not in state:
            turn.say("utter_ask_birth_date_again" if state.get("refused") else "utter_ask_birth_date")
        else:
            turn.say("utter_ask_date_order")

    def finish(self, turn: Turn, state: State) -> State:
        services = current()
        now = services.clock()
        if state.get("again"):
            with services.database.session() as session:
                result = services.permits.look_again(session, turn.conversation, now)
        else:
            number = services.reveal(turn.conversation, state["number"])
            born = resolved(turn, state, past=True)
            if number is None or born is None:
                turn.say("utter_status_expired")
                return {}
            with services.database.session() as session:
                result = services.permits.look_up(session, number, born, turn.conversation, now)
        if result is None:
            turn.say("utter_status_expired")
        elif result.outcome == "found":
            token = services.hide(turn.conversation, {"response": "utter_status", "params": {"result": result.as_json()}})
            turn.say("utter_private_status", private=token)
        else:
            turn.say("utter_status_refused")
            return {"number": state["number"], "refused": True}
        return {}

    @staticmethod
    def _read(turn: Turn, state: State) -> State:
        """What the message adds: the newest number and the newest date named in it."""
        found = dict(state)
        numbers, dates = _NUMBER.findall(turn.text), TOKEN.findall(turn.text)
        if numbers:
            found["number"] = numbers[-1]
            found.pop("refused", None)
        if dates:
            found["date"] = dates[-1]
            found.pop("order", None)
        return found

    def _step(self, turn: Turn, state: State) -> Step:
        if "number" not in state or "date" not in state:
            return Step(state)
        read = reading(turn, state["date"], past=True)
        rest = {key: value for key, value in state.items() if key != "date"}
        if read is None:
            return Step(rest)
        if read.kind == "none":
            return Step(rest, missed=True, says=(("utter_date_not_read", {}),))
        return Step(state, done=read.kind == "exact" or "order" in state)

    @staticmethod
    def _proven(turn: Turn) -> bool:
        services = current()
        with services.database.session() as session:
            return services.permits.proof(session, turn.conversation, services.clock()) is not None


def _kept(turn: Turn, state: State) -> bool:
    """Whether the number that is known is still in the vault."""
    return "number" not in state or current().reveal(turn.conversation, state["number"]) is not None


FLOW = StatusFlow()
ACTIONS = flow_actions(FLOW)


class ExplainStage(Action):
    """What a word of the process means; without one, the whole row of stages."""

    def name(self) -> str:
        return "action_explain_stage"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(tracker, dispatcher)
        stage = turn.choice("stage.name") or _stage_in(turn.text)
        if stage is None:
            turn.say("utter_stages")
        else:
            turn.say("utter_stage", stage=stage)
        return []


def _stage_in(text: str) -> str | None:
    found = current().catalogue.papers.stages.find(text)
    return found.id if found else None
