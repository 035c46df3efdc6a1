"""What happened in the record, told to those of the console who may see it: in order, masked, and the board once things settle."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from bot.console import views
from bot.console.masking import Hidden, applicants
from bot.conversations.catching_up import Newest
from bot.conversations.events import (
    ConversationChanged,
    Erased,
    Event,
    LeftMessagesChanged,
    MessageStored,
    QueueChanged,
    StateChanged,
    Stored,
    Typing,
)
from bot.conversations.overview import View
from bot.conversations.states import State
from bot.conversations.threads import Address
from bot.logs import place

log = logging.getLogger(__name__)

BOARD: Final = "board"
_SETTLE_S: Final = 0.5

Emit = Callable[[str, dict[str, Any], str], Awaitable[None]]
Review = Callable[[str], Awaitable[None]]


@dataclass
class Followed:
    """A conversation that somebody follows.

    Attributes:
        address: where the applicant is.
        owner_id: who of the staff has it.
        hidden: what of the applicant's is to be masked.
        waiting: messages that came before it was known what is to be masked; None once it is.
        by: the sockets that follow it.
        last_seq, state: how far it has come, and who has it, as far as that was told.
    """

    address: Address | None = None
    owner_id: int | None = None
    hidden: Hidden = frozenset()
    waiting: list[Stored] | None = field(default_factory=list)
    by: set[str] = field(default_factory=set)
    last_seq: int = 0
    state: State | None = None


class Telling:
    """Hears the record and tells the rooms of the console.

    Arguments:
        emit: sends one event to one room.
        review: takes those who may no longer see a conversation out of its room. It is called when somebody else has the
            conversation, and nothing that happened afterwards is told before it is done.
    """

    def __init__(self, emit: Emit, review: Review) -> None:
        self._emit = emit
        self._review = review
        self._followed: dict[str, Followed] = {}
        self._settling: asyncio.TimerHandle | None = None
        self._queue: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._sender: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to tell."""
        self._sender = asyncio.create_task(self._send())

    async def stop(self) -> None:
        """Tell nothing any more."""
        if self._settling is not None:
            self._settling.cancel()
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)
            self._sender = None

    def followed(self, conversation_id: str) -> Followed | None:
        """What is known of a conversation that somebody follows."""
        return self._followed.get(conversation_id)

    def follow(self, conversation_id: str, sid: str) -> None:
        """Have a socket follow a conversation; its messages wait until `known` is called."""
        self._followed.setdefault(conversation_id, Followed()).by.add(sid)

    def known(self, view: View) -> Followed:
        """Learn from a conversation what is to be masked in it, and tell what waited for that."""
        # Whoever asked may have left meanwhile; then nothing is kept of it.
        followed = self._followed.get(view.row.id) or Followed()
        followed.hidden |= views.hidden_of(view)
        followed.owner_id = None if view.row.owner is None else view.row.owner.id
        followed.address, followed.state = view.address, State(view.row.state)
        followed.last_seq = max([followed.last_seq, *(message.seq for message in view.messages)])
        waiting, followed.waiting = followed.waiting or [], None
        for stored in waiting:
            self._show(stored, followed)
        return followed

    def leave(self, conversation_id: str, sid: str) -> None:
        """Have a socket follow a conversation no longer."""
        followed = self._followed.get(conversation_id)
        if followed is not None:
            followed.by.discard(sid)
            if not followed.by:
                del self._followed[conversation_id]

    def messages(self, view: View, after: int) -> Sequence[dict[str, Any]]:
        """The messages of a conversation after a number, as they are shown."""
        hidden = self.known(view).hidden
        return [views.message(each, hidden) for each in view.messages if each.seq > after]

    def hear(self, event: Event) -> None:
        """A listener for the record."""
        if isinstance(event, MessageStored):
            followed = self._followed.get(event.conversation_id)
            if followed is not None and followed.waiting is not None:
                followed.waiting.append(event.message)
            elif followed is not None:
                self._show(event.message, followed)
        elif isinstance(event, StateChanged):
            followed = self._followed.get(event.conversation_id)
            if followed is not None:
                followed.owner_id, followed.state = None if event.owner is None else event.owner.id, event.state
            body = {"conversation_id": event.conversation_id, "state": event.state.value, "owner": views.name(event.owner)}
            self._say("state", body, room(event.conversation_id))
            if followed is not None:
                self._queue.put_nowait(partial(self._review, event.conversation_id))
        elif isinstance(event, ConversationChanged):
            self._say("conversation_changed", {"conversation_id": event.conversation_id}, room(event.conversation_id))
        elif isinstance(event, Erased):
            # What was hidden in it is personal too. Whoever may no longer see it leaves its room before this is sent.
            gone = self._followed.pop(event.conversation_id, Followed())
            for sid in gone.by:
                self._say("erased", {"conversation_id": event.conversation_id}, sid)
        elif isinstance(event, Typing) and event.author == views.APPLICANT:
            self._say("typing", {"conversation_id": event.conversation_id, "on": event.on}, room(event.conversation_id))
        if isinstance(event, (MessageStored, StateChanged, ConversationChanged, Erased, QueueChanged, LeftMessagesChanged)):
            self._settle()

    def followed_by_any(self) -> list[str]:
        """The conversations that somebody follows."""
        return list(self._followed)

    def looked(self, found: Mapping[str, Newest]) -> None:
        """Tell of what the record shows to have changed without being told."""
        for conversation_id, newest in found.items():
            followed = self._followed.get(conversation_id)
            if followed is None or followed.waiting is not None:
                continue
            own = newest.conversation_id == conversation_id
            state = newest.state if own else State.CLOSED
            if followed.state is not state or (own and (followed.last_seq < newest.last_seq or followed.owner_id != newest.owner_id)):
                followed.state, followed.owner_id = state, newest.owner_id if own else None
                followed.last_seq = max(followed.last_seq, newest.last_seq) if own else followed.last_seq
                self._say("conversation_changed", {"conversation_id": conversation_id}, room(conversation_id))
                self._queue.put_nowait(partial(self._review, conversation_id))

    def _show(self, stored: Stored, followed: Followed) -> None:
        if views.of_applicant(stored):
            followed.hidden |= applicants(*stored.typed).hidden
        followed.last_seq = max(followed.last_seq, stored.seq)
        body = {"conversation_id": stored.conversation_id, "message": views.message(stored, followed.hidden)}
        self._say("message", body, room(stored.conversation_id))

    def _settle(self) -> None:
        """Tell of a changed board once things have settled for a moment."""
        if self._settling is None and self._sender is not None:
            self._settling = asyncio.get_running_loop().call_later(_SETTLE_S, self._settled)

    def _settled(self) -> None:
        self._settling = None
        self._say("board_changed", {}, BOARD)

    def _say(self, event: str, body: dict[str, Any], to: str) -> None:
        self._queue.put_nowait(partial(self._emit, event, body, to))

    async def _send(self) -> None:
        """One after the other, so that what was told first arrives first."""
        while True:
            tell = await self._queue.get()
            try:
                await tell()
            except Exception as error:
                log.error("telling failed: %s", place(error))


def room(conversation_id: str) -> str:
    """The room of those who follow a conversation."""
    return f"conversation:{conversation_id}"
