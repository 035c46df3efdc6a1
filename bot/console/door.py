"""The console as a whole: its table of routes, the live namespace, and what they share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from aiohttp import web

from bot.answers import Answers
from bot.console import replies
from bot.console.accounts import AccountsDoor
from bot.console.board import Board
from bot.console.cards import Cards
from bot.console.guard import Guard
from bot.console.left import LeftDoor
from bot.console.live import Live
from bot.console.page import Page
from bot.console.personal import PersonalData
from bot.console.routes import Route
from bot.console.signing_in import SigningIn
from bot.console.switching import Switching
from bot.console.trail import TrailDoor
from bot.console.work import Work
from bot.conversations.counter import Counter
from bot.conversations.publishing import Record
from bot.conversations.switch import Watch
from bot.db import Database
from bot.i18n import Texts
from bot.limits import Limits
from bot.permits.service import Permits
from bot.privacy.service import Privacy
from bot.settings import Settings
from bot.staff.service import Staff


class Console:
    """The door for staff.

    Authentication and permission of each route stand in `table`; those of the namespace `/staff` in `bot/console/live.py`.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        texts: Texts,
        staff: Staff,
        record: Record,
        counter: Counter,
        answers: Answers,
        permits: Permits,
        privacy: Privacy,
        switch: Watch,
        network: Callable[[web.BaseRequest], str],
        limits: Limits,
        hotline: str,
    ) -> None:
        cards = Cards(answers, permits)
        ready_made = replies.load(answers.catalogue.facts)
        self._guard = Guard(database, staff, settings.trusted_proxies, network, limits)
        self.live = Live(database, staff, self._guard, record, counter, texts, limits, hotline)
        switch.listen(self.live.tell_switched)
        self.table: Sequence[Route] = [
            *Page(texts).routes(),
            *SigningIn(database, staff, record, answers.catalogue, settings.demo).routes(),
            *Board(database, counter, answers.catalogue, dict(answers.topics), cards, ready_made, settings.reclaim_after_s).routes(),
            *Work(database, counter, cards, permits).routes(),
            *LeftDoor(counter).routes(),
            *PersonalData(privacy).routes(),
            *Switching(database, switch).routes(),
            *AccountsDoor(database, staff).routes(),
            *TrailDoor(database).routes(),
        ]

    def routes(self) -> list[web.RouteDef]:
        """The routes of this door, guarded."""
        return [self._guard.wrapped(route) for route in self.table]

    def attach(self, app: web.Application, sockets: Any) -> None:
        """Serve the console: its routes by `app`, its namespace by the Socket.IO server `sockets`."""
        app.add_routes(self.routes())
        sockets.register_namespace(self.live)
        app.cleanup_ctx.append(self._running)

    async def _running(self, _app: web.Application) -> AsyncIterator[None]:
        await self.live.start()
        yield
        await self.live.stop()
