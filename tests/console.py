"""Members of the staff with a browser each: real accounts, real cookies, real HTTP and sockets, at a running gateway."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import socketio

from bot.app import STAFF
from bot.console.live import NAMESPACE
from bot.db import Database
from bot.staff.service import Staff
from tests.gateway import Gateway, answer, echo, hand_off

PASSWORD = "correct horse battery staple"
_ids = itertools.count(1)


async def rasa(message: dict[str, Any]) -> Any:
    """Passes on to a person what asks for one, and repeats everything else."""
    if message["message"] in ("person", "/handoff"):
        return answer(*hand_off(message["metadata"]["language"], "asked"))
    return await echo(message)


class Member:
    """One person's browser at the console."""

    def __init__(self, gateway: Gateway, client: aiohttp.ClientSession, account_id: int, login: str) -> None:
        self.gateway, self.client, self.id, self.login = gateway, client, account_id, login
        self.csrf = ""
        self.language = "en"

    @property
    def origin(self) -> str:
        """The origin of the console's page."""
        return self.gateway.url("/").rstrip("/")

    @property
    def cookie(self) -> str:
        """The token that the browser holds; empty when it holds none."""
        return next((cookie.value for cookie in self.client.cookie_jar if cookie.key == "staff"), "")

    async def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Status and JSON of a call at the console's API, as its page makes it unless `headers` say otherwise."""
        sent = {"Origin": self.origin, "X-CSRF-Token": self.csrf, "Accept-Language": self.language, **(headers or {})}
        sent = {name: value for name, value in sent.items() if value}
        async with self.client.request(method, self.gateway.url(f"/console/api/{path}"), json=body, headers=sent) as response:
            kind = response.headers["Content-Type"]
            return response.status, await (response.json() if kind.startswith("application/json") else response.text())

    async def get(self, path: str) -> Any:
        """What a look gives."""
        status, body = await self.call("GET", path)
        assert status == 200, body
        return body

    async def post(self, path: str, **body: Any) -> Any:
        """What a change gives."""
        status, answered = await self.call("POST", path, body)
        assert status == 200, answered
        return answered

    async def refused(self, path: str, method: str = "POST", **body: Any) -> tuple[int, str, dict[str, Any]]:
        """Status, code and parameters of a refusal."""
        status, answered = await self.call(method, path, body)
        assert status >= 400, answered
        error = answered["error"]
        assert error["message"]
        return status, error["code"], error["params"]

    async def sign_in(self, password: str = PASSWORD) -> Any:
        """Sign in; the page's token for changes is kept."""
        me = await self.post("sign_in", login=self.login, password=password)
        self.csrf = me["csrf"]
        return me

    async def sign_agreement(self) -> None:
        """Sign the duty and privacy agreement."""
        found = await self.get("agreement?language=en")
        await self.post("agreement", version=found["version"])

    async def say(self, conversation_id: str, text: str, client_id: str | None = None) -> Any:
        """Reply in a conversation."""
        return await self.post(f"conversations/{conversation_id}/reply", text=text, client_id=client_id or fresh_id())


def fresh_id() -> str:
    """A client's name for something that it sends."""
    return f"client-{next(_ids)}"


def _make(session: Any, staff: Staff, login: str, role: str, stations: Sequence[str], name: str | None) -> int:
    account_id, token = staff.create_account(session, None, login, name or login.title(), role, stations, "en")
    _, opened = staff.accept_invitation(session, token, PASSWORD)
    staff.sign_out(session, opened)
    return account_id


