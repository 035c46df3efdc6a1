"""`make faults`: prints a table of what each fault cost, and fails when anything was lost, doubled, or did not come back by itself.

It is incomplete, with status 3, where a fault that was asked for could not be had.
`PARTS=rasa,redis` chooses the parts. Everything is written to a temporary folder that is gone at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from bot.db import Database
from deploy.components import FAKETIME, IPROUTE, POSTGRESQL, REDIS, bring, how
from tests.cluster import Cluster, started
from tests.faults import checks
from tests.faults.applicant import Sent
from tests.faults.injuries import CLOCKS, Injury, Places, all_injuries, faketime_library, set_clock
from tests.faults.load import OWED_S, SILENCE_S, Load, is_trouble, owed, recovery, silence, until, wait
from tests.faults.network import a_network
from tests.faults.strike import Cut, Strike

_DISK: Final = "400m"
# Encodings and a model are 400 MB of it, and two while the next is trained.
_DATA: Final = "1g"
_WELL_S: Final = 6.0
_RECOVERS_WITHIN_S: Final = 60.0
_COLUMNS: Final = (
    ("part", 9),
    ("fault", 18),
    ("sent", 5),
    ("interrupted", 12),
    ("lost", 5),
    ("doubled", 8),
    ("disorder", 9),
    ("owners", 7),
    ("apologies", 10),
    ("refused", 8),
    ("slowest s", 10),
    ("silence s", 10),
    ("owed s", 7),
    ("recovery s", 11),
    ("back s", 7),
)


@dataclass(frozen=True)
class Row:
    """What one fault cost.

    Attributes:
        interrupted: how many turns were under way in what was killed; None where that does not matter.
        slowest_s: the longest wait for an answer.
        silence_s: the longest time in which an applicant saw nothing of what became of a message.
        owed_s: the longest time for which the assistant owed an answer to a message in the record.
        recovery_s: from the beginning of the fault, which for a kill is the kill, to the moment at which the last message that was
            in trouble had its answer; None when that moment did not come.
        back_s: from a kill, or from when a gateway was cut off, until it does its work again; None where nothing was, or it is not back.
        cut: what was seen of a gateway that was cut off from PostgreSQL.
    """

    injury: Injury
    sent: int
    interrupted: int | None
    found: checks.Found
    apologies: int
    refused: int
    slowest_s: float
    silence_s: float
    owed_s: float
    recovery_s: float | None
    back_s: float | None
    cut: Cut | None = None

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong with it."""
        bad = self.found.lines()
        honest = self.silence_s <= SILENCE_S and self.owed_s <= OWED_S
        sound = self.cut is None or self.cut.sound
        return not bad and self.recovery_s is not None and honest and self.interrupted != 0 and sound

    def cells(self) -> list[str]:
        """As the table has it."""
        found = self.found
        interrupted = "–" if self.interrupted is None else self.interrupted
        counts = [self.sent, interrupted, *(len(each) for each in (found.lost, found.doubled, found.disordered, found.owners))]
        times = [f"{each:.1f}" for each in (self.slowest_s, self.silence_s, self.owed_s)]
        times.append("never" if self.recovery_s is None else f"{self.recovery_s:.1f}")
        times.append("–" if self.back_s is None else f"{self.back_s:.1f}")
        rest = [self.apologies, self.refused, *times]
        return [self.injury.part, self.injury.fault, *map(str, [*counts, *rest])]


def line(cells: Sequence[str]) -> str:
    """One line of the table."""
    return "".join(cell.ljust(width) if n < 2 else cell.rjust(width) for n, (cell, (_, width)) in enumerate(zip(cells, _COLUMNS)))


async def suffer(cluster: Cluster, places: Places, load: Load, database: Database, injury: Injury, before: checks.Found) -> Row:
    """One fault under load, until everything has come to rest again."""
    everything, replied = {sent.id for sent in load.sent()}, load.replied()
    load.spread()
    load.go_on()
    await asyncio.sleep(3)
    began = time.monotonic()
    struck: Strike | None
    async with injury.lasting(cluster, places, load) as struck:
        began = began if struck is None else struck.at
    ended = time.monotonic()

    def fresh() -> list[Sent]:
        return [sent for sent in load.sent() if sent.id not in everything]

    def well() -> bool:
        """Whether everything said in the last seconds succeeded."""
        moment = time.monotonic()
        recent = [sent for sent in fresh() if sent.at > max(ended, moment - _WELL_S)]
        return moment - ended > _WELL_S and bool(recent) and not any(is_trouble(sent, moment) for sent in recent)

    recovered = await until(well, _RECOVERS_WITHIN_S)
    recovered = await load.pause() and recovered
    moment = time.monotonic()
    deadline = moment + _RECOVERS_WITHIN_S
    while not (whole := await cluster.whole()) and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
    found = (await look(database, load)).beyond(before)
    back = None if struck is None else await struck.back
    recovered = recovered and whole and (struck is None or back is not None)
    return Row(
        injury,
        len(fresh()) + load.replied() - replied,
        None if struck is None else struck.interrupted,
        found,
        sum(sent.apologised for sent in fresh()),
        sum(bool(sent.refusals) for sent in fresh()),
        max((wait(sent, moment) for sent in fresh()), default=0.0),
        max((silence(sent, moment) for sent in fresh()), default=0.0),
        max((owed(sent, moment) for sent in fresh()), default=0.0),
        recovery(fresh(), began, moment) if recovered else None,
        back,
        None if struck is None else struck.cut,
    )


