"""What happened in a conversation, told after it is committed; doors that show conversations live listen to these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from bot.conversations.states import State
from bot.languages import Language


@dataclass(frozen=True)
class Stored:
    """A message as it stands in the record."""

    id: str
    conversation_id: str
    seq: int
    author: str
    language: Language
    text: str
    payload: dict[str, Any]
    created_at: datetime
    answers: str | None
    state: State


@dataclass(frozen=True)
class MessageStored:
    """A message was added to a conversation."""

    message: Stored


@dataclass(frozen=True)
class StateChanged:
    """Somebody else has the conversation now."""

    conversation_id: str
    state: State


@dataclass(frozen=True)
class TurnFinished:
    """The answer to `message_id` is stored, or none will come; `outcome` says which."""

    conversation_id: str
    message_id: str
    outcome: str


Event: TypeAlias = MessageStored | StateChanged | TurnFinished
Listener = Callable[[Event], None]
