"""From a rule and a date to days: when to extend, when a decision is due, until when a change must be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

from actions.dates import ORDERS, TOKEN, chosen_order, reading, resolved, today
from actions.forms import Flow, State, Step, flow_actions
from actions.services import current
from actions.turn import COMMANDS, Turn
from bot.answers.deadline_card import OFFERED
from bot.answers.frames import FRAMED
from bot.catalogue.dates import read_date
from bot.catalogue.deadline_rules import Rule
from bot.catalogue.deadline_words import folded
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
_STOPPING = COMMANDS
_ORDER = "utter_ask_deadline_order"


class DeadlineFlow(Flow):
    """Asks which deadline is meant and for the date it is counted from."""

    name: ClassVar[str] = "deadline"
    action: ClassVar[str] = "action_work_out_deadline"

    def begin(self, turn: Turn, before: State) -> Step:
        after = self._read(turn, before)
        if "rule" not in after and ("date" in after or "day" in after):
            worked_out = self._worked_out(turn, after)
            after |= {"rule": worked_out["rule"]} if worked_out else {}
        return self._step(turn, after, before)

    def choose(self, turn: Turn, before: State) -> Step | None:
        rule = turn.choice("deadline.rule")
        known = any(each.id == rule for each in current().catalogue.deadlines.rules())
        return self._step(turn, {**before, "rule": rule}, before) if known else None

    def claims(self, turn: Turn) -> bool:
        known = turn.tracker.get_slot("deadline_state") or {}
        return "deadline" in turn.candidates and self.begin(turn, {key: known[key] for key in known if key == "result"}).done

    def take(self, turn: Turn, state: State) -> Step | None:
        chosen = self.choose(turn, state) if turn.chosen is not None else None
        if chosen is not None:
            return chosen
        if "date" in state:
            order = turn.choice("deadline.order") or _typed_order(turn) or chosen_order(turn, state, past=False)
            if order in ORDERS:
                return self._step(turn, {**state, "order": order}, state)
        if turn.refuses:
            return Step({**state, "untold": True}, done=True)
        if turn.intent == "out_of_scope" and turn.asks:
            return None
        after = self._read(turn, state)
        if after == state and turn.gives_up:
            return Step({**state, "untold": True}, done=True)
        if turn.interrupts and turn.asks and turn.intent != "deadline" and "day" not in state:
            # A day of which another question speaks is not the one to count from.
            after.pop("day", None)
        brief = turn.short and not turn.asks and turn.intent not in _STOPPING
        if "rule" not in state and "rule" in after and (brief or _labelled(turn.text) is not None):
            return self._step(turn, after, state)
        named = "day" in after and not turn.asks and turn.intent not in _STOPPING and (turn.short or "rule" in state)
        if turn.interrupts and turn.intent not in _RELATED and not named and not TOKEN.search(turn.text):
            return None
        if after == state:
            # Said once more, it would only begin the same questions anew.
            return Step(state, missed=True) if "rule" not in state and turn.intent == "deadline" else None
        step = self._step(turn, after, state)
        again = "rule" not in after and (("date" in state and "date" in after) or ("day" in state and "day" in after))
        return replace(step, missed=True, says=()) if again else step

    def standing(self, turn: Turn) -> bool:
        """Tell whether it is too late for what was worked out last, and what can be done; False when nothing was."""
        params = self._worked_out(turn, turn.tracker.get_slot("deadline_state") or {})
        if params is None:
            return False
        token = current().hide(turn.conversation, {"response": "utter_deadline_standing", "params": params})
        turn.say("utter_private_deadline", private=token)
        answer = current().catalogue.deadlines.compute(params["rule"], date.fromisoformat(params["base_date"]), today())
        if answer.state in ("late", "passed") and answer.rule.missed is not None:
            turn.say(f"utter_{answer.rule.missed}")
        return True

    def ask(self, turn: Turn, state: State) -> None:
        if "rule" not in state:
            turn.say("utter_ask_deadline_rule_again" if state.get("misses") else "utter_ask_deadline_rule")
        elif "date" not in state and "day" not in state:
            turn.say("utter_ask_deadline_date", rule=state["rule"])
        else:
            turn.say(_ORDER)

    def finish(self, turn: Turn, state: State) -> State:
        if "untold" in state:
            # Without the date, or what it is for, the rules themselves are all that can be said.
            turn.say("utter_deadline_untold", rules=[state["rule"]] if "rule" in state else list(OFFERED))
            return {}
        near = not current().catalogue.deadlines.rule(state["rule"]).looks_ahead
        base = resolved(turn, state, past=False, near=near) if "date" in state else read_date(state["day"], today(), turn.language).date
        if base is None:
            turn.say("utter_status_expired")
            return {}
        params = {"rule": state["rule"], "base_date": base.isoformat()}
        token = current().hide(turn.conversation, {"response": "utter_deadline_days", "params": params})
        turn.say("utter_private_deadline", private=token)
        return {"result": token}

    @staticmethod
    def _worked_out(turn: Turn, state: Mapping[str, Any]) -> dict[str, str] | None:
        """Rule and base date of the last result, while it is at hand."""
        kept = current().reveal(turn.conversation, state["result"]) if "result" in state else None
        return kept["params"] if kept else None

    def _read(self, turn: Turn, state: State) -> State:
        found = dict(state)
        deadlines = current().catalogue.deadlines
        dates = TOKEN.findall(turn.text)
        if dates:
            found["date"] = dates[-1]
            found.pop("order", None)
        else:
            spoken = read_date(turn.text, today(), turn.language)
            if spoken.kind == "exact" and spoken.relative:
                found["day"] = turn.text[spoken.start : spoken.end]
        rule = _labelled(turn.text) or deadlines.wanted(turn.text, turn.tongue)
        if rule is None and ("rule" not in state or found == state):
            # With the day that was asked for people say what happens then, which is no new wish.
            rule = deadlines.find(turn.text, (self._worked_out(turn, state) or {}).get("rule"), turn.tongue)
        if rule is not None:
            found["rule"] = rule.id
        return found

    @staticmethod
    def _step(turn: Turn, state: State, before: State) -> Step:
        read = reading(turn, state["date"], past=False) if "date" in state else None
        if "date" in state and (read is None or read.kind == "none"):
            rest = {key: value for key, value in state.items() if key != "date"}
            return Step(rest, missed=read is not None, says=() if read is None else (("utter_deadline_date_not_read", {}),))
        if "rule" not in state:
            new = any(state.get(key) not in (None, before.get(key)) for key in ("date", "day"))
            return Step(state, says=(("utter_deadline_date_noted", {}),) if new else ())
        if read is None:
            return Step(state, done="day" in state)
        return Step(state, done=read.kind == "exact" or "order" in state)


def _labelled(text: str) -> Rule | None:
    """The rule that is typed as the quick reply names it, in whichever tongue."""
    latin, chinese = fold(text), fold_chinese(text)
    deadlines = current().catalogue.deadlines
    for rule in deadlines.rules():
        if latin == fold(rule.name["en"]) or chinese == fold_chinese(rule.name["zh"]):
            return rule
    for tongue in FRAMED:
        frame, typed = current().answers.frame(tongue), folded(text, tongue)
        named = next((rule for rule, title in frame.deadlines.items() if folded(title, tongue) == typed), None) if frame and typed else None
        if named is not None:
            return deadlines.rule(named)
    return None


def _typed_order(turn: Turn) -> str | None:
    """Which part of an ambiguous date is the day, typed as the quick reply names it."""
    typed = folded(turn.text, turn.tongue)
    offered = current().answers.choices(_ORDER, turn.tongue)
    payload = next((payload for payload, title in offered.items() if typed and folded(title, turn.tongue) == typed), "")
    return payload.rpartition("=")[2] or None


FLOW = DeadlineFlow()
ACTIONS = flow_actions(FLOW)
