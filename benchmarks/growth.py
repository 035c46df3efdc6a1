"""`make growth`: what grows against what it costs, as plots, and where the time of a turn goes, for docs/performance.md."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy.engine import Engine

from benchmarks import lines, lookup, profile, starting
from benchmarks.clients import Widget, browser
from benchmarks.figures import machine, write
from benchmarks.system import Running, allow_many_lines, running, with_model
from benchmarks.turns import QUESTIONS, turn_with_card
from bot.conversations.models import Conversation, Message
from bot.db import now
from bot.settings import ROOT
from bot.supervisor import free_port

PAGE: Final = ROOT / "docs" / "performance.md"
PICTURE: Final = ROOT / "docs" / "images" / "growth.svg"
MARKS: Final = ("<!-- profile, written by make growth -->", "<!-- end of profile -->")
_CONVERSATIONS: Final = (100, 1_000, 10_000, 100_000)
_MESSAGES: Final = (10, 100, 300, 1_000, 2_000)
_APPLICATIONS: Final = (300, 3_000, 30_000, 300_000, 3_000_000)
_WIDGETS: Final = (100, 500, 1_000, 2_500, 5_000)
_OF_ONE: Final = 10
_MEASURED: Final = 30
_STEP: Final = 2_000

Curve = Sequence[tuple[int, float]]


def _fill(engine: Engine, begin: int, end: int) -> None:
    """Conversations that were had, with ten messages each."""
    moment = now()
    for start in range(begin, end, _STEP):
        ids = [uuid.uuid4().hex for _ in range(start, min(start + _STEP, end))]
        had = [
            {"id": each, "channel": "socket", "caller": "session", "sender": each, "state": "BOT", "last_seq": _OF_ONE, "thread_id": each}
            for each in ids
        ]
        said = [
            {
                "id": uuid.uuid4().hex, "conversation_id": each, "seq": seq + 1, "author": "bot" if seq % 2 else "applicant",
                "language": "en", "text": "How long does it take?", "payload": {}, "created_at": moment,
            }
            for each in ids
            for seq in range(_OF_ONE)
        ]  # fmt: skip
        with engine.begin() as connection:
            connection.execute(Conversation.__table__.insert(), had)
            connection.execute(Message.__table__.insert(), said)


async def _turn_ms(system: Running, turns: int = _MEASURED) -> float:
    """Median of turns in a new conversation."""
    async with browser() as client:
        widget = Widget()
        await widget.begin(client, system.address)
        times = [await turn_with_card(widget, QUESTIONS[number % len(QUESTIONS)]) for number in range(turns)]
        await widget.close()
    return statistics.median(times) * 1e3


def conversations(system: Running) -> Curve:
    """A turn in milliseconds, by the number of conversations in the record."""
    database, filled, found = system.database(), 0, []
    asyncio.run(_turn_ms(system))
    for count in _CONVERSATIONS:
        _fill(database.engine, filled, count)
        filled = count
        found.append((count, asyncio.run(_turn_ms(system))))
    database.close()
    return found


async def messages(system: Running) -> Curve:
    """A turn in milliseconds, by the number of messages that its conversation has."""
    found, said = [], 0
    async with browser() as client:
        widget = Widget()
        await widget.begin(client, system.address)
        for count in _MESSAGES:
            times = []
            while said < count:
                times.append(await turn_with_card(widget, QUESTIONS[said // 2 % len(QUESTIONS)]))
                said += 2
            found.append((count, statistics.median(times[-_MEASURED:]) * 1e3))
        await widget.close()
    return found


def applications() -> Curve:
    """A look-up in milliseconds, by the number of applications."""
    return [(size, times.share(50)) for size, times in lookup.among(_APPLICATIONS)]


def widgets(system: Running) -> Curve:
    """Megabytes of the gateway, by the number of open widgets."""
    return [(count, lines.apart("idle", system, count)[1]) for count in _WIDGETS]


def draw(curves: Sequence[tuple[str, str, Curve]], file: Path) -> None:
    """One picture of all curves, each with what grows below and what it costs beside it."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    pyplot.rcParams.update({"svg.hashsalt": "growth", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    figure, axes = pyplot.subplots(2, 2, figsize=(9, 6), layout="constrained")
    for axis, (grows, costs, curve) in zip(axes.flat, curves, strict=True):
        axis.plot(*zip(*curve, strict=True), marker="o", color="#1f5fa8")
        axis.set(xscale="log", xlabel=grows, ylabel=costs, ylim=(0, max(cost for _, cost in curve) * 1.25))
        axis.grid(alpha=0.3)
        for place, cost in curve:
            axis.annotate(f"{cost:.3g}", (place, cost), textcoords="offset points", xytext=(0, 6), ha="center", fontsize=8)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None})


def main() -> int:
    """Measure, draw and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--folder", type=Path, help="what is learnt stays here; otherwise nothing does")
    arguments = parser.parse_args()
    allow_many_lines()
    where = machine()
    with TemporaryDirectory(prefix="growth-") as temporary:
        folder = arguments.folder or Path(temporary)
        model = starting.make_ready(folder)
        port = free_port()
        with with_model(folder) as own, running(own, BOT_ACTIONS_PORT=str(port)) as system:
            spent = profile.stages(system, model, port)
            print(profile.table(spent), flush=True)
            by_messages = asyncio.run(messages(system))
            by_conversations = conversations(system)
        with with_model(folder) as own, running(own) as system:
            by_widgets = widgets(system)
    curves = [
        ("conversations in the record", "a turn, ms", by_conversations),
        ("messages in the conversation", "a turn, ms", by_messages),
        ("applications", "a status look-up, ms", applications()),
        ("open widgets", "memory of the gateway, MB", by_widgets),
    ]
    for grows, costs, curve in curves:
        print(f"{grows}; {costs}: {json.dumps(curve)}", flush=True)
    draw(curves, PICTURE)
    write(PAGE, f"{where}. {profile.table(spent)}", *MARKS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
