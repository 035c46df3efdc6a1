"""What an action needs to know about the message it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.services import current
from bot.answers import IN_CHINESE, NO_ANSWERS
from bot.catalogue.phrases import asks
from bot.languages import DEFAULT, Language, Tongue, as_tongue, written

UNSURE = "nlu_fallback"
_OFFERS = frozenset({"utter_offer_person", "utter_offer_person_outside", "utter_form_offer_person"})
_MISSING = re.compile(
    r"\b(?:don['’]?t|do not|can['’]?t|cannot|didn['’]?t|haven['’]?t|have not)\s+(?:\w+\s+)?(?:have|know|remember|find|get|got|received?)\b"
    r"|\b(?:no idea|not sure|forgot(?:ten)?|unknown)\b|[没沒](?:有|拿到|收到)|不知道|不清楚|不[记記]得|忘了|忘[记記]|找不到",
    re.IGNORECASE,
)
_WORD = re.compile(r"<\w+:\d+>|[\u3400-\u9fff]{1,2}|[^\W_\u3400-\u9fff]+(?:['’-]\w+)*")
_SHORT = 4
_CHOOSE = "choose:"
ORDINALS = {"1": 0, "2": 1, "3": 2, "last": -1}
# What may be said at any time, and the confidence from which anything else is believed while a question is open.
COMMANDS = frozenset({"cancel", "handoff"})
_CERTAIN = 0.75


def _response(metadata: Mapping[str, Any]) -> str:
    # The SDK names it one way, Rasa's own actions another.
    return str(metadata.get("template") or metadata.get("utter_action"))


@dataclass(frozen=True)
class Said:
    """One answer of the assistant: the name of the response, what filled it, and the replies it became."""

    response: str
    params: Mapping[str, Any]
    replies: tuple[Mapping[str, Any], ...]

    @property
    def offers(self) -> tuple[str, ...]:
        """The payloads that were offered, but for that of another language."""
        offers = [str(offer.get("payload")) for reply in self.replies for offer in reply.get("quick_replies") or ()]
        return tuple(payload for payload in offers if payload != IN_CHINESE)

    @property
    def stations(self) -> tuple[str, ...]:
        """The keys of the stations that were shown."""
        cards = [reply.get("card") or {} for reply in self.replies]
        return tuple(str(each.get("key")) for card in cards if card.get("type") == "station" for each in card.get("stations") or ())


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
        """The redacted text; for a topic that is chosen when the assistant asked back, what was said before; else empty for a choice."""
        text = str(self.message.get("text") or "")
        return self.asked_back(self.intent) if text.startswith("/") else text

    @cached_property
    def words(self) -> str:
        """The text in the words that the catalogue reads: what it knows of other tongues is in English."""
        return current().catalogue.papers.foreign.english(self.text, self.tongue)

    @cached_property
    def meant(self) -> tuple[str, ...]:
        """What the message says after each correction in it ("yes, I mean no"), in the words that the catalogue reads."""
        papers = current().catalogue.papers
        return tuple(papers.foreign.english(each, self.tongue) for each in papers.answer_words.meant(self.text))

    @property
    def refuses(self) -> bool:
        """Whether the applicant would rather not answer."""
        return current().catalogue.papers.answer_words.refuses(self.text)

    @property
    def goes_back(self) -> bool:
        """Whether the last answer is taken back, so that its question is asked again."""
        return current().catalogue.papers.answer_words.goes_back(self.text)

    @property
    def tongue(self) -> Tongue:
        """What the applicant speaks."""
        return as_tongue(self.metadata.get("language")) or DEFAULT

    @property
    def language(self) -> Language:
        """The language in which facts are told to them."""
        return written(self.tongue)

    @property
    def foreign(self) -> str | None:
        """The code of the message's language when it is none that is understood."""
        return self.metadata.get("foreign")

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
        question, or much certainty. What is surely about something else needs both, for a name may seem to be that.
        """
        confidence = float((self.message.get("intent") or {}).get("confidence") or 0.0)
        if self.intent == "out_of_scope":
            return self.asks and not self.short and confidence >= _CERTAIN
        if not self.sure:
            return False
        return self.asks or self.intent in COMMANDS or confidence >= _CERTAIN

    @property
    def asks(self) -> bool:
        """Whether the message has the form of a question."""
        return asks(self.text)

    @property
    def lacks(self) -> bool:
        """Whether the message says that what was asked for is not known, not at hand or not to be told."""
        return self.refuses or _MISSING.search(self.words) is not None

    @property
    def gives_up(self) -> bool:
        """Whether the message says, and hardly more, that what was asked for is not known."""
        return self.lacks and not self.asks and self.intent not in COMMANDS and (self.short or not self.interrupts)

    @property
    def short(self) -> bool:
        """Whether the message is hardly more than a name, a number or a date."""
        return 0 < len(_WORD.findall(self.text)) <= _SHORT

    @property
    def candidates(self) -> tuple[str, ...]:
        """The likeliest topics when the classifier would rather ask back."""
        return tuple(self.message.get("candidates") or ()) if self.message.get("decision") == "ask" else ()

    @property
    def parts(self) -> Sequence[Mapping[str, Any]]:
        """The questions of a message that asks several things: `text` and `topic` of each."""
        return self.message.get("parts") or ()

    def about(self, topic: str, text: str) -> Turn:
        """This turn as if it had brought nothing but `text`, about `topic`."""
        tracker = copy(self.tracker)
        intent = {"name": topic, "confidence": 1.0}
        metadata = {key: value for key, value in self.metadata.items() if key not in ("choice", "foreign")}
        tracker.latest_message = {"text": text, "intent": intent, "metadata": metadata}
        return Turn(tracker, self.dispatcher)

    @property
    def refers(self) -> str | None:
        """What a message refers to that means something only after what was said before (`why`, `2` …)."""
        return self.message.get("follow_up")

    @cached_property
    def said(self) -> tuple[Said, ...]:
        """What the assistant answered to the message before this one."""
        found: list[Said] = []
        current = True
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                if not current:
                    break
                current = False
            elif event.get("event") == "bot" and not current:
                metadata = event.get("metadata") or {}
                if metadata.get("author"):
                    break
                replies = ((event.get("data") or {}).get("custom") or {}).get("replies") or ()
                found.insert(0, Said(_response(metadata), metadata.get("params") or {}, tuple(replies)))
        return tuple(found)

    @cached_property
    def pointed(self) -> str | None:
        """The payload of the quick reply that the message points at by its number."""
        if self.refers not in ORDINALS:
            return None
        offers = next((offered for said in reversed(self.said) if (offered := said.offers)), ())
        at = ORDINALS[self.refers]
        return offers[at] if offers and -1 <= at < len(offers) else None

    def asked_back(self, topic: str | None) -> str:
        """The message about which the assistant asked back whether `topic` is meant; empty when it did not, or inside a form."""
        if self.tracker.active_loop_name or not any(topic in (said.params.get("candidates") or ()) for said in self.said):
            return ""
        texts = [str(event.get("text") or "") for event in self.tracker.events if event.get("event") == "user"]
        before = texts[-2] if len(texts) > 1 else ""
        return "" if before.startswith("/") else before

    @property
    def chosen(self) -> tuple[str, str, str] | None:
        """The quick reply that was chosen, or pointed at, as form, question and value; None for anything else."""
        choice = str(self.metadata.get("choice") or (self.pointed or "").partition(_CHOOSE)[2])
        name, found, value = choice.partition("=")
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
                names.add(_response(metadata))
            elif event.get("event") == "user":
                if not current:
                    yield frozenset(names)
                names, current = set(), False

    @property
    def failures(self) -> int:
        """How many messages in a row, this one included, could not be answered, given that this one cannot."""
        count = 1
        for names in self._earlier_replies():
            if not names & NO_ANSWERS:
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
