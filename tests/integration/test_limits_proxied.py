"""Rate limits behind a proxy: what it says of its clients counts exactly where it is trusted, and what clients put in front never."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.app import CONSOLE
from bot.channels.rest import PATH
from bot.db import Database
from bot.network import Proxies
from bot.settings import Settings
from tests.console import PASSWORD, Member, browser, member, rasa
from tests.gateway import Gateway, running
from tests.limiters import stand_still

# An edge that is trusted, and one in front of it.
PROXIES = Proxies.parse("127.0.0.1, 10.0.0.0/8")


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    url = str(sqlite_database.engine.url)
    return Settings(data_dir=tmp_path, database_url=url, demo=False, messages_per_minute=100, caller_messages_per_minute=3)


async def asks(gateway: Gateway, *forwarded: str, sender: str | None = None) -> int:
    """The status of a message that comes this way; each header as it stands."""
    headers: Sequence[tuple[str, str]] = [("X-Forwarded-For", value) for value in forwarded]
    async with gateway.client.post(gateway.url(PATH), json={"sender": sender, "message": "hello"}, headers=headers) as response:
        return response.status


async def test_messages_of_one_network_count_together_whatever_their_sender_pretends(settings: Settings) -> None:
    async with running(replace(settings, trusted_proxies=PROXIES), rasa) as gateway:
        ways: list[tuple[str, ...]] = [
            ("203.0.113.5",),
            ("198.51.100.7, 203.0.113.5",),
            ("127.0.0.1, 203.0.113.5, 10.1.2.3",),
        ]
        assert [await asks(gateway, *way) for way in ways] == [200] * 3
        # The same network by every other way.
        for way in [
            *ways,
            ("198.51.100.8", "203.0.113.5"),
            ("203.0.113.9", "203.0.113.5, 10.9.9.9"),
            ("not an address, 203.0.113.5",),
            ("::ffff:203.0.113.5",),
        ]:
            assert await asks(gateway, *way, sender=f"name {len(way)}") == 429, way
        # Another network is not concerned.
        assert await asks(gateway, "203.0.113.5, 198.51.100.20") == 200


async def test_what_cannot_be_read_counts_for_the_proxy_that_passed_it_on(settings: Settings) -> None:
    async with running(replace(settings, trusted_proxies=PROXIES), rasa) as gateway:
        assert [await asks(gateway, way) for way in ("unknown", "203.0.113.5, _hidden", "203.0.113.6:4711")] == [200] * 3
        assert await asks(gateway, "something else") == 429
        assert await asks(gateway, "203.0.113.5") == 200


@pytest.mark.parametrize("proxies", [Proxies(), Proxies.parse("10.0.0.0/8")], ids=["none", "another"])
async def test_proxy_that_is_not_trusted_is_not_believed(settings: Settings, proxies: Proxies) -> None:
    async with running(replace(settings, trusted_proxies=proxies), rasa) as gateway:
        statuses = [await asks(gateway, f"203.0.113.{number}") for number in range(4)]
        assert statuses == [200, 200, 200, 429]


async def test_service_with_a_token_is_limited_by_it_from_wherever_it_calls(settings: Settings) -> None:
    tokens = {"a" * 16: "one", "b" * 16: "two"}
    async with running(replace(settings, trusted_proxies=PROXIES, rest_tokens=tokens), rasa) as gateway:

        async def calls(token: str, network: str) -> int:
            headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": network}
            return (await gateway.post({"message": "hello"}, headers=headers))[0]

        assert [await calls("a" * 16, f"203.0.113.{number}") for number in range(4)] == [200, 200, 200, 429]
        assert await calls("b" * 16, "203.0.113.3") == 200


async def test_account_is_limited_over_all_its_sessions_and_networks(settings: Settings, sqlite_database: Database) -> None:
    async with running(replace(settings, trusted_proxies=PROXIES), rasa) as gateway, AsyncExitStack() as stack:
        guard = gateway.server.app[CONSOLE]._guard
        wang = await stack.enter_async_context(member(gateway, sqlite_database, "wang", ready=False))
        zhou = await stack.enter_async_context(member(gateway, sqlite_database, "zhou", ready=False))
        sessions: list[Member] = []
        for _ in range(3):
            person = await stack.enter_async_context(browser(gateway, wang.id, "wang"))
            await person.sign_in()
            sessions.append(person)
        stand_still(guard._sessions)

        async def change(person: Member, network: str) -> Any:
            return await person.call("POST", "presence", {"presence": "away"}, {"X-Forwarded-For": network})

        passed = 0
        for number, person in enumerate(sessions):
            for _ in range(100):
                status, answered = await change(person, f"203.0.113.{number}")
                if status != 200:
                    assert answered["error"]["code"] == "too_many_requests" and answered["error"]["params"]["retry_after_s"] >= 1
                    break
                passed += 1
        # No session came near its own limit: it is the account's that holds, also for a network that was quiet.
        assert 200 <= passed <= 240
        assert (await change(sessions[0], "198.51.100.1"))[0] == 429
        assert (await change(zhou, "203.0.113.2"))[0] == 200


async def test_guessing_passwords_is_limited_by_the_network_that_the_proxy_names(settings: Settings, sqlite_database: Database) -> None:
    async with running(replace(settings, trusted_proxies=PROXIES), rasa) as gateway, browser(gateway) as thief:
        async with member(gateway, sqlite_database, "wang", ready=False):
            pass

        async def guesses(network: str, password: str = "wrong wrong wrong") -> int:
            body = {"login": "wang", "password": password}
            return (await thief.call("POST", "sign_in", body, {"X-Forwarded-For": network}))[0]

        statuses = [await guesses(f"198.51.100.{number}, 203.0.113.5") for number in range(12)]
        assert statuses[0] == 403 and statuses[-1] == 429 and 429 not in statuses[:5], statuses
        assert await guesses("203.0.113.5", PASSWORD) == 429
        # Whoever is elsewhere is not shut out with it.
        assert await guesses("203.0.113.77", PASSWORD) == 200