@asynccontextmanager
async def browser(gateway: Gateway, account_id: int = 0, login: str = "") -> AsyncIterator[Member]:
    """A browser in which nobody is signed in yet."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        yield Member(gateway, client, account_id, login)


@asynccontextmanager
async def member(
    gateway: Gateway,
    database: Database,
    login: str,
    role: str = "officer",
    stations: Sequence[str] = (),
    signed: bool = True,
    ready: bool = True,
    name: str | None = None,
) -> AsyncIterator[Member]:
    """Somebody with an account, signed in; who may serve has signed the agreement and is ready, unless it says otherwise."""
    staff: Staff = gateway.server.app[STAFF]
    account_id = await database.run(_make, staff, login, role, stations, name)
    async with browser(gateway, account_id, login) as person:
        me = await person.sign_in()
        if signed and role != "administrator":
            await person.sign_agreement()
        if signed and ready and "conversation:claim" in me["officer"]["permissions"]:
            await person.post("presence", presence="ready")
        yield person


async def queued(gateway: Gateway, person: Member, sender: str = "ann", *said: str) -> str:
    """The id of a conversation that waits in the queue, last of all."""
    for text in (*said, "person", "desk:wait"):
        await gateway.say(text, sender)
    return str((await person.get("board"))["queue"][-1]["id"])


async def taken(gateway: Gateway, officer: Member, sender: str = "ann", *said: str) -> str:
    """The id of a conversation that the officer has."""
    conversation_id = await queued(gateway, officer, sender, *said)
    await officer.post(f"conversations/{conversation_id}/claim")
    return conversation_id


class Line:
    """A live line to the console, with everything that was heard on it."""

    def __init__(self, client: socketio.AsyncClient) -> None:
        self.client = client
        self.heard: list[tuple[str, Any]] = []
        self._news = asyncio.Event()
        self.ended = asyncio.Event()

    def hear(self, event: str, body: Any) -> None:
        """Keep an event."""
        self.heard.append((event, body))
        self._news.set()

    async def _when(self, look: Callable[[], Any], within_s: float = 60) -> Any:
        async def wait() -> Any:
            while (found := look()) is None:
                self._news.clear()
                await self._news.wait()
            return found

        try:
            return await asyncio.wait_for(wait(), within_s)
        except TimeoutError:
            raise AssertionError(f"it did not come; heard so far: {self.heard}") from None

    async def until(self, event: str, **wanted: Any) -> Any:
        """The first such event with these values, waited for."""
        return await self._when(
            lambda: next(
                (body for name, body in self.heard if name == event and all(body.get(key) == value for key, value in wanted.items())), None
            )
        )

    async def messages_until(self, author: str) -> list[Any]:
        """The messages that were told, once one by `author` is among them."""
        await self._when(
            lambda: next((body for name, body in self.heard if name == "message" and body["message"]["metadata"]["author"] == author), None)
        )
        return [body["message"] for name, body in self.heard if name == "message"]

    async def ask(self, event: str, **body: Any) -> Any:
        """The acknowledgement of an event."""
        return await self.client.call(event, body, namespace=NAMESPACE, timeout=60)


@asynccontextmanager
async def line(person: Member, headers: dict[str, str] | None = None, transports: Sequence[str] = ("websocket",)) -> AsyncIterator[Line]:
    """The live line of a person's page."""
    client = socketio.AsyncClient(reconnection=False, request_timeout=60)
    opened = Line(client)
    for event in (
        "board_changed",
        "message",
        "state",
        "conversation_changed",
        "unwatched",
        "erased",
        "typing",
        "signed_out",
        "assistant_changed",
    ):
        client.on(event, (lambda name: lambda body: opened.hear(name, body))(event), namespace=NAMESPACE)

    async def ended(*_reason: Any) -> None:
        opened.ended.set()

    client.on("disconnect", ended, namespace=NAMESPACE)
    sent = {"Origin": person.origin, "Cookie": f"staff={person.cookie}", **(headers or {})}
    sent = {name: value for name, value in sent.items() if value}
    try:
        await client.connect(person.gateway.url("/"), headers=sent, transports=list(transports), namespaces=[NAMESPACE], wait_timeout=60)
        yield opened
    finally:
        await client.disconnect()
        await client.shutdown()
