"""The only place from which events are published: after the commit of the work that made them, in the order of the commits."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final, TypeVar

from bot.conversations.events import Event, Listener
from bot.db import Database
from bot.logs import place

log = logging.getLogger(__name__)

T = TypeVar("T")

_STRIPES: Final = 64


class Happened(list[Event]):
    """The events of one unit of work, in order; they are forgotten when it fails.

    Attributes:
        then: what this process does next, called in the event loop after the events have been published.
    """

    def __init__(self) -> None:
        super().__init__()
        self.then: Callable[[], None] | None = None


class Record:
    """The record of conversations: runs units of work on it and tells what they changed.

    A process that dies between a commit and its publishing loses nothing that is stored: clients catch up from the record.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: list[Listener] = []
        self._others: Listener | None = None
        self._stripes = [threading.Lock() for _ in range(_STRIPES)]

    def listen(self, listener: Listener) -> None:
        """Have `listener` called in the event loop with each event after its commit, in the order of a conversation's commits."""
        self._listeners.append(listener)

    def tell_others(self, listener: Listener) -> None:
        """Have `listener` called with each event of this process, and with none that was heard from another."""
        self._others = listener

    def tell(self, event: Event) -> None:
        """Publish what is not stored, such as that somebody is typing."""
        self._publish([event])

    def heard(self, event: Event) -> None:
        """Publish what another process has done; called in the event loop."""
        self._notify(event)

    async def run(self, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """`work(session, happened, *arguments, **named)` in a thread, inside one unit of work.

        What it returns is committed, and the events that it appended to `happened` have been published. Both also come
        about when the caller is cancelled meanwhile.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def told(happened: Happened, result: T) -> None:
            # One step for both, so that whoever hears of an event finds its author's work done.
            try:
                self._publish(happened)
                if happened.then is not None:
                    happened.then()
            finally:
                if not done.done():
                    done.set_result(result)

        def failed(error: BaseException) -> None:
            if not done.done():
                done.set_exception(error)

        def unit() -> None:
            happened = Happened()
            try:
                with self._database.session() as session:
                    result = work(session, happened, *arguments, **named)
                    session.flush()
                    with self._in_turn(happened):
                        session.commit()
                        _call(loop, told, happened, result)
            except BaseException as error:
                _call(loop, failed, error)

        loop.run_in_executor(None, contextvars.copy_context().run, unit)
        return await done

    def _in_turn(self, happened: Happened) -> ExitStack:
        """Keep a later commit in the same conversation from being told before this one."""
        names = {conversation for event in happened if (conversation := getattr(event, "conversation_id", None)) is not None}
        stack = ExitStack()
        for stripe in sorted({hash(name) % _STRIPES for name in names}):
            stack.enter_context(self._stripes[stripe])
        return stack

    def _publish(self, events: list[Event]) -> None:
        for event in events:
            self._notify(event)
            if self._others is not None:
                self._others(event)

    def _notify(self, event: Event) -> None:
        for listener in self._listeners:
            try:
                listener(event)
            except Exception as error:
                log.error("listener failed: %s", place(error))


def _call(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *arguments: object) -> None:
    try:
        loop.call_soon_threadsafe(function, *arguments)
    except RuntimeError:
        # The loop has ended while the work was done; there is nobody left to tell.
        log.warning("the end of a unit of work came after the end of its loop")
