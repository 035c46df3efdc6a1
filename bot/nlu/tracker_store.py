"""Rasa's tracker store over our event log. A failed read or write fails the turn; there is no silent fresh start.

A conversation's memory does not grow with it: of what was said longest ago only what it came to is kept, slots and open form.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.nlu.event_log import EventLog, State, memory_of

_RANKING_KEPT: Final = 3
_MOST_EVENTS: Final = 64
"""Each message reads, replays and sends them all, so that one more than this has the memory shortened."""
_MESSAGES_KEPT: Final = 4
"""As they were heard and answered; actions look back no farther, see `actions.turn`."""


_AHEAD_FOR_S: Final = 2.0

# How many events of a tracker are stored, and how the memory of its conversation stood: with fewer after a session has begun, or after the
# oldest were replaced.
_MARK: Final = "stored_events"


def resolve_quickly() -> None:
    """Let Rasa find the class of a stored event in a table; the stock function goes through all of its classes for each event."""
    Event.resolve_by_type = staticmethod(lru_cache(maxsize=256)(Event.resolve_by_type))


def _mark(tracker: DialogueStateTracker, there: State) -> None:
    setattr(tracker, _MARK, (len(tracker.events), there))


def _marked(tracker: DialogueStateTracker) -> tuple[int, State]:
    marked: tuple[int, State] = getattr(tracker, _MARK, (0, State()))
    return marked


def _told(event: Event) -> dict[str, Any]:
    said: dict[str, Any] = event.as_dict()
    parsed = said.get("parse_data")
    if not isinstance(parsed, dict) or "intent_ranking" not in parsed:
        return said
    return {**said, "parse_data": {**parsed, "intent_ranking": parsed["intent_ranking"][:_RANKING_KEPT]}}


def _forgettable(tracker: DialogueStateTracker, stored: int) -> tuple[int, list[Event]]:
    """How many of the oldest events, of which so many are stored, are not needed as they were, and what they came to.

    That is fewer events, which lead to the same tracker.
    """
    events = list(tracker.events)
    heard = [number for number, event in enumerate(events) if isinstance(event, UserUttered)][-_MESSAGES_KEPT:]
    listened = (
        number
        for number in reversed(range(heard[0] if heard else 0))
        if isinstance(events[number], ActionExecuted) and events[number].action_name == ACTION_LISTEN_NAME  # type: ignore[attr-defined]
    )
    at = next(listened, 0)
    before = DialogueStateTracker.from_events(tracker.sender_id, events[:at], tracker.slots.values())
    slots = [SlotSet(slot.name, slot.value) for slot in before.slots.values() if slot.value != slot.initial_value]
    loop = [ActiveLoop(before.active_loop_name)] if before.active_loop_name else []
    instead = [SessionStarted(), *slots, *loop]
    return (at, instead) if len(instead) < at <= stored else (0, [])


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
        self._ahead: dict[str, DialogueStateTracker] = {}
        super().__init__(domain, event_broker)

    def close(self) -> None:
        """Release file or connection."""
        self._log.close()

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of the present session, or None for a conversation that is new."""
        ahead = self._ahead.pop(sender_id, None)
        # Another process may have gone on with it since.
        if ahead is not None and self._log.state(sender_id) == _marked(ahead)[1]:
            return ahead
        return self._read(sender_id)

    def read_ahead(self, sender_id: str) -> None:
        """Have the tracker of a conversation ready that will be asked for within seconds; then it is forgotten."""
        tracker = self._read(sender_id)
        if tracker is not None:
            self._ahead[sender_id] = tracker
            asyncio.get_running_loop().call_later(_AHEAD_FOR_S, self._forget, sender_id, tracker)

    def _forget(self, sender_id: str, tracker: DialogueStateTracker) -> None:
        # A later one of the same conversation has its own time.
        if self._ahead.get(sender_id) is tracker:
            del self._ahead[sender_id]

    def _read(self, sender_id: str) -> DialogueStateTracker | None:
        state, events = self._log.read_with_state(sender_id)
        if not events:
            return None
        tracker = DialogueStateTracker.from_dict(sender_id, events, self.domain.slots)
        _mark(tracker, state)
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append what the tracker has beyond the stored events, and replace the oldest by what they came to when there are many.

        Raises:
            WentOnElsewhere: something was stored in this conversation, or erased, since the tracker was read.
        """
        await self.stream_events(tracker)
        saved, there = _marked(tracker)
        fresh = list(tracker.events)[saved:]
        # Otherwise what is stored is not what the tracker begins with; the next message sees to it.
        is_whole = saved == there.events
        forgotten, instead = _forgettable(tracker, saved) if is_whole and len(tracker.events) > _MOST_EVENTS else (0, [])
        now = self._log.append(tracker.sender_id, list(map(_told, fresh)), there, forgotten, list(map(_told, instead)))
        _mark(tracker, now)
        self._ahead.pop(tracker.sender_id, None)

    async def keys(self) -> Iterable[str]:
        """Every conversation in memory."""
        return self._log.senders()
