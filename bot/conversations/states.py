"""Who has a conversation, and the only ways in which that may change."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class State(StrEnum):
    """Who answers the applicant."""

    BOT = "BOT"
    QUEUED = "QUEUED"
    WITH_STAFF = "WITH_STAFF"
    CLOSED = "CLOSED"


class Move(StrEnum):
    """A change of `State` that somebody may ask for."""

    REQUEST = "request"
    CLAIM = "claim"
    JOIN = "join"
    LEAVE_QUEUE = "leave_queue"
    HAND_BACK = "hand_back"
    TRANSFER = "transfer"
    RECLAIM = "reclaim"
    CLOSE = "close"


MOVES: Final[Mapping[Move, tuple[frozenset[State], State]]] = MappingProxyType(
    {
        Move.REQUEST: (frozenset({State.BOT}), State.QUEUED),
        Move.CLAIM: (frozenset({State.QUEUED}), State.WITH_STAFF),
        Move.JOIN: (frozenset({State.BOT}), State.WITH_STAFF),
        Move.LEAVE_QUEUE: (frozenset({State.QUEUED}), State.BOT),
        Move.HAND_BACK: (frozenset({State.WITH_STAFF}), State.BOT),
        Move.TRANSFER: (frozenset({State.WITH_STAFF}), State.QUEUED),
        Move.RECLAIM: (frozenset({State.WITH_STAFF}), State.QUEUED),
        Move.CLOSE: (frozenset({State.BOT, State.QUEUED, State.WITH_STAFF}), State.CLOSED),
    }
)
