"""A line between a client and a gateway that a test can hold up and cut at the moment it chooses."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Line:
    """A TCP relay on a port of its own; clients reach the gateway through it."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self._towards_client = asyncio.Event()
        self._towards_client.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._dead = False
        self.held = asyncio.Event()

    @property
    def url(self) -> str:
        """The address of the gateway, by this line."""
        return f"http://127.0.0.1:{self.port}"

    def hold(self) -> None:
        """Let nothing through to the client any more; `held` is set when something waits."""
        self.held.clear()
        self._towards_client.clear()

    def cut(self, stay: bool = False) -> None:
        """Break every connection, without a word to either side; what was held is lost.

        Args:
            stay: whether the line stays dead for new connections, until `mend`.
        """
        self._dead = stay
        for task in list(self._tasks):
            task.cancel()
        for writer in list(self._open):
            writer.transport.abort()
        self._open.clear()
        self._towards_client.set()

    def mend(self) -> None:
        """Accept connections again."""
        self._dead = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection."""
        if self._dead:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, far_writer}
        for source, sink, towards_client in ((reader, far_writer, False), (far_reader, writer, True)):
            task = asyncio.create_task(self._pump(source, sink, towards_client))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, towards_client: bool) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while block := await source.read(65536):
                if towards_client and not self._towards_client.is_set():
                    self.held.set()
                    await self._towards_client.wait()
                sink.write(block)
                await sink.drain()
        with contextlib.suppress(OSError):
            sink.close()
        self._open.discard(sink)


@asynccontextmanager
async def line_to(port: int) -> AsyncIterator[Line]:
    """A line to the gateway on `port`."""
    line = Line(port)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        line.cut(stay=True)
