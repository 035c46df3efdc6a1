"""Messages and conversations in the form in which they leave on sockets: Rasa's message, with ours beside it as metadata."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.conversations.catching_up import Snapshot
from bot.conversations.composer import metadata
from bot.conversations.events import StateChanged, Stored
from bot.db import now
from bot.languages import DEFAULT, Language, Tongue, as_tongue, written
from bot.redaction.hiding import AFTER, hidden
from bot.staff.names import StaffName


@dataclass(frozen=True)
class Wire:
    """Writes what clients are sent.

    Attributes:
        demo: whether data are invented.
        is_on: whether the bot answers, as far as this gateway has seen.
        hotline, hours: how people are reached without this system.
        stations: the names of stations by their keys.
    """

    demo: bool
    hotline: str
    hours: Mapping[Tongue, str]
    stations: Mapping[str, Mapping[Language, str]]
    is_on: Callable[[], bool]

    def staff(self, who: StaffName | None, language: Tongue) -> dict[str, Any] | None:
        """An officer as applicants see them."""
        if who is None:
            return None
        station = None if who.station is None else self.stations.get(who.station)
        return {"name": who.name, "station": None if station is None else station[written(language)]}

    def message(self, stored: Stored) -> dict[str, Any]:
        """A message; exactly `text`, `quick_replies` if there are any, and `metadata`.

        What an applicant typed some time ago comes without its numbers and dates (see `hiding`).

        `rasa-webchat` takes a message with any other field beside these for one that it cannot show.
        """
        described = {
            **metadata(stored),
            "conversation": {"id": stored.conversation_id, "state": stored.state.value},
            "client_id": stored.client_id,
            "staff": self.staff(stored.staff, stored.language),
            "choice": stored.payload.get("choice"),
        }
        for name in ("desk", "left_message"):
            if stored.payload.get(name):
                described[name] = stored.payload[name]
        is_old = stored.author == "applicant" and now() - stored.created_at > AFTER
        wire: dict[str, Any] = {"text": hidden(*stored.typed) if is_old else stored.text}
        offers = stored.payload.get("quick_replies")
        if offers:
            wire["quick_replies"] = [{"content_type": "text", **offer} for offer in offers]
        return {**wire, "metadata": described}

    def standing(self, snapshot: Snapshot) -> dict[str, Any]:
        """Who has the conversation, and how long it may take until somebody has."""
        return {
            "conversation": snapshot.conversation_id,
            "state": snapshot.state.value,
            "owner": self.staff(snapshot.owner, as_tongue(snapshot.language) or DEFAULT),
            "position": snapshot.position,
            "expected_wait_s": snapshot.expected_wait_s,
        }

    def changed(self, event: StateChanged, language: Tongue) -> dict[str, Any]:
        """As `standing`, where nobody waits in the queue."""
        owner = self.staff(event.owner, language)
        return {
            "conversation": event.conversation_id,
            "state": event.state.value,
            "owner": owner,
            "position": None,
            "expected_wait_s": None,
        }

    def snapshot(self, taken: Snapshot, within_hours: bool | None, language: Tongue) -> dict[str, Any]:
        """All that a client must know to go on from where it was."""
        return {
            **self.standing(taken),
            "station": taken.station,
            "language": taken.language,
            "messages": [self.message(stored) for stored in taken.messages],
            "answer_owed": taken.answer_owed,
            "ratable": taken.ratable,
            "feedback": dict(taken.feedback),
            "more": taken.more,
            "demo": self.demo,
            "assistant_on": self.is_on(),
            "hotline": self.hotline,
            "hours": self.hours[language],
            "within_hours": within_hours,
            "server_time": now().isoformat(),
        }


def receipt(stored: Stored, owed: bool) -> dict[str, Any]:
    """The acknowledgement of a message: it is in the record under this number."""
    return {
        "id": stored.id,
        "seq": stored.seq,
        "conversation": stored.conversation_id,
        "created_at": stored.created_at.isoformat(),
        "owed": owed,
        "state": stored.state.value,
    }
