from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.personal import House


@pytest.fixture
def patient_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway takes no part for being away only because a busy machine is slow; for tests in which none hangs."""
    for name in ("bot.checks._ANSWER_WITHIN_S", "bot.http._CHECK_WITHIN_S", "bot.observer._WITHIN_S"):
        monkeypatch.setattr(name, 60.0)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    opened = House(tmp_path)
    yield opened
    opened.memory.close()
    opened.database.close()
