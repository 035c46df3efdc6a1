"""SQLite under a writer that is killed at any moment, and what becomes of a file that was damaged."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import audit
from bot.audit_chain import verify
from bot.conversations import ledger
from bot.conversations.ledger import Address
from bot.conversations.models import Message, Turn
from bot.db import Database
from bot.settings import ROOT
from tests.servers import AUDIT_KEY

KILLS = 40
ADDRESSES = [Address("socket", "session", name) for name in ("ann", "bob", "eve")]


def write(url: str, life: int, told: Connection) -> None:
    """Store messages as the gateway does, and tell of each once it is committed."""
    database = Database(url, AUDIT_KEY)
    for number in range(100_000):
        address, name = ADDRESSES[number % len(ADDRESSES)], f"{life}-{number}"
        with database.session() as session:
            stored = ledger.store_applicants(session, address, f"message {name} " + "x" * 400, name).message
            audit.record(session, audit.APPLICANT, "message:store", f"conversation:{stored.conversation_id}", name=name)
        told.send(name)


def test_every_acknowledged_message_is_there_after_a_kill_at_any_moment(sqlite_database: Database) -> None:
    url = str(sqlite_database.engine.url)
    sqlite_database.close()
    # A child that is forked need not import everything again.
    processes, moments = multiprocessing.get_context("fork"), random.Random(11)
    acknowledged: list[str] = []
    for life in range(KILLS):
        mine, theirs = processes.Pipe(duplex=False)
        writer = processes.Process(target=write, args=(url, life, theirs))
        writer.start()
        theirs.close()
        for _ in range(moments.randrange(1, 12)):
            acknowledged.append(mine.recv())
        # Anywhere in what follows, from the first row to the commit.
        mine.poll(moments.random() / 50)
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        try:
            while True:
                acknowledged.append(mine.recv())
        except EOFError:
            pass
        with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
    database = Database(url, AUDIT_KEY)
    with database.session() as session:
        rows = session.execute(select(Message.conversation_id, Message.seq, Message.client_id, Message.id)).all()
        turns = set(session.execute(select(Turn.message_id)).scalars())
        acts = [entry["name"] for entry in session.execute(select(audit.AuditEntry.detail)).scalars()]
    names = [row.client_id for row in rows]
    assert len(names) == len(set(names)) and set(acknowledged) <= set(names)
    for conversation in {row.conversation_id for row in rows}:
        numbers = sorted(row.seq for row in rows if row.conversation_id == conversation)
        assert numbers == list(range(1, len(numbers) + 1))
    # What belongs to a message is there with it or not at all.
    assert turns == {row.id for row in rows} and sorted(acts) == sorted(names)
    assert verify(database).broken is None
    database.close()


@pytest.fixture
def filled(tmp_path: Path, migrated_sqlite: Path) -> Path:
    """The file of a data folder, with conversations in it, closed in good order."""
    path = tmp_path / "permits.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    database = Database(f"sqlite:///{path}", AUDIT_KEY)
    with database.session() as session:
        for number in range(200):
            ledger.store_applicants(session, ADDRESSES[number % 3], f"message {number} " + "x" * 400, f"name-{number}")
    database.close()
    return path


def run_bot(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")} | {"BOT_DATA_DIR": str(folder)}
    return subprocess.run([sys.executable, "-m", "bot", command], cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("damage", ["a page overwritten", "the end cut off"])
@pytest.mark.parametrize("command", ["run", "serve"])
def test_a_file_with_a_damaged_page_is_refused_with_the_way_out(filled: Path, damage: str, command: str) -> None:
    whole = filled.read_bytes()
    page = 4096
    pages = len(whole) // page
    assert pages > 40
    if damage == "a page overwritten":
        # Beyond the first pages, which every command reads.
        at = (pages - 10) * page
        filled.write_bytes(whole[:at] + b"\xa5" * page + whole[at + page :])
    else:
        filled.write_bytes(whole[: (pages - 20) * page])
    refused = run_bot(filled.parent, command)
    # Before it stand at most lines of the log.
    line = refused.stderr.strip().splitlines()[-1]
    assert refused.returncode == 1 and line.startswith("error: ") and "Traceback" not in refused.stderr
    assert str(filled) in line and "damaged" in line and "docs/operations.md" in line
