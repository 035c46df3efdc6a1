"""`python -m benchmarks.records`: how long a file of records takes to come in, and whether memory grows with it.

Files have a line for each application, or one for each of its three stages, which stand below one another.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks.figures import Figure, say
from bot.permits.models import APPLICATION_TYPES
from bot.settings import ROOT

_LINES, _LONGEST_S, _FLAT = 1_000_000, 300.0, 1.25
ROWS = int(os.environ.get("BENCH_RECORDS", "1000000"))
_STAGES = ("submitted", "accepted", "under_examination")
# Of what kind a file is, and how many lines each application has in it.
FILES = (("csv", 1), ("csv", len(_STAGES)), ("xlsx", 1))
_HEADINGS = (
    "number",
    "family_name",
    "given_name",
    "nationality",
    "date_of_birth",
    "permit_number",
    "employer",
    "application_type",
    "category",
    "stage",
    "stage_since",
    "submitted_at",
)


def rows(count: int, stages: int = 1) -> Iterator[list[str]]:
    """Invented lines, `stages` for each application: every second person holds a permit, and an employer files for fifty."""
    first, submitted = date(1960, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)
    for line in range(count):
        n, stage = divmod(line, stages)
        at = submitted + timedelta(minutes=n % 400_000)
        permit = f"BENCH-P-{n:08d}" if n % 2 else ""
        kind = APPLICATION_TYPES[n % len(APPLICATION_TYPES)]
        born = (first + timedelta(days=n % 14_000)).isoformat()
        yield [
            f"BENCH-{n:08d}",
            f"Family {n % 9973}",
            f"Given {n % 9967}",
            "FR",
            born,
            permit,
            f"Employer {n // 50}",
            kind,
            "B",
            _STAGES[stage],
            (at + timedelta(days=stage)).isoformat(),
            at.isoformat(),
        ]


def _resident_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0)


def bring_in(folder: Path, file: Path) -> tuple[float, list[float]]:
    """Seconds that the command takes with an empty database under `folder`, and its resident memory in MB twice a second."""
    environment = {**os.environ, "BOT_DATA_DIR": str(folder), "BOT_DATABASE_URL": ""}
    subprocess.run([sys.executable, "-m", "bot", "migrate"], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    started, resident = time.perf_counter(), []
    process = subprocess.Popen([sys.executable, "-m", "bot", "import", str(file)], cwd=ROOT, env=environment)
    while process.poll() is None:
        resident.append(_resident_mb(process.pid))
        time.sleep(0.5)
    if process.returncode:
        raise SystemExit(f"the import ended with {process.returncode}")
    return time.perf_counter() - started, [each for each in resident if each]


def _write(file: Path, count: int, stages: int) -> None:
    if file.suffix == ".csv":
        with file.open("w", newline="", encoding="utf-8") as target:
            csv.writer(target).writerow(_HEADINGS)
            csv.writer(target).writerows(rows(count, stages))
        return
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(_HEADINGS)
    for row in rows(count, stages):
        sheet.append(row)
    book.save(file)


def figures(count: int = ROWS, files: Iterable[tuple[str, int]] = FILES) -> Iterator[Figure]:
    """One figure for each file."""
    for kind, stages in files:
        with tempfile.TemporaryDirectory(prefix="records-") as name:
            file = Path(name) / f"records.{kind}"
            _write(file, count, stages)
            seconds, resident = bring_in(Path(name) / "var", file)
        early = max(resident[: max(1, len(resident) // 4)])
        note = f"{count / seconds:,.0f} a second; at most {max(resident):.0f} MB, {early:.0f} MB in the first quarter"
        held = seconds <= _LONGEST_S * count / _LINES and max(resident) <= early * _FLAT
        bar = f"≤ {_LONGEST_S / 60:.0f} minutes for {_LINES:,}, memory flat"
        order = "one for each application" if stages == 1 else f"{stages} for each application, one below the other"
        yield Figure(f"import of {count:,} lines of {kind}, {order}", f"{seconds:.0f} s", bar, held, note)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--kind", choices=("csv", "xlsx"), action="append")
    parser.add_argument("--stages", type=int, choices=(1, len(_STAGES)), action="append", help="lines for each application")
    arguments = parser.parse_args()
    chosen = [(kind, stages) for kind, stages in FILES if kind in (arguments.kind or [kind]) and stages in (arguments.stages or [stages])]
    for figure in figures(arguments.rows, chosen):
        say(figure)
    return 0


if __name__ == "__main__":
    sys.exit(main())
