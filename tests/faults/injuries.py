"""What is done to the parts, one after the other."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import text

from tests.cluster import Cluster

# Longer than the lease of a turn, which is ten seconds.
STOPPED_S: Final = 13.0
SLOWED_S: Final = 12.0
FULL_S: Final = 10.0
WRONG_S: Final = 8.0
# A slowed part works for one part in eight of the time.
_RESTS_S, _WORKS_S = 0.21, 0.03
_ROOM: Final = 1 << 14


@dataclass(frozen=True)
class Places:
    """Where the harness has its hand on what the parts use.

    Attributes:
        disk: the small disk that PostgreSQL keeps its files on; None where none could be made.
        clock: the file that says how far the clock of `gateway-1` is off; None where it cannot be set.
    """

    disk: Path | None
    clock: Path | None


Lasting = Callable[[Cluster, Places], AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class Injury:
    """One fault of one kind of part; `lasting` is a block that begins and ends it."""

    part: str
    fault: str
    lasting: Lasting


def _killed(*parts: str) -> Lasting:
    @asynccontextmanager
    async def lasting(cluster: Cluster, _places: Places) -> AsyncIterator[None]:
        for part in parts:
            cluster.kill(part)
        yield

    return lasting


def _stopped(part: str) -> Lasting:
    @asynccontextmanager
    async def lasting(cluster: Cluster, _places: Places) -> AsyncIterator[None]:
        cluster.stop(part)
        try:
            await asyncio.sleep(STOPPED_S)
            yield
        finally:
            cluster.go_on(part)

    return lasting


def _slowed(part: str) -> Lasting:
    @asynccontextmanager
    async def lasting(cluster: Cluster, _places: Places) -> AsyncIterator[None]:
        until = time.monotonic() + SLOWED_S
        try:
            while time.monotonic() < until:
                cluster.stop(part)
                await asyncio.sleep(_RESTS_S)
                cluster.go_on(part)
                await asyncio.sleep(_WORKS_S)
            yield
        finally:
            cluster.go_on(part)

    return lasting


@asynccontextmanager
async def _disk_full(cluster: Cluster, places: Places) -> AsyncIterator[None]:
    """Nothing can be written where PostgreSQL keeps its files, neither rows nor its log."""
    assert places.disk is not None
    ballast = places.disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * _ROOM)
        except OSError:
            pass
        file.flush()
    try:
        await asyncio.to_thread(_needs_new_log, cluster)
        await asyncio.sleep(FULL_S)
        yield
    finally:
        ballast.unlink()


def _needs_new_log(cluster: Cluster) -> None:
    """Have PostgreSQL begin the next file of its log, for which there is no room, so that it cannot go on."""
    database = cluster.database()
    try:
        for _ in range(3):
            with database.engine.connect() as connection:
                connection.execute(text("SELECT pg_switch_wal(), pg_logical_emit_message(true, 'fault', repeat('x', 100000))"))
    except Exception:
        return
    finally:
        database.close()


@asynccontextmanager
async def _memory_full(cluster: Cluster, _places: Places) -> AsyncIterator[None]:
    await _redis(cluster, "CONFIG SET maxmemory 1")
    try:
        await asyncio.sleep(FULL_S)
        yield
    finally:
        await _redis(cluster, "CONFIG SET maxmemory 0")


async def _redis(cluster: Cluster, command: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", cluster.port("redis"))
    writer.write(f"{command}\r\n".encode())
    answer = await reader.readline()
    assert answer == b"+OK\r\n", answer
    writer.close()


def _clock(step: timedelta) -> Lasting:
    @asynccontextmanager
    async def lasting(_cluster: Cluster, places: Places) -> AsyncIterator[None]:
        assert places.clock is not None
        set_clock(places.clock, step)
        try:
            await asyncio.sleep(WRONG_S)
            yield
        finally:
            set_clock(places.clock, timedelta(0))

    return lasting


def set_clock(file: Path, ahead: timedelta) -> None:
    """Have the clock of whoever reads this file be off by so much."""
    part = file.with_suffix(".part")
    part.write_text(f"{ahead.total_seconds():+.0f}\n")
    os.replace(part, file)


def faketime_library() -> str | None:
    """The library that tells a process another time, if it is installed."""
    tool = shutil.which("faketime")
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")) if tool else []
    return str(found[0]) if found else None


def all_injuries() -> list[Injury]:
    """Every fault of the table, in its order."""
    found: list[Injury] = []
    for part in ("gateway-1", "rasa-1", "actions-1", "postgres", "redis"):
        kind = part.removesuffix("-1")
        found.append(Injury(kind, "killed", _killed(part)))
        if part.endswith("-1"):
            found.append(Injury(kind, "both killed", _killed(part, part.replace("-1", "-2"))))
        found.append(Injury(kind, "stopped", _stopped(part)))
        found.append(Injury(kind, "slowed", _slowed(part)))
    found.append(Injury("postgres", "disk full", _disk_full))
    found.append(Injury("redis", "memory full", _memory_full))
    for words, step in (("an hour", timedelta(hours=1)), ("a day", timedelta(days=1))):
        found.append(Injury("clock", f"{words} ahead", _clock(step)))
        found.append(Injury("clock", f"{words} back", _clock(-step)))
    return found
