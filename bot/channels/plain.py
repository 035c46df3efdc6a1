"""Delivery to clients that know only Rasa's protocol: what they have not shown to have received is sent again when they return."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from bot.channels.visitors import Visitor
from bot.channels.wire import Wire
from bot.conversations.events import Stored
from bot.conversations.service import Conversations
from bot.logs import place
from bot.sockets import Sockets

log = logging.getLogger(__name__)

_AGAIN_AFTER_S: Final = 1.0


def shown_after(text: str) -> float:
    """Seconds until `rasa-webchat` shows a message: it holds each back as if somebody typed it, and loses it with its page."""
    return min(max(len(text) * 0.03, 0.8), 3.0) + 0.5


class PlainClients:
    """Every plain client that is connected; each is sent what the record has for it, in order.

    Args:
        shown_after: seconds that a client may take to show a message that it has received.
    """

    def __init__(
        self, server: Sockets, conversations: Conversations, wire: Wire, shown_after: Callable[[str], float] = shown_after
    ) -> None:
        self._server = server
        self._wire = wire
        self._conversations = conversations
        self._shown_after = shown_after
        self._clients: dict[Visitor, _Client] = {}

    def wake(self, visitor: Visitor) -> None:
        """Have what a client has not been sent yet sent to it."""
        client = self._clients.get(visitor)
        if client is None:
            client = self._clients[visitor] = _Client(visitor, self._server, self._conversations, self._wire, self._shown_after)
        client.wake()

    def forget(self, visitor: Visitor) -> None:
        """A client is gone, or has another session."""
        client = self._clients.pop(visitor, None)
        if client is not None:
            client.stop()

    async def stop(self) -> None:
        """Stop sending."""
        for visitor in list(self._clients):
            self.forget(visitor)


class _Client:
    def __init__(
        self, visitor: Visitor, server: Sockets, conversations: Conversations, wire: Wire, shown_after: Callable[[str], float]
    ) -> None:
        self._visitor, self._server, self._conversations = visitor, server, conversations
        self._wire, self._shown_after = wire, shown_after
        self._address = visitor.address
        self._sent: set[str] = set()
        self._news = asyncio.Event()
        self._shown_at = 0.0
        self._tasks = {asyncio.create_task(self._send())}

    def wake(self) -> None:
        self._news.set()

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _send(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                owed = await self._conversations.undelivered_at(self._address)
                news = [message for message in owed if message.id not in self._sent]
                for message in news:
                    self._sent.add(message.id)
                    await self._server.emit("bot_uttered", self._wire.message(message), to=self._visitor.line)
            except Exception as error:
                log.error("sending failed: %s", place(error))
                self._news.set()
                await asyncio.sleep(_AGAIN_AFTER_S)
                continue
            if news:
                proving = asyncio.create_task(self._prove(news))
                self._tasks.add(proving)
                proving.add_done_callback(self._tasks.discard)

    async def _prove(self, messages: Sequence[Stored]) -> None:
        clock = asyncio.get_running_loop().time
        self._shown_at = max(self._shown_at, clock()) + sum(self._shown_after(message.text) for message in messages)
        await asyncio.sleep(self._shown_at - clock())
        if not await self._server.received(self._visitor.line):
            return
        try:
            await self._conversations.mark_delivered([message.id for message in messages])
        except Exception as error:
            # It is sent again when the client returns, which is better than lost.
            log.error("a receipt was not kept: %s", place(error))
