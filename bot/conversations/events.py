"""What happened in a conversation, told after it is committed; doors that show conversations live listen to these."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from bot.conversations.states import State
from bot.conversations.text import Typed
from bot.conversations.threads import Address
from bot.languages import Tongue
from bot.staff.names import StaffName


@dataclass(frozen=True)
class Stored:
    """A message as it stands in the record.

    Attributes:
        address: the applicant's own, the same in every conversation of the thread.
        staff: who wrote it, when `author` is `staff`.
        answers: the message it replies to.
        state: who had the conversation when this was read.
        client_id: the name that its client gave it.
    """

    id: str
    conversation_id: str
    address: Address
    seq: int
    author: str
    staff: StaffName | None
    language: Tongue
    text: str
    payload: dict[str, Any]
    created_at: datetime
    answers: str | None
    state: State
    client_id: str | None = None

    @property
    def typed(self) -> Typed:
        """Its text, with the question that was open when it came."""
        return Typed.of(self.text, self.payload)


@dataclass(frozen=True)
class MessageStored:
    """A message was added to a conversation."""

    message: Stored

    @property
    def conversation_id(self) -> str:
        """The conversation it was added to."""
        return self.message.conversation_id


@dataclass(frozen=True)
class StateChanged:
    """Somebody else has the conversation now; `owner` exactly while the state is WITH_STAFF."""

    conversation_id: str
    address: Address
    state: State
    owner: StaffName | None


@dataclass(frozen=True)
class TurnTaken:
    """The assistant is working on the answer to `message_id`."""

    conversation_id: str
    address: Address
    message_id: str


@dataclass(frozen=True)
class TurnFinished:
    """The answer to `message_id` is stored, or none will come; `outcome` says which."""

    conversation_id: str
    address: Address
    message_id: str
    outcome: str


@dataclass(frozen=True)
class ConversationChanged:
    """What staff see beside the messages changed: notes, drafts, tags, feedback, a rating."""

    conversation_id: str


@dataclass(frozen=True)
class Erased:
    """A conversation is gone with everything that was said in it; whoever shows it stops doing so."""

    conversation_id: str
    address: Address


@dataclass(frozen=True)
class QueueChanged:
    """Somebody came into the queue, left it or was claimed; also told from time to time, in case a telling was lost."""


@dataclass(frozen=True)
class LeftMessagesChanged:
    """A message was left for the staff, taken or answered."""


@dataclass(frozen=True)
class Typing:
    """Somebody is writing, or has stopped; never stored. `author` is `applicant` or `staff`, `name` the officer's."""

    conversation_id: str
    address: Address
    author: str
    name: str | None
    on: bool


Event: TypeAlias = (
    MessageStored | StateChanged | TurnTaken | TurnFinished | ConversationChanged | Erased | QueueChanged | LeftMessagesChanged | Typing
)
Listener = Callable[[Event], None]


def telling(messages: Iterable[Stored]) -> list[Event]:
    """What messages tell that were stored just now: the first of a conversation also tells that the bot has it."""
    events: list[Event] = []
    for message in messages:
        if message.seq == 1:
            events.append(StateChanged(message.conversation_id, message.address, message.state, None))
        events.append(MessageStored(message))
    return events
