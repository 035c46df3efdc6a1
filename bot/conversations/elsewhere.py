"""What other gateways on the same record did: told by them at once where that works, and found in the record in any case."""

from __future__ import annotations

import dataclasses
import logging
import types
import typing
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final

from bot.bus import Bus
from bot.conversations import events
from bot.conversations.events import Event
from bot.conversations.publishing import Record
from bot.logs import place
from bot.rounds import Rounds

log = logging.getLogger(__name__)

_TOPIC: Final = "event"
_EVENTS: Final[Mapping[str, type]] = {kind.__name__: kind for kind in typing.get_args(events.Event)}
_LOOK_EVERY_S: Final = 1.0
# Rounds in which nobody looks while every note arrives.
_QUIET_AT_MOST: Final = 15

Look = Callable[[], Awaitable[None]]


class Elsewhere:
    """Passes the events of this gateway's record on, and publishes those of others here.

    A note may be lost, and none comes while Redis is away. So those who show conversations also look for themselves: every
    second without a bus, while it is down and for a while after, and from time to time anyway.
    """

    def __init__(self, record: Record, bus: Bus | None) -> None:
        self._record = record
        self._bus = bus
        self._looks: list[Look] = []
        self._quiet = 0
        self._rounds = Rounds("looking at the record", self._round, _LOOK_EVERY_S)
        if bus is not None:
            record.tell_others(lambda event: bus.send(_TOPIC, to_note(event)))
            bus.on(_TOPIC, lambda note: record.heard(from_note(note)))

    def look(self, look: Look) -> None:
        """Have `look` called whenever something may have happened that was not told."""
        self._looks.append(look)

    async def start(self) -> None:
        """Begin."""
        if self._bus is not None:
            await self._bus.start()
        await self._rounds.start()

    async def stop(self) -> None:
        """End."""
        await self._rounds.stop()
        if self._bus is not None:
            await self._bus.stop()

    async def _round(self) -> None:
        self._quiet += 1
        if self._bus is not None and self._bus.steady and self._quiet < _QUIET_AT_MOST:
            return
        self._quiet = 0
        for look in self._looks:
            try:
                await look()
            except Exception as error:
                log.error("looking at the record failed: %s", place(error))


def to_note(event: Event) -> dict[str, Any]:
    """An event as JSON data."""
    return {"kind": type(event).__name__, "body": _plain(event)}


def from_note(note: Mapping[str, Any]) -> Event:
    """The event of a note; fields that this code does not know are passed over.

    Raises:
        KeyError, TypeError, ValueError: it is none that this code knows.
    """
    event: Event = _made(_EVENTS[note["kind"]], note["body"])
    return event


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, datetime) else value


def _made(kind: Any, value: Any) -> Any:
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        if value is None:
            return None
        (kind,) = [each for each in typing.get_args(kind) if each is not type(None)]
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        made: Any = kind
        return made(**{name: _made(hints[name], each) for name, each in value.items() if name in hints})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return datetime.fromisoformat(value) if kind is datetime else value
