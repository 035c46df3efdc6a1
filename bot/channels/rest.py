"""Rasa's REST protocol: one message in, the answer and all that has not been delivered out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from bot.channels.bearer import bearer
from bot.conversations.composer import metadata
from bot.conversations.events import Stored
from bot.conversations.ledger import Address, new_id
from bot.conversations.service import Conversations
from bot.conversations.text import clean, clean_name
from bot.conversations.turns import Turns
from bot.errors import AssistantUnavailable, NotAllowed
from bot.languages import Tongue, as_tongue
from bot.limits import Limiter
from bot.metrics import Metrics
from bot.request_body import optional_object, optional_string, read_object
from bot.request_language import speak

CHANNEL: Final = "rest"
PATH: Final = "/webhooks/rest/webhook"
_LONGEST_ID = 100


@dataclass(frozen=True)
class Caller:
    """Who calls: a service that showed a token, or a network address."""

    name: str


@dataclass(frozen=True)
class Call:
    """What a call asks for, checked."""

    sender: str
    message: str | None
    client_id: str | None
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

    def routes(self) -> list[web.RouteDef]:
        """The routes of this door."""
        return [web.post(PATH, self.webhook)]

    async def webhook(self, request: web.Request) -> web.Response:
        """Store the message, wait for its answer, and return it with what was not delivered before."""
        if not self._may_speak(request):
            raise NotAllowed("origin_refused")
        caller = self._caller(request)
        call = self._read(await read_object(request), request)
        address = Address(CHANNEL, caller.name, call.sender)
        if call.message is None:
            await self._limiter.call(caller.name)
            conversation_id = await self._conversations.open(address)
            news = await self._conversations.undelivered(conversation_id, leave=frozenset(self._awaited))
            return web.json_response([_wire(message, call.sender) for message in news])
        await self._limiter.message(caller.name, call.sender)
        # A service with a token speaks for many; limits on networks would stop all of them together.
        network = None if self._tokens else caller.name
        receipt = await self._conversations.applicant_says(address, call.message, call.client_id, call.language, network=network)
        if receipt.fresh:
            self._metrics.messages.labels(CHANNEL).inc()
        conversation_id, message_id = receipt.message.conversation_id, receipt.message.id
        self._awaited[message_id] += 1
        try:
            owed = receipt.owed and (receipt.fresh or not await self._conversations.is_answered(message_id))
            if owed and not await self._turns.finished(message_id, self._answer_within_s):
                raise AssistantUnavailable("answer_pending", retry_after_s=5)
            if request.transport is None or request.transport.is_closing():
                # Nobody is there to receive the answer; it waits for the next call.
                return web.Response(status=499)
            others = frozenset(self._awaited) - {message_id}
            news = await self._conversations.undelivered(conversation_id, own=message_id, leave=others)
        finally:
            self._awaited[message_id] -= 1
            if not self._awaited[message_id]:
                del self._awaited[message_id]
        return web.json_response([_wire(message, call.sender) for message in news])

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
        return Call(
            sender=new_id() if sender is None else clean_name(sender, "sender"),
            message=None if message is None else clean(message),
            client_id=None if client_id is None else clean_name(client_id, "metadata.message_id", _LONGEST_ID),
            language=language,
        )


def _wire(message: Stored, sender: str) -> dict[str, Any]:
    """A message in the form of Rasa's REST protocol; `buttons` are the same offers as `quick_replies`, for its clients."""
    wire: dict[str, Any] = {"recipient_id": sender, "text": message.text, "metadata": metadata(message)}
    offers = message.payload.get("quick_replies")
    if offers:
        wire["quick_replies"] = [{"content_type": "text", **offer} for offer in offers]
        wire["buttons"] = offers
    return wire
