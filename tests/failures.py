"""What went wrong inside a gateway that runs in a test, as its log tells."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterable
from typing import Final

import pytest

# A task whose failure nobody heard of is told by asyncio.
_SERVING: Final = frozenset({"bot", "aiohttp", "engineio", "socketio", "asyncio"})


def listen(caplog: pytest.LogCaptureFixture, level: int) -> None:
    """Have the log heard from now on, without what is told of earlier tests' tasks and connections when they are found as garbage."""
    gc.collect()
    caplog.clear()
    caplog.set_level(level)


def failures(records: Iterable[logging.LogRecord], level: int = logging.ERROR) -> list[str]:
    """The messages of a gateway that are at least as grave as this."""
    return [each.getMessage() for each in records if each.levelno >= level and each.name.partition(".")[0] in _SERVING]
