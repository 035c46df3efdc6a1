"""Rasa's REST protocol: one message in, the answer and all that has not been delivered out.

A client that names the newest message it has gets all that follows, and makes a call that was cut once more. To any other,
messages count as delivered once they are handed to its line, and do not when that turns out to be broken. Such a client loses what
was handed to a line that broke on the way, and what a gateway that is killed had taken for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from bot.channels.bearer import bearer
from bot.conversations.composer import metadata
from bot.conversations.delivery import HandedOut
from bot.conversations.events import Stored
from bot.conversations.ledger import Address, new_id
from bot.conversations.service import Conversations
from bot.conversations.text import clean, clean_name
from bot.conversations.turns import Turns
from bot.errors import AssistantUnavailable, NotAllowed
from bot.languages import Tongue, as_tongue
from bot.limits import Limiter
from bot.logs import place
from bot.metrics import Metrics
from bot.request_body import optional_object, optional_string, read_object
from bot.request_language import speak

log = logging.getLogger(__name__)

CHANNEL: Final = "rest"
PATH: Final = "/webhooks/rest/webhook"
_LONGEST_ID = 100
# What the log says of a call whose line broke before it was answered.
_NOBODY_THERE: Final = 499


@dataclass(frozen=True)
class Caller:
    """Who calls: a service that showed a token, or a network address."""

    name: str


@dataclass(frozen=True)
class Call:
    """What a call asks for, checked.

    Attributes:
        after: the newest message that the caller has, empty if it has none; None if it does not say.
    """

    sender: str
    message: str | None
    client_id: str | None
    after: str | None
    language: Tongue | None


class RestChannel:
    """The door at `PATH`.

    Authentication: a bearer token where tokens are configured; otherwise none, and the caller is its network address. Pages of
    foreign origins are refused: they would speak in the name of whoever looks at them.
    """

    def __init__(
        self,
        conversations: Conversations,
        turns: Turns,
        limiter: Limiter,
        metrics: Metrics,
        tokens: Mapping[str, str],
        answer_within_s: float,
        network: Callable[[web.BaseRequest], str],
        may_speak: Callable[[web.BaseRequest], bool],
    ) -> None:
        self._conversations = conversations
        self._turns = turns
        self._limiter = limiter
        self._metrics = metrics
        self._tokens = tokens
        self._answer_within_s = answer_within_s
        self._network = network
        self._may_speak = may_speak
        # Messages whose answers a call of this process is waiting for; another call must not carry them off.
        self._awaited: Counter[str] = Counter()
        # Those of them that were sent again meanwhile.
        self._repeated: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        """The routes of this door."""
        return [web.post(PATH, self.webhook)]

    async def webhook(self, request: web.Request) -> web.StreamResponse:
        """Store the message, wait for its answer, and return it with what the caller has not got before."""
        if not self._may_speak(request):
            raise NotAllowed("origin_refused")
        caller = self._caller(request)
        call = self._read(await read_object(request), request)
        address = Address(CHANNEL, caller.name, call.sender)
        if call.message is None:
            await self._limiter.call(caller.name)
            return await self._news(request, call, address, None, frozenset(self._awaited))
        await self._limiter.message(caller.name, call.sender)
        if call.after is not None:
            # A call with a mark that is none must not store anything.
            await self._conversations.received(address, call.after)
        # A service with a token speaks for many; limits on networks would stop all of them together.
        network = None if self._tokens else caller.name
        receipt = await self._conversations.applicant_says(address, call.message, call.client_id, call.language, network=network)
        if receipt.fresh:
            self._metrics.messages.labels(CHANNEL).inc()
        message_id = receipt.message.id
        if message_id in self._awaited:
            self._repeated.add(message_id)
        self._awaited[message_id] += 1
        try:
            owed = receipt.owed and (receipt.fresh or not await self._conversations.is_answered(message_id))
            if owed and not await self._turns.finished(message_id, self._answer_within_s):
                raise AssistantUnavailable("answer_pending", retry_after_s=5)
            # The first call for a message leaves out what a call at another gateway has carried off; one that is repeated had no answer.
            own = message_id if not receipt.fresh or message_id in self._repeated else None
            return await self._news(request, call, address, own, frozenset(self._awaited) - {message_id})
        finally:
            self._awaited[message_id] -= 1
            if not self._awaited[message_id]:
                del self._awaited[message_id]
                self._repeated.discard(message_id)

    async def _news(self, request: web.Request, call: Call, address: Address, own: str | None, leave: frozenset[str]) -> web.StreamResponse:
        """The response with what the caller has not got yet (see `delivery.said_after` and `delivery.hand_out`)."""
        if call.after is not None:
            return _response(await self._conversations.said_after(address, call.after), call.sender)
        if _is_broken(request):
            return web.Response(status=_NOBODY_THERE)
        # Marked before they are written: otherwise two calls in parallel would carry off the same messages.
        handing = asyncio.create_task(self._conversations.hand_out(address, own, leave))
        arrived = False
        try:
            # A call that is cancelled meanwhile leaves them marked all the same.
            response = _response((await asyncio.shield(handing)).messages, call.sender)
            arrived = await _write(request, response)
        finally:
            if not arrived:
                await asyncio.shield(self._take_back(address, handing))
        return response if arrived else web.Response(status=_NOBODY_THERE)

    async def _take_back(self, address: Address, handing: asyncio.Task[HandedOut]) -> None:
        """Have what is being handed out not count as delivered."""
        await asyncio.wait({handing})
        if handing.cancelled() or handing.exception() is not None:
            return
        try:
            if handing.result().fresh:
                await self._conversations.take_back(address, handing.result())
        except Exception as error:
            log.error("messages that did not arrive count as delivered: %s", place(error))

    def _caller(self, request: web.Request) -> Caller:
        if self._tokens:
            name = bearer(request, self._tokens)
            if name is None:
                raise NotAllowed("token_wrong")
            return Caller(f"token:{name}")
        return Caller(self._network(request))

    def _read(self, body: Mapping[str, Any], request: web.Request) -> Call:
        details = optional_object(body, "metadata")
        language = as_tongue(optional_string(details, "language", "metadata.language"))
        if language is not None:
            speak(request, language)
        sender = optional_string(body, "sender")
        message = optional_string(body, "message")
        client_id = optional_string(details, "message_id", "metadata.message_id")
        after = optional_string(details, "after", "metadata.after")
        return Call(
            sender=new_id() if sender is None else clean_name(sender, "sender"),
            message=None if message is None else clean(message),
            client_id=None if client_id is None else clean_name(client_id, "metadata.message_id", _LONGEST_ID),
            after=clean_name(after, "metadata.after", _LONGEST_ID) if after else after,
            language=language,
        )


def _is_broken(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


async def _write(request: web.Request, response: web.Response) -> bool:
    """Write `response`; False if the line broke before all of it was handed over."""
    # The loop first hears what became of the line meanwhile; it may have looked before in the round that is under way.
    for _ in range(2):
        await asyncio.sleep(0)
    try:
        await response.prepare(request)
        await response.write_eof()
    except ConnectionError:
        return False
    return not _is_broken(request)


def _response(messages: Sequence[Stored], sender: str) -> web.Response:
    return web.json_response([_wire(message, sender) for message in messages])


def _wire(message: Stored, sender: str) -> dict[str, Any]:
    """A message in the form of Rasa's REST protocol; `buttons` are the same offers as `quick_replies`, for its clients."""
    wire: dict[str, Any] = {"recipient_id": sender, "text": message.text, "metadata": metadata(message)}
    offers = message.payload.get("quick_replies")
    if offers:
        wire["quick_replies"] = [{"content_type": "text", **offer} for offer in offers]
        wire["buttons"] = offers
    return wire
