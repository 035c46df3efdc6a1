"""A gateway with a console, and people of the staff at it; a file that needs other settings has fixtures of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from bot.conversations.desk import Rules
from bot.db import Database
from bot.settings import Settings
from bot.staff import presence
from tests.console import Member, member, rasa
from tests.gateway import PARTS, Gateway, desk, running


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    # Members have no live line unless a test opens one, and still count as there.
    return Settings(
        data_dir=tmp_path,
        database_url=str(database.engine.url),
        demo=False,
        rate_limits=False,
        assistant_timeout_s=5,
        turn_lease_s=5,
        reclaim_after_s=3600,
    )


@pytest_asyncio.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    async with running(settings, rasa, replace(PARTS, desk=desk(presence, Rules(reclaim_after_s=3600)))) as opened:
        yield opened


@pytest_asyncio.fixture
async def officer(gateway: Gateway, database: Database) -> AsyncIterator[Member]:
    async with member(gateway, database, "wang", name="Wang Li") as person:
        yield person


@pytest_asyncio.fixture
async def colleague(gateway: Gateway, database: Database) -> AsyncIterator[Member]:
    async with member(gateway, database, "chen", name="Chen Mei") as person:
        yield person


@pytest_asyncio.fixture
async def trainee(gateway: Gateway, database: Database) -> AsyncIterator[Member]:
    async with member(gateway, database, "lin", "trainee") as person:
        yield person


@pytest_asyncio.fixture
async def supervisor(gateway: Gateway, database: Database) -> AsyncIterator[Member]:
    async with member(gateway, database, "boss", "supervisor") as person:
        yield person
