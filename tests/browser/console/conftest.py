"""A gateway with an assistant that a script speaks for, real accounts, and a browser."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser

from bot.settings import Settings
from bot.staff import presence
from tests.browser.console.workplace import Workplace, assistant
from tests.gateway import PARTS, desk, running


@pytest.fixture
async def workplace(browser: Browser, tmp_path: Path, migrated_sqlite: Path) -> AsyncIterator[Workplace]:
    """Where officers work; who is ready is who says so."""
    shutil.copy(migrated_sqlite, tmp_path / "permits.db")
    settings = Settings(data_dir=tmp_path, demo=False, rate_limits=False)
    async with running(settings, assistant, replace(PARTS, desk=desk(presence))) as gateway:
        yield Workplace(gateway, browser)
