"""What `make faults` says at its end: a run without a fault that was asked for is not a run that passed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.settings import Settings
from deploy.cluster import STATE_FILE, Cluster
from tests.faults import checks, strike
from tests.faults.__main__ import Row, asked_for, left_out, verdict
from tests.faults.applicant import Sent
from tests.faults.injuries import CLOCKS, Places, all_injuries
from tests.faults.load import OWED_S, QUESTIONS, SILENCE_S, owed, recovery
from tests.faults.network import Network

HERE = Path("/nowhere")
EVERYTHING = Places(HERE, HERE, dict.fromkeys(CLOCKS, HERE), Network("nowhere", "127.77.1.2"))


def row(
    recovery_s: float | None = 0.0,
    interrupted: int | None = None,
    silence_s: float = 0.1,
    owed_s: float = 0.2,
    cut: strike.Cut | None = None,
    **found: set[str],
) -> Row:
    return Row(all_injuries()[0], 70, interrupted, checks.Found(**found), 0, 0, 0.3, silence_s, owed_s, recovery_s, None, cut)


def test_every_fault_can_be_had_where_disks_and_clocks_can() -> None:
    asked = asked_for("")
    assert asked and left_out(asked, EVERYTHING) == {}
    assert len({(injury.part, injury.fault) for injury in asked}) == len(asked)


def test_what_cannot_be_had_is_named_with_the_reason() -> None:
    without = left_out(asked_for(""), Places())
    assert {"postgres disk full", "data disk full", "clock a day back", "rasa an hour ahead", "network redis silent"} <= set(without)
    assert "redis memory full" not in without
    assert "root" in without["postgres disk full"] and "faketime" in without["clock a day back"]
    assert "iproute2" in without["network postgres deaf"]


@pytest.mark.parametrize(
    ("rows", "without", "status", "last"),
    [
        ([row(), row()], [], 0, "0 lost, 0 doubled in 2 faults"),
        ([row()], ["clock a day back", "data disk full"], 3, "incomplete: 2 left out: clock a day back, data disk full"),
        ([], ["clock a day back"], 3, "incomplete: 1 left out: clock a day back"),
        ([row(doubled={"answer to x, 2 times"})], [], 1, "0 lost, 1 doubled in 1 faults"),
        ([row(recovery_s=None)], ["clock a day back"], 1, "incomplete: 1 left out: clock a day back"),
        ([row(interrupted=3), row(interrupted=None)], [], 0, "0 lost, 0 doubled in 2 faults"),
        ([row(interrupted=0)], [], 1, "0 lost, 0 doubled in 1 faults"),
        ([row(silence_s=SILENCE_S + 1)], [], 1, "0 lost, 0 doubled in 1 faults"),
        ([row(owed_s=OWED_S + 1)], [], 1, "0 lost, 0 doubled in 1 faults"),
        ([row(disordered={"numbers"})], [], 1, "0 lost, 0 doubled in 1 faults"),
        ([row(owners={"taken"})], [], 1, "0 lost, 0 doubled in 1 faults"),
        ([row(failures={"KeyError"})], [], 1, "0 lost, 0 doubled in 1 faults"),
        ([row(cut=strike.Cut(45.0, red_s=3.2, held_s=10.5)), row(cut=strike.Cut(4.0))], [], 0, "0 lost, 0 doubled in 2 faults"),
        # Others wait for what is locked, or the proxy goes on sending people there.
        ([row(cut=strike.Cut(45.0, red_s=3.2, held_s=45.0))], [], 1, "0 lost, 0 doubled in 1 faults"),
        ([row(cut=strike.Cut(45.0, red_s=None, held_s=10.5))], [], 1, "0 lost, 0 doubled in 1 faults"),
    ],
)
def test_the_run_ends_with_what_it_is_worth(rows: list[Row], without: list[str], status: int, last: str) -> None:
    lines, ended = verdict(rows, without)
    assert (lines[-1], ended) == (last, status)


def test_a_part_that_is_not_there_is_refused() -> None:
    with pytest.raises(SystemExit, match="PARTS knows no nginx; there are gateway, rasa"):
        asked_for("nginx")


def said(at: float, answered_at: float | None, text: str = QUESTIONS[0], **known: Any) -> Sent:
    return Sent(text, at, answered_at=answered_at, **known)


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        ([said(99.0, 99.5), said(101.0, 102.9)], 0.0),
        # Somebody waited for eight seconds, and who asked later was answered at once.
        ([said(100.1, 108.2), said(109.0, 109.1)], 8.2),
        ([said(101.0, 102.0, apologised=True)], 2.0),
        ([said(101.0, 101.5, refusals=["internal"])], 1.5),
        ([said(101.0, None)], 60.0),
        ([said(90.0, 99.0)], 0.0),
    ],
)
def test_recovery_is_over_when_the_last_of_the_trouble_is(sent: list[Sent], seconds: float) -> None:
    assert recovery(sent, began=100.0, moment=160.0) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        # It is not the acknowledgement that ends what is owed.
        (said(100.0, None, stored_at=100.5, acknowledged_at=100.5), 59.5),
        (said(100.0, 131.0, stored_at=130.0), 1.0),
        (said(100.0, None), 0.0),
        (said(100.0, None, text="question a", stored_at=100.5), 0.0),
    ],
)
def test_an_answer_is_owed_to_what_is_in_the_record(sent: Sent, seconds: float) -> None:
    assert owed(sent, moment=160.0) == pytest.approx(seconds)


class Halted:
    """A cluster and its load in which a turn is under way at the third moment at which a part is halted."""

    def __init__(self, busy_at: int | None) -> None:
        self.done: list[str] = []
        self.parts = ["gateway-1", "gateway-2", "rasa-1", "rasa-2"]
        self._busy_at = busy_at
        self.asking = [SimpleNamespace(gateway="http://127.0.0.1:1", sent=[said(0.0, None, id="asked", conversation="one")])]
        self.database = self

    def port(self, part: str) -> int:
        return self.parts.index(part) + 1

    def address(self, part: str) -> str:
        return f"http://127.0.0.1:{self.port(part)}"

    def all_ask(self, questions: Sequence[str]) -> None:
        assert set(questions) <= set(QUESTIONS)

    def stop(self, part: str) -> None:
        self.done.append(f"stop {part}")

    def go_on(self, part: str) -> None:
        self.done.append(f"go on {part}")

    def kill(self, part: str) -> None:
        self.done.append(f"kill {part}")

    async def answers(self, _part: str) -> bool:
        return True

    async def run(self, _taken: object) -> dict[str, str]:
        return {"asked": "one"} if sum(done.startswith("stop") for done in self.done) == self._busy_at else {}


@pytest.mark.parametrize(
    ("part", "busy_at", "interrupted", "halted"),
    [
        ("gateway-1", 3, 1, 3),
        # Nothing is under way at all, or only at another gateway.
        ("gateway-1", None, 0, 4),
        ("gateway-2", 3, 0, 4),
    ],
)
async def test_a_kill_waits_for_a_turn_to_be_under_way(
    monkeypatch: pytest.MonkeyPatch, part: str, busy_at: int | None, interrupted: int, halted: int
) -> None:
    for name, value in (("TRIES", 4), ("LOOKS_FOR_S", 0.01), ("_SETTLES_S", {"gateway": 0.01})):
        monkeypatch.setattr(strike, name, value)
    both: Any = Halted(busy_at)
    struck = await strike.strike(both, both, [part])
    assert struck.interrupted == interrupted and await struck.back is not None
    assert both.done == [*[f"stop {part}", f"go on {part}"] * (halted - 1), f"stop {part}", f"kill {part}"]


async def test_a_turn_is_under_way_where_it_is_needed() -> None:
    met: dict[str, int] = {}
    for part in ("rasa-1", "rasa-2", "actions-1", "postgres"):
        both: Any = Halted(busy_at=0)
        inside = strike.Inside(both, both, [part])
        met[part] = len(await inside.turns())
        both.asking[0].sent[0].answered_at = 1.0
        assert await inside.turns() == set()
        await inside.close()
    # A conversation belongs to one Rasa process.
    assert met["rasa-1"] + met["rasa-2"] == 1
    assert met["actions-1"] == met["postgres"] == 1


async def test_which_process_each_part_is_gets_written_down_once_there_is_room(tmp_path: Path) -> None:
    data_dir = tmp_path / "full"
    # A folder that is not there refuses to be written to as a full disk does.
    Cluster(Settings(data_dir=data_dir), tmp_path, {})._note()
    data_dir.mkdir()
    while not (data_dir / STATE_FILE).exists():
        await asyncio.sleep(0.05)


def test_one_gateway_alone_can_be_in_a_network_of_its_own(tmp_path: Path) -> None:
    given = {"gateway-1": {"BOT_HTTP_HOST": "127.77.1.2"}}
    cluster = Cluster(Settings(data_dir=tmp_path), tmp_path, given, inside={"gateway-1": "apart"})
    first, second = (child.command for child in cluster._programs(tmp_path) if child.name.startswith("gateway"))
    assert [url.rpartition(":")[0] for url in cluster.gateways] == ["http://127.77.1.2", "http://127.0.0.1"]
    assert first == ["ip", "netns", "exec", "apart", *second]
