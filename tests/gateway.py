"""A gateway over real sockets with a scripted Rasa behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy.orm import Session

from bot.app import CROWD, EDGE, build
from bot.channels.rest import PATH
from bot.connections import Runner
from bot.conversations.composer import Contact
from bot.conversations.desk import Desk, Presence, Rules
from bot.languages import TONGUES
from bot.nlu.safety import SafetyPhrases
from bot.parts import Parts
from bot.settings import ROOT, Settings
from bot.staff.officers import Officer
from bot.staff.roles import ROLES
from tests.project import answers

Script = Callable[[dict[str, Any]], Awaitable[Any]]


def reply(text: str, **fields: Any) -> dict[str, Any]:
    """A reply as actions send it."""
    return {"text": text, "language": "en", **fields}


def answer(*replies: dict[str, Any]) -> list[dict[str, Any]]:
    """Rasa's body for these replies."""
    return [{"recipient_id": "x", "custom": {"replies": list(replies)}}]


async def echo(message: dict[str, Any]) -> Any:
    """Rasa that repeats what it was asked, in the language it was told."""
    return answer(reply(f"echo: {message['message']}", language=message["metadata"]["language"]))


class FakeRasa:
    """A Rasa and action server in one, whose next answers a script decides."""

    def __init__(self, script: Script = echo) -> None:
        self.script = script
        self.asked: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.model: str | None = "model.tar.gz"
        app = web.Application()
        app.router.add_post("/webhooks/rest/webhook", self._ask)
        app.router.add_get("/status", self._status)
        app.router.add_get("/health", self._health)
        self.server = TestServer(app)

    @property
    def port(self) -> int:
        assert self.server.port is not None
        return self.server.port

    @property
    def texts(self) -> list[str]:
        """The messages asked so far."""
        return [message["message"] for message in self.asked]

    async def _ask(self, request: web.Request) -> web.Response:
        message = await request.json()
        self.asked.append(message)
        self.requests.append(request.headers["X-Request-ID"])
        body = await self.script(message)
        return body if isinstance(body, web.Response) else web.json_response(body)

    async def _status(self, _request: web.Request) -> web.Response:
        return web.json_response({"model_file": self.model})

    async def _health(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})


def hand_off(language: str, reason: str, calm: bool = False) -> list[dict[str, Any]]:
    """What the assistant says when a person is wanted; the desk's offer takes its place."""
    return [{"text": "A person is asked for.", "language": language, "topic": "handoff", "handoff": {"reason": reason, "calm": calm}}]


# A Wednesday, 10:00 and 20:00 in Shenzhen.
OPEN = datetime(2026, 11, 25, 2, tzinfo=UTC)
CLOSED = datetime(2026, 11, 25, 12, tzinfo=UTC)


class FakePresence:
    """Officers who are there because a test says so; nobody who is not named is ever lost."""

    def __init__(self, *ready: int) -> None:
        self.here = set(ready)
        self.gone: set[int] = set()
        self.named: dict[int, Officer] = {}

    def ready(self, _session: Session, _within_s: float) -> list[Officer]:
        return [self.named.get(number) or self._anybody(number) for number in sorted(self.here)]

    @staticmethod
    def _anybody(number: int) -> Officer:
        return Officer(number, f"Officer {number}", "officer", ROLES["officer"], (), True, "en", "ready")

    def lost(self, _session: Session, _within_s: float) -> set[int]:
        return self.gone


@cache
def _safety() -> SafetyPhrases:
    return SafetyPhrases.load(ROOT)


def desk(presence: Presence | None = None, rules: Rules = Rules(), clock: Callable[[], datetime] = lambda: OPEN) -> Desk:
    """A desk, by default in its hours and with one officer who is ready."""
    return Desk(answers(), presence or FakePresence(1), rules, clock, _safety().kind_of)


PARTS = Parts(
    redact=lambda session, conversation, text, expects: text.replace("E12345678", "<NUMBER:1>"),
    render_private=lambda session, conversation, token, language: [reply(f"status of {token}", language=language)],
    desk=desk(),
    contact=Contact("0755-88121678", {**dict.fromkeys(TONGUES, "Monday to Friday, 09:00–12:00"), "zh": "周一至周五 9:00–12:00"}),
    tidy=lambda session: None,
)


class Gateway:
    """A client of a running gateway."""

    def __init__(self, client: aiohttp.ClientSession, server: TestServer, rasa: FakeRasa) -> None:
        self.client, self.server, self.rasa = client, server, rasa

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self.server.port is not None
        return self.server.port

    def url(self, path: str) -> str:
        """The address of a path."""
        return str(self.server.make_url(path))

    async def post(self, body: Any, **options: Any) -> tuple[int, Any]:
        """Status and JSON of a call at the REST door."""
        async with self.client.post(self.url(PATH), json=body, **options) as response:
            return response.status, await response.json()

    async def say(self, text: str | None, sender: str = "ann", **metadata: Any) -> list[dict[str, Any]]:
        """The messages that a call returns."""
        status, body = await self.post({"sender": sender, "message": text, "metadata": metadata})
        assert status == 200, body
        messages: list[dict[str, Any]] = body
        return messages

    async def texts(self, text: str | None, sender: str = "ann", **metadata: Any) -> list[str]:
        """Their texts."""
        return [message["text"] for message in await self.say(text, sender, **metadata)]


class _Server(TestServer):
    """Serves a gateway as it is served for the public."""

    async def _make_runner(self, **options: Any) -> Runner:
        # The library's test server cancels the work for a caller who is gone; the gateway goes on with it.
        return Runner(self.app, self.app[EDGE], self.app[CROWD], **{**options, "handler_cancellation": False})


@asynccontextmanager
async def running(settings: Settings, script: Script = echo, parts: Parts = PARTS) -> AsyncIterator[Gateway]:
    """A gateway on a migrated database, and its Rasa."""
    rasa = FakeRasa(script)
    await rasa.server.start_server()
    settings = replace(settings, rasa_port=rasa.port, actions_port=rasa.port)
    server = _Server(build(settings, parts))
    await server.start_server()
    async with aiohttp.ClientSession() as client:
        try:
            yield Gateway(client, server, rasa)
        finally:
            await server.close()
            await rasa.server.close()


def seqs(messages: Sequence[dict[str, Any]]) -> list[int]:
    """The numbers of messages."""
    return [message["metadata"]["seq"] for message in messages]


async def never(_message: dict[str, Any]) -> Any:
    """Rasa that hangs."""
    await asyncio.sleep(3600)
