"""Records in: the authority's systems deliver one application at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote

from aiohttp import web
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from bot import audit
from bot.channels.bearer import bearer
from bot.db import Database, now
from bot.errors import Conflict, Invalid, NotAllowed
from bot.limits import Limiter
from bot.permits import following
from bot.permits.records import Reader, Record
from bot.permits.register import Delivery, deliver
from bot.request_body import read_object

PATH: Final = "/api/v1/applications/{number}"
_TRIES: Final = 3
_AT_ONCE: Final = 2
_BUSY_FOR_S: Final = 5


class RecordsDoor:
    """The door at `PATH`.

    Authentication: a bearer token of `BOT_RECORD_TOKENS`, always; without any configured nobody may deliver. The name that
    belongs to the token is the source of what it delivers, and a source changes only what is its own.
    """

    def __init__(
        self,
        database: Database,
        reader: Reader,
        tokens: Mapping[str, str],
        limiter: Limiter,
        network: Callable[[web.BaseRequest], str],
    ) -> None:
        self._database = database
        self._reader = reader
        self._tokens = tokens
        self._limiter = limiter
        self._network = network
        # What waits for a row that somebody holds must not keep the threads that conversations need.
        self._free = asyncio.Semaphore(_AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        """The routes of this door."""
        return [web.put(PATH, self.put)]

    async def put(self, request: web.Request) -> web.Response:
        """Store the application as the body describes it: 201 when it is new, else 200; the same again changes nothing."""
        source = bearer(request, self._tokens)
        if source is None:
            await self._limiter.request(self._network(request))
            raise NotAllowed("token_wrong")
        await self._limiter.request(f"token:{source}")
        body = await read_object(request)
        if "number" in body:
            raise Invalid("record_unknown_field", field="number")
        # The server leaves escapes that are no UTF-8 as they stand, where they would pass for letters; the reader refuses surrogates.
        number = unquote(request.rel_url.raw_path.rpartition("/")[2], errors="surrogateescape")
        record = self._reader.read({**body, "number": number})
        async with self._free:
            delivery = await self._store(record, source)
        status = 201 if delivery.outcome == "added" else 200
        return web.json_response({"outcome": delivery.outcome, "changed": list(delivery.fields)}, status=status)

    async def _store(self, record: Record, source: str) -> Delivery:
        for left in reversed(range(_TRIES)):
            try:
                return await self._database.run(_store, record, source)
            except (IntegrityError, OperationalError):
                # Two deliveries made the same person or application, or waited for each other; the second sees the first now.
                if not left:
                    raise Conflict("record_busy", retry_after_s=_BUSY_FOR_S) from None
        raise AssertionError


def _store(session: Session, record: Record, source: str) -> Delivery:
    if session.get_bind().dialect.name == "postgresql":
        # A file that is brought in holds its rows for minutes.
        session.execute(text("SET LOCAL lock_timeout = '500ms'"))
    (outcome,) = deliver(session, [record], source)
    if isinstance(outcome, Conflict):
        raise outcome
    if outcome.outcome == "older":
        raise Conflict("record_older")
    if outcome.outcome != "unchanged":
        details: dict[str, Any] = {"outcome": outcome.outcome, "fields": list(outcome.fields)}
        if outcome.entered is not None:
            details["stage"] = outcome.entered
            following.mark(session, [outcome.application_id], now())
        audit.record(session, audit.service(source), "application:deliver", f"application:{outcome.application_id}", **details)
    return outcome
