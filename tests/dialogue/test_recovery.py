"""Each part dies for good; the supervisor starts it again, and people are answered. None leaves what it held in a dump."""

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


def wait_until_back(system: System, part: list[str], before: int) -> None:
    deadline = time.monotonic() + _BACK_WITHIN_S
    while time.monotonic() < deadline:
        try:
            if system.pid(*part) != before:
                with urllib.request.urlopen(f"{system.address}/readyz", timeout=5):
                    return
        except (ValueError, urllib.error.URLError, OSError):
            pass
        time.sleep(0.3)
    raise AssertionError(f"{part} did not come back")


@pytest.mark.parametrize("part", [["actions.server"], ["bot.nlu.server"], ["bot", "serve"]], ids=" ".join)
async def test_a_part_that_is_killed_comes_back_and_answers(system: System, talk: Talk, part: list[str]) -> None:
    before = system.pid(*part)
    os.kill(before, signal.SIGKILL)
    wait_until_back(system, part, before)
    replies = await talk.says("hello")
    assert replies and replies[-1].text


@pytest.mark.parametrize("part", [["actions.server"], ["bot.nlu.server"], ["bot", "serve"], ["bot", "run"]], ids=" ".join)
def test_no_part_leaves_a_dump(system: System, part: list[str]) -> None:
    limits = Path(f"/proc/{system.pid(*part)}/limits").read_text().splitlines()
    soft, hard = next(line for line in limits if line.startswith("Max core file size")).split()[4:6]
    assert soft in ("0", "1") and hard in ("0", "1")
