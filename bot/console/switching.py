"""Whether the bot answers applicants: seen by everybody at the console, switched by those who may."""

from __future__ import annotations

from typing import Any

from bot import audit
from bot.console import fields, views
from bot.console.routes import API, SIGNED_IN, Call, Route
from bot.conversations import switch
from bot.conversations.switch import Standing, Watch
from bot.db import Database
from bot.staff.roles import SWITCH


class Switching:
    """The lines of the table about the switch of the bot."""

    def __init__(self, database: Database, watch: Watch) -> None:
        self._database = database
        self._watch = watch

    def routes(self) -> list[Route]:
        """The lines of the table."""
        where = f"{API}/assistant"
        return [Route("GET", where, SIGNED_IN, self.show, by_itself=True), Route("POST", where, SWITCH, self.switch)]

    async def show(self, call: Call) -> dict[str, Any]:
        """How the switch stands."""
        return standing_json(await self._watch.look())

    async def switch(self, call: Call) -> dict[str, Any]:
        """Switch the bot on or off, for a reason; how it stands now, which somebody else may have brought about."""
        on, why = fields.flag(call.body, "on"), fields.reason(call.body)
        await self._database.run(switch.turn, on, audit.staff(call.by.id), call.by.name, why)
        return standing_json(await self._watch.look())


def standing_json(standing: Standing) -> dict[str, Any]:
    """How the switch stands."""
    return {"on": standing.on, "since": views.moment(standing.since), "name": standing.name, "reason": standing.reason}
