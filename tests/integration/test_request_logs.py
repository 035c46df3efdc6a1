"""One turn can be followed by the id of its request, and no line holds a word of what anybody wrote, in either format."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.channels.rest import PATH
from bot.conversations.service import Conversations
from bot.db import Database
from bot.logs import FORMATS, Lines, PlacesOnly
from bot.settings import ROOT, Settings
from tests.applicants import visiting
from tests.gateway import answer, reply, running

MARKER = "zebra-E12345678"


@pytest.fixture(params=FORMATS)
def lines(request: pytest.FixtureRequest) -> Iterator[tuple[str, io.StringIO]]:
    """What the gateway logs at the lowest level, as `set_up` has it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines(request.param))
    handler.addFilter(PlacesOnly())
    root, ours = logging.getLogger(), logging.getLogger("bot")
    root.addHandler(handler)
    level = ours.level
    # By the method: it has every logger below forget what it was allowed before.
    ours.setLevel(logging.DEBUG)
    yield request.param, stream
    ours.setLevel(level)
    root.removeHandler(handler)


async def test_a_turn_is_followed_and_nothing_of_it_is_logged(
    lines: tuple[str, io.StringIO], sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form, stream = lines
    settings = Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False, rate_limits=False)

    async def script(message: dict[str, Any]) -> Any:
        if "break" in message["message"]:
            return answer(reply(MARKER, quick_replies=[{"title": MARKER, "payload": 5}]))
        return answer(reply(f"echo {MARKER}"))

    async with running(settings, script) as gateway:
        async with gateway.client.post(gateway.url(PATH), json={"sender": MARKER, "message": MARKER}) as response:
            named = response.headers["X-Request-ID"]
        assert gateway.rasa.requests == [named]
        await gateway.say(f"break {MARKER}")
        async with gateway.client.get(gateway.url(f"/{MARKER}?{MARKER}"), headers={"X-Request-ID": f"{MARKER} {MARKER}"}) as response:
            assert MARKER not in response.headers["X-Request-ID"]
        async with gateway.client.get(gateway.url("/healthz"), headers={"X-Request-ID": MARKER}) as response:
            assert MARKER not in response.headers["X-Request-ID"]
        async with visiting(gateway.url("/")) as applicant:
            await applicant.say(MARKER)
            await applicant.hears(f"echo {MARKER}")
        assert len(set(gateway.rasa.requests)) == 3

        async def fails(*_given: Any, **_named: Any) -> Any:
            raise RuntimeError(MARKER)

        monkeypatch.setattr(Conversations, "applicant_says", fails)
        assert (await gateway.post({"message": MARKER}))[0] == 500
    told = stream.getvalue().splitlines()
    assert told and not [line for line in told if MARKER in line]
    if form == "json":
        found = [json.loads(line) for line in told]
        assert all(set(each) == {"time", "level", "logger", "message", "request"} for each in found)
        ours = [each["message"] for each in found if each["request"] == named]
    else:
        ours = [line.partition("] ")[2] for line in told if f"[{named}]" in line]
    assert any(each.startswith("turn answered") for each in ours) and any(PATH in each for each in ours)


@pytest.mark.parametrize("form", FORMATS)
def test_a_crash_tells_its_place_only(form: str) -> None:
    script = f"from bot.logs import set_up; set_up('DEBUG', {form!r}); raise ValueError({MARKER!r})"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "ValueError" in done.stderr and MARKER not in done.stderr
