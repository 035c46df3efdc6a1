"""Work that is done again and again."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bot.rounds import Rounds


async def test_what_fails_is_told_without_its_words_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []
    enough = asyncio.Event()

    async def work() -> None:
        done.append(len(done))
        if len(done) == 3:
            enough.set()
        raise RuntimeError("E12345678")

    rounds = Rounds("counting", work, 0.001)
    with caplog.at_level(logging.ERROR):
        await rounds.start()
        await enough.wait()
        await rounds.stop()
    count = len(done)
    await asyncio.sleep(0.01)
    assert len(done) == count >= 3
    assert "counting failed: RuntimeError" in caplog.text and "E12345678" not in caplog.text


async def test_what_was_never_begun_can_be_ended() -> None:
    await Rounds("nothing", lambda: asyncio.sleep(0), 1).stop()
