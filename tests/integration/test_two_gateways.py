"""Two gateways on one PostgreSQL: what one does is seen at the other, with Redis at once and without it soon, once and in order."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from async_timeout import timeout

from bot.app import RECORD
from bot.channels.visitors import address_of
from bot.conversations.events import Typing
from bot.redaction.hiding import hidden
from bot.settings import ROOT, Settings
from tests.applicants import Applicant, visiting
from tests.clerk import clerk_of, listens
from tests.gateway import Gateway, running
from tests.servers import Postgres, Redis


@pytest.fixture(params=["redis", "no redis", "redis is away"])
def settings(request: pytest.FixtureRequest, postgres: Postgres, migrated_postgres: str, tmp_path: Path) -> Settings:
    url = postgres.create(f"two_{tmp_path.name}"[:60], migrated_postgres)
    settings = Settings(data_dir=tmp_path, database_url=url, demo=False, rate_limits=False)
    if request.param == "no redis":
        return settings
    server: Redis = request.getfixturevalue("redis")
    if request.param == "redis is away":
        server.kill()
    return replace(settings, redis_url=server.url)


@asynccontextmanager
async def both(settings: Settings) -> AsyncIterator[tuple[Gateway, Gateway]]:
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(running(settings, listens)), await stack.enter_async_context(running(settings, listens))


def numbers(applicant: Applicant) -> list[int]:
    """The numbers of the messages that came by themselves, in the order in which they came."""
    return [int(body["metadata"]["seq"]) for name, body in applicant.heard if name in ("bot_uttered", "user_uttered")]


async def test_officer_and_applicant_meet_across_gateways(settings: Settings) -> None:
    async with both(settings) as (one, other):
        chen = await clerk_of(other)
        async with visiting(one.url("/")) as applicant:
            conversation = (await applicant.say("hello"))["conversation"]
            await applicant.hears("echo: hello")
            await chen.joins(conversation)
            await applicant.until(lambda: applicant.bodies("conversation")[-1]["state"] == "WITH_STAFF")
            assert applicant.bodies("conversation")[-1]["owner"]["name"] == "Chen Li"
            for number in range(5):
                await chen.says(conversation, f"reply {number}")
            await applicant.hears("reply 4")
            await chen.hands_back(conversation)
            await applicant.until(lambda: applicant.bodies("conversation")[-1]["state"] == "BOT")
            seen = numbers(applicant)
            assert seen == sorted(set(seen)) and seen == list(range(1, seen[-1] + 1))


_ERASES = """
import asyncio
from bot.app import PRIVACY, build
from bot.conversations.models import Conversation
from bot.conversations.threads import Address
from bot.db import Database
from bot.settings import load
from sqlalchemy import select

settings = load(env_file=None)
database = Database(settings.database_url)
with database.session() as session:
    (said,) = session.execute(select(Conversation.channel, Conversation.caller, Conversation.sender))
asyncio.run(build(settings)[PRIVACY].erase_own(Address(*said), "network"))
"""


async def test_what_is_erased_elsewhere_is_forgotten_here_without_redis(postgres: Postgres, migrated_postgres: str, tmp_path: Path) -> None:
    url = postgres.create(f"forgets_{tmp_path.name}"[:60], migrated_postgres)
    async with running(Settings(data_dir=tmp_path, database_url=url, demo=False, rate_limits=False), listens) as gateway:
        async with visiting(gateway.url("/")) as applicant:
            await applicant.say("my permit is E12345678")
            await applicant.hears("echo: my permit is <NUMBER:1>")
        # Some looks later it is still there, for nothing was erased; only the retention that runs at the start empties it once.
        async with timeout(20):
            while not hidden.cache_info().currsize:
                hidden("my permit is E12345678")
                await asyncio.sleep(2.5)
        settings = {"BOT_DATA_DIR": str(tmp_path), "BOT_DATABASE_URL": url, "BOT_DEMO": "off"}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")} | settings
        other = await asyncio.create_subprocess_exec(sys.executable, "-c", _ERASES, env=environment, cwd=ROOT)
        assert await other.wait() == 0
        async with timeout(20):
            while hidden.cache_info().currsize:
                await asyncio.sleep(0.1)


async def test_two_windows_of_one_applicant_show_the_same(settings: Settings) -> None:
    async with both(settings) as (one, other), visiting(one.url("/")) as phone:
        await phone.say("from the phone")
        await phone.hears("echo: from the phone")
        async with visiting(other.url("/"), token=phone.token) as laptop:
            await laptop.say("from the laptop")
            await phone.hears("echo: from the laptop")
            await phone.say("again from the phone")
            await laptop.hears("echo: again from the phone")
            for window in (phone, laptop):
                assert numbers(window) == sorted(set(numbers(window)))


async def test_a_window_in_which_nothing_was_said_shows_what_is_said_in_another(settings: Settings) -> None:
    async with both(settings) as (one, other), visiting(one.url("/")) as phone, visiting(other.url("/"), token=phone.token) as laptop:
        await phone.say("from the phone")
        await laptop.hears("echo: from the phone")
        assert numbers(laptop) == [1, 2]


async def test_a_gateway_that_ends_leaves_nothing_out(settings: Settings) -> None:
    async with running(settings, listens) as one:
        async with running(settings, listens) as other:
            chen = await clerk_of(other)
            async with visiting(one.url("/")) as applicant:
                conversation = (await applicant.say("hello"))["conversation"]
                await applicant.hears("echo: hello")
                await chen.joins(conversation)
                await chen.says(conversation, "said at the end")
        async with visiting(one.url("/"), token=applicant.token) as again:
            shown = await again.call("sync", {"conversation": conversation, "after": 0})
            assert [message["text"] for message in shown["messages"]][-1] == "said at the end"


@pytest.mark.usefixtures("patient_checks")
async def test_what_is_not_stored_is_told_through_redis(postgres: Postgres, migrated_postgres: str, redis: Redis, tmp_path: Path) -> None:
    url = postgres.create("two_typing", migrated_postgres)
    settings = Settings(data_dir=tmp_path, database_url=url, demo=False, rate_limits=False, redis_url=redis.url)
    async with both(settings) as (one, other), visiting(one.url("/")) as applicant:
        chen = await clerk_of(other)
        conversation = (await applicant.say("hello"))["conversation"]
        await applicant.hears("echo: hello")
        await chen.joins(conversation)
        await applicant.until(lambda: applicant.bodies("conversation")[-1]["state"] == "WITH_STAFF")
        assert applicant.token is not None
        address = address_of(applicant.token.split(".")[1])

        async def types() -> None:
            # What is told before both gateways listen is heard by nobody.
            while True:
                other.server.app[RECORD].tell(Typing(conversation, address, "staff", "Chen Li", True))
                await asyncio.sleep(0.5)

        typing = asyncio.create_task(types())
        told = await applicant.until(lambda: [body for body in applicant.bodies("typing") if body["author"] == "staff"])
        typing.cancel()
        assert told[0] == {"author": "staff", "name": "Chen Li", "on": True}

        async def when_redis_is(word: str) -> tuple[int, str]:
            async with timeout(60):
                while True:
                    async with one.client.get(one.url("/readyz")) as response:
                        ready = await response.json()
                    if ready["parts"]["redis"] == word:
                        return response.status, ready["status"]

        assert await when_redis_is("ok") == (200, "ok")
        redis.kill()
        assert await when_redis_is("unavailable") == (200, "ok")
