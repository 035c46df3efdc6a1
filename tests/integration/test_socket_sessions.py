"""Sessions on sockets: made and signed by the server, bound to the connection, and nobody else's."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, text

from bot.db import Database
from bot.sessions import LIFE_S, Sessions
from bot.settings import Settings
from bot.vault import KEY_FILE, derived_key, read_or_create_key
from tests.applicants import connected, visiting
from tests.gateway import Gateway, running

TRANSPORTS = (["websocket"], ["polling"])


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False, rate_limits=False)


@pytest_asyncio.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    async with running(settings) as opened:
        yield opened


def count(settings: Settings, table: str) -> int:
    engine = create_engine(settings.resolved_database_url, future=True)
    with engine.connect() as connection:
        found: int = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    engine.dispose()
    return found


def texts(snapshot: dict) -> list[str]:
    return [message["text"] for message in snapshot["messages"]]


@pytest.mark.parametrize("transports", TRANSPORTS, ids=lambda transports: transports[0])
async def test_session_is_made_and_kept(gateway: Gateway, transports: list[str]) -> None:
    async with connected(gateway.url("/"), transports) as applicant:
        answer = await applicant.open()
        assert answer["ok"] and answer["fresh"] and answer["messages"] == [] and answer["conversation"] is None
        assert answer["session_id"] == applicant.token and answer["state"] == "BOT"
        assert (await applicant.say("hello"))["seq"] == 1
        await applicant.hears("echo: hello")
    async with connected(gateway.url("/"), transports) as applicant:
        again = await applicant.open(answer["session_id"])
        assert not again["fresh"] and again["session_id"] == answer["session_id"]
        assert texts(again) == ["hello", "echo: hello"]
        assert [message["metadata"]["seq"] for message in again["messages"]] == [1, 2]


async def test_nothing_is_stored_before_the_first_message(gateway: Gateway, settings: Settings) -> None:
    async with visiting(gateway.url("/")) as applicant:
        await applicant.call("sync", {"after": 0})
        await applicant.call("typing", {"on": True})
        await applicant.call("language", {"language": "zh"})
        await applicant.call("user_uttered", {"message": None})
        assert count(settings, "conversations") == 0
        await applicant.say("hello")
        assert count(settings, "conversations") == 1


async def test_two_tabs_of_one_applicant_see_the_same(gateway: Gateway) -> None:
    async with visiting(gateway.url("/")) as first, visiting(gateway.url("/"), first.token) as second:
        await first.say("from the first", "a")
        await second.hears("echo: from the first")
        assert second.texts("user_uttered") == ["from the first"]
        await second.say("from the second", "b")
        await first.hears("echo: from the second")
        await second.hears("echo: from the second")
        assert first.texts("user_uttered") == ["from the first", "from the second"]
        assert [body["metadata"]["client_id"] for body in first.bodies("user_uttered")] == ["a", "b"]
        ids = [body["metadata"]["id"] for tab in (first, second) for body in tab.bodies("bot_uttered")]
        assert len(ids) == 4 and len(set(ids)) == 2


async def test_strangers_hear_nothing_of_each_other(gateway: Gateway) -> None:
    async with visiting(gateway.url("/")) as ann, visiting(gateway.url("/")) as bob:
        await ann.say("my secret")
        await bob.say("something else")
        await ann.hears("echo: my secret")
        await bob.hears("echo: something else")
        assert "secret" not in str(bob.heard) and "something else" not in str(ann.heard)


async def test_naming_another_session_is_refused(gateway: Gateway, settings: Settings) -> None:
    async with visiting(gateway.url("/")) as ann, visiting(gateway.url("/")) as bob:
        await ann.say("my secret")
        await ann.hears("echo: my secret")
        sid = ann.token.split(".")[1]
        for named in (ann.token, sid, f"session:{sid}", ann.token[:-1] + "A", 5, ["x"]):
            answer = await bob.call("user_uttered", {"message": "hello", "session_id": named})
            assert not answer["ok"] and answer["error"]["code"] == "session_other", named
            for event in ("sync", "typing", "feedback", "rate", "language", "end", "return_code", "leave_message"):
                answer = await bob.call(event, {"session_id": named, "after": 0, "on": True})
                assert not answer["ok"] and answer["error"]["code"] == "session_other", (event, named)
        answer = await bob.call("session_request", {"session_id": ann.token, "after": 0})
        assert not answer["ok"] and answer["error"]["code"] == "session_other"
        assert "secret" not in str(bob.heard) and count(settings, "messages") == 2


async def test_naming_another_conversation_shows_only_ones_own(gateway: Gateway) -> None:
    async with visiting(gateway.url("/")) as ann, visiting(gateway.url("/")) as bob:
        conversation = (await ann.say("my secret"))["conversation"]
        await ann.hears("echo: my secret")
        assert texts(await bob.call("sync", {"conversation": conversation, "after": 0})) == []
        await bob.say("mine")
        await bob.hears("echo: mine")
        assert texts(await bob.call("sync", {"conversation": conversation, "after": 0})) == ["mine", "echo: mine"]
        assert texts(await bob.open(bob.token, conversation=conversation)) == ["mine", "echo: mine"]


async def test_token_that_is_forged_old_or_foreign_begins_a_new_session(gateway: Gateway, settings: Settings) -> None:
    key = derived_key(read_or_create_key(settings.data_dir / KEY_FILE), "sessions")
    async with visiting(gateway.url("/")) as ann:
        await ann.say("my secret")
        await ann.hears("echo: my secret")
        sid, moment, signature = ann.token.split(".")[1:]
        forged = ".".join(("s1", sid, moment, signature[::-1]))
        old = Sessions(key, lambda: time.time() - LIFE_S - 60).issue(sid).token
        foreign = Sessions(b"another gateway's").issue(sid).token
        younger = ".".join(("s1", sid, f"{int(moment, 16) + 1:x}", signature))
        for token in (forged, old, foreign, younger, sid, "", "x" * 5000, "s1..0.", 7, {"sid": sid}, [sid]):
            async with connected(gateway.url("/")) as other:
                answer = await other.open(token)
                assert answer["ok"] and answer["fresh"] and answer["messages"] == [], token
                assert answer["session_id"].split(".")[1] != sid


async def test_old_token_that_still_counts_is_replaced_for_our_widget_only(gateway: Gateway, settings: Settings) -> None:
    key = derived_key(read_or_create_key(settings.data_dir / KEY_FILE), "sessions")
    token = Sessions(key, lambda: time.time() - LIFE_S / 2).begin().token
    async with connected(gateway.url("/")) as widget:
        answer = await widget.open(token)
        assert not answer["fresh"] and answer["session_id"] != token and answer["session_id"].split(".")[1] == token.split(".")[1]
        # What waits in the client was written under the old one.
        assert (await widget.call("user_uttered", {"message": "hello", "session_id": token}))["ok"]
    async with connected(gateway.url("/")) as plain:
        # `rasa-webchat` takes another token for another conversation.
        assert (await plain.call("session_request", {"session_id": token}))["session_id"] == token


async def test_client_that_asks_for_no_session_is_given_one(gateway: Gateway) -> None:
    async with connected(gateway.url("/")) as bare:
        assert (await bare.call("user_uttered", {"message": "hello"}))["ok"]
        await bare.hears("echo: hello")
        token = bare.token
    async with connected(gateway.url("/")) as bare:
        assert (await bare.call("user_uttered", {"message": "again", "session_id": token}))["seq"] == 3
        await bare.hears("echo: again")


async def test_message_with_a_stale_name_is_taken_when_the_server_replaced_it(gateway: Gateway) -> None:
    # `rasa-webchat` sends what was typed before the confirmation under the name that it had stored.
    async with connected(gateway.url("/")) as bare:
        await bare.call("session_request", {"session_id": "long-gone"})
        assert (await bare.call("user_uttered", {"message": "hello", "session_id": "long-gone"}))["ok"]
        await bare.hears("echo: hello")


async def test_events_before_a_session_are_refused(gateway: Gateway) -> None:
    async with connected(gateway.url("/")) as bare:
        for event in ("sync", "typing", "feedback", "rate", "language", "end", "return_code", "leave_message"):
            answer = await bare.call(event, {})
            assert not answer["ok"] and answer["error"]["code"] == "session_missing", event


async def test_return_code_leads_to_the_conversation_on_another_device(gateway: Gateway) -> None:
    async with visiting(gateway.url("/")) as phone, visiting(gateway.url("/")) as computer:
        await phone.say("begun on the phone")
        await phone.hears("echo: begun on the phone")
        made = await phone.call("return_code", {})
        assert made["ok"] and made["expires_at"]
        refused = await computer.call("resume", {"code": "22222-22222"})
        assert not refused["ok"] and refused["error"]["code"] not in ("internal", "session_other")
        resumed = await computer.call("resume", {"code": made["code"]})
        assert resumed["ok"]
        answer = await computer.open(resumed["session_id"])
        assert answer["ok"] and texts(answer) == ["begun on the phone", "echo: begun on the phone"]
        await computer.say("finished on the computer")
        await phone.hears("echo: finished on the computer")
        assert not (await computer.call("resume", {"code": made["code"]}))["ok"]


async def test_return_code_of_nobody_may_not_be_guessed_for_long(gateway: Gateway) -> None:
    async with visiting(gateway.url("/")) as thief:
        codes = [(await thief.call("resume", {"code": f"2345678{number:03}"}))["error"]["code"] for number in range(100, 120)]
        assert codes[-1].startswith("too_many") and not codes[0].startswith("too_many")
