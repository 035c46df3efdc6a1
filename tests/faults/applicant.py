"""An applicant with our widget: a line that is dialled again by the other gateway, an outbox, and a record that catches up."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import socketio

from tests.faults.view import View, mark
from tests.faults.work import Work

# As in `bot/static/widget/`: connection.js and conversation.js.
_ANSWER_WITHIN_S: Final = 12.0
_AGAIN_S, _AGAIN_MOST_S = 0.5, 8.0
_TRIES: Final = 4
_PASSING: Final = frozenset({"internal", "database_unavailable"})
# How long somebody reads a refusal before the message is sent once more.
_READS_S: Final = 2.0


@dataclass
class Sent:
    """One message of an applicant and what came of it; moments are those of `time.monotonic`.

    Attributes:
        id: the client's name for it.
        stored: the server's, once it is known to be in the record, and since when.
        conversation: where it was said, once it is acknowledged.
        told_at: the first sign of what became of it: an acknowledgement, a refusal, or that the line is down.
        answered_at: when the answer was shown.
        apologised: whether the answer is that there is none.
        refusals: the codes with which it was refused.
    """

    text: str
    at: float
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    stored: str | None = None
    stored_at: float | None = None
    conversation: str | None = None
    acknowledged_at: float | None = None
    told_at: float | None = None
    answered_at: float | None = None
    apologised: bool = False
    refusals: list[str] = field(default_factory=list)

    def tell(self) -> None:
        """The applicant sees something about it."""
        self.told_at = self.told_at or time.monotonic()

    def is_stored(self, stored: str) -> None:
        """It is in the record under this name."""
        self.stored, self.stored_at = stored, self.stored_at or time.monotonic()
        self.tell()


class Applicant:
    """One applicant.

    Attributes:
        sent: every message, in order.
        strangers: how often the server did not know the session any more, which would lose the conversation.
        work: what is done meanwhile.
    """

    def __init__(self, name: str, gateways: Sequence[str], first: int = 0, transport: str = "websocket") -> None:
        self.name = name
        self.view = View()
        self.work = Work()
        self.sent: list[Sent] = []
        self.strangers = 0
        self.state = "BOT"
        self.offers: list[str] = []
        self._outbox: list[Sent] = []
        self._gateways, self._at, self._first = gateways, first, first
        self._transport = transport
        self._token: str | None = None
        self._client: socketio.AsyncClient | None = None
        self._http = aiohttp.ClientSession()
        self._news = asyncio.Event()
        self._ready = False
        self._lost = asyncio.Event()
        self.work.soon(self._keep())
        self.work.soon(self._flush())

    async def close(self) -> None:
        """Go away."""
        await self.work.stop()
        self._hang_up()
        await self.work.finish()
        await self._http.close()

    def say(self, text: str) -> Sent:
        """Put a message into the outbox."""
        message = Sent(text, time.monotonic())
        self.sent.append(message)
        self._outbox.append(message)
        if not self._ready:
            message.tell()
        self._news.set()
        return message

    @property
    def waiting(self) -> int:
        """How many messages nobody has acknowledged."""
        return len(self._outbox)

    # The line.

    @property
    def gateway(self) -> str:
        """The gateway that it talks with, or tries to."""
        return self._gateways[self._at]

    def go_home(self) -> None:
        """Go back to the gateway at which it began."""
        if self._at != self._first:
            self._at = self._first - 1
            self._lost.set()

    async def _keep(self) -> None:
        failures = 0
        while True:
            lost = self._lost = asyncio.Event()
            try:
                await asyncio.wait_for(self._dial(lost), _ANSWER_WITHIN_S)
                failures = 0
                self._ready = True
                self._news.set()
                await lost.wait()
            except (socketio.exceptions.SocketIOError, OSError):
                pass
            self._ready = False
            for message in self._outbox:
                message.tell()
            self._hang_up()
            # The proxy in front of the gateways finds out that one does not answer.
            self._at = (self._at + 1) % len(self._gateways)
            failures += 1
            await asyncio.sleep(min(_AGAIN_S * 2 ** (failures - 1), _AGAIN_MOST_S))

    async def _dial(self, lost: asyncio.Event) -> None:
        client = self._client = socketio.AsyncClient(reconnection=False, http_session=self._http)
        client.on("bot_uttered", self.work.handler(lambda body: self._hear(client, body)))
        client.on("user_uttered", self.work.handler(lambda body: self._hear(client, body)))
        client.on("conversation", self.work.handler(lambda body: self._moved(client, body)))
        client.on("disconnect", lambda *_reason: lost.set())
        await client.connect(self.gateway, transports=[self._transport], wait_timeout=_ANSWER_WITHIN_S)
        self.view.begin_line()
        shown, asked = self._token, self.view.position
        body = {"language": "en", **mark(asked), **({"session_id": shown} if shown else {})}
        answer = await client.call("session_request", body, timeout=_ANSWER_WITHIN_S)
        if not answer["ok"]:
            raise OSError(answer["error"]["code"])
        self.strangers += bool(shown and answer["fresh"])
        self._token = answer["session_id"]
        self._learn(answer, asked)
        while answer["more"]:
            answer = await self._sync(client)

    def _hang_up(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            # A gateway that does not answer would keep the client waiting for its farewell.
            self.work.soon(end(client))

    # What is heard.

    def _learn(self, snapshot: Mapping[str, Any], asked: tuple[str | None, int]) -> None:
        self.state = snapshot["state"]
        self._show(snapshot["messages"], asked)

    def _hear(self, client: socketio.AsyncClient, message: Mapping[str, Any]) -> None:
        if client is self._client and self._show([message]):
            self.work.soon(self._catch_up(client))

    def _moved(self, client: socketio.AsyncClient, body: Mapping[str, Any]) -> None:
        if client is self._client:
            self.state = body["state"]

    async def _catch_up(self, client: socketio.AsyncClient) -> None:
        # The next greeting asks for the same.
        with suppress(socketio.exceptions.SocketIOError, OSError):
            while (await self._sync(client))["more"]:
                pass

    async def _sync(self, client: socketio.AsyncClient) -> Mapping[str, Any]:
        asked = self.view.position
        answer: dict[str, Any] = await client.call("sync", mark(asked), timeout=_ANSWER_WITHIN_S)
        if not answer["ok"]:
            raise OSError(answer["error"]["code"])
        self._learn(answer, asked)
        return answer

    def _show(self, messages: Sequence[Mapping[str, Any]], asked: tuple[str | None, int] | None = None) -> bool:
        fresh, missing = self.view.add(messages, asked)
        for message in fresh:
            metadata = message["metadata"]
            self.offers += [reply["payload"] for reply in message.get("quick_replies", ())]
            if metadata["author"] == "applicant":
                self._stored(metadata)
            elif metadata["author"] == "staff":
                self._answered(lambda sent, text=message["text"]: text == reply_to(sent.text), False)
            elif (answered := metadata.get("in_reply_to")) is not None and metadata.get("notice") != "demo":
                self._answered(lambda sent, answered=answered: sent.stored == answered, metadata.get("notice") is not None)
        return missing

    def _stored(self, metadata: Mapping[str, Any]) -> None:
        """A message of ours is in the record, whether or not that was acknowledged."""
        for sent in self.sent:
            if sent.id == metadata.get("client_id"):
                sent.is_stored(metadata["id"])
                if sent in self._outbox:
                    self._outbox.remove(sent)

    def _answered(self, is_it: Callable[[Sent], bool], apologised: bool) -> None:
        for sent in reversed(self.sent):
            if is_it(sent) and sent.answered_at is None:
                sent.answered_at = time.monotonic()
                sent.apologised = apologised
                return

    # What is sent.

    async def _flush(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._ready and self._outbox and self._client is not None:
                if not await self._send(self._client, self._outbox[0]):
                    break

    async def _send(self, client: socketio.AsyncClient, message: Sent) -> bool:
        body = {"message": message.text, "session_id": self._token, "metadata": {"message_id": message.id, "interface": "en"}}
        asking = asyncio.create_task(client.call("user_uttered", body, timeout=_ANSWER_WITHIN_S))
        ended = asyncio.create_task(self._lost.wait())
        try:
            # Of a line that is down no acknowledgement comes any more.
            await asyncio.wait({asking, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                return False
            answer = asking.result()
        except (socketio.exceptions.SocketIOError, OSError):
            self._lost.set()
            return False
        finally:
            asking.cancel(), ended.cancel()
        message.tell()
        if answer["ok"]:
            message.is_stored(answer["id"])
            message.acknowledged_at, message.conversation = time.monotonic(), answer["conversation"]
            if message in self._outbox:
                self._outbox.remove(message)
            return True
        message.refusals.append(answer["error"]["code"])
        tries = len(message.refusals)
        passing = answer["error"]["code"] in _PASSING and tries < _TRIES
        await asyncio.sleep(tries * 2 if passing else _READS_S)
        self._news.set()
        return True


async def end(client: socketio.AsyncClient) -> None:
    """Hang up, whether or not anybody is there."""
    with suppress(Exception):
        await client.disconnect()
    with suppress(Exception):
        await client.shutdown()


def reply_to(text: str) -> str:
    """What an officer answers to a message."""
    return f"About {text}: please come to the counter."
