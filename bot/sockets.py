"""The Socket.IO server of every namespace: what it lets in, and how much it keeps for clients that do not read."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import engineio
import socketio
from aiohttp import WSMsgType, web
from async_timeout import timeout
from engineio import packet
from engineio.async_drivers.aiohttp import WebSocket
from engineio.exceptions import SocketIsClosedError

from bot.errors import Invalid, NotAllowed, TooMany
from bot.limits import Limiter

PATH: Final = "/socket.io/"
LARGEST_MESSAGE: Final = 64 * 1024

_PING_INTERVAL_S: Final = 25
_PING_TIMEOUT_S: Final = 20
# A body that has not arrived, a probe that is not sent, and a message that is not read, by then, never will be.
_BODY_WITHIN_S: Final = 10.0
_PROBE_WITHIN_S: Final = 5.0
_READ_WITHIN_S: Final = 20.0
# What may wait for one client, in characters, before it is cut; one answer of any size may come on top of it.
_MOST_HELD: Final = 512 * 1024
_MOST_LINES: Final = 500

# The libraries would log addresses and what people wrote.
_SILENT = logging.getLogger("bot.sockets.silent")
_SILENT.setLevel(logging.CRITICAL + 1)
_SILENT.propagate = False

# The packets of Socket.IO that are for us: connect, disconnect, event. Nobody is sent binary data or asked to acknowledge.
_KNOWN: Final = ("0", "1", "2")


class _Packet(socketio.packet.Packet):
    """A packet without binary data, for which the library would look through everything that is sent."""

    uses_binary_events = False


class _Outbox(asyncio.Queue):  # type: ignore[type-arg]
    """What waits for one client, with its size, and with the pings that show what has arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.held = 0
        self._pings = self._pongs = 0
        self._waiting: list[tuple[int, asyncio.Future[bool]]] = []

    def _put(self, item: Any) -> None:
        super()._put(item)
        self.held += _size(item)
        if item is not None and item.packet_type == packet.PING:
            self._pings += 1

    def _get(self) -> Any:
        item = super()._get()
        self.held -= _size(item)
        return item

    def receipt(self) -> asyncio.Future[bool]:
        """Whether everything put in so far arrives: True with the answer to a ping put in behind it, False if the line ends first."""
        self.put_nowait(packet.Packet(packet.PING))
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((self._pings, future))
        return future

    def answered(self) -> None:
        """The client answered a ping, and so has received everything before it."""
        self._pongs += 1
        self._settle([entry for entry in self._waiting if entry[0] <= self._pongs], True)

    def end(self) -> None:
        """The line has ended; a poll that waits for news must not wait on."""
        self._settle(list(self._waiting), False)
        self.put_nowait(packet.Packet(packet.CLOSE))
        self.put_nowait(None)

    def _settle(self, entries: list[tuple[int, asyncio.Future[bool]]], arrived: bool) -> None:
        for entry in entries:
            self._waiting.remove(entry)
            if not entry[1].done():
                entry[1].set_result(arrived)


def _size(item: Any) -> int:
    return len(item.data) if item is not None and isinstance(item.data, str) else 0


class _Line(WebSocket):
    """A WebSocket without compression that is given up when its client does not read, or does not finish changing over to it."""

    async def __call__(self, environ: dict[str, Any]) -> web.WebSocketResponse:
        request: web.Request = environ["aiohttp.request"]
        self._transport = request.transport
        self._socket = self.handler.__self__
        self._socket.line = self
        self._sock = web.WebSocketResponse(max_msg_size=LARGEST_MESSAGE, compress=False)
        await self._sock.prepare(request)
        if self._transport is not None:
            # What is sent at one moment leaves at once; a client that does not read is noticed by `send` all the same.
            self._transport.set_write_buffer_limits()
        self.environ = environ
        try:
            await self.handler(self)
        finally:
            # The library leaves this mark after a failed change, and would send nothing more to a client that polls on.
            self._socket.upgrading = False
        return self._sock

    async def send(self, message: str) -> None:
        try:
            async with timeout(_READ_WITHIN_S):
                await super().send(message)
        except TimeoutError:
            self.abort()
            raise OSError from None

    async def wait(self) -> str:
        """The next packet; OSError ends the line."""
        within = None if self._socket.upgraded else _PROBE_WITHIN_S
        try:
            async with timeout(within):
                message = await self._sock.receive()
        except TimeoutError:
            raise OSError from None
        if message.type is not WSMsgType.TEXT or message.data[:1] not in tuple("0123456"):
            raise OSError
        data: str = message.data
        return data

    def abort(self) -> None:
        """End the connection, whatever still waits for it."""
        if self._transport is not None:
            self._transport.abort()


class _Whole:
    """A request whose body has arrived as a whole; the library would take its first part, or its announced length, for all of it."""

    def __init__(self, request: web.Request, body: bytes) -> None:
        self._request = request
        self._body = body
        self.content = self

    async def read(self, length: int) -> bytes:
        """The body; none that comes in chunks announces its length."""
        return self._body

    def __getattr__(self, name: str) -> Any:
        return getattr(self._request, name)


