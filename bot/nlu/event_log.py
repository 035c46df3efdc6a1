"""Rasa's working memory on disk: the events of each conversation's present session. Imports nothing of Rasa."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

FILE_NAME: Final = "rasa.db"
SESSION_STARTED: Final = "session_started"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY,
    sender_id TEXT NOT NULL,
    stored REAL NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_by_sender ON events (sender_id, id);
CREATE INDEX IF NOT EXISTS events_by_age ON events (stored);
"""


class EventLog:
    """Events by conversation, in order; when a session starts, those before it are forgotten.

    SQLite in WAL mode, one writer for each conversation. Every error of the database is raised.
    """

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(file, timeout=10, check_same_thread=False, isolation_level=None)
        # A turn lost in a power cut is taken up again by the gateway, so NORMAL is enough.
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Release the file."""
        self._database.close()

    def read(self, sender: str) -> list[dict[str, Any]]:
        """The events of the present session."""
        rows = self._database.execute("SELECT data FROM events WHERE sender_id = ? ORDER BY id", (sender,))
        return [json.loads(data) for (data,) in rows]

    def count(self, sender: str) -> int:
        """How many events `read` would return."""
        (number,) = self._database.execute("SELECT count(*) FROM events WHERE sender_id = ?", (sender,)).fetchone()
        return int(number)

    def append(self, sender: str, events: Sequence[Mapping[str, Any]]) -> None:
        """Store new events at once or not at all; a session start among them drops everything before it."""
        starts = [number for number, event in enumerate(events) if event.get("event") == SESSION_STARTED]
        kept = events[starts[-1] :] if starts else events
        rows = [(sender, time.time(), json.dumps(event, ensure_ascii=False)) for event in kept]
        self._database.execute("BEGIN IMMEDIATE")
        try:
            if starts:
                self._database.execute("DELETE FROM events WHERE sender_id = ?", (sender,))
            self._database.executemany("INSERT INTO events (sender_id, stored, data) VALUES (?, ?, ?)", rows)
            self._database.execute("COMMIT")
        except BaseException:
            self._database.execute("ROLLBACK")
            raise

    def senders(self) -> list[str]:
        """Every conversation that has events."""
        return [sender for (sender,) in self._database.execute("SELECT DISTINCT sender_id FROM events")]

    def erase(self, sender: str) -> int:
        """Forget one conversation; returns how many events went."""
        return int(self._database.execute("DELETE FROM events WHERE sender_id = ?", (sender,)).rowcount)

    def erase_older_than(self, days: float, now: float | None = None) -> int:
        """Forget conversations in which nothing was said for so long; returns how many events went.

        Args:
            now: the present moment in seconds since 1970, when it is not the clock's.
        """
        cursor = self._database.execute(
            "DELETE FROM events WHERE sender_id IN (SELECT sender_id FROM events GROUP BY sender_id HAVING max(stored) < ?)",
            ((time.time() if now is None else now) - days * 86400,),
        )
        return int(cursor.rowcount)

    def truncate(self) -> bool:
        """Take what was erased out of the write-ahead log too; False when a reader holds on to it."""
        # It keeps writers out while it waits for readers, so it must not wait for long.
        self._database.execute("PRAGMA busy_timeout=200")
        (busy, *_) = self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self._database.execute("PRAGMA busy_timeout=10000")
        return not busy
