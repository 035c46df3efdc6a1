"""Rasa's Socket.IO protocol for applicants, and what our own widget says beyond it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import web

from bot.channels.own_data import OwnData
from bot.channels.plain import PlainClients
from bot.channels.relay import Relay
from bot.channels.visitors import CHANNEL, Visitor, Visitors, address_of
from bot.channels.wire import Wire, receipt
from bot.conversations.events import Event, Typing
from bot.conversations.service import Conversations
from bot.conversations.states import State
from bot.db import as_told
from bot.errors import BotError, Invalid, NotAllowed
from bot.i18n import Texts
from bot.languages import as_tongue
from bot.limits import Limiter
from bot.logs import begin_request, place
from bot.metrics import Metrics
from bot.request_body import optional_object, optional_string
from bot.request_language import language_of
from bot.sessions import Sessions, SessionToken
from bot.sockets import Sockets

log = logging.getLogger(__name__)

NAMESPACE: Final = "/"
_LONGEST_TOKEN: Final = 400

Body = Mapping[str, Any]
Act = Callable[[Visitor, Body], Awaitable[Mapping[str, Any]]]


class SocketChannel:
    """The namespace `/` of the socket server.

    Authentication: a session token that this server made and signed; the connection is bound to its session. Without one,
    a new session is begun.
    """

    def __init__(
        self,
        server: Sockets,
        conversations: Conversations,
        sessions: Sessions,
        limiter: Limiter,
        metrics: Metrics,
        texts: Texts,
        wire: Wire,
        within_hours: Callable[[], Awaitable[bool | None]],
        tell: Callable[[Event], None],
        caller: Callable[[web.BaseRequest], str],
        own_data: OwnData,
    ) -> None:
        self._server = server
        self._conversations = conversations
        self._sessions = sessions
        self._limiter = limiter
        self._metrics = metrics
        self._texts = texts
        self._wire = wire
        self._within_hours = within_hours
        self._tell = tell
        self._caller = caller
        self._visitors = Visitors()
        self._plain = PlainClients(server, conversations, wire)
        self.relay = Relay(server, conversations, self._visitors, self._plain, wire)
        server.on("connect", self._connect, namespace=NAMESPACE)
        server.on("disconnect", self._disconnect, namespace=NAMESPACE)
        events: Mapping[str, Act] = {
            "session_request": self._session_request,
            "user_uttered": self._user_uttered,
            "sync": self._sync,
            "typing": self._typing,
            "leave_message": self._leave_message,
            "feedback": self._feedback,
            "rate": self._rate,
            "language": self._language,
            "end": self._end,
            "return_code": self._return_code,
            "resume": self._resume,
            "my_data": self._of_own(own_data.show),
            "give_my_data": self._of_own(own_data.give),
            "erase_my_data": self._of_own(own_data.erase),
        }
        for name, act in events.items():
            server.on(name, self._handler(name, act), namespace=NAMESPACE)

    def lines(self) -> int:
        """How many lines are open."""
        return len(self._visitors)

    async def _connect(self, line: str, environ: Mapping[str, Any], auth: object = None) -> None:
        request: web.Request = environ["aiohttp.request"]
        self._visitors.add(Visitor(line, self._caller(request), language_of(request)))

    async def _disconnect(self, line: str, reason: object = None) -> None:
        visitor = self._visitors.get(line)
        if visitor is not None:
            self._plain.forget(visitor)
            self._visitors.drop(line)

    def _handler(self, name: str, act: Act) -> Callable[..., Awaitable[Any]]:
        async def handle(line: str, *given: Any) -> Any:
            visitor = self._visitors.get(line)
            body = given[0] if given and isinstance(given[0], dict) else {}
            return None if visitor is None else await self._answer(visitor, name, act, body)

        return handle

    async def _answer(self, visitor: Visitor, name: str, act: Act, body: Body) -> Mapping[str, Any]:
        """What the client gets as acknowledgement; whatever goes wrong, it gets one."""
        begin_request()
        try:
            return {"ok": True, **await act(visitor, body)}
        except BotError as error:
            code, params = error.code, dict(error.params)
        except Exception as error:
            log.error("%s failed: %s", name, place(error))
            told = as_told(error, self._wire.hotline)
            code, params = told.code, dict(told.params)
        self._metrics.refused.labels(code).inc()
        text = self._texts.error(visitor.language, code, **params)
        if name == "user_uttered" and not visitor.ours:
            # A client that does not read acknowledgements would wait for an answer that never comes.
            notice = {"text": text, "metadata": {"author": "system", "error": {"code": code, "params": params}}}
            await self._server.emit("bot_uttered", notice, to=visitor.line)
        return {"ok": False, "error": {"code": code, "message": text, "params": params}}

    # What a client asks for.

    async def _session_request(self, visitor: Visitor, body: Body) -> Mapping[str, Any]:
        await self._limiter.signal(visitor.network, "" if visitor.session is None else visitor.session.sid)
        visitor.language = as_tongue(body.get("language")) or visitor.language
        visitor.ours = visitor.ours or "after" in body or "metadata" in body
        fresh = self._bind(visitor, body.get("session_id"))
        session = visitor.session
        assert session is not None
        if visitor.ours and session.old:
            session = self._sessions.issue(session.sid)
            self._visitors.bind(visitor, session)
        await self._server.emit("session_confirm", session.token, to=visitor.line)
        if not visitor.ours:
            self._plain.wake(visitor)
            return {"session_id": session.token, "fresh": fresh}
        return {"session_id": session.token, "fresh": fresh, **await self._snapshot(visitor, body)}

    def _bind(self, visitor: Visitor, shown: object) -> bool:
        """Bind a connection to the session that a client shows, or to a new one; whether it is new.

        Raises:
            NotAllowed: the connection is bound to another session.
        """
        known = self._sessions.read(shown)
        if visitor.session is not None:
            if known is None or known.sid == visitor.session.sid:
                return False
            if known.sid != visitor.offered:
                raise NotAllowed("session_other")
            self._plain.forget(visitor)
        session = known or self._sessions.begin()
        self._visitors.bind(visitor, session)
        if isinstance(shown, str) and len(shown) <= _LONGEST_TOKEN:
            visitor.shown.add(shown)
        return known is None

    def _named(self, visitor: Visitor, body: Body) -> SessionToken:
        """The session of a connection that has one; a token in the body must be of this session.

        Raises:
            NotAllowed: there is none yet, or the body names another.
        """
        if visitor.session is None:
            raise NotAllowed("session_missing")
        shown = body.get("session_id")
        if shown is not None and not (isinstance(shown, str) and shown in visitor.shown):
            known = self._sessions.read(shown)
            if known is None or known.sid != visitor.session.sid:
                raise NotAllowed("session_other")
        return visitor.session

    async def _snapshot(self, visitor: Visitor, body: Body) -> dict[str, Any]:
        conversation, after = body.get("conversation"), body.get("after")
        if not isinstance(conversation, str) or not 0 < len(conversation) <= 100:
            conversation = None
        if isinstance(after, bool) or not isinstance(after, int) or not 0 <= after < 2**31:
            after = 0
        taken = await self._conversations.catch_up(visitor.address, conversation, after)
        visitor.conversation, visitor.state = taken.conversation_id, taken.state
        visitor.reached(taken.messages[-1] if taken.messages else None, (conversation, after))
        language = as_tongue(taken.language) or visitor.language
        return self._wire.snapshot(taken, await self._within_hours(), language)

    async def _sync(self, visitor: Visitor, body: Body) -> Mapping[str, Any]:
        session = self._named(visitor, body)
        await self._limiter.signal(visitor.network, session.sid)
        return await self._snapshot(visitor, body)

    async def _user_uttered(self, visitor: Visitor, body: Body) -> Mapping[str, Any]:
        message = body.get("message")
        if message is None:
            # What `rasa-webchat` says when it opens and has been given nothing to say.
            return {}
        message = optional_string(body, "message")
        assert message is not None
        if visitor.session is None:
            self._bind(visitor, body.get("session_id"))
            assert visitor.session is not None
            await self._server.emit("session_confirm", visitor.session.token, to=visitor.line)
            self._plain.wake(visitor)
        session = self._named(visitor, body)
        details = optional_object(body, "metadata")
        client_id = optional_string(details, "message_id", "metadata.message_id")
        language = as_tongue(optional_string(details, "language", "metadata.language"))
        interface = as_tongue(details.get("interface"))
        visitor.language = language or interface or visitor.language
        await self._limiter.message(visitor.network, session.sid)
        likely = visitor.conversation if visitor.state is State.BOT else None
        stored = await self._conversations.applicant_says(
            address_of(session.sid), message, client_id, language, interface, visitor.network, likely
        )
        visitor.conversation = stored.message.conversation_id
        if stored.fresh:
            self._metrics.messages.labels(CHANNEL).inc()
        return receipt(stored.message, stored.owed)

    async def _typing(self, visitor: Visitor, body: Body) -> Mapping[str, Any]:
        session = self._named(visitor, body)
        await self._limiter.signal(visitor.network, session.sid)
        if visitor.conversation is not None and visitor.state in (State.QUEUED, State.WITH_STAFF):
            self._tell(Typing(visitor.conversation, visitor.address, "applicant", None, body.get("on") is True))
        return {}

    async def _leave_message(self, visitor: Visitor, body: Body) -> Mapping[str, Any]:
        session = self._named(visitor, body)
        await self._limiter.message(visitor.network, session.sid)
        left = await self._conversations.leave_message(
            visitor.address,
            optional_string(body, "text") or "",
            optional_string(body, "contact_kind") or "",
            optional_string(body, "contact"),
            optional_string(body, "message_id"),
            as_tongue(body.get("language")) or visitor.language,
            optional_string(body, "notice"),
        )
        return receipt(left.message, left.owed)

    async def _feedback(self, visitor: Visitor, body: Body) -> Mapping[str, Any]:
        session = self._named(visitor, body)
        await self._limiter.signal(visitor.network, session.sid)
        helpful = body.get("helpful")
        if not isinstance(helpful, bool):
            raise Invalid("field_type", field="helpful", expected="boolean")
        message_id = optional_string(body, "message_id") or ""
        await self._conversations.feedback(visitor.address, message_id, helpful, optional_string(body, "comment"))
        return {}

    async def _rate(self, visitor: Visitor, body: Body) -> Mapping[str, Any]:
        session = self._named(visitor, body)
        await self._limiter.signal(visitor.network, session.sid)
        score = body.get("score")
        if isinstance(score, bool) or not isinstance(score, int):
            raise Invalid("field_type", field="score", expected="integer")
        await self._conversations.rate(visitor.address, score, optional_string(body, "comment"))
        return {}

    async def _language(self, visitor: Visitor, body: Body) -> Mapping[str, Any]:
        session = self._named(visitor, body)
        await self._limiter.signal(visitor.network, session.sid)
        language = as_tongue(body.get("language"))
        if language is None:
            raise Invalid("field_type", field="language", expected="language")
        visitor.language = language
        await self._conversations.set_language(visitor.address, language)
        return {}

    async def _end(self, visitor: Visitor, body: Body) -> Mapping[str, Any]:
        session = self._named(visitor, body)
        await self._limiter.signal(visitor.network, session.sid)
        await self._conversations.end(visitor.address)
        return {}

    def _of_own(self, act: Act) -> Act:
        async def asked(visitor: Visitor, body: Body) -> Mapping[str, Any]:
            session = self._named(visitor, body)
            await self._limiter.signal(visitor.network, session.sid)
            visitor.language = as_tongue(body.get("language")) or visitor.language
            return await act(visitor, body)

        return asked

    async def _return_code(self, visitor: Visitor, body: Body) -> Mapping[str, Any]:
        session = self._named(visitor, body)
        await self._limiter.signal(visitor.network, session.sid)
        code, expires_at = await self._conversations.make_return_code(visitor.address)
        return {"code": code, "expires_at": expires_at.isoformat()}

    async def _resume(self, visitor: Visitor, body: Body) -> Mapping[str, Any]:
        await self._limiter.signal(visitor.network, "" if visitor.session is None else visitor.session.sid)
        sid = await self._conversations.use_return_code(optional_string(body, "code") or "", visitor.network)
        visitor.offered = sid
        return {"session_id": self._sessions.issue(sid).token}
