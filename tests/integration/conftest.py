from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.personal import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    opened = House(tmp_path)
    yield opened
    opened.memory.close()
    opened.database.close()
