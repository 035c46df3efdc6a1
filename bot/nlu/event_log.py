"""Rasa's working memory: the events of each conversation's present session, in a file or in PostgreSQL. Imports nothing of Rasa."""

from __future__ import annotations

import json
import math
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

FILE_NAME: Final = "rasa.db"
SESSION_STARTED: Final = "session_started"
_ROWS_AT_ONCE: Final = 200
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS {table} (
    id {key} PRIMARY KEY,
    sender_id TEXT NOT NULL,
    stored DOUBLE PRECISION NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS {table}_by_sender ON {table} (sender_id, id);
CREATE INDEX IF NOT EXISTS {table}_by_age ON {table} (stored);
"""


class State(NamedTuple):
    """How a conversation's memory stands: how many events there are, and the moment at which the newest were stored.

    Their number alone would not do: it goes down when a memory is shortened, and may come to what it was.
    """

    events: int = 0
    newest: float = 0.0


class WentOnElsewhere(Exception):
    """Another process has stored something in the conversation since it was read; nothing was stored."""


def memory_of(database_url: str, data_dir: Path) -> Path | str:
    """Where the working memory lies: beside the record where that is PostgreSQL, so that several Rasa processes share it.

    Args:
        database_url: the address of the record; empty for the file in `data_dir`.
    """
    return database_url if database_url.startswith("postgresql") else data_dir / FILE_NAME


class _Store(Protocol):
    table: str

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """A cursor that has run `sql`, in which `?` stands for each parameter."""

    def writing(self, sender: str) -> Any:
        """A block in which nobody else writes of this sender; kept whole or not at all."""

    def truncate(self) -> bool:
        """See `EventLog.truncate`."""

    def close(self) -> None:
        """Release it."""


class _File:
    """SQLite in WAL mode."""

    table = "events"

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(file, timeout=10, check_same_thread=False, isolation_level=None)
        # A turn lost in a power cut is taken up again by the gateway, so NORMAL is enough.
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.executescript(SCHEMA.format(table=self.table, key="INTEGER"))

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        return self._database.execute(sql, parameters)

    @contextmanager
    def writing(self, sender: str) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            self._database.execute("ROLLBACK")
            raise

    def truncate(self) -> bool:
        # It keeps writers out while it waits for readers, so it must not wait for long.
        self._database.execute("PRAGMA busy_timeout=200")
        (busy, *_) = self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self._database.execute("PRAGMA busy_timeout=10000")
        return not busy

    def close(self) -> None:
        self._database.close()


def _opened(where: Path | str) -> _Store:
    if isinstance(where, Path):
        return _File(where)
    # The library takes 4 MB of every process that has it.
    from bot.nlu.event_server import Server

    return Server(where)


class EventLog:
    """Events by conversation, in order; when a session starts, those before it are forgotten.

    Every error of the database is raised.

    Args:
        where: a file for SQLite, or the address of a PostgreSQL database, which several processes may use.
    """

    def __init__(self, where: Path | str) -> None:
        self._store = _opened(where)
        self._events = self._store.table

    def close(self) -> None:
        """Release file or connection."""
        self._store.close()

    def read(self, sender: str) -> list[dict[str, Any]]:
        """The events of the present session."""
        return self.read_with_state(sender)[1]

    def read_with_state(self, sender: str) -> tuple[State, list[dict[str, Any]]]:
        """The events of the present session, and how the memory stood with them."""
        rows = self._store.run(f"SELECT stored, data FROM {self._events} WHERE sender_id = ? ORDER BY id", (sender,)).fetchall()  # noqa: S608
        # Read as one list, for most of them are short.
        events: list[dict[str, Any]] = json.loads(f"[{','.join(data for _, data in rows)}]")
        return State(len(rows), max((stored for stored, _ in rows), default=0.0)), events

    def state(self, sender: str) -> State:
        """What tells apart how a conversation's memory stood at two moments."""
        found = self._store.run(f"SELECT count(*), max(stored) FROM {self._events} WHERE sender_id = ?", (sender,))  # noqa: S608
        count, newest = found.fetchone()
        return State(int(count), float(newest or 0))

    def append(
        self,
        sender: str,
        events: Sequence[Mapping[str, Any]],
        after: State | None = None,
        forgotten: int = 0,
        instead: Sequence[Mapping[str, Any]] = (),
    ) -> State:
        """Store new events at once or not at all; a session start among them drops everything before it.

        Args:
            after: how the memory stood when the conversation was read.
            forgotten: how many of the oldest events are replaced with the same step, by `instead`, which are fewer.

        Returns:
            How it stands now.

        Raises:
            WentOnElsewhere: it did not stand as `after` any more.
        """
        starts = [number for number, event in enumerate(events) if event.get("event") == SESSION_STARTED]
        kept = events[starts[-1] :] if starts else events
        with self._store.writing(sender):
            there = self.state(sender)
            if after is not None and there != after:
                raise WentOnElsewhere
            # Later than what is there, were the clock set back: as many other events must not look like these.
            stored = max(time.time(), math.nextafter(there.newest, math.inf))
            rows = [(sender, stored, json.dumps(event, ensure_ascii=False)) for event in kept]
            if starts:
                self._store.run(f"DELETE FROM {self._events} WHERE sender_id = ?", (sender,))  # noqa: S608
            elif forgotten:
                self._replace(sender, forgotten, instead)
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                self._insert("sender_id, stored, data", rows[start : start + _ROWS_AT_ONCE])
        if starts:
            return State(len(rows), stored)
        left = there.events - forgotten + len(instead)
        return State(left + len(rows), stored if rows else there.newest)

    def _insert(self, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
        # To a server each statement travels there and back.
        row = f"({', '.join('?' for _ in columns.split(', '))})"
        values = [value for each in rows for value in each]
        self._store.run(f"INSERT INTO {self._events} ({columns}) VALUES {', '.join([row] * len(rows))}", values)  # noqa: S608

    def _replace(self, sender: str, count: int, instead: Sequence[Mapping[str, Any]]) -> None:
        oldest = f"SELECT id, stored FROM {self._events} WHERE sender_id = ? ORDER BY id LIMIT ?"  # noqa: S608
        places = self._store.run(oldest, (sender, count)).fetchall()
        if len(places) != count:
            # What is old is erased without asking whether somebody writes.
            raise WentOnElsewhere
        self._store.run(f"DELETE FROM {self._events} WHERE sender_id = ? AND id <= ?", (sender, places[-1][0]))  # noqa: S608
        rows = [(*place, sender, json.dumps(event, ensure_ascii=False)) for place, event in zip(places, instead)]
        self._insert("id, stored, sender_id, data", rows)

    def senders(self) -> list[str]:
        """Every conversation that has events."""
        return [sender for (sender,) in self._store.run(f"SELECT DISTINCT sender_id FROM {self._events}")]  # noqa: S608

    def erase(self, sender: str) -> int:
        """Forget one conversation; returns how many events went."""
        # Whoever writes of it now is waited for, so that nothing is left of what they write.
        with self._store.writing(sender):
            return int(self._store.run(f"DELETE FROM {self._events} WHERE sender_id = ?", (sender,)).rowcount)  # noqa: S608

    def erase_older_than(self, days: float, now: float | None = None) -> int:
        """Forget conversations in which nothing was said for so long; returns how many events went.

        Args:
            now: the present moment in seconds since 1970, when it is not the clock's.
        """
        old = f"SELECT sender_id FROM {self._events} GROUP BY sender_id HAVING max(stored) < ?"  # noqa: S608
        moment = (time.time() if now is None else now) - days * 86400
        return int(self._store.run(f"DELETE FROM {self._events} WHERE sender_id IN ({old})", (moment,)).rowcount)  # noqa: S608

    def truncate(self) -> bool:
        """Take what was erased out of SQLite's write-ahead log too; False when a reader holds on to it."""
        return self._store.truncate()
