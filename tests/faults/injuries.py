"""What is done to the parts, one after the other."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import text

from deploy.components import FAKETIME, IPROUTE, how
from tests.cluster import Cluster
from tests.faults.load import Load
from tests.faults.network import Network
from tests.faults.silence import silence
from tests.faults.strike import Strike, kill, strike

# Longer than the lease of a turn, which is ten seconds.
STOPPED_S: Final = 13.0
SLOWED_S: Final = 12.0
FULL_S: Final = 10.0
WRONG_S: Final = 8.0
# Some seconds nobody need notice; the long one outlasts every lease, and what the server has to find out that nobody is there.
BRIEFLY_S: Final = 5.0
LONG_S: Final = 45.0
# A gateway that is not heard for a minute might be taken for one that has ended.
MISSED_S: Final = 75.0
# A slowed part works for one part in eight of the time.
_RESTS_S, _WORKS_S = 0.21, 0.03
_ROOM: Final = 1 << 14
# Whose clock can be set, and what each is called in the table.
CLOCKS: Final = {"gateway-1": "clock", "rasa-1": "rasa", "actions-1": "actions"}


@dataclass(frozen=True)
class Places:
    """Where the harness has its hand on what the parts use.

    Attributes:
        disk: the small disk that PostgreSQL keeps its files on; None where none could be made.
        data: the one that everything else is written to; likewise.
        clocks: the file that says how far the clock of a part is off, by the part's name; empty where none can be set.
        network: the one that `gateway-1` is in; None where none could be made.
    """

    disk: Path | None = None
    data: Path | None = None
    clocks: Mapping[str, Path] = field(default_factory=dict)
    network: Network | None = None


Lasting = Callable[[Cluster, Places, Load], AbstractAsyncContextManager[Strike | None]]


@dataclass(frozen=True)
class Injury:
    """One fault of one kind of part.

    Attributes:
        lasting: a block that begins and ends it.
        lacks: what it cannot be had for in these places, or None.
    """

    part: str
    fault: str
    lasting: Lasting
    lacks: Callable[[Places], str | None] = lambda _places: None


def _killed(*parts: str) -> Lasting:
    @asynccontextmanager
    async def lasting(cluster: Cluster, _places: Places, load: Load) -> AsyncIterator[Strike]:
        # Redis holds nothing that a turn waits for.
        yield kill(cluster, parts) if parts == ("redis",) else await strike(cluster, load, parts)

    return lasting


def _stopped(part: str) -> Lasting:
    @asynccontextmanager
    async def lasting(cluster: Cluster, _places: Places, _load: Load) -> AsyncIterator[None]:
        cluster.stop(part)
        try:
            await asyncio.sleep(STOPPED_S)
            yield
        finally:
            cluster.go_on(part)

    return lasting


def _slowed(part: str) -> Lasting:
    @asynccontextmanager
    async def lasting(cluster: Cluster, _places: Places, _load: Load) -> AsyncIterator[None]:
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


@contextmanager
def _filled(disk: Path) -> Iterator[None]:
    """There is not one byte left on a disk."""
    ballast = disk / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * _ROOM)
            except OSError:
                pass
        yield
    finally:
        ballast.unlink()


@asynccontextmanager
async def _disk_full(cluster: Cluster, places: Places, _load: Load) -> AsyncIterator[None]:
    """Nothing can be written where PostgreSQL keeps its files, neither rows nor its log."""
    assert places.disk is not None
    with _filled(places.disk):
        await asyncio.to_thread(_needs_new_log, cluster)
        await asyncio.sleep(FULL_S)
        yield


def _data_full(*killed: str) -> Lasting:
    @asynccontextmanager
    async def lasting(cluster: Cluster, places: Places, _load: Load) -> AsyncIterator[Strike | None]:
        """Nothing can be written to the folder of logs, cache and key, also by parts that are killed and start again."""
        assert places.data is not None
        with _filled(places.data):
            struck = kill(cluster, killed) if killed else None
            await asyncio.sleep(FULL_S)
            yield struck

    return lasting


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
async def _memory_full(cluster: Cluster, _places: Places, _load: Load) -> AsyncIterator[None]:
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


def _clock(part: str, step: timedelta) -> Lasting:
    @asynccontextmanager
    async def lasting(_cluster: Cluster, places: Places, _load: Load) -> AsyncIterator[None]:
        set_clock(places.clocks[part], step)
        try:
            await asyncio.sleep(WRONG_S)
            yield
        finally:
            set_clock(places.clocks[part], timedelta(0))

    return lasting


def _silent(server: str, seconds: float, ways: str = "both") -> Lasting:
    @asynccontextmanager
    async def lasting(cluster: Cluster, places: Places, load: Load) -> AsyncIterator[Strike]:
        """Packets between one gateway and a server vanish, while everything else goes on."""
        assert places.network is not None
        yield await silence(cluster, load, places.network, "gateway-1", server, seconds, ways)

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


def _no_disk(places: Places) -> str | None:
    return None if places.disk and places.data else "no disk can be mounted here; run it as root"


def _no_clock(places: Places) -> str | None:
    return None if places.clocks else f"no clock can be set; install it with: {how([FAKETIME])}"


def _no_network(places: Places) -> str | None:
    return None if places.network else f"no network can be made here; run it as root, with: {how([IPROUTE])}"


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
    found.append(Injury("postgres", "disk full", _disk_full, _no_disk))
    found.append(Injury("data", "disk full", _data_full(), _no_disk))
    found.append(Injury("data", "full, killed", _data_full(*CLOCKS), _no_disk))
    found.append(Injury("redis", "memory full", _memory_full))
    for server, seconds, words, ways in (
        ("postgres", BRIEFLY_S, "briefly", "both"),
        ("postgres", LONG_S, "silent", "both"),
        ("postgres", LONG_S, "deaf", "answers"),
        ("redis", MISSED_S, "silent", "both"),
    ):
        found.append(Injury("network", f"{server} {words}", _silent(server, seconds, ways), _no_network))
    hour, day = timedelta(hours=1), timedelta(days=1)
    for part, kind in CLOCKS.items():
        for words, step in (("an hour", hour), ("a day", day)) if kind == "clock" else (("an hour", hour),):
            found.append(Injury(kind, f"{words} ahead", _clock(part, step), _no_clock))
            found.append(Injury(kind, f"{words} back", _clock(part, -step), _no_clock))
    return found
