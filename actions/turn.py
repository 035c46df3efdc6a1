"""What an action needs to know about the message it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.catalogue.phrases import asks
from bot.languages import DEFAULT, Language, as_language

UNSURE = "nlu_fallback"
_DOUBTS = frozenset({"utter_ask_back", "utter_not_understood", "utter_out_of_scope", "utter_offer_person", "utter_offer_person_outside"})
_OFFERS = frozenset({"utter_offer_person", "utter_offer_person_outside", "utter_form_offer_person"})
_MISSING = re.compile(
    r"\b(?:don['’]?t|do not|can['’]?t|cannot|didn['’]?t|haven['’]?t|have not)\s+(?:\w+\s+)?(?:have|know|remember|find|get|got|received?)\b"
    r"|\b(?:no idea|not sure|forgot(?:ten)?|unknown)\b|没有|没拿到|没收到|不知道|不清楚|不记得|忘了|忘记|找不到",
    re.IGNORECASE,
)
_WORD = re.compile(r"<\w+:\d+>|[\u3400-\u9fff]{1,2}|[^\W_\u3400-\u9fff]+(?:['’-]\w+)*")
_SHORT = 4
# What may be said at any time, and the confidence from which anything else is believed while a question is open.
COMMANDS = frozenset({"cancel", "handoff"})
_CERTAIN = 0.75


@dataclass(frozen=True)
class Turn:
    """One message of the applicant, as Rasa understood it, and the way to answer it."""

    tracker: Tracker
    dispatcher: CollectingDispatcher

    @cached_property
    def message(self) -> Mapping[str, Any]:
        """The latest message with its parse data."""
        return self.tracker.latest_message or {}

    @cached_property
    def metadata(self) -> Mapping[str, Any]:
        """What the gateway sent along."""
        return self.message.get("metadata") or {}

    @property
    def conversation(self) -> str:
        """The conversation's id, which is Rasa's sender."""
        return str(self.tracker.sender_id)

    @property
    def text(self) -> str:
        """The redacted text; empty for a chosen quick reply."""
        text = str(self.message.get("text") or "")
        return "" if text.startswith("/") else text

    @property
    def language(self) -> Language:
        """The language to answer in."""
        return as_language(self.metadata.get("language")) or DEFAULT

    @property
    def intent(self) -> str | None:
        """The topic, `nlu_fallback` when the classifier is not sure, or None."""
        return (self.message.get("intent") or {}).get("name")

    @property
    def sure(self) -> bool:
        """Whether the classifier names a topic that it would answer outright."""
        return self.intent not in (None, "choose", UNSURE, "out_of_scope")

    @property
    def interrupts(self) -> bool:
        """Whether the message is about a topic of its own although a question is open.

        While a question is open a message is more likely an answer than anything else, so that a topic needs the form of a
        question, or much certainty.
        """
        if not self.sure:
            return False
        confidence = float((self.message.get("intent") or {}).get("confidence") or 0.0)
        return self.asks or self.intent in COMMANDS or confidence >= _CERTAIN

    @property
    def asks(self) -> bool:
        """Whether the message has the form of a question."""
        return asks(self.text)

    @property
    def lacks(self) -> bool:
        """Whether the message says that what was asked for is not known or not at hand."""
        return _MISSING.search(self.text) is not None

    @property
    def short(self) -> bool:
        """Whether the message is hardly more than a name, a number or a date."""
        return 0 < len(_WORD.findall(self.text)) <= _SHORT

    @property
    def candidates(self) -> tuple[str, ...]:
        """The likeliest topics when the classifier would rather ask back."""
        return tuple(self.message.get("candidates") or ()) if self.message.get("decision") == "ask" else ()

    @property
    def chosen(self) -> tuple[str, str, str] | None:
        """The quick reply that was chosen as form, question and value; None for anything else."""
        name, found, value = str(self.metadata.get("choice") or "").partition("=")
        form, dot, question = name.partition(".")
        return (form, question, value) if found and dot else None

    def choice(self, question: str) -> str | None:
        """The value chosen for `question` (`form.question`) through a quick reply, or None."""
        return self.chosen[2] if self.chosen is not None and ".".join(self.chosen[:2]) == question else None

    def _earlier_replies(self) -> Iterator[frozenset[str]]:
        """The names of the responses that actions gave to each message before this one, the newest first."""
        names: set[str] = set()
        current = True
        for event in reversed(self.tracker.events):
            if event.get("event") == "bot":
                metadata = event.get("metadata") or {}
                if metadata.get("author"):
                    # People spoke in between, and what the assistant had said before that is over.
                    yield frozenset()
                    return
                names.add(str(metadata.get("template")))
            elif event.get("event") == "user":
                if not current:
                    yield frozenset(names)
                names, current = set(), False

    @property
    def failures(self) -> int:
        """How many messages in a row, this one included, could not be answered, given that this one cannot."""
        count = 1
        for names in self._earlier_replies():
            if not names & _DOUBTS:
                break
            count += 1
        return count

    @property
    def person_offered(self) -> bool:
        """Whether the last thing that was said before this message offered a person."""
        return bool(next(self._earlier_replies(), frozenset()) & _OFFERS)

    def say(self, response: str, **params: Any) -> None:
        """Answer with a response by name; the generator renders it in the applicant's language."""
        self.dispatcher.utter_message(response=response, params=params)
