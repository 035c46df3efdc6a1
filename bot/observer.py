"""Looks at what is not counted as it happens, when the figures of a gateway are asked for, and at how late its loop is."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import Final

from async_timeout import timeout
from sqlalchemy.orm import Session

from bot import jobs
from bot.conversations.desk import Desk
from bot.conversations.figures import Figures, figures
from bot.conversations.switch import Watch
from bot.db import Database
from bot.logs import place
from bot.metrics import Metrics

log = logging.getLogger(__name__)

BEAT_S: Final = 0.25
# A database that is away must not keep the other figures back.
_WITHIN_S: Final = 3.0


class Observer:
    """Fills the gauges of one gateway; what cannot be read keeps the value it had, and the part is told to be down."""

    def __init__(self, metrics: Metrics, database: Database, desk: Desk, switch: Watch) -> None:
        self._metrics, self._database, self._desk = metrics, database, desk
        self._due: float | None = None
        metrics.watch(database.engine)
        metrics.assistant_on.set_function(lambda: float(switch.standing.on))

    async def look(self) -> None:
        """Read what waits, and when the regular works were done."""
        try:
            async with timeout(_WITHIN_S):
                found, done = await self._database.run(self._read)
        except Exception as error:
            log.warning("figures could not be read: %s", place(error))
            return
        metrics = self._metrics
        metrics.owed.set(found.owed)
        metrics.owed_seconds.set(found.owed_seconds)
        metrics.queue.set(found.queue)
        metrics.queue_seconds.set(found.queue_seconds)
        metrics.officers.set(found.officers)
        metrics.left.set(found.left)
        metrics.left_overdue.set(found.left_overdue)
        for name in jobs.NAMES:
            at, well = done.get(name, (None, True))
            metrics.job_at.labels(name).set(0 if at is None else at.timestamp())
            metrics.job_well.labels(name).set(well)

    def _read(self, session: Session) -> tuple[Figures, dict[str, tuple[datetime, bool]]]:
        return figures(session, self._desk), dict(jobs.last(session))

    async def beat(self) -> None:
        """Note how much later than `BEAT_S` after the last time this is called."""
        moment = time.monotonic()
        if self._due is not None:
            self._metrics.lag.observe(max(0.0, moment - self._due))
        self._due = moment + BEAT_S
