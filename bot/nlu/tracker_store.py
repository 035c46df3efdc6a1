"""Rasa's tracker store over our event log. A failed read or write fails the turn; there is no silent fresh start."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

from bot.nlu.event_log import EventLog, memory_of

_RANKING_KEPT: Final = 3


# How many events of a tracker are stored, and how many are stored of its conversation: fewer after a session has begun.
_MARK: Final = "stored_events"


def resolve_quickly() -> None:
    """Let Rasa find the class of a stored event in a table; the stock function goes through all of its classes for each event."""
    Event.resolve_by_type = staticmethod(lru_cache(maxsize=256)(Event.resolve_by_type))


def _mark(tracker: DialogueStateTracker, there: int) -> None:
    setattr(tracker, _MARK, (len(tracker.events), there))


def _slim(event: dict[str, Any]) -> dict[str, Any]:
    parsed = event.get("parse_data")
    if not isinstance(parsed, dict) or "intent_ranking" not in parsed:
        return event
    return {**event, "parse_data": {**parsed, "intent_ranking": parsed["intent_ranking"][:_RANKING_KEPT]}}


class WorkingMemory(TrackerStore):
    """Named in `endpoints.yml`. `where` is the memory's file or database; without it, the one that the settings give."""

    def __init__(
        self,
        domain: Domain | None = None,
        host: str | None = None,
        event_broker: EventBroker | None = None,
        where: Path | str | None = None,
        **_kwargs: Any,
    ) -> None:
        if where is None:
            from bot.settings import load

            settings = load()
            where = memory_of(settings.database_url, settings.data_dir)
        self._log = EventLog(where)
        super().__init__(domain, event_broker)

    def close(self) -> None:
        """Release file or connection."""
        self._log.close()

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of the present session, or None for a conversation that is new."""
        events = self._log.read(sender_id)
        if not events:
            return None
        tracker = DialogueStateTracker.from_dict(sender_id, events, self.domain.slots)
        _mark(tracker, len(events))
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append what the tracker has beyond the stored events.

        Raises:
            WentOnElsewhere: something was stored in this conversation, or erased, since the tracker was read.
        """
        await self.stream_events(tracker)
        saved, there = getattr(tracker, _MARK, (0, 0))
        fresh = [_slim(event.as_dict()) for event in list(tracker.events)[saved:]]
        _mark(tracker, self._log.append(tracker.sender_id, fresh, after=there))

    async def keys(self) -> Iterable[str]:
        """Every conversation in memory."""
        return self._log.senders()
