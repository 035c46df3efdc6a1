"""Applicants on real sockets: clients that remember what they were sent, so that tests can wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import socketio

WITHIN_S = 20
# As the widget, which gives up then.
_PATIENCE_S = 12


class Applicant:
    """One connection of one client.

    Attributes:
        heard: every event as it came, `(name, body)`.
        token: the session's, as last confirmed.
    """

    def __init__(self, url: str, transports: list[str] | None = None, http: aiohttp.ClientSession | None = None, **headers: str) -> None:
        self.client = socketio.AsyncClient(reconnection=False, http_session=http, ssl_verify=http is None, request_timeout=_PATIENCE_S)
        self.heard: list[tuple[str, Any]] = []
        self.token: str | None = None
        self.gone = asyncio.Event()
        self._url, self._transports, self._headers = url, transports, headers
        self._news = asyncio.Condition()
        self.client.on("*", self._hear)
        self.client.on("disconnect", self._leave)

    async def _hear(self, event: str, *bodies: Any) -> None:
        async with self._news:
            body = bodies[0] if bodies else None
            self.heard.append((event, body))
            if event == "session_confirm":
                self.token = body
            self._news.notify_all()

    async def _leave(self, *_reason: Any) -> None:
        self.gone.set()

    async def connect(self) -> Applicant:
        """Open the connection; nothing is asked yet."""
        await self.client.connect(self._url, transports=self._transports, headers=self._headers, wait_timeout=WITHIN_S)
        return self

    async def open(self, token: str | None = None, **more: Any) -> dict[str, Any]:
        """Ask for a session as our widget does; what it is told."""
        answer: dict[str, Any] = await self.call("session_request", {"session_id": token, "after": 0, **more})
        return answer

    async def call(self, event: str, body: Any = None) -> Any:
        """The acknowledgement of an event."""
        return await self.client.call(event, body, timeout=WITHIN_S)

    async def say(self, text: str, client_id: str | None = None, **metadata: Any) -> dict[str, Any]:
        """The acknowledgement of a message."""
        answer: dict[str, Any] = await self.call("user_uttered", {"message": text, "metadata": {"message_id": client_id, **metadata}})
        return answer

    def bodies(self, event: str) -> list[Any]:
        """What came with each event of this name so far."""
        return [body for name, body in self.heard if name == event]

    def texts(self, event: str = "bot_uttered") -> list[str]:
        """The texts of the messages that came so far."""
        return [body["text"] for body in self.bodies(event)]

    async def until(self, condition: Callable[[], Any]) -> Any:
        """Wait until something that is heard makes `condition` true; its value."""

        async def wait() -> Any:
            async with self._news:
                while not (value := condition()):
                    await self._news.wait()
                return value

        try:
            return await asyncio.wait_for(wait(), WITHIN_S)
        except TimeoutError:
            raise AssertionError(f"it did not come; heard so far: {self.heard}") from None

    async def hears(self, text: str, event: str = "bot_uttered") -> dict[str, Any]:
        """The first message with this text, once it is there."""
        found: dict[str, Any] = await self.until(lambda: next((body for body in self.bodies(event) if body["text"] == text), None))
        return found

    async def close(self) -> None:
        """End the connection in good order."""
        if self.client.connected:
            await self.client.disconnect()


@asynccontextmanager
async def connected(
    url: str, transports: list[str] | None = None, http: aiohttp.ClientSession | None = None, **headers: str
) -> AsyncIterator[Applicant]:
    """An applicant who is connected, without a session yet; `http` finds the server, where that needs something of its own."""
    applicant = Applicant(url, transports, http, **headers)
    try:
        yield await applicant.connect()
    finally:
        await applicant.close()


@asynccontextmanager
async def visiting(
    url: str, token: str | None = None, transports: list[str] | None = None, http: aiohttp.ClientSession | None = None
) -> AsyncIterator[Applicant]:
    """An applicant with a session, as our widget opens it."""
    async with connected(url, transports, http) as applicant:
        answer = await applicant.open(token)
        assert answer["ok"], answer
        yield applicant
