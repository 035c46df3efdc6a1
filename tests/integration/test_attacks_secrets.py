"""What is secret stands in no log, no metric, no refusal, and in nothing that is handed on with the code."""

from __future__ import annotations

import logging
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bot.channels.rest import PATH
from bot.db import Database
from bot.settings import ROOT, Settings
from tests.console import PASSWORD, browser, member, rasa
from tests.gateway import running

TOKEN = "a-token-of-the-hr-portal"


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    url = str(sqlite_database.engine.url)
    return Settings(data_dir=tmp_path, database_url=url, demo=False, rate_limits=False, rest_tokens={TOKEN: "portal"})


async def test_no_token_cookie_password_or_key_is_logged_counted_or_sent_back(
    settings: Settings, sqlite_database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = []
    async with running(settings, rasa) as gateway, member(gateway, sqlite_database, "chief", "officer") as officer:
        for shown in (TOKEN, f"{TOKEN}x"):
            status, body = await gateway.post(
                {"sender": "ann", "message": "hello"}, headers={"Authorization": f"Bearer {shown}", "Cookie": f"staff={officer.cookie}"}
            )
            said.append(str(body))
            assert status == (200 if shown == TOKEN else 401)
        async with browser(gateway, login="chief") as stranger:
            said.append(str(await stranger.refused("sign_in", login="chief", password=f"{PASSWORD}?")))
        said.append(str(await officer.call("GET", "me", headers={"Cookie": f"staff={officer.cookie}x"})))
        for path in ("/metrics", "/readyz", "/healthz", f"/nothing?token={TOKEN}", PATH):
            async with gateway.client.get(gateway.url(path)) as response:
                said.append(await response.text())
        secrets = [TOKEN, PASSWORD, officer.cookie]
    keys = [path.read_bytes() for path in tmp_path.glob("*.key")]
    assert keys and all(keys) and all(secrets)
    # The test's own client speaks in these, and its server keeps a log of addresses that the gateway runs without.
    theirs = ("aiohttp.client", "aiohttp.access", "asyncio")
    # With the traces that a handler would print.
    ours = [logging.Formatter().format(record) for record in caplog.records if not record.name.startswith(theirs)]
    told = "\n".join([*said, *ours])
    assert ours and not [secret for secret in secrets if secret in told]
    assert not [key for key in keys if key.decode("latin-1").strip() in told or key.hex() in told]


async def test_settings_are_not_shown_where_something_goes_wrong(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    settings = replace(settings, rest_tokens={})
    async with running(settings) as gateway:
        gateway.rasa.model, port = None, str(gateway.rasa.port)
        async with gateway.client.get(gateway.url("/readyz")) as response:
            assert response.status == 503
            told = await response.text()
    assert str(settings.data_dir) not in told and "sqlite" not in told and port not in told


def test_no_step_of_an_image_names_a_secret() -> None:
    steps = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")
    named = {name for line in re.findall(r"^(?:ENV|ARG) (.*)$", steps, re.MULTILINE) for name in re.findall(r"([A-Z_]+)=?", line)}
    assert not [name for name in named if re.search(r"TOKEN|KEY|PASSWORD|SECRET|_URL", name)]
    assert "USER 10001" in steps and "ADD " not in steps


def test_nothing_secret_lies_among_the_files_of_the_project() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    kept = re.compile(r"(^|/)(\.env|var|\.venv|\.tools)(/|$)|\.(key|pem|p12|db|sqlite|log)$")
    assert listed and [name for name in listed if kept.search(name)] == []
    private = re.compile(
        rb"-----BEGIN [A-Z ]*PRIVATE" + rb" KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bxox[abp]-[0-9A-Za-z-]{20}"
    )
    assert [name for name in listed if (ROOT / name).is_file() and private.search((ROOT / name).read_bytes())] == []
