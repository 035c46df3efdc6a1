"""`make bench`: speed and memory as ratios against a baseline of the same run, and the times of starting.

Each figure is the median of several runs on this machine at this moment; only ratios are worth comparing between machines.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from bot import migrations
from bot.catalogue import Catalogue
from bot.catalogue.profile import Profile
from bot.db import Database
from bot.permits.models import Applicant, Application
from bot.permits.numbers import normalise
from bot.permits.service import Permits
from bot.settings import ROOT
from bot.supervisor import free_port

FEW, MANY = 300, int(os.environ.get("BENCH_ROWS", "3000000"))
QUESTIONS = ("how long does it take", "where is the nearest station to Shekou", "办工作许可要多少钱")


def median_of(work: Callable[[], Any], rounds: int) -> float:
    """Median seconds of `work()`."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def report(name: str, value: str, note: str = "") -> None:
    print(f"{name:<54} {value:>14}  {note}", flush=True)


def catalogue_figures() -> None:
    """Questions to the catalogue against one dictionary look-up by key in the same object."""
    started = time.perf_counter()
    catalogue = Catalogue.load()
    report("catalogue: load", f"{time.perf_counter() - started:.2f} s")
    today, profile = date.today(), Profile("new_abroad", "B", {"nationality": "FR", "degree_country": "FR"})
    questions: dict[str, Callable[[], Any]] = {
        "fact by id": lambda: catalogue.facts["phones.work_permit"],
        "checklist of one person": lambda: catalogue.papers.checklists.checklist(profile, today),
        "place in a sentence": lambda: catalogue.places.find("I live near Sea World, which station?"),
        "7 working days": lambda: catalogue.calendar.add_working_days(today, 7),
    }
    for name, ask in questions.items():
        report(f"catalogue: {name}", f"{median_of(lambda ask=ask: [ask() for _ in range(50)], 9) / 50 * 1e6:.1f} µs")


def _fill(database: Database, rows: int) -> None:
    moment = datetime(2026, 1, 1, tzinfo=timezone.utc)
    step = 20_000
    with database.engine.begin() as connection:
        for start in range(0, rows, step):
            span = range(start, min(start + step, rows))
            people = [
                {
                    "id": n + 1, "given_name": "Demo", "family_name": "Person", "nationality": "FR", "date_of_birth": date(1980, 1, 1),
                    "permit_number": f"DEMO-P-{n}", "permit_number_normalised": normalise(f"DEMO-P-{n}"), "source": "demo",
                }
                for n in span
            ]  # fmt: skip
            cases = [
                {
                    "id": n + 1, "applicant_id": n + 1, "application_type": "extension", "category": "B",
                    "acceptance_number": f"DEMO-A-{n}", "acceptance_number_normalised": normalise(f"DEMO-A-{n}"),
                    "stage": "accepted", "stage_since": moment, "source": "demo",
                }
                for n in span
            ]  # fmt: skip
            connection.execute(Applicant.__table__.insert(), people)
            connection.execute(Application.__table__.insert(), cases)


def lookup_figures(folder: Path) -> None:
    """One look-up among many rows against one among few."""
    seconds = {}
    for rows in (FEW, MANY):
        database = Database(f"sqlite:///{folder / f'rows{rows}.db'}")
        migrations.upgrade(database.engine)
        _fill(database, rows)
        permits = Permits(b"bench", attempts=1_000_000)

        def look_up(rows: int = rows, database: Database = database, permits: Permits = permits) -> None:
            with database.session() as session:
                permits.look_up(session, f"demo a {rows // 2}", date(1980, 1, 1), uuid.uuid4().hex)

        look_up()
        seconds[rows] = median_of(look_up, 60)
        database.close()
    report(f"look-up: {MANY:,} rows against {FEW}", f"{seconds[MANY] / seconds[FEW]:.2f} ×", f"{seconds[FEW] * 1e3:.1f} ms among {FEW}")


def _rss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def running(folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], float]]:
    """The system from `python -m bot run`, and the seconds until it said that it is ready."""
    environment = {**os.environ, "BOT_DATA_DIR": str(folder), "BOT_HTTP_PORT": str(port), "BOT_RATE_LIMITS": "off"}
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "bot", "run"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "is ready" in line:
                break
        yield process, time.perf_counter() - started
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def system_figures(folder: Path) -> None:
    """Starting, memory, and one turn against one request that asks nothing of the assistant."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"

    def get() -> None:
        urllib.request.urlopen(f"{address}/healthz", timeout=20).read()  # noqa: S310 - our own loopback address

    def ask(text: str) -> None:
        body = json.dumps({"sender": uuid.uuid4().hex, "message": text}).encode()
        request = urllib.request.Request(  # noqa: S310
            f"{address}/webhooks/rest/webhook", body, {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=60).read()  # noqa: S310

    with running(folder, port) as (_, first):
        report("start: first, with training", f"{first:.0f} s", "without making the environment; the bar for all is 240 s")
    with running(folder, port) as (process, later):
        report("start: later", f"{later:.0f} s", "the bar is 20 s")
        for question in QUESTIONS:
            ask(question)
        baseline = median_of(get, 50)
        turn = median_of(lambda: [ask(question) for question in QUESTIONS], 15) / len(QUESTIONS)
        report(
            "turn: new conversation, against /healthz", f"{turn / baseline:.0f} ×", f"{turn * 1e3:.0f} ms against {baseline * 1e3:.1f} ms"
        )
        children = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(process.pid)], capture_output=True, text=True).stdout
        bare = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        time.sleep(0.5)
        base = _rss_mb(bare.pid)
        bare.kill()
        for line in children.splitlines():
            pid, _, command = line.strip().partition(" ")
            name = next((part for part in ("bot.nlu.server", "actions.server", "bot serve") if part in command), command)
            size = _rss_mb(int(pid))
            report(f"memory: {name}, against a bare interpreter", f"{size / base:.0f} ×", f"{size:.0f} MB")


def main() -> int:
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}\n")
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        catalogue_figures()
        lookup_figures(folder)
        system_figures(folder / "var")
    return 0


if __name__ == "__main__":
    sys.exit(main())
