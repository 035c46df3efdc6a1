"""Each part dies for good; the supervisor starts it again, and people are answered."""

from __future__ import annotations

import os
import signal
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.dialogue.conftest import System, Talk

_BACK_WITHIN_S = 60


def process_of(system: System, part: str) -> int:
    """The process id of a part of this very system."""
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            environment = (entry / "environ").read_bytes().decode(errors="ignore")
        except OSError:
            continue
        if part in command and f"BOT_DATA_DIR={system.data_dir}\0" in environment:
            return int(entry.name)
    raise AssertionError(f"{part} is not running")


def wait_until_back(system: System, part: str, before: int) -> None:
    deadline = time.monotonic() + _BACK_WITHIN_S
    while time.monotonic() < deadline:
        try:
            if process_of(system, part) != before:
                with urllib.request.urlopen(f"{system.address}/readyz", timeout=5):
                    return
        except (AssertionError, urllib.error.URLError, OSError):
            pass
        time.sleep(0.3)
    raise AssertionError(f"{part} did not come back")


@pytest.mark.parametrize("part", ["actions.server", "bot.nlu.server", "bot serve"])
async def test_a_part_that_is_killed_comes_back_and_answers(system: System, talk: Talk, part: str) -> None:
    before = process_of(system, part)
    os.kill(before, signal.SIGKILL)
    wait_until_back(system, part, before)
    replies = await talk.says("hello")
    assert replies and replies[-1].text
