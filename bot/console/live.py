"""The live side of the console: namespace `/staff`, for the same sessions as its pages.

Authentication: the session's cookie and our own origin, checked when a socket connects; the session is looked at again with
everything that the socket asks for, and from time to time. Rooms are joined by the server only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import socketio

from bot.bus import Bus
from bot.console.guard import Guard, limited
from bot.console.telling import BOARD, Telling, room
from bot.conversations import catching_up, overview
from bot.conversations.counter import Counter
from bot.conversations.events import Typing
from bot.conversations.publishing import Record
from bot.conversations.switch import Standing
from bot.db import Database, as_told
from bot.errors import BotError, NotAllowed, NotFound
from bot.i18n import Texts
from bot.languages import DEFAULT, Language
from bot.limits import Limits
from bot.logs import begin_request, place
from bot.rounds import Rounds
from bot.staff import presence
from bot.staff.events import SessionsRevoked
from bot.staff.service import Staff
from bot.staff.sessions import SignedIn

log = logging.getLogger(__name__)

NAMESPACE: Final = "/staff"
READ: Final = "conversation:read"
REPLY: Final = "conversation:reply"
_LOOK_EVERY_S: Final = 15.0
_SOCKETS_OF_A_SESSION: Final = 20
_EVENTS_PER_MINUTE: Final = 240
_OF_ALL_SOCKETS: Final = 960
_LONGEST_ID: Final = 64
_FOLLOWED_AT_ONCE: Final = 12
_REVIEWS: Final = 3
_REVIEW_AGAIN_S: Final = 0.5
_TOPIC: Final = "sessions_revoked"


@dataclass
class _Seat:
    """A socket, whose session it is, and the conversations it follows."""

    token: str
    session_id: str
    account_id: int
    language: Language
    follows: set[str] = field(default_factory=set)


Answer = Callable[[_Seat, SignedIn], Awaitable[dict[str, Any]]]


class Live(socketio.AsyncNamespace):  # type: ignore[misc]
    """The namespace: who sits where, what they ask, and when they have to go."""

    def __init__(
        self,
        database: Database,
        staff: Staff,
        guard: Guard,
        record: Record,
        counter: Counter,
        texts: Texts,
        limits: Limits,
        hotline: str,
    ) -> None:
        super().__init__(NAMESPACE)
        self._database = database
        self._staff = staff
        self._guard = guard
        self._record = record
        self._counter = counter
        self._texts = texts
        self._hotline = hotline
        self._limiter = limits.limiter("staff lines", _EVENTS_PER_MINUTE, _OF_ALL_SOCKETS)
        self._seats: dict[str, _Seat] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looking = Rounds("looking after sessions", self.look, _LOOK_EVERY_S)
        self._bus: Bus | None = None
        self._telling = Telling(lambda event, body, to: self.emit(event, body, room=to), self._review)
        record.listen(self._telling.hear)
        staff.listen(self._revoked)

    def hear_others(self, bus: Bus) -> None:
        """Cut sockets whose sessions another gateway ended, and tell it of those ended here."""
        self._bus = bus
        bus.on(_TOPIC, lambda note: self._cut_revoked(SessionsRevoked(note["account"], _ids(note["sessions"]))))

    async def start(self) -> None:
        """Tell what happens, and look from time to time whether sessions still hold."""
        self._loop = asyncio.get_running_loop()
        self._telling.start()
        await self._looking.start()

    async def stop(self) -> None:
        """Stop telling and looking."""
        self._loop = None
        await self._looking.stop()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._telling.stop()

    def lines(self) -> int:
        """How many lines are open."""
        return len(self._seats)

    async def tell_switched(self, seen: Standing) -> None:
        """Tell everybody at the console that the bot was switched on or off."""
        await self.emit("assistant_changed", {"on": seen.on})

    async def on_connect(self, sid: str, environ: Mapping[str, Any], auth: Any = None) -> None:
        """Let the page of somebody signed in take a seat.

        Raises:
            ConnectionRefusedError: with the code of why not.
        """
        try:
            token = await self._guard.of_page(environ["aiohttp.request"])
            signed = await self._guard.session(token)
            if sum(seat.session_id == signed.session_id for seat in self._seats.values()) >= _SOCKETS_OF_A_SESSION:
                raise NotAllowed("too_many_connections")
        except BotError as error:
            raise socketio.exceptions.ConnectionRefusedError(error.code, self._refusal(error, DEFAULT)) from None
        self._seats[sid] = _Seat(token, signed.session_id, signed.officer.id, signed.officer.language)
        await self._database.run(presence.heard_of, signed.officer.id)
        if READ in signed.officer.permissions:
            await self.enter_room(sid, BOARD)

    async def on_disconnect(self, sid: str, reason: Any = None) -> None:
        """Forget a socket."""
        seat = self._seats.pop(sid, None)
        for conversation_id in set() if seat is None else seat.follows:
            self._telling.leave(conversation_id, sid)

    async def on_watch(self, sid: str, body: Any) -> dict[str, Any]:
        """Follow a conversation; everything in it after the number `after`."""

        async def watch(seat: _Seat, signed: SignedIn) -> dict[str, Any]:
            signed.officer.require(READ)
            conversation_id, after = _conversation(body), _after(body)
            if conversation_id not in seat.follows and len(seat.follows) >= _FOLLOWED_AT_ONCE:
                raise NotAllowed("too_many_connections")
            begins = conversation_id not in seat.follows
            # Followed before it is asked: a move that the answer does not know of yet is then reviewed for this socket too.
            seat.follows.add(conversation_id)
            self._telling.follow(conversation_id, sid)
            try:
                # Whether this officer may see it is decided before anything of it is sent.
                await self._database.run(overview.seen, signed.officer, conversation_id)
                if self._seats.get(sid) is not seat:
                    raise NotAllowed("signed_out")
                if conversation_id in seat.follows:
                    await self.enter_room(sid, room(conversation_id))
                # Read after entering the room: what is stored between the two is told, and may come twice but not never.
                view = await self._counter.view(signed.officer, conversation_id)
            except BaseException as error:
                if begins or isinstance(error, (NotAllowed, NotFound)):
                    await self._unfollow(sid, seat, conversation_id)
                raise
            return {"messages": self._telling.messages(view, after)}

        return await self._answered(sid, watch)

    async def on_unwatch(self, sid: str, body: Any) -> dict[str, Any]:
        """Follow a conversation no longer."""

        async def unwatch(seat: _Seat, signed: SignedIn) -> dict[str, Any]:
            await self._unfollow(sid, seat, _conversation(body))
            return {}

        return await self._answered(sid, unwatch)

    async def on_typing(self, sid: str, body: Any) -> dict[str, Any]:
        """Have the applicant see that the officer who has the conversation is writing."""

        async def typing(seat: _Seat, signed: SignedIn) -> dict[str, Any]:
            signed.officer.require(REPLY)
            conversation_id = _conversation(body)
            followed = self._telling.followed(conversation_id)
            if followed is not None and followed.address is not None and followed.owner_id == signed.officer.id:
                on = body.get("on") is True
                self._record.tell(Typing(conversation_id, followed.address, "staff", signed.officer.name, on))
            return {}

        return await self._answered(sid, typing)

    async def on_here(self, sid: str, body: Any = None) -> dict[str, Any]:
        """A sign of life."""

        async def here(seat: _Seat, signed: SignedIn) -> dict[str, Any]:
            await self._database.run(presence.heard_of, signed.officer.id)
            return {}

        return await self._answered(sid, here)

    async def _answered(self, sid: str, answer: Answer) -> dict[str, Any]:
        """The answer to an event, which always comes: with `ok`, or with the error."""
        seat = self._seats.get(sid)
        language = DEFAULT if seat is None else seat.language
        begin_request()
        try:
            if seat is None:
                raise NotAllowed("signed_out")
            account = f"account:{seat.account_id}"
            await limited(self._limiter.message(account, sid))
            signed = await self._database.run(self._staff.signed_in, seat.token, touch=False)
            if signed is None:
                # After the answer, which would not arrive on a line that is cut.
                self._cut_soon([sid])
                raise NotAllowed("signed_out")
            return {"ok": True, **await answer(seat, signed)}
        except BotError as error:
            return {"ok": False, "error": self._refusal(error, language)}
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.error("event failed: %s", place(error))
            return {"ok": False, "error": self._refusal(as_told(error, self._hotline), language)}

    def _refusal(self, error: BotError, language: Language) -> dict[str, Any]:
        return {"code": error.code, "message": self._texts.error(language, error.code, **error.params), "params": error.params}

    async def _unfollow(self, sid: str, seat: _Seat, conversation_id: str) -> None:
        seat.follows.discard(conversation_id)
        self._telling.leave(conversation_id, sid)
        await self.leave_room(sid, room(conversation_id))

    async def _review(self, conversation_id: str) -> None:
        """A conversation that moves may have become another station's: whoever may no longer see it follows it no longer."""
        followed = self._telling.followed(conversation_id)
        seats = {sid: self._seats[sid] for sid in (followed.by if followed else ()) if sid in self._seats}
        if not seats:
            return
        tokens = {seat.token for seat in seats.values()}
        allowed: set[str] = set()
        for left in reversed(range(_REVIEWS)):
            try:
                allowed = await self._database.run(self._allowed, tokens, conversation_id)
                break
            except Exception as error:
                # Nothing more is told before it is known to whom, but others are not kept waiting for long: then it is told nobody.
                log.error("review failed: %s", place(error))
                if left:
                    await asyncio.sleep(_REVIEW_AGAIN_S)
        for sid, seat in seats.items():
            if seat.token not in allowed:
                await self._unfollow(sid, seat, conversation_id)
                # The page fetches the conversation again and, if it may, follows it again; if not, it says why.
                await self.emit("unwatched", {"conversation_id": conversation_id}, to=sid)

    def _allowed(self, session: Any, tokens: set[str], conversation_id: str) -> set[str]:
        return {token for token in tokens if self._may_see(session, token, conversation_id)}

    def _may_see(self, session: Any, token: str, conversation_id: str) -> bool:
        signed = self._staff.signed_in(session, token, touch=False)
        try:
            return signed is not None and overview.seen(session, signed.officer, conversation_id) is not None
        except BotError:
            return False

    def _revoked(self, happened: SessionsRevoked) -> None:
        """Called in whatever thread ended the sessions."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._cut_revoked, happened)
            if self._bus is not None:
                ended = None if happened.session_ids is None else sorted(happened.session_ids)
                loop.call_soon_threadsafe(self._bus.send, _TOPIC, {"account": happened.account_id, "sessions": ended})

    def _cut_revoked(self, happened: SessionsRevoked) -> None:
        ended = happened.session_ids
        self._cut_soon(
            [
                sid
                for sid, seat in self._seats.items()
                if seat.account_id == happened.account_id and (ended is None or seat.session_id in ended)
            ]
        )

    def _cut_soon(self, sids: list[str]) -> None:
        if sids:
            self._soon(self._cut(sids))

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _cut(self, sids: list[str]) -> None:
        for sid in sids:
            # The seat and its rooms go first: nothing that is told from now on reaches a socket that may not hear it.
            await self.on_disconnect(sid)
            for joined in list(self.rooms(sid)):
                if joined != sid:
                    await self.leave_room(sid, joined)
            await self.emit("signed_out", {}, to=sid)
            await self.disconnect(sid)

    async def look_at_record(self) -> None:
        """Tell what happened in followed conversations and was not told."""
        followed = self._telling.followed_by_any()
        if followed:
            self._telling.looked(await self._database.run(catching_up.newest_of, followed))

    async def look(self) -> None:
        """Cut the sockets whose sessions ended without this process being told."""
        seats = dict(self._seats)
        if seats:
            ended = await self._database.run(self._staff.ended, {seat.session_id for seat in seats.values()})
            await self._cut([sid for sid, seat in seats.items() if seat.session_id in ended])


def _conversation(body: Any) -> str:
    found = body.get("conversation_id") if isinstance(body, dict) else None
    if not isinstance(found, str) or not 0 < len(found) <= _LONGEST_ID:
        raise NotFound("conversation_unknown")
    return found


def _ids(sessions: list[str] | None) -> frozenset[str] | None:
    return None if sessions is None else frozenset(sessions)


def _after(body: Mapping[str, Any]) -> int:
    after = body.get("after", 0)
    return after if isinstance(after, int) and not isinstance(after, bool) and after >= 0 else 0
