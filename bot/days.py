"""Days as programs write them."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def read_day(text: str) -> date:
    """The day that is written as `2026-11-25`.

    Raises:
        ValueError: there is none, or it is written in another form of ISO 8601, of which one version of Python reads more than another.
    """
    if not DAY.fullmatch(text):
        raise ValueError("not a day")
    return date.fromisoformat(text)
