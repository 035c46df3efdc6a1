"""From a rule and a date to days: when to extend, when a decision is due, until when a change must be told."""

from __future__ import annotations

from typing import ClassVar

from actions.dates import ORDERS, TOKEN, chosen_order, reading, resolved, today
from actions.forms import Flow, State, Step, flow_actions
from actions.services import current
from actions.turn import Turn
from bot.catalogue.dates import read_date
from bot.catalogue.deadline_rules import Rule
from bot.catalogue.place_names import fold, fold_chinese

# Topics whose words also name a deadline.
_RELATED = frozenset(
    {
        "deadline",
        "extension",
        "late_extension",
        "processing_time",
        "passport_change",
        "change_information",
        "cancellation",
        "residence_permit",
    }
)

# Topics whose words ("cancel") may name a rule too, but mean what they say.
_STOPPING = frozenset({"cancel", "handoff"})


class DeadlineFlow(Flow):
    """Asks which deadline is meant and for the date it is counted from."""

    name: ClassVar[str] = "deadline"
    action: ClassVar[str] = "action_work_out_deadline"

    def begin(self, turn: Turn, before: State) -> Step:
        return self._step(turn, self._read(turn, before))

    def choose(self, turn: Turn, before: State) -> Step | None:
        rule = turn.choice("deadline.rule")
        known = any(each.id == rule for each in current().catalogue.deadlines.rules())
        return self._step(turn, {**before, "rule": rule}) if known else None

    def claims(self, turn: Turn) -> bool:
        state = self._read(turn, {}) if "deadline" in turn.candidates else {}
        return "rule" in state and ("date" in state or "day" in state)

    def take(self, turn: Turn, state: State) -> Step | None:
        chosen = self.choose(turn, state) if turn.chosen is not None else None
        if chosen is not None:
            return chosen
        if "date" in state:
            order = turn.choice("deadline.order") or chosen_order(turn, state, past=False)
            if order in ORDERS:
                return self._step(turn, {**state, "order": order})
        if turn.intent == "out_of_scope" and turn.asks:
            return None
        after = self._read(turn, state)
        if turn.interrupts and turn.asks and turn.intent != "deadline" and "day" not in state:
            # A day of which another question speaks is not the one to count from.
            after.pop("day", None)
        brief = turn.short and not turn.asks and turn.intent not in _STOPPING
        if "rule" not in state and "rule" in after and (brief or _labelled(turn.text) is not None):
            return self._step(turn, after)
        named = "day" in after and not turn.asks and turn.intent not in _STOPPING and (turn.short or "rule" in state)
        if turn.interrupts and turn.intent not in _RELATED and not named and not TOKEN.search(turn.text):
            return None
        return None if after == state else self._step(turn, after)

    def ask(self, turn: Turn, state: State) -> None:
        if "rule" not in state:
            turn.say("utter_ask_deadline_rule")
        elif "date" not in state and "day" not in state:
            turn.say("utter_ask_deadline_date", rule=state["rule"])
        else:
            turn.say("utter_ask_deadline_order")

    def finish(self, turn: Turn, state: State) -> State:
        base = resolved(turn, state, past=False) if "date" in state else read_date(state["day"], today(), turn.language).date
        if base is None:
            turn.say("utter_status_expired")
            return {}
        params = {"rule": state["rule"], "base_date": base.isoformat()}
        token = current().hide(turn.conversation, {"response": "utter_deadline_days", "params": params})
        turn.say("utter_private_deadline", private=token)
        return {}

    @staticmethod
    def _read(turn: Turn, state: State) -> State:
        found = dict(state)
        rule = _labelled(turn.text) or current().catalogue.deadlines.find(turn.text)
        if rule is not None:
            found["rule"] = rule.id
        dates = TOKEN.findall(turn.text)
        if dates:
            found["date"] = dates[-1]
            found.pop("order", None)
        else:
            spoken = read_date(turn.text, today(), turn.language)
            if spoken.kind == "exact" and spoken.relative:
                found["day"] = turn.text[spoken.start : spoken.end]
        return found

    @staticmethod
    def _step(turn: Turn, state: State) -> Step:
        if "rule" not in state:
            return Step(state)
        if "date" not in state:
            return Step(state, done="day" in state)
        read = reading(turn, state["date"], past=False)
        if read is None or read.kind == "none":
            rest = {key: value for key, value in state.items() if key != "date"}
            return Step(rest, missed=read is not None, says=() if read is None else (("utter_deadline_date_not_read", {}),))
        return Step(state, done=read.kind == "exact" or "order" in state)


def _labelled(text: str) -> Rule | None:
    """The rule that is typed as the quick reply names it."""
    latin, chinese = fold(text), fold_chinese(text)
    rules = current().catalogue.deadlines.rules()
    return next((rule for rule in rules if latin == fold(rule.name["en"]) or chinese == fold_chinese(rule.name["zh"])), None)


FLOW = DeadlineFlow()
ACTIONS = flow_actions(FLOW)
