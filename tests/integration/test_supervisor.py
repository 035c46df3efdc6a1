"""What the supervisor does with the logs of the parts that it keeps running."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from async_timeout import timeout

from bot import supervisor
from bot.settings import Settings
from bot.supervisor import Child, Supervisor

TALKS = "import itertools, time\nfor number in itertools.count(): print('line', number, flush=True), time.sleep(0.0002)"


async def test_a_log_that_grows_is_put_aside_while_its_part_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_LARGEST_LOG", 20_000)
    monkeypatch.setattr(supervisor, "_LOOK_AT_LOGS_EVERY_S", 0.02)
    kept = Supervisor(Settings(data_dir=tmp_path), [Child("talks", [sys.executable, "-c", TALKS], dict(os.environ))])
    log, aside = tmp_path / "logs" / "talks.log", tmp_path / "logs" / "talks.log.1"
    await kept.start()
    began = set()
    try:
        async with timeout(60):
            while len(began) < 3:
                await asyncio.sleep(0.01)
                with suppress(FileNotFoundError):
                    began.update(aside.read_text(encoding="utf-8").splitlines()[:1])
    finally:
        await kept.end()
    assert kept.failure is None and sorted(path.name for path in log.parent.iterdir()) == ["talks.log", "talks.log.1"]
    # Nothing was written behind a hole, and what goes on comes after what was put aside.
    now, before = log.read_text(encoding="utf-8"), aside.read_text(encoding="utf-8")
    assert "\0" not in now + before
    assert int(before.split()[-1]) < int((now or "line 999999999").split()[-1])


async def test_a_log_of_an_ordinary_size_is_left_as_it_is(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "ends.log"
    log.parent.mkdir()
    log.write_text("from before\n", encoding="utf-8")
    kept = Supervisor(Settings(data_dir=tmp_path), [Child("ends", [sys.executable, "-c", "print('new')"], dict(os.environ))])
    await kept.start()
    await asyncio.wait_for(kept.wait(), 60)
    await kept.end()
    assert log.read_text(encoding="utf-8").startswith("from before\nnew\n") and list(log.parent.iterdir()) == [log]
