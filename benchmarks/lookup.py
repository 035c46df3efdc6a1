"""A status look-up among many applications against one among few."""

from __future__ import annotations

import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure, Times
from bot import migrations
from bot.db import Database
from bot.permits.models import Applicant, Application
from bot.permits.numbers import normalise
from bot.permits.service import Permits

FEW: Final = 300
MANY: Final = int(os.environ.get("BENCH_ROWS", "3000000"))
_MOST: Final = 1.5
_LOOK_UPS: Final = 200
_STEP: Final = 20_000
_BORN: Final = date(1980, 1, 1)


def _fill(database: Database, begin: int, end: int) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    with database.engine.begin() as connection:
        for start in range(begin, end, _STEP):
            span = range(start, min(start + _STEP, end))
            people = [
                {
                    "id": n + 1, "given_name": "Demo", "family_name": "Person", "nationality": "FR", "date_of_birth": _BORN,
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


def among(sizes: tuple[int, ...], look_ups: int = _LOOK_UPS) -> Iterator[tuple[int, Times]]:
    """For each number of applications, in rising order, the times of look-ups spread over all of them."""
    with tempfile.TemporaryDirectory(prefix="lookup-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'rows.db'}")
        migrations.upgrade(database.engine)
        permits, filled = Permits(b"bench", attempts=1_000_000), 0
        for size in sizes:
            _fill(database, filled, size)
            filled = size
            seconds, errors = [], 0
            for number in range(look_ups + 10):
                begun = time.perf_counter()
                with database.session() as session:
                    found = permits.look_up(session, f"demo a {number * 7919 % size}", _BORN, uuid.uuid4().hex)
                # The first ones read statements and pages for the first time.
                if number >= 10:
                    seconds.append(time.perf_counter() - begun)
                    errors += found.outcome != "found"
            yield size, Times(seconds, errors)
        database.close()


def figures() -> Iterator[Figure]:
    """The ratio of the medians."""
    (_, few), (_, many) = among((FEW, MANY))
    ratio = many.share(50) / few.share(50)
    note = f"p50 / p95 / p99: {many} among {MANY:,}, {few} among {FEW}"
    yield Figure(
        f"status look-up over {MANY:,} applications",
        f"{ratio:.2f} ×",
        f"≤ {_MOST} × of {FEW}",
        ratio <= _MOST,
        note,
        few.errors + many.errors,
    )
