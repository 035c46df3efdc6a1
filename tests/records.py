"""Invented records of applications, as an authority would deliver them."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bot.permits.records import Reader, Record

NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)


def fields(**changes: Any) -> dict[str, Any]:
    """The fields of a delivery that can be used, with `changes`."""
    return {
        "family_name": "Exemplar",
        "given_name": "Ada",
        "nationality": "FR",
        "date_of_birth": "1987-11-15",
        "employer": "Invented Ltd",
        "application_type": "extension",
        "category": "B",
        "stage": "submitted",
        "stage_since": "2026-11-10T09:00:00+08:00",
        **changes,
    }


def record(number: str = "TEST-1", **changes: Any) -> Record:
    """The record that is read from them."""
    return Reader({"civic_center"}, lambda: NOW).read({"number": number, **fields(**changes)})


def peak(work: Callable[[], object]) -> int:
    """The most bytes that Python objects made by `work()` held at once, with garbage looked for as often as Python does by itself."""
    seldom = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    # What Python keeps of freed objects for later goes too, and what is from before is left alone, so that it counts alike each time.
    gc.collect()
    gc.freeze()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.set_threshold(*seldom)
