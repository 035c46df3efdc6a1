"""What happened in conversations, told to the applicants who are connected, in the order in which it was committed."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

from bot.channels.plain import PlainClients
from bot.channels.visitors import Visitor, Visitors
from bot.channels.wire import Wire
from bot.conversations.events import Erased, Event, MessageStored, QueueChanged, StateChanged, Stored, TurnFinished, TurnTaken, Typing
from bot.conversations.service import Conversations
from bot.conversations.states import State
from bot.conversations.switch import Standing
from bot.conversations.threads import Address
from bot.logs import place
from bot.sockets import Sockets

log = logging.getLogger(__name__)

# Places in the queue are told at most this often.
_QUEUE_EVERY_S: Final = 1.0
# With how many looks at the record windows are looked at in which nothing was said.
_ALL_EVERY: Final = 5


class Relay:
    """One queue of events and one consumer for the whole gateway.

    Clients of our own see messages, who has the conversation, and who is writing. A client that sees a gap in the numbers
    asks for what is missing, and one that connects asks for everything after the last number it has. What another gateway
    stored may be told late or not at all: before a message that is not the next one, and with each `look`, the record is read.
    """

    def __init__(self, server: Sockets, conversations: Conversations, visitors: Visitors, plain: PlainClients, wire: Wire) -> None:
        self._server = server
        self._conversations = conversations
        self._visitors = visitors
        self._plain = plain
        self._wire = wire
        # None stands for a look at the record; what is sent to one client is sent by one task.
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._looking, self._looks = False, 0
        self._moved = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        conversations.listen(self._hear)

    async def start(self) -> None:
        """Begin to tell."""
        self._tasks = [asyncio.create_task(self._consume()), asyncio.create_task(self._tell_places())]

    async def stop(self) -> None:
        """Stop telling; clients catch up with what they missed."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._plain.stop()

    async def tell_switched(self, seen: Standing) -> None:
        """Tell everybody who has a window open that the bot was switched on or off."""
        for visitor in self._visitors.ours():
            await self._server.emit("assistant", {"on": seen.on}, to=visitor.line)

    def _hear(self, event: Event) -> None:
        address = event.message.address if isinstance(event, MessageStored) else getattr(event, "address", None)
        if isinstance(event, QueueChanged) or (address is not None and self._visitors.of(address)):
            self._events.put_nowait(event)

    async def _consume(self) -> None:
        while True:
            event = await self._events.get()
            try:
                await (self._look() if event is None else self._tell(event))
            except Exception as error:
                log.error("telling failed: %s", place(error))

    async def _tell(self, event: Event) -> None:
        if isinstance(event, MessageStored):
            await self._tell_message(event)
        elif isinstance(event, StateChanged):
            for visitor in self._visitors.of(event.address):
                visitor.conversation, visitor.state = event.conversation_id, event.state
            if event.state is State.QUEUED:
                self._moved.set()
            else:
                for visitor in self._visitors.of(event.address):
                    if visitor.ours:
                        await self._server.emit("conversation", self._wire.changed(event, visitor.language), to=visitor.line)
        elif isinstance(event, Erased):
            for visitor in self._visitors.of(event.address):
                await self._tell_erased(visitor, event.conversation_id)
        elif isinstance(event, TurnTaken):
            await self._emit(event.address, "typing", {"author": "bot", "name": None, "on": True})
        elif isinstance(event, TurnFinished):
            await self._emit(event.address, "typing", {"author": "bot", "name": None, "on": False})
            await self._emit(event.address, "turn", {"message_id": event.message_id, "outcome": event.outcome})
        elif isinstance(event, Typing):
            if event.author == "staff":
                await self._emit(event.address, "typing", {"author": "staff", "name": event.name, "on": event.on})
        elif isinstance(event, QueueChanged):
            self._moved.set()

    async def _tell_message(self, event: MessageStored) -> None:
        stored = event.message
        for visitor in self._visitors.of(stored.address):
            visitor.conversation = visitor.conversation or stored.conversation_id
            if not visitor.ours:
                visitor.conversation = stored.conversation_id
                if stored.author != "applicant":
                    self._plain.wake(visitor)
            elif visitor.position is None or visitor.position == (stored.conversation_id, stored.seq - 1):
                await self._send(visitor, stored)
            elif visitor.position[0] != stored.conversation_id or visitor.position[1] < stored.seq:
                await self._catch_up(visitor)

    async def _send(self, visitor: Visitor, stored: Stored) -> None:
        visitor.conversation, visitor.position = stored.conversation_id, (stored.conversation_id, stored.seq)
        event = "user_uttered" if stored.author == "applicant" else "bot_uttered"
        await self._server.emit(event, self._wire.message(stored), to=visitor.line)

    async def _catch_up(self, visitor: Visitor) -> None:
        """Send what a client of ours has not been sent yet."""
        session, position = visitor.session, visitor.position or (None, 0)
        taken = await self._conversations.catch_up(visitor.address, *position)
        if visitor.session is not session:
            return
        for stored in taken.messages:
            await self._send(visitor, stored)
            if stored.answers is not None:
                await self._server.emit("turn", {"message_id": stored.answers, "outcome": "answered"}, to=visitor.line)
        if not taken.more and visitor.state is not taken.state:
            visitor.conversation, visitor.state = taken.conversation_id, taken.state
            await self._server.emit("conversation", self._wire.standing(taken), to=visitor.line)

    async def look(self) -> None:
        """Have what is in the record and has not been told told soon."""
        if not self._looking:
            self._looking = True
            self._events.put_nowait(None)

    async def _look(self) -> None:
        self._looking = False
        self._looks += 1
        if self._looks % _ALL_EVERY == 0 and (silent := self._visitors.silent()):
            # The same applicant may have begun to write in another window, at another gateway.
            begun = await self._conversations.begun({visitor.address for visitor in silent})
            for visitor in silent:
                if visitor.session is not None and visitor.conversation is None:
                    visitor.conversation = begun.get(visitor.address)
        talking = self._visitors.talking()
        for visitor in talking:
            if not visitor.ours:
                self._plain.wake(visitor)
        known = {visitor.conversation for visitor in talking if visitor.ours and visitor.conversation is not None}
        found = await self._conversations.newest_of(sorted(known)) if known else {}
        for visitor in talking:
            newest = found.get(visitor.conversation or "")
            if newest is None and visitor.conversation in known:
                await self._tell_erased(visitor, visitor.conversation)
            if newest is None or not visitor.ours or visitor.session is None:
                continue
            missing = newest.last_seq > 0 and visitor.position != (newest.conversation_id, newest.last_seq)
            if missing or visitor.state is not newest.state:
                await self._catch_up(visitor)

    async def _tell_erased(self, visitor: Visitor, conversation_id: str | None) -> None:
        visitor.conversation = visitor.state = visitor.position = None
        if visitor.ours:
            await self._server.emit("erased", {"conversation": conversation_id}, to=visitor.line)

    async def _emit(self, address: Address, event: str, body: dict[str, Any]) -> None:
        for visitor in self._visitors.of(address):
            if visitor.ours:
                await self._server.emit(event, body, to=visitor.line)

    async def _tell_places(self) -> None:
        while True:
            await self._moved.wait()
            self._moved.clear()
            for visitor in self._visitors.waiting():
                try:
                    await self._tell_place(visitor)
                except Exception as error:
                    log.error("a place was not told: %s", place(error))
            await asyncio.sleep(_QUEUE_EVERY_S)

    async def _tell_place(self, visitor: Visitor) -> None:
        snapshot = await self._conversations.catch_up(visitor.address, *(visitor.position or (visitor.conversation, 0)))
        if visitor.session is not None and snapshot.state is State.QUEUED:
            await self._server.emit("conversation", self._wire.standing(snapshot), to=visitor.line)
