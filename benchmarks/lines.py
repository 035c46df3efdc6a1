"""Many open windows: a message to an officer and back among them, and what one costs when nothing happens."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, Final

from benchmarks.clients import WITHIN_S, Widget, browser
from benchmarks.figures import Figure, Times
from benchmarks.officers import officers
from benchmarks.system import Running, allow_many_lines
from bot.settings import ROOT

ROUND_TRIP: Final = "applicant → officer and back"
IDLE: Final = "idle widgets held by one gateway"
OPEN: Final = 1_000
_OFFICERS, _EACH = 10, 10
_A_SECOND: Final = 50
_SECONDS: Final = 20
_P95_MS: Final = 50.0
HELD: Final = int(os.environ.get("BENCH_WIDGETS", "5000"))
_KB_EACH: Final = 60.0
_AT_ONCE: Final = 50
# Longer than between two signs of life on a line.
_SETTLED_AFTER_S: Final = 40.0


async def opened(system: Running, client: Any, count: int) -> list[Widget]:
    """Open windows, some at a time."""
    widgets: list[Widget] = []
    for start in range(0, count, _AT_ONCE):
        more = [Widget() for _ in range(min(_AT_ONCE, count - start))]
        await asyncio.gather(*(widget.begin(client, system.address) for widget in more))
        widgets += more
    return widgets


async def round_trips(system: Running, windows: int, a_second: int = _A_SECOND, seconds: int = _SECONDS) -> tuple[Times, float]:
    """Times from an applicant's message until the reply of an officer, who answers at once, and the share of a core the gateway used.

    Messages are sent at their moments whether earlier ones were answered or not, and their time counts from that moment.
    """
    loop = asyncio.get_running_loop()
    async with browser() as client:
        widgets = await opened(system, client, windows)
        staff = await officers(system, client, _OFFICERS)
        talking = widgets[: _OFFICERS * _EACH]
        conversations: list[str] = []
        for number, widget in enumerate(talking):
            conversations.append((await widget.say("hello"))["conversation"])
            await widget.until(lambda message: message["metadata"]["author"] == "bot")
            await staff[number // _EACH].take(conversations[-1])
        waiting: dict[str, asyncio.Future[float]] = {}
        replying: set[asyncio.Task[None]] = set()

        for number, officer in enumerate(staff):

            def heard(event: str, body: Any, _moment: float, number: int = number) -> None:
                text = body["message"]["text"] if event == "message" else ""
                if text.startswith("question ") and body["message"]["metadata"]["author"] == "applicant":
                    task = asyncio.create_task(staff[number].reply(body["conversation_id"], text.replace("question", "answer")))
                    replying.add(task)
                    task.add_done_callback(replying.discard)

            officer.line.hear = heard
        for widget in talking:

            def came(event: str, body: Any, moment: float) -> None:
                future = waiting.get(body["text"].replace("answer", "question")) if event == "bot_uttered" else None
                if future is not None and body["metadata"]["author"] == "staff" and not future.done():
                    future.set_result(moment)

            widget.hear = came

        async def ask(number: int, due: float) -> float:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            text = f"question {number}"
            future = waiting[text] = loop.create_future()
            await talking[number % len(talking)].say(text)
            return await asyncio.wait_for(future, WITHIN_S) - due

        begun = time.perf_counter() + 0.5
        count = a_second * seconds
        used = system.busy_s("gateway")
        results = await asyncio.gather(*(ask(number, begun + number / a_second) for number in range(count)), return_exceptions=True)
        used = (system.busy_s("gateway") - used) / (time.perf_counter() - begun)
        for officer in staff:
            await officer.leave()
        await asyncio.gather(*(widget.close() for widget in widgets))
    times = [each for each in results if isinstance(each, float)]
    return Times(times, count - len(times)), used


async def idle_mb(system: Running, windows: int) -> tuple[float, float, int]:
    """Megabytes of the gateway before and with idle windows, and how many of these the server compresses."""
    async with browser() as client:
        before = system.resident_mb("gateway")
        widgets = await opened(system, client, windows)
        await asyncio.sleep(_SETTLED_AFTER_S)
        held = system.resident_mb("gateway")
        compressed = sum(widget.compressed for widget in widgets)
        alive = sum(not widget.ended for widget in widgets)
        if alive < windows:
            raise ConnectionError(f"{windows - alive} of {windows} lines ended")
        await asyncio.gather(*(widget.close() for widget in widgets))
    return before, held, compressed


def apart(what: str, system: Running, windows: int) -> Any:
    """The result of this module's `what`, from a process of its own."""
    handed = json.dumps(
        {"what": what, "address": system.address, "folder": str(system.folder), "pids": dict(system.pids), "windows": windows}
    )
    done = subprocess.run([sys.executable, "-m", "benchmarks.lines"], input=handed, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise SystemExit(f"benchmarks.lines failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def round_trip_figures(system: Running) -> Iterator[Figure]:
    """The figure of an officer's conversation."""
    found = apart("round_trips", system, OPEN)
    times = Times(found["seconds"], found["errors"])
    what = f"{ROUND_TRIP}, {OPEN:,} open widgets, {_A_SECOND} messages a second, each answered"
    note = f"p50 / p95 / p99 of {len(times.seconds):,} messages to the console and back; gateway on {found['used']:.0%} of a core"
    yield Figure(what, str(times), f"p95 ≤ {_P95_MS:.0f} ms", times.share(95) <= _P95_MS and not times.errors, note, times.errors)


def idle_figures(system: Running) -> Iterator[Figure]:
    """The figure of idle windows; the first hundred pay for what the gateway loads once."""
    apart("idle", system, 100)
    before, held, compressed = apart("idle", system, HELD)
    each = (held - before) * 1024 / HELD
    note = f"{before:.0f} MB before, {held:.0f} MB with them; every client offers permessage-deflate, the server takes it for {compressed}"
    yield Figure(f"{IDLE}: {HELD:,}", f"{each:.0f} kB each", f"≤ {_KB_EACH:.0f} kB each", each <= _KB_EACH and not compressed, note, 0)


async def _answer(handed: dict[str, Any]) -> Any:
    from pathlib import Path

    system = Running(handed["address"], Path(handed["folder"]), 0.0, handed["pids"])
    if handed["what"] == "idle":
        return await idle_mb(system, handed["windows"])
    times, used = await round_trips(system, handed["windows"])
    return {"seconds": times.seconds, "errors": times.errors, "used": used}


def main() -> int:
    """Measure what standard input asks for."""
    allow_many_lines()
    print(json.dumps(asyncio.run(_answer(json.load(sys.stdin)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
