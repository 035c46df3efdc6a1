"""Messages that applicants left: taking one, answering it, and how to reach who left it."""

from __future__ import annotations

from typing import Any, Final

from bot.console import fields
from bot.console.board import left_json
from bot.console.routes import API, Call, Route
from bot.conversations.counter import Counter

READ: Final = "conversation:read"
ANSWER: Final = "left_message:answer"
REVEAL: Final = "number:reveal"


class LeftDoor:
    """The lines of the table about left messages."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    def routes(self) -> list[Route]:
        """The lines of the table."""
        one = f"{API}/left_messages/{{item_id}}"
        return [
            Route("GET", f"{API}/left_messages", READ, self.all),
            Route("POST", f"{one}/take", ANSWER, self.take),
            Route("POST", f"{one}/answer", ANSWER, self.answer),
            Route("POST", f"{one}/reveal", REVEAL, self.reveal),
        ]

    async def all(self, call: Call) -> list[dict[str, Any]]:
        """Those that are open, what is due first; with `open=0` the answered ones too."""
        found = await self._counter.left_messages(call.by, open_only=call.asked("open") != "0")
        return [left_json(item) for item in found]

    async def take(self, call: Call) -> None:
        """Be the one who answers it."""
        await self._counter.take_left_message(call.by, _id(call))

    async def answer(self, call: Call) -> None:
        """Answer it: in the window where that is wanted, otherwise for the record of what was said by other ways."""
        await self._counter.answer_left_message(call.by, _id(call), fields.text(call.body), fields.client_id(call.body))

    async def reveal(self, call: Call) -> dict[str, str]:
        """The e-mail address or telephone number; who asked and why stands in the audit trail."""
        return {"contact": await self._counter.reveal_contact(call.by, _id(call), fields.reason(call.body))}


def _id(call: Call) -> int:
    return fields.counted(call.part("item_id"), "item_id")
