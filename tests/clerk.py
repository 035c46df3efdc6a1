"""An officer who works without a console, by the same counter; and an assistant that knows when a person is wanted."""

from __future__ import annotations

import itertools
from typing import Any

from bot.app import DATABASE, RECORD
from bot.conversations.counter import Counter
from bot.staff.officers import Officer
from tests.gateway import PARTS, Gateway, answer, echo, hand_off
from tests.staff import make_officer


async def listens(message: dict[str, Any]) -> Any:
    """Rasa that hands over when it is asked for a person, and repeats everything else."""
    if message["message"] in ("/handoff", "person"):
        return answer(*hand_off(message["metadata"]["language"], "asked"))
    return await echo(message)


class Clerk:
    """One officer at a gateway."""

    def __init__(self, gateway: Gateway, officer: Officer) -> None:
        self.officer = officer
        self._counter = Counter(gateway.server.app[RECORD], PARTS.desk)
        self._numbers = itertools.count(1)

    async def joins(self, conversation: str) -> None:
        """Take a conversation from the bot."""
        await self._counter.join(self.officer, conversation)

    async def claims(self, conversation: str) -> None:
        """Take a conversation from the queue."""
        await self._counter.claim(self.officer, conversation)

    async def says(self, conversation: str, text: str) -> None:
        """Reply."""
        await self._counter.reply(self.officer, conversation, text, f"reply-{next(self._numbers)}")

    async def hands_back(self, conversation: str) -> None:
        """Give a conversation back to the bot."""
        await self._counter.hand_back(self.officer, conversation)

    async def closes(self, conversation: str) -> None:
        """End a conversation."""
        await self._counter.close(self.officer, conversation, "solved")


async def clerk_of(gateway: Gateway, name: str = "Chen Li") -> Clerk:
    """An officer who is ready."""
    login = name.lower().replace(" ", ".")
    officer = await gateway.server.app[DATABASE].run(make_officer, login, "officer", name, ("civic_center",))
    return Clerk(gateway, officer)
