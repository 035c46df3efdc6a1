"""Days are read in one form only."""

from __future__ import annotations

from datetime import date

import pytest

from bot.days import read_day


def test_a_day_is_read() -> None:
    assert read_day("2026-11-25") == date(2026, 11, 25)


@pytest.mark.parametrize(
    "text", ["", "20261125", "2026-W48-3", "2026W483", "2026-330", "2026-11-25T00", " 2026-11-25", "2026-11-31", "２０２６-11-25"]
)
def test_what_is_no_day_or_written_otherwise_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_day(text)
