"""The desk: what an applicant is told and asked on the way to a person, and on the way back.

A person is offered, never queued for: the offer says what waiting would mean now, and the applicant chooses. The desk speaks
for itself; nothing that is said to it goes to the assistant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Protocol

from sqlalchemy.orm import Session

from bot.answers import Answers
from bot.answers.formats import format_moment
from bot.catalogue.stations import SAFE_CHOICE
from bot.conversations import requests, switch
from bot.conversations.due import Due, due, due_text
from bot.conversations.ledger import Draft
from bot.conversations.ownership import place_in_queue, waiting_from
from bot.db import now
from bot.languages import Tongue, written
from bot.staff.officers import Officer

ALWAYS: Final = "always"
_RESPONSE: Final = "utter_desk_"
_WITHOUT_BLANKS: Final[frozenset[Tongue]] = frozenset({"zh", "zh-TW", "ja", "th"})
_CALM: Final = f"{_RESPONSE}calm_"
# Kinds of messages after which a person is offered with few words, and the staff are told in any case.
CALM: Final = frozenset({"self_harm", "danger"})
# What is said that sends people back to the assistant.
PROMISES: Final = frozenset({"stay", "left", "nothing_dropped", "too_late", "kept_window", "kept_email", "kept_phone"})
# Why a person is offered, where that is to be said first: the assistant does not answer.
_WHY: Final = frozenset({"assistant_unavailable", "assistant_off"})
WAIT, MESSAGE, STAY, LEAVE, WINDOW = "desk:wait", "desk:message", "desk:stay", "desk:leave", "desk:contact_window"


class Presence(Protocol):
    """Who of the staff is there, as `bot.staff.presence` knows it."""

    def ready(self, session: Session, within_s: float) -> list[Officer]:
        """The officers who can take a conversation."""

    def lost(self, session: Session, within_s: float) -> set[int]:
        """The accounts that cannot serve a conversation any more."""


@dataclass(frozen=True)
class Rules:
    """What the operator decides about the desk.

    Attributes:
        hours: `station` follows the hours of the hall, `always` ignores them.
        reclaim_after_s: seconds after which an officer who is not heard of counts as gone.
        left_message_days: working days within which a left message is answered.
        network_waiting: how many applicants of one network may wait at once.
    """

    hours: str = "station"
    reclaim_after_s: float = 60.0
    left_message_days: int = 2
    network_waiting: int = 20


@dataclass(frozen=True)
class Situation:
    """What can be said at the desk at one moment.

    Attributes:
        within_hours: whether the desk is open; None when no source settles it.
        officers: how many can take a conversation now.
        next_open: when the desk opens next, None when it is open at any hour or this is not known.
    """

    within_hours: bool | None
    officers: int
    next_open: datetime | None
    moment: datetime

    @property
    def can_wait(self) -> bool:
        """Whether waiting can come to anything. On a day of which no source says whether the hall opens, officers decide."""
        return self.officers > 0 and self.within_hours is not False


class Desk:
    """What is said on the way to a person; built once, without state."""

    def __init__(
        self,
        answers: Answers,
        presence: Presence,
        rules: Rules = Rules(),
        clock: Callable[[], datetime] = now,
        kind_of: Callable[[str], str | None] = lambda _text: None,
    ) -> None:
        """Nothing is looked up yet.

        Args:
            kind_of: the kind of sensitive matter that a text speaks of, so that the desk knows it without the assistant.
        """
        self.answers, self.presence, self.rules, self.clock, self.kind_of = answers, presence, rules, clock, kind_of

    def alarm(self, text: str) -> str | None:
        """The kind of a message that must not wait for a person unanswered, or None."""
        kind = self.kind_of(text)
        return kind if kind in CALM else None

    def sensitive(self, kind: str, language: Tongue) -> Draft:
        """The fixed reply to a sensitive matter of a kind."""
        return self._draft(f"utter_sensitive_{kind}", "sensitive", language, {})

    def is_crowded(self, session: Session, network: str | None) -> bool:
        """Whether as many of a network wait as may."""
        return network is not None and waiting_from(session, network) >= self.rules.network_waiting

    def situation(self, session: Session) -> Situation:
        """Who is there, and whether the desk is open."""
        moment = self.clock()
        officers = len(self.presence.ready(session, self.rules.reclaim_after_s))
        if self.rules.hours == ALWAYS:
            return Situation(True, officers, None, moment)
        stations = self.answers.catalogue.stations
        hall = stations.get(SAFE_CHOICE)
        assert hall is not None
        state = stations.answer(hall, moment).state
        return Situation(state.open, officers, state.next_open, moment)

    def due(self, moment: datetime) -> Due:
        """Until when a message that is left now is answered."""
        return due(self.answers.catalogue, moment, self.rules.left_message_days)

    def due_text(self, moment: datetime, language: Tongue) -> str:
        """The same in words."""
        return due_text(self.answers, self.due(moment), self.rules.left_message_days, language)

    def line(self, code: str, language: Tongue, /, **params: Any) -> Draft:
        """What the desk says, by the code of its text. `name` and `station` (a key) name an officer where the text does."""
        if code in ("claimed", "joined"):
            params["place"] = self._place(params.pop("station", None), language)
        elif code == "transferred":
            params["to"] = self._addressee(params.pop("name", None), params.pop("station", None), language)
        elif code.startswith(("not_served", "reclaimed")):
            moment = self.clock()
            next_open = params.get("next_open")
            params = {"due": self.due_text(moment, language), "next": format_moment(next_open, language) if next_open else ""}
        elif code == "message":
            params["due"] = self.due_text(self.clock(), language)
        return self._draft(f"{_RESPONSE}{code}", code, language, params)

    def off(self, session: Session, language: Tongue) -> list[Draft]:
        """What corrects a line that sends people back to the assistant while it is switched off; nothing while it is on."""
        return [] if switch.is_on(session) else [self.line("off", language)]

    def _draft(self, response: str, code: str, language: Tongue, params: Mapping[str, Any]) -> Draft:
        (reply,) = self.answers.replies(response, language, params)
        payload = {
            "topic": reply["topic"],
            "candidates": [],
            "confidence": None,
            "sources": reply["sources"],
            "source_line": reply["source_line"],
            "quick_replies": reply["quick_replies"],
            "card": reply["card"],
            "desk": code,
        }
        return Draft("system", language, reply["text"], payload)

    def offer(
        self, session: Session, conversation_id: str, reason: str, language: Tongue, calm: bool = False, crowded: bool = False
    ) -> tuple[Draft, Situation]:
        """The offer of a person: hours, the place one would get, the expected wait, and the choice; no place when `crowded`."""
        situation = self.situation(session)
        if crowded:
            response = "utter_desk_offer_crowded"
        elif calm:
            response = "utter_desk_calm_wait" if situation.can_wait else "utter_desk_calm_alone"
        elif situation.can_wait:
            response = "utter_desk_offer_wait"
        else:
            response = "utter_desk_offer_closed" if situation.within_hours is False else "utter_desk_offer_nobody"
        why = self.answers.text(f"utter_desk_why_{reason.removeprefix('assistant_')}", language) if reason in _WHY else ""
        params = {
            **self._queue(session, conversation_id, reason, situation),
            "can_wait": situation.can_wait and not crowded,
            "due": self.due_text(situation.moment, language),
            "why": f"{why}{_blank(language)}" if why else "",
        }
        draft = self._draft(response, "offer", language, params)
        choices = draft.payload["quick_replies"]
        if not calm and not switch.is_on(session):
            choices = [choice for choice in choices if choice["payload"] != STAY]
        return Draft(draft.author, draft.language, draft.text, {**draft.payload, "quick_replies": choices, "offer": reason}), situation

    def queued(self, session: Session, conversation_id: str, reason: str, situation: Situation, language: Tongue) -> Draft:
        """The place in the queue, for somebody who waits or is about to."""
        return self._draft("utter_desk_queued", "queued", language, self._queue(session, conversation_id, reason, situation))

    def _queue(self, session: Session, conversation_id: str, reason: str, situation: Situation) -> dict[str, Any]:
        position = place_in_queue(session, conversation_id)
        return {
            "reason": reason,
            "position": position,
            "expected_wait_s": requests.expected_wait_s(session, position, situation.moment),
            "within_hours": situation.within_hours,
            "officers_ready": situation.officers,
            "can_wait": situation.can_wait,
            "next_open": situation.next_open,
            "always": self.rules.hours == ALWAYS,
        }

    def _place(self, station: str | None, language: Tongue) -> str:
        name = self._station(station, language)
        return "" if name is None else _blank(language) + self.answers.text("utter_desk_place", language, station=name)

    def _addressee(self, name: str | None, station: str | None, language: Tongue) -> str:
        if name is not None:
            return self.answers.text("utter_desk_to_named", language, name=name)
        where = self._station(station, language)
        if where is not None:
            return self.answers.text("utter_desk_to_station", language, station=where)
        return self.answers.text("utter_desk_to_colleague", language)

    def _station(self, key: str | None, language: Tongue) -> str | None:
        station = None if key is None else self.answers.catalogue.stations.get(key)
        return None if station is None else station.name[written(language)]

    def title(self, payload: str, language: Tongue) -> str | None:
        """The title of a choice that may be made without having been offered: every topic, and every choice of the desk."""
        if payload.startswith("/"):
            topic = self.answers.topics.get(payload[1:])
            return None if topic is None else self.answers.topic_reply(topic.name, language)["title"]
        offered = self._offered.get(payload)
        return None if offered is None else self.answers.choices(offered, language)[payload]

    @cached_property
    def _offered(self) -> Mapping[str, str]:
        """By payload, a response that offers it."""
        offered: dict[str, str] = {}
        # The calm offer has words of its own for the same choices.
        for name in sorted(self.answers.names, key=lambda name: (name.startswith(_CALM), name)):
            if name.startswith(_RESPONSE):
                for reply in self.answers.response(name).quick_replies:
                    if reply.payload.startswith("desk:"):
                        offered.setdefault(reply.payload, name)
        return offered


def _blank(language: Tongue) -> str:
    """What stands between two sentences, and before a bracket."""
    return "" if language in _WITHOUT_BLANKS else " "
