"""Small talk that needs more than a fixed answer: doubt, cancelling, yes and no, languages, chosen quick replies."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.follow_up import say_again, take_choice
from actions.forms import forget, set_aside, start
from actions.turn import Turn
from bot.answers import IN_CHINESE
from bot.languages import LANGUAGES, Tongue
from bot.spoken import foreign_by_code
from bot.tongue_names import tongues_named

_PATIENCE = 2
_CHOICE = "choose:"
_NEGATED = re.compile(r"(?:\b(?:no|not|don'?t|cannot|can'?t|without)\b[^.,;]{0,25}|不[会懂看说要是]{1,3}|别用|不用)$", re.IGNORECASE)


class HandleDoubt(Action):
    """Nothing to answer outright: what the message names may decide; else decline, ask back, or the second time offer a person."""

    def name(self) -> str:
        return "action_handle_doubt"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        from actions import FLOWS

        turn = Turn(tracker, dispatcher)
        meant = next((flow for flow in FLOWS if flow.claims(turn)), None)
        if meant is not None:
            return start(meant, turn)
        if turn.intent == "out_of_scope":
            turn.say("utter_out_of_scope" if turn.failures < _PATIENCE else "utter_offer_person_outside")
        elif turn.failures >= _PATIENCE:
            turn.say("utter_offer_person", candidates=list(turn.candidates))
        elif turn.candidates:
            turn.say("utter_ask_back", candidates=list(turn.candidates))
        else:
            turn.say("utter_not_understood")
        return []


class TakeChoice(Action):
    """A quick reply that belongs to no open question: the second part of an answer, or a choice for a flow that has ended."""

    def name(self) -> str:
        return "action_take_choice"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:

        turn = Turn(tracker, dispatcher)
        form, question, value = turn.chosen or ("", "", "")
        if f"{_CHOICE}{form}.{question}={value}" == IN_CHINESE:
            say_again(turn, in_language="zh")
            return []
        taken = take_choice(turn)
        if taken is None:
            turn.say("utter_choice_too_late")
        return taken or []


class Cancel(Action):
    """Stop what is going on and start over."""

    def name(self) -> str:
        return "action_cancel"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        from actions import FLOWS

        Turn(tracker, dispatcher).say("utter_cancel")
        return forget(*FLOWS)


class Agree(Action):
    """Yes: to the person that was offered, or to nothing in particular."""

    def name(self) -> str:
        return "action_agree"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        from actions import FLOWS

        turn = Turn(tracker, dispatcher)
        if not turn.person_offered:
            return _mended(turn, "utter_affirm")
        turn.say("utter_handoff", reason="offered")
        return set_aside(tracker, *FLOWS)


class Decline(Action):
    """No: to the person that was offered, or to nothing in particular."""

    def name(self) -> str:
        return "action_decline"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        return _mended(Turn(tracker, dispatcher), "utter_deny")


def _mended(turn: Turn, otherwise: str) -> list[EventType]:
    """What follows when the yes or no brings a correction of the last list; without one the response `otherwise`."""
    from actions import materials

    if materials.FLOW.mends(turn):
        return start(materials.FLOW, turn)
    turn.say(otherwise)
    return []


class SetLanguage(Action):
    """Go on in the language that was asked for; or say that the one that was written is not understood."""

    def name(self) -> str:
        return "action_set_language"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(tracker, dispatcher)
        strange = foreign_by_code(turn.foreign)
        wanted = wanted_tongue(turn.text)
        if strange is not None:
            turn.say("utter_language_unknown", name=strange.called(turn.tongue), line=strange.line)
        elif wanted is None:
            turn.say("utter_language")
        else:
            turn.say(f"utter_language_{wanted}" if wanted in LANGUAGES else "utter_language_set", set_language=wanted)
        return []


def wanted_tongue(text: str) -> Tongue | None:
    """The tongue a message asks for; one that is only named to be refused ("I don't speak Chinese") leaves the other of the two."""
    named: dict[Tongue, bool] = {}
    for tongue, begins in tongues_named(text):
        named[tongue] = named.get(tongue, False) or not _NEGATED.search(text[:begins])
    wanted = [tongue for tongue, positive in named.items() if positive]
    if len(wanted) == 1:
        return wanted[0]
    if not wanted and len(named) == 1:
        return {"zh": "en", "en": "zh"}.get(next(iter(named)))  # type: ignore[return-value]
    return None
