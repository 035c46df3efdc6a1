"""Small talk that needs more than a fixed answer: doubt, cancelling, yes and no, languages, chosen quick replies."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.forms import forget, set_aside, start
from actions.services import current
from actions.turn import Turn
from bot.languages import Language

_PATIENCE = 2
_ENGLISH = re.compile(r"\b(english|inglés|anglais)\b|英语|英文|英語", re.IGNORECASE)
_CHINESE = re.compile(r"\b(chinese|mandarin|putonghua|zhongwen)\b|中文|汉语|普通话|國語|国语|漢語", re.IGNORECASE)
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
        from actions import FLOWS

        turn = Turn(tracker, dispatcher)
        form, question, _ = turn.chosen or ("", "", "")
        response = f"utter_more_{question}"
        if form == "more" and response in current().answers.names:
            turn.say(response)
            return []
        for flow in FLOWS:
            if flow.name == form and flow.choose(turn, dict(tracker.get_slot(f"{form}_state") or {})) is not None:
                return start(flow, turn)
        turn.say("utter_choice_too_late")
        return []


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
            turn.say("utter_affirm")
            return []
        turn.say("utter_handoff", reason="offered")
        return set_aside(tracker, *FLOWS)


class Decline(Action):
    """No: to the person that was offered, or to nothing in particular."""

    def name(self) -> str:
        return "action_decline"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        Turn(tracker, dispatcher).say("utter_deny")
        return []


class SetLanguage(Action):
    """Go on in the language that was asked for."""

    def name(self) -> str:
        return "action_set_language"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = Turn(tracker, dispatcher)
        wanted = wanted_language(turn.text)
        if wanted is None:
            turn.say("utter_language")
        else:
            turn.say(f"utter_language_{wanted}", set_language=wanted)
        return []


def wanted_language(text: str) -> Language | None:
    """The language a message asks for; one that is only named to be refused ("I don't speak Chinese") asks for the other."""
    named: dict[Language, bool] = {}
    for language, pattern in (("en", _ENGLISH), ("zh", _CHINESE)):
        for match in pattern.finditer(text):
            named[language] = named.get(language, False) or not _NEGATED.search(text[: match.start()])  # type: ignore[index,call-overload]
    wanted = [language for language, positive in named.items() if positive]
    if len(wanted) == 1:
        return wanted[0]
    if not wanted and len(named) == 1:
        return "en" if "zh" in named else "zh"
    return None
