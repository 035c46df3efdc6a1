"""An officer with the console: signed in for real, claiming what waits, answering everything once, by whichever gateway answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import aiohttp
import socketio

from bot.console.live import NAMESPACE
from tests.faults.applicant import end, reply_to
from tests.faults.view import View
from tests.faults.work import Work

# As in `bot/static/console/`: live.js, api.js and outbox.js.
_ANSWER_WITHIN_S: Final = 8.0
_HERE_EVERY_S: Final = 20.0
_AGAIN_S: Final = 1.0
_CLAIMS_S: Final = 0.3

_BROKEN: Final = (aiohttp.ClientError, asyncio.TimeoutError, OSError, socketio.exceptions.SocketIOError)


class Refused(Exception):
    """The gateway said no; the text is the code."""


class Officer:
    """One officer.

    Attributes:
        views: what is shown of each conversation.
        replied: the client's name of each reply that was acknowledged, and the number it got.
        refused: codes of refusals other than that somebody else was first.
        sign_ins: how often the password had to be given.
        mine: the conversations that this officer has.
        work: what is done meanwhile.
    """

    def __init__(self, login: str, password: str, gateways: Sequence[str], first: int = 0) -> None:
        self.login = login
        self.views: dict[str, View] = {}
        self.replied: dict[str, str] = {}
        self.refused: list[str] = []
        self.sign_ins = 0
        self._password = password
        self._gateways, self._at, self._first = gateways, first, first
        self._lost = asyncio.Event()
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=_ANSWER_WITHIN_S))
        self._csrf = ""
        self._client: socketio.AsyncClient | None = None
        self.mine: set[str] = set()
        self._look = asyncio.Event()
        self._busy: set[str] = set()
        self.work = Work()
        self.work.soon(self._keep())

    async def close(self) -> None:
        """Go home."""
        await self.work.stop()
        self._hang_up()
        await self.work.finish()
        await self._http.close()

    def go_home(self) -> None:
        """Go back to the gateway at which the day began."""
        if self._at != self._first:
            self._at = self._first - 1
            self._lost.set()

    async def _keep(self) -> None:
        while True:
            with suppress(*_BROKEN, Refused):
                await self._serve()
            self._hang_up()
            self._at = (self._at + 1) % len(self._gateways)
            await asyncio.sleep(_AGAIN_S)

    async def _serve(self) -> None:
        """One line, from the beginning until it ends."""
        lost = self._lost = asyncio.Event()
        status, me = await self._call("GET", "me")
        if status != 200:
            status, me = await self._call("POST", "sign_in", login=self.login, password=self._password)
            if status != 200:
                raise Refused(me["error"]["code"])
            self.sign_ins += 1
        self._csrf = me["csrf"]
        await self._post("presence", presence="ready")
        client = self._client = socketio.AsyncClient(reconnection=False, http_session=self._http)
        client.on("board_changed", lambda _body: self._look.set(), namespace=NAMESPACE)
        client.on("message", self.work.handler(lambda body: self._hear(client, body)), namespace=NAMESPACE)
        client.on("conversation_changed", self.work.handler(lambda body: self._changed(client, body)), namespace=NAMESPACE)
        client.on("unwatched", self.work.handler(lambda body: self._unwatched(client, body)), namespace=NAMESPACE)
        client.on("disconnect", lambda *_reason: lost.set(), namespace=NAMESPACE)
        headers = {"Origin": self._gateway}
        await client.connect(
            self._gateway, headers=headers, transports=["websocket"], namespaces=[NAMESPACE], wait_timeout=_ANSWER_WITHIN_S
        )
        for view in self.views.values():
            view.begin_line()
        for conversation in list(self.mine):
            await self._watch(client, conversation)
        self._look.set()
        heart = asyncio.create_task(self._beat(client, lost))
        try:
            while not lost.is_set():
                looking = asyncio.create_task(self._look.wait())
                ended = asyncio.create_task(lost.wait())
                await asyncio.wait({looking, ended}, return_when=asyncio.FIRST_COMPLETED)
                looking.cancel(), ended.cancel()
                if self._look.is_set() and not lost.is_set():
                    self._look.clear()
                    await self._board(client)
        finally:
            heart.cancel()

    async def _beat(self, client: socketio.AsyncClient, lost: asyncio.Event) -> None:
        try:
            while True:
                await client.call("here", {}, namespace=NAMESPACE, timeout=_ANSWER_WITHIN_S)
                await asyncio.sleep(_HERE_EVERY_S)
        except _BROKEN:
            lost.set()

    async def _board(self, client: socketio.AsyncClient) -> None:
        status, board = await self._call("GET", "board")
        if status != 200:
            raise Refused(board["error"]["code"])
        if board["queue"]:
            await self._call("POST", f"conversations/{board['queue'][0]['id']}/claim")
            # Who has less is the quicker one next time.
            await asyncio.sleep(_CLAIMS_S * (1 + len(board["mine"])))
            self._look.set()
        mine = {row["id"] for row in board["mine"]}
        for conversation in mine - self.mine:
            await self._watch(client, conversation)
        self.mine = mine

    async def _watch(self, client: socketio.AsyncClient, conversation: str) -> None:
        view = self.views.setdefault(conversation, View())
        after = view.last(conversation)
        body = {"conversation_id": conversation, "after": after}
        answer = await client.call("watch", body, namespace=NAMESPACE, timeout=_ANSWER_WITHIN_S)
        if not answer["ok"]:
            raise Refused(answer["error"]["code"])
        view.add([within(conversation, message) for message in answer["messages"]], (conversation, after))
        self._reply_soon(conversation)

    def _hear(self, client: socketio.AsyncClient, body: Mapping[str, Any]) -> None:
        conversation = body["conversation_id"]
        view = self.views.get(conversation)
        if client is not self._client or view is None:
            return
        _, missing = view.add([within(conversation, body["message"])])
        if missing:
            self.work.soon(self._catch_up(client, conversation))
        self._reply_soon(conversation)

    def _changed(self, client: socketio.AsyncClient, body: Mapping[str, Any]) -> None:
        """Something happened of which no more was told: the page fetches the conversation again."""
        if client is self._client and body["conversation_id"] in self.views:
            self.work.soon(self._fetch(body["conversation_id"]))

    def _unwatched(self, client: socketio.AsyncClient, body: Mapping[str, Any]) -> None:
        """The gateway lets nobody follow it any more who may not: the page asks whether it may."""
        if client is self._client and body["conversation_id"] in self.views:
            self.work.soon(self._catch_up(client, body["conversation_id"]))

    async def _fetch(self, conversation: str) -> None:
        view = self.views[conversation]
        after = view.last(conversation)
        with suppress(*_BROKEN):
            status, found = await self._call("GET", f"conversations/{conversation}?after={after}")
            if status == 200:
                view.add([within(conversation, message) for message in found["messages"]], (conversation, after))
                self._reply_soon(conversation)

    async def _catch_up(self, client: socketio.AsyncClient, conversation: str) -> None:
        with suppress(*_BROKEN, Refused):
            await self._watch(client, conversation)

    def _reply_soon(self, conversation: str) -> None:
        if conversation not in self._busy:
            self._busy.add(conversation)
            self.work.soon(self._reply(conversation))

    async def _reply(self, conversation: str) -> None:
        """Answer what nobody has answered, one after the other, each under the same name until it is stored."""
        try:
            while (open_ := self._unanswered(conversation)) is not None:
                try:
                    status, answer = await self._call("POST", f"conversations/{conversation}/reply", text=reply_to(open_), client_id=open_)
                except _BROKEN:
                    await asyncio.sleep(_AGAIN_S)
                    continue
                if status == 200:
                    self.replied[open_] = answer["id"]
                elif status in (403, 404, 409):
                    # Somebody else has it; it is answered when it comes back.
                    return
                else:
                    self.refused.append(answer["error"]["code"])
                    await asyncio.sleep(_AGAIN_S)
        finally:
            self._busy.discard(conversation)

    def _unanswered(self, conversation: str) -> str | None:
        view = self.views[conversation]
        answered = set(view.texts(conversation, "staff"))
        asked = (text for text in view.texts(conversation, "applicant") if text.startswith("question "))
        return next((text for text in asked if text not in self.replied and reply_to(text) not in answered), None)

    # The wire.

    @property
    def _gateway(self) -> str:
        return self._gateways[self._at]

    async def _call(self, method: str, path: str, **body: Any) -> tuple[int, Any]:
        headers = {"Origin": self._gateway, "X-CSRF-Token": self._csrf} if self._csrf else {"Origin": self._gateway}
        url = f"{self._gateway}/console/api/{path}"
        async with self._http.request(method, url, json=body if method == "POST" else None, headers=headers) as response:
            return response.status, await response.json()

    async def _post(self, path: str, **body: Any) -> Any:
        status, answer = await self._call("POST", path, **body)
        if status != 200:
            raise Refused(answer["error"]["code"])
        return answer

    def _hang_up(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            self.work.soon(end(client))


def within(conversation: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """A message of the console with its conversation, as applicants get it."""
    return {**message, "metadata": {**message["metadata"], "conversation": {"id": conversation}}}
