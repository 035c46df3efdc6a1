"""The connections of the gateway: how long they may ask for nothing or read nothing, and how many one network may hold."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, cast

from aiohttp import web

from bot.http import Edge
from bot.logs import place

log = logging.getLogger(__name__)

# The library's own hour would let anybody hold connections that never ask for anything. Above the 60 s of usual proxies.
_REQUEST_WITHIN_S = 75.0
# Of an answer that waits for its reader, so much must go within so many seconds: a kilobyte a second, or what is left.
_LOOK_AGAIN_S = 20.0
_LEAST_READ: Final = 20 * 1024
# Above the lines of Socket.IO that one network may hold, which ask for pages beside them.
_MOST_CONNECTIONS = 1000


class Crowd:
    """Counts the connections of each network.

    Args:
        network: names the network of a peer's address; None, as for a trusted proxy, means that its connections are not counted.
    """

    def __init__(self, network: Callable[[str], str | None]) -> None:
        self._network = network
        self._held: Counter[str] = Counter()

    def enter(self, peer: str) -> bool:
        """Count a connection; False when its network holds too many, this one included. Each is to `leave`."""
        network = self._network(peer)
        if network is None:
            return True
        self._held[network] += 1
        return self._held[network] <= _MOST_CONNECTIONS

    def leave(self, peer: str) -> None:
        """A connection ended."""
        network = self._network(peer)
        if network is None:
            return
        self._held[network] -= 1
        if self._held[network] <= 0:
            del self._held[network]


class Reading:
    """Watches that what is sent on a connection is read, and cuts the connection otherwise."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._left = 0
        self._watch: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Something waits to be read."""
        self._left = self._transport.get_write_buffer_size()
        self._watch = self._loop.call_later(_LOOK_AGAIN_S, self.look)

    def end(self) -> None:
        """Nothing waits any more."""
        if self._watch is not None:
            self._watch.cancel()

    def look(self) -> None:
        """Cut the connection unless enough has been read since the last look; what was added meanwhile does not count."""
        left = self._transport.get_write_buffer_size()
        if self._left - left < _LEAST_READ:
            log.info("connection cut: its answer is not read")
            self._transport.abort()
            return
        self.begin()


class _Connection(web.RequestHandler):
    """A connection whose broken requests are refused like every other; the library would repeat what it was sent."""

    __slots__ = ("_crowd", "_peer", "_reading", "_refuse")

    def __init__(self, manager: web.Server, refuse: Callable[[web.BaseRequest, int], web.Response], crowd: Crowd, **options: Any) -> None:
        super().__init__(manager, **options)
        self._refuse = refuse
        self._crowd = crowd
        self._peer = ""
        self._reading: Reading | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        transport = cast(asyncio.Transport, transport)
        # Whatever the system does not take at once is watched, were it one byte.
        transport.set_write_buffer_limits(high=0)
        self._reading = Reading(transport, self._loop)
        self._peer = str((transport.get_extra_info("peername") or ("",))[0])
        if not self._crowd.enter(self._peer):
            transport.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._crowd.leave(self._peer)
        if self._reading is not None:
            self._reading.end()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        # A line of Socket.IO has limits of its own (`bot/sockets.py`), and is written to while its client reads.
        if self._reading is not None and not self._upgraded:
            self._reading.begin()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._reading is not None:
            self._reading.end()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        if exc is not None:
            log.log(logging.ERROR if status >= 500 else logging.INFO, "request refused: %d %s", status, place(exc))
        if request.writer.output_size > 0:
            raise ConnectionError("an answer is on its way already")
        return self._refuse(request, status)


class _Server(web.Server):
    def __init__(self, server: web.Server, edge: Edge, crowd: Crowd) -> None:
        options = {"handler_cancellation": server.handler_cancellation, "loop": server._loop, **server._kwargs}
        super().__init__(server.request_handler, request_factory=server.request_factory, **options)
        self._edge = edge
        self._crowd = crowd

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, self._edge.refuse, self._crowd, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """Runs the gateway; what is no request at all passes its `Edge` too."""

    def __init__(self, app: web.Application, edge: Edge, crowd: Crowd, **options: Any) -> None:
        super().__init__(app, **{"keepalive_timeout": _REQUEST_WITHIN_S, **options})
        self._edge = edge
        self._crowd = crowd

    async def _make_server(self) -> web.Server:
        return _Server(await super()._make_server(), self._edge, self._crowd)
