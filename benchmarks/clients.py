"""Socket.IO clients that are light enough to hold thousands of them in one process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp

WITHIN_S: Final = 60.0
_PATH: Final = "/socket.io/?EIO=4&transport=websocket"


class Line:
    """One connection in one namespace. Compression is offered, as browsers do.

    Attributes:
        compressed: whether the server took the offer.
        ended: whether the server closed it.
        hear: called with every event that comes and the moment it came.
    """

    def __init__(self, namespace: str = "") -> None:
        self._space = f"{namespace}," if namespace else ""
        self._acknowledged: dict[int, asyncio.Future[Any]] = {}
        self._count = 0
        self.compressed = self.ended = False
        self.hear: Callable[[str, Any, float], None] = lambda _event, _body, _moment: None

    async def open(self, client: aiohttp.ClientSession, address: str, **options: Any) -> None:
        """Connect.

        Raises:
            ConnectionError: the server refused.
        """
        self._socket = await client.ws_connect(f"{address}{_PATH}", compress=15, max_msg_size=1 << 20, **options)
        self.compressed = bool(self._socket.compress)
        self._open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read())
        await asyncio.wait_for(self._open, WITHIN_S)

    async def close(self) -> None:
        """Disconnect."""
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading
        await self._socket.close()

    async def ask(self, event: str, **body: Any) -> dict[str, Any]:
        """The acknowledgement of an event.

        Raises:
            ConnectionError: it is a refusal.
            asyncio.TimeoutError: it did not come.
        """
        self._count += 1
        future = self._acknowledged[self._count] = asyncio.get_running_loop().create_future()
        await self._socket.send_str(f"42{self._space}{self._count}{json.dumps([event, body])}")
        answer: dict[str, Any] = await asyncio.wait_for(future, WITHIN_S)
        if not answer.get("ok"):
            raise ConnectionError(f"{event}: {answer.get('error')}")
        return answer

    async def _read(self) -> None:
        async for message in self._socket:
            moment = time.perf_counter()
            packet: str = message.data
            if packet == "2":
                await self._socket.send_str("3")
            elif packet.startswith("0"):
                await self._socket.send_str(f"40{self._space}")
            elif packet.startswith("40"):
                self._open.set_result(None)
            elif packet.startswith("44") and not self._open.done():
                self._open.set_exception(ConnectionError(packet))
            elif packet.startswith("42"):
                event, *bodies = json.loads(packet[2 + len(self._space) :])
                self.hear(event, bodies[0] if bodies else None, moment)
            elif packet.startswith("43"):
                number, _, rest = packet[2 + len(self._space) :].partition("[")
                future = self._acknowledged.pop(int(number))
                if not future.done():
                    future.set_result(json.loads(f"[{rest}")[0])
        self.ended = True
        for future in self._acknowledged.values():
            if not future.done():
                future.set_exception(ConnectionError("the line ended"))


class Widget(Line):
    """An applicant's open window."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: asyncio.Queue[tuple[dict[str, Any], float]] = asyncio.Queue()
        self.hear = self._heard

    def _heard(self, event: str, body: Any, moment: float) -> None:
        if event == "bot_uttered":
            self.messages.put_nowait((body, moment))

    async def begin(self, client: aiohttp.ClientSession, address: str) -> None:
        """Connect and get a session."""
        await self.open(client, address)
        answer = await self.ask("session_request", session_id=None, after=0, language="en")
        self.session = answer["session_id"]

    async def say(self, text: str, **metadata: Any) -> dict[str, Any]:
        """Say something; the receipt."""
        about = {"message_id": uuid.uuid4().hex, "interface": "en", **metadata}
        return await self.ask("user_uttered", session_id=self.session, message=text, metadata=about)

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> tuple[dict[str, Any], float]:
        """The next such message, and when it came; those before it are passed over."""

        async def wait() -> tuple[dict[str, Any], float]:
            while True:
                message, moment = await self.messages.get()
                if wanted(message):
                    return message, moment

        return await asyncio.wait_for(wait(), WITHIN_S)

    async def turn(self, text: str) -> tuple[dict[str, Any], float]:
        """The assistant's first reply to `text`, and the seconds until it was here."""
        while not self.messages.empty():
            self.messages.get_nowait()
        begun = time.perf_counter()
        await self.say(text)
        reply, moment = await self.until(lambda message: message["metadata"]["author"] == "bot")
        return reply, moment - begun


@asynccontextmanager
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    """What any number of connections are made with."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=WITHIN_S)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
    ) as client:
        yield client
