"""A clock tells no more than the words: refusals of every kind take as long as each other."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from statistics import median

import pytest

from bot.db import Database
from bot.permits import demo
from bot.permits.results import REFUSED
from bot.permits.service import Permits

NOON = datetime(2026, 11, 25, 4, tzinfo=timezone.utc)
NOBODYS = date(1901, 1, 1)
ROUNDS = 120


@pytest.fixture
def known(sqlite_database: Database) -> list[str]:
    """Numbers of applications that exist, one of each stage."""
    with sqlite_database.session() as session:
        demo.fill(session, NOON.date())
        return [sample["number"] for sample in demo.examples(session)]


def seconds(database: Database, work: Callable[[], str], permits: Permits, round_: int) -> float:
    """How long one refused look-up takes, in a conversation of its own."""
    number = work()
    began = time.perf_counter()
    with database.session() as session:
        # Days apart, so that no attempt is limited by the one before.
        result = permits.look_up(session, number, NOBODYS, f"stranger {round_}", NOON + timedelta(days=2 * round_))
    passed = time.perf_counter() - began
    assert result is REFUSED
    return passed


def test_a_number_that_exists_is_refused_as_fast_as_one_that_does_not(sqlite_database: Database, known: list[str]) -> None:
    permits = Permits(b"a secret of these tests", lambda: NOON)
    kinds = {
        "exists": lambda: known[0],
        "does not": lambda: "DEMO A 999 999",
        "is no number": lambda: "DEMO A ?",
    }
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    # One after the other in every round, so that a busy machine slows all of them alike.
    for round_ in range(ROUNDS):
        for offset in range(len(kinds)):
            kind = list(kinds)[(round_ + offset) % len(kinds)]
            took[kind].append(seconds(sqlite_database, kinds[kind], permits, round_ * len(kinds) + offset))
    middle = {kind: median(times) for kind, times in took.items()}
    assert max(middle.values()) < 1.25 * min(middle.values()), middle