class _Engine(engineio.AsyncServer):
    """The transport, with a limit on what waits for one client."""

    def create_queue(self, *args: Any, **kwargs: Any) -> _Outbox:
        return _Outbox()

    def start_background_task(self, target: Any, *args: Any, **kwargs: Any) -> Any:
        task = super().start_background_task(target, *args, **kwargs)
        if getattr(target, "__name__", "") == "_send_ping":
            target.__self__.next_ping = task
        return task

    async def send_packet(self, sid: str, pkt: packet.Packet) -> None:
        socket = self.sockets.get(sid)
        if socket is not None and socket.queue.held > _MOST_HELD:
            await cut(socket)
            return
        # The line may end while the message is on its way to it.
        with contextlib.suppress(SocketIsClosedError):
            await super().send_packet(sid, pkt)


async def cut(socket: Any) -> None:
    """End a line without asking its client; the client may connect again."""
    with contextlib.suppress(SocketIsClosedError):
        await socket.close(wait=False, abort=True)
    line = getattr(socket, "line", None)
    if line is not None:
        line.abort()


class Sockets(socketio.AsyncServer):
    """One Socket.IO server at `PATH` for every namespace, and the route that leads to it.

    Authentication: none at the route, which refuses pages of foreign origins; every namespace states its own.

    Args:
        may_speak: whether the page that a request comes from may connect.
        caller: the name of the network that a request comes from.
    """

    def __init__(self, may_speak: Callable[[web.BaseRequest], bool], caller: Callable[[web.BaseRequest], str], limiter: Limiter) -> None:
        self._may_speak = may_speak
        self._caller = caller
        self._limiter = limiter
        self._callers: dict[str, str] = {}
        self._lines: Counter[str] = Counter()
        super().__init__(
            async_mode="aiohttp",
            async_handlers=False,
            serializer=_Packet,
            logger=_SILENT,
            engineio_logger=_SILENT,
            cors_allowed_origins=lambda _origin, environ: may_speak(environ["aiohttp.request"]),
            cors_credentials=False,
            cookie=None,
            max_http_buffer_size=LARGEST_MESSAGE,
            http_compression=False,
            ping_interval=_PING_INTERVAL_S,
            ping_timeout=_PING_TIMEOUT_S,
        )
        self.eio._async = {**self.eio._async, "websocket": _Line}

    def routes(self) -> list[web.RouteDef]:
        """The routes of this door."""
        return [web.get(PATH, self.pass_on), web.post(PATH, self.pass_on), web.options(PATH, self.pass_on)]

    async def pass_on(self, request: web.Request) -> web.StreamResponse:
        """Let a request of the transport through to its line, or to a new one.

        Raises:
            NotAllowed: it comes from a page that may not connect.
            TooMany: its network connects too often, or holds too many lines.
            Invalid: its body did not arrive in time, or it asks for a script.
        """
        if not self._may_speak(request):
            raise NotAllowed("origin_refused")
        if "j" in request.query:
            # Answers as scripts could be read by every page.
            raise Invalid("request_refused")
        if request.method == "POST":
            try:
                async with timeout(_BODY_WITHIN_S):
                    body = await request.read()
            except TimeoutError:
                raise Invalid("body_too_slow") from None
            return await self._hand_on(_Whole(request, body))
        if request.method == "GET" and "sid" not in request.query:
            caller = self._caller(request)
            await self._limiter.connection(caller)
            if self._limiter.enabled and self._lines[caller] >= _MOST_LINES:
                raise TooMany("too_many_requests", retry_after_s=60)
        return await self._hand_on(request)

    async def _hand_on(self, request: web.Request | _Whole) -> web.StreamResponse:
        response: web.StreamResponse = await self.handle_request(request)
        return response

    async def received(self, sid: str, namespace: str = "/") -> bool:
        """Wait until the client has received everything emitted to it so far; False when its line ends before."""
        socket = self.eio.sockets.get(self.manager.eio_sid_from_sid(sid, namespace))
        if socket is None or socket.closed:
            return False
        return bool(await socket.queue.receipt())

    async def stop(self) -> None:
        """Close every line, so that clients look for another gateway at once."""
        for socket in list(self.eio.sockets.values()):
            with contextlib.suppress(SocketIsClosedError):
                await socket.close(wait=False)
        await self.shutdown()

    def _engineio_server_class(self) -> type[engineio.AsyncServer]:
        return _Engine

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        socket = self.eio.sockets[eio_sid]
        receive = socket.receive

        async def heard(pkt: packet.Packet) -> None:
            if pkt.packet_type == packet.PONG:
                socket.queue.answered()
            await receive(pkt)

        socket.receive = heard
        self._callers[eio_sid] = caller = self._caller(environ["aiohttp.request"])
        self._lines[caller] += 1
        await super()._handle_eio_connect(eio_sid, environ)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        await super()._handle_eio_disconnect(eio_sid, reason)
        socket = self.eio.sockets.get(eio_sid)
        if socket is not None:
            # It sleeps until the next ping is due, and would keep everything about the line in memory till then.
            ping = getattr(socket, "next_ping", None)
            if ping is not None and ping is not asyncio.current_task():
                ping.cancel()
            # What the library still says to the client goes before the end.
            asyncio.get_running_loop().call_soon(socket.queue.end)
        caller = self._callers.pop(eio_sid, None)
        if caller is not None:
            self._lines[caller] -= 1
            if self._lines[caller] <= 0:
                del self._lines[caller]

    async def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        if isinstance(data, str) and data.startswith(_KNOWN):
            await super()._handle_eio_message(eio_sid, data)

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: Any) -> None:
        # A client that names its event `connect` would choose what the handler is told about its request.
        if isinstance(data, list) and data and isinstance(data[0], str) and data[0] not in self.reserved_events:
            await super()._handle_event(eio_sid, namespace, id, data)
