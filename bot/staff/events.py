"""What happened to the sessions of staff, told after it is committed, so that open connections can be cut."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

log = logging.getLogger(__name__)

_PENDING = "staff.events"


@dataclass(frozen=True)
class SessionsRevoked:
    """Sessions of an account ended before their time; `session_ids` is None when all of them did."""

    account_id: int
    session_ids: frozenset[str] | None


Listener = Callable[[SessionsRevoked], None]


class Announcer:
    """Tells listeners what a unit of work did, once it is committed and in the thread that committed it.

    A listener that belongs to an event loop goes over with `loop.call_soon_threadsafe`.
    """

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call `listener` with everything that happens from now on."""
        self._listeners.append(listener)

    def after_commit(self, session: Session, happened: SessionsRevoked) -> None:
        """Tell of `happened` when this unit of work is committed, and never if it is rolled back."""
        key = (_PENDING, id(self))
        if key not in session.info:
            session.info[key] = []
            event.listen(session, "after_commit", self._publish)
            event.listen(session, "after_rollback", self._drop)
        session.info[key].append(happened)

    def _publish(self, session: Any) -> None:
        for happened in self._taken(session):
            for listener in self._listeners:
                try:
                    listener(happened)
                except Exception:
                    log.exception("a listener to staff sessions failed")

    def _drop(self, session: Any) -> None:
        self._taken(session)

    def _taken(self, session: Any) -> list[SessionsRevoked]:
        pending = session.info.get((_PENDING, id(self)), [])
        taken, pending[:] = list(pending), []
        return taken
