"""Rasa's tracker store over our event log. A failed read or write fails the turn; there is no silent fresh start."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from bot.nlu.event_log import FILE_NAME, EventLog

_RANKING_KEPT: Final = 3


def _slim(event: dict[str, Any]) -> dict[str, Any]:
    parsed = event.get("parse_data")
    if not isinstance(parsed, dict) or "intent_ranking" not in parsed:
        return event
    return {**event, "parse_data": {**parsed, "intent_ranking": parsed["intent_ranking"][:_RANKING_KEPT]}}


class WorkingMemory(TrackerStore):
    """Named in `endpoints.yml`. `path` is the file; without it, `rasa.db` in the data folder of the settings."""

    def __init__(
        self,
        domain: Domain | None = None,
        host: str | None = None,
        event_broker: EventBroker | None = None,
        path: Path | str | None = None,
        **_kwargs: Any,
    ) -> None:
        if path is None:
            from bot.settings import load

            path = load().data_dir / FILE_NAME
        self._log = EventLog(Path(path))
        super().__init__(domain, event_broker)

    def close(self) -> None:
        """Release the file."""
        self._log.close()

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of the present session, or None for a conversation that is new."""
        events = self._log.read(sender_id)
        return DialogueStateTracker.from_dict(sender_id, events, self.domain.slots) if events else None

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append what the tracker has beyond the stored events."""
        await self.stream_events(tracker)
        stored = self._log.count(tracker.sender_id)
        self._log.append(tracker.sender_id, [_slim(event.as_dict()) for event in list(tracker.events)[stored:]])

    async def keys(self) -> Iterable[str]:
        """Every conversation in memory."""
        return self._log.senders()
