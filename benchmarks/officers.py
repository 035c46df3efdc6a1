"""Officers who are really signed in, each with a live line."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from typing import Any, Final

import aiohttp

from benchmarks.clients import Line
from benchmarks.system import Running
from bot.staff.first import staff_at

_API: Final = "console/api"
_SIGN_OF_LIFE_EVERY_S: Final = 15.0


class Officer:
    """One officer's browser.

    Attributes:
        line: the live line; `line.hear` is called with what comes on it.
    """

    def __init__(self, system: Running, client: aiohttp.ClientSession) -> None:
        self._address, self._client = system.address, client
        self._headers = {"Origin": system.address}
        self.line = Line("/staff")

    async def _call(self, method: str, path: str, **body: Any) -> Any:
        url = f"{self._address}/{_API}/{path}"
        async with self._client.request(method, url, json=body if method == "POST" else None, headers=self._headers) as response:
            answer = await response.json()
            if response.status != 200:
                raise ConnectionError(f"{path}: {answer}")
            return answer

    async def arrive(self, invitation: str) -> None:
        """Accept an invitation, sign the agreement, be ready, and open the live line."""
        url = f"{self._address}/{_API}/invitation/accept"
        async with self._client.post(
            url, json={"token": invitation, "password": secrets.token_urlsafe()}, headers=self._headers
        ) as response:
            welcome = await response.json()
            if response.status != 200:
                raise ConnectionError(str(welcome))
            cookie = "; ".join(f"{name}={value.value}" for name, value in response.cookies.items())
        self._headers |= {"X-CSRF-Token": welcome["csrf"], "Cookie": cookie}
        found = await self._call("GET", "agreement?language=en")
        await self._call("POST", "agreement", version=found["version"])
        await self._call("POST", "presence", presence="ready")
        await self.line.open(self._client, self._address, headers={"Origin": self._address, "Cookie": cookie})
        self._living = asyncio.create_task(self._live())

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(_SIGN_OF_LIFE_EVERY_S)
            await self.line.ask("here")

    async def take(self, conversation_id: str) -> None:
        """Take a conversation from the assistant, and follow it."""
        await self._call("POST", f"conversations/{conversation_id}/join")
        await self.line.ask("watch", conversation_id=conversation_id, after=0)

    async def reply(self, conversation_id: str, text: str) -> None:
        """Say something to the applicant."""
        await self._call("POST", f"conversations/{conversation_id}/reply", text=text, client_id=uuid.uuid4().hex)

    async def leave(self) -> None:
        """Close the live line."""
        self._living.cancel()
        await self.line.close()


async def officers(system: Running, client: aiohttp.ClientSession, count: int) -> list[Officer]:
    """Officers with accounts of their own, ready."""
    database, staff = system.database(), staff_at(system.folder)
    with database.session() as session:
        names = [uuid.uuid4().hex[:8] for _ in range(count)]
        invitations = [staff.create_account(session, None, f"officer.{name}", f"Officer {name}", "officer")[1] for name in names]
    database.close()
    found = [Officer(system, client) for _ in range(count)]
    for officer, invitation in zip(found, invitations, strict=True):
        await officer.arrive(invitation)
    return found
