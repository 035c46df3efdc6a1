"""What `make faults` says at its end: a run without a fault that was asked for is not a run that passed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.settings import Settings
from deploy.cluster import STATE_FILE, Cluster
from tests.faults import checks
from tests.faults.__main__ import Row, asked_for, left_out, verdict
from tests.faults.injuries import CLOCKS, Places, all_injuries

HERE = Path("/nowhere")
EVERYTHING = Places(HERE, HERE, dict.fromkeys(CLOCKS, HERE))


def row(recovery_s: float | None = 0.0, **found: set[str]) -> Row:
    return Row(all_injuries()[0], 70, checks.Found(**found), 0, 0, 0.3, 0.1, recovery_s)


def test_every_fault_can_be_had_where_disks_and_clocks_can() -> None:
    asked = asked_for("")
    assert asked and left_out(asked, EVERYTHING) == {}
    assert len({(injury.part, injury.fault) for injury in asked}) == len(asked)


def test_what_cannot_be_had_is_named_with_the_reason() -> None:
    without = left_out(asked_for(""), Places())
    assert {"postgres disk full", "data disk full", "clock a day back", "rasa an hour ahead"} <= set(without)
    assert "redis memory full" not in without
    assert "root" in without["postgres disk full"] and "faketime" in without["clock a day back"]


@pytest.mark.parametrize(
    ("rows", "without", "status", "last"),
    [
        ([row(), row()], [], 0, "0 lost, 0 doubled in 2 faults"),
        ([row()], ["clock a day back", "data disk full"], 3, "incomplete: 2 left out: clock a day back, data disk full"),
        ([], ["clock a day back"], 3, "incomplete: 1 left out: clock a day back"),
        ([row(doubled={"answer to x, 2 times"})], [], 1, "0 lost, 1 doubled in 1 faults"),
        ([row(recovery_s=None)], ["clock a day back"], 1, "incomplete: 1 left out: clock a day back"),
    ],
)
def test_the_run_ends_with_what_it_is_worth(rows: list[Row], without: list[str], status: int, last: str) -> None:
    said, ended = verdict(rows, without)
    assert (said[-1], ended) == (last, status)


def test_a_part_that_is_not_there_is_refused() -> None:
    with pytest.raises(SystemExit, match="PARTS knows no nginx; there are gateway, rasa"):
        asked_for("nginx")


async def test_which_process_each_part_is_gets_written_down_once_there_is_room(tmp_path: Path) -> None:
    data_dir = tmp_path / "full"
    # A folder that is not there refuses to be written to as a full disk does.
    Cluster(Settings(data_dir=data_dir), tmp_path, {})._note()
    data_dir.mkdir()
    while not (data_dir / STATE_FILE).exists():
        await asyncio.sleep(0.05)