async def look(database: Database, load: Load) -> checks.Found:
    """What is wrong, once everybody has had the time to be shown the last of it."""
    found = checks.Found()
    for _ in range(20):
        found = await database.run(checks.look, load.applicants, load.officers)
        if not found.lines():
            break
        await asyncio.sleep(0.5)
    return found


async def run(cluster: Cluster, places: Places, injuries: Sequence[Injury]) -> list[Row]:
    """All faults, one after the other, on the same conversations."""
    database = cluster.database()
    load = Load(cluster.gateways, database)
    rows: list[Row] = []
    try:
        await load.begin()
        await asyncio.sleep(5)
        assert await load.pause(), "the load does not come to rest before the first fault"
        before = await look(database, load)
        assert not before.lines(), before.lines()
        print(line([name for name, _ in _COLUMNS]), flush=True)
        for injury in injuries:
            row = await suffer(cluster, places, load, database, injury, before)
            before = await look(database, load)
            rows.append(row)
            print(line(row.cells()), flush=True)
            if row.cut is not None:
                print(f"    {row.cut.line()}", flush=True)
            for wrong in row.found.lines()[:10]:
                print(f"    {wrong}", flush=True)
    finally:
        await load.end()
        database.close()
    return rows


@contextmanager
def a_disk(folder: Path, size: str, mode: str) -> Iterator[Path | None]:
    """A small disk of its own, or None where this process may make none."""
    folder.mkdir(parents=True)
    folder.chmod(0o711)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode={mode}", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode != 0:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def asked_for(parts: str) -> list[Injury]:
    """The faults of the parts between commas; all of them where none is named."""
    wanted = set(filter(None, parts.split(",")))
    injuries = all_injuries()
    if unknown := wanted - {injury.part for injury in injuries}:
        raise SystemExit(f"error: PARTS knows no {sorted(unknown)[0]}; there are {', '.join(dict.fromkeys(i.part for i in injuries))}")
    return [injury for injury in injuries if not wanted or injury.part in wanted]


def left_out(asked: Sequence[Injury], places: Places) -> dict[str, str]:
    """The faults that cannot be had in these places, each with the reason."""
    return {f"{injury.part} {injury.fault}": why for injury in asked if (why := injury.lacks(places)) is not None}


def verdict(rows: Sequence[Row], without: Collection[str]) -> tuple[list[str], int]:
    """What is said at the end, and the status: 1 where a fault cost too much, 3 where faults were left out, as in `make test`."""
    lost, doubled = sum(len(row.found.lost) for row in rows), sum(len(row.found.doubled) for row in rows)
    failed = [f"{row.injury.part} {row.injury.fault}" for row in rows if not row.passed]
    said = [f"failed: {', '.join(failed)}"] if failed else []
    said.append(f"{lost} lost, {doubled} doubled in {len(rows)} faults")
    if without:
        said.append(f"incomplete: {len(without)} left out: {', '.join(without)}")
    return said, 1 if failed else 3 if without else 0


def clocks_of(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """The clocks that can be set, and what the command of the cluster is told for that."""
    library = faketime_library()
    clocks = {part: folder / f"clock-{part}" for part in CLOCKS} if library else {}
    arguments: list[str] = []
    for part, file in clocks.items():
        set_clock(file, timedelta(0))
        told = {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_CACHE_DURATION": "1"}
        # Only the time of day is wrong. The last of them keeps the library from delaying every wait of a thread.
        told |= {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1", "FAKETIME_FORCE_MONOTONIC_FIX": "0"}
        arguments += [argument for name, value in told.items() for argument in ("--set", f"{part}:{name}={value}")]
    return clocks, arguments


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--parts", default=os.environ.get("PARTS", ""))
    asked = asked_for(parser.parse_args().parts)
    missing = bring((POSTGRESQL, REDIS, FAKETIME, IPROUTE))
    if needed := [component for component in missing if component in (POSTGRESQL, REDIS)]:
        parser.error(f"{' and '.join(component.name for component in needed)} missing; install with: {how(needed)}")
    with tempfile.TemporaryDirectory(prefix="faults-") as made, ExitStack() as stack:
        folder = Path(made)
        folder.chmod(0o711)
        disk = stack.enter_context(a_disk(folder / "disk", _DISK, "0711"))
        data = stack.enter_context(a_disk(folder / "cluster" / "data", _DATA, "0700"))
        clocks, arguments = clocks_of(folder)
        network = stack.enter_context(a_network())
        places = Places(disk, data, clocks, network)
        for fault, why in (without := left_out(asked, places)).items():
            print(f"left out: {fault}: {why}", flush=True)
        rows: list[Row] = []
        if injuries := [injury for injury in asked if injury.lacks(places) is None]:
            arguments += ["--postgres", str(disk / "postgres")] if disk else []
            if network:
                arguments += ["--inside", f"gateway-1:{network.name}", "--set", f"gateway-1:BOT_HTTP_HOST={network.address}"]
            with started(folder / "cluster", arguments) as cluster:
                rows = asyncio.run(run(cluster, places, injuries))
    said, status = verdict(rows, without)
    print("\n".join(said))
    return status


if __name__ == "__main__":
    sys.exit(main())
