"""Records delivered over HTTP: who may, how often, what comes back, and what stands in the trail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select
from yarl import URL

from bot.audit import AuditEntry
from bot.db import Database
from bot.permits.models import Application
from bot.permits.register import deliver
from bot.settings import Settings, load
from tests.gateway import Gateway, running
from tests.records import fields, record

TOKEN, OTHER = "authority-token-0001", "other-token-00000001"


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    tokens = {TOKEN: "authority", OTHER: "other"}
    return Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False, record_tokens=tokens)


@pytest_asyncio.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    async with running(settings) as opened:
        yield opened


async def put(gateway: Gateway, number: str = "TEST-1", token: str | None = TOKEN, **changes: Any) -> tuple[int, Any]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    # As it stands: a client would tidy what is escaped.
    url = URL(gateway.url("/api/v1/applications/") + number, encoded=True)
    async with gateway.client.put(url, json={**fields(), **changes}, headers=headers) as response:
        return response.status, await response.json()


def code(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]


async def test_same_record_twice_is_stored_once(gateway: Gateway, sqlite_database: Database) -> None:
    assert await put(gateway) == (201, {"outcome": "added", "changed": []})
    assert await put(gateway, "test%201") == (200, {"outcome": "changed", "changed": ["number"]})
    assert await put(gateway, "test%201") == (200, {"outcome": "unchanged", "changed": []})
    status, body = await put(gateway, "test%201", stage="accepted", stage_since="2026-11-12")
    assert (status, set(body["changed"])) == (200, {"stage", "stage_since"})
    with sqlite_database.session() as session:
        assert session.execute(select(func.count(Application.id))).scalar_one() == 1


async def test_deliveries_at_once_make_one_application(gateway: Gateway) -> None:
    answers = await asyncio.gather(*(put(gateway, permit_number="P-1") for _ in range(8)))
    assert sorted(status for status, _ in answers) == [200] * 7 + [201]


@pytest.mark.parametrize("shown", [None, "", "x", "authority-token-0002", TOKEN + "0", TOKEN[:-1], "é" * 20])
async def test_nobody_delivers_without_a_token(gateway: Gateway, shown: str | None) -> None:
    assert code(await put(gateway, token=shown)) == (401, "token_wrong")


async def test_nobody_delivers_when_no_token_is_set(settings: Settings) -> None:
    async with running(replace(settings, record_tokens={}, rest_tokens={TOKEN: "rest"})) as gateway:
        assert code(await put(gateway)) == (401, "token_wrong")


async def test_refusals_have_the_one_shape_and_repeat_nothing_of_the_record(gateway: Gateway) -> None:
    status, body = await put(gateway, stage="secret stage")
    assert (status, body["error"]["code"], body["error"]["params"]["field"]) == (400, "record_choice", "stage")
    assert "secret" not in str(body) and body["error"]["message"]
    assert code(await put(gateway, surname="x")) == (400, "record_unknown_field")
    named = {**fields(), "number": "TEST-2"}
    async with gateway.client.put(
        gateway.url("/api/v1/applications/TEST-1"), json=named, headers={"Authorization": f"Bearer {TOKEN}"}
    ) as response:
        assert code((response.status, await response.json())) == (400, "record_unknown_field")
    assert code(await put(gateway, "--")) == (400, "name_unusable")


@pytest.mark.parametrize("number", ["%ff%fe", "TEST%ff1", "%ed%a0%80", "%c0%af", "TEST%00"])
async def test_number_that_is_no_text_in_utf_8_is_refused(gateway: Gateway, sqlite_database: Database, number: str) -> None:
    status, body = await put(gateway, number)
    assert (status, body["error"]["code"], body["error"]["params"]["field"]) == (400, "name_unusable", "number")
    with sqlite_database.session() as session:
        assert session.execute(select(func.count(Application.id))).scalar_one() == 0


async def test_number_is_read_from_the_address_whatever_stands_in_it(gateway: Gateway, sqlite_database: Database) -> None:
    numbers = {"%E6%B7%B1-1": "深-1", "A%2F2": "A/2", "a%252f3": "a%2f3", "%EF%BC%A14": "Ａ4", "A%3F5": "A?5"}
    for number in numbers:
        assert (await put(gateway, number))[0] == 201
    with sqlite_database.session() as session:
        assert set(session.execute(select(Application.acceptance_number)).scalars()) == set(numbers.values())


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_delivery_that_meets_a_held_row_is_told_when_to_come_again(database: Database, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url=str(database.engine.url), demo=False, record_tokens={TOKEN: "authority"})
    async with running(settings) as gateway:
        await put(gateway)
        with database.session() as session:
            session.execute(select(Application).with_for_update())
            status, body = await put(gateway, category="A")
            assert (status, body["error"]["code"], body["error"]["params"]) == (503, "record_busy", {"retry_after_s": 5})
            deliver(session, [record("TEST-2")], "authority")
            assert (await put(gateway, "TEST-3"))[0] == 201, "the employer is the same"
        assert await put(gateway, category="A") == (200, {"outcome": "changed", "changed": ["category"]})


async def test_conflicts_change_nothing(gateway: Gateway) -> None:
    await put(gateway, permit_number="P-1")
    assert code(await put(gateway, token=OTHER)) == (409, "record_of_other_source")
    assert code(await put(gateway, stage="draft", stage_since="2026-11-01")) == (409, "record_older")
    assert code(await put(gateway, "TEST-2", permit_number="P-1", date_of_birth="1990-01-01")) == (409, "record_holder_differs")


async def test_no_source_replaces_the_date_of_birth_that_proves_anothers_application(gateway: Gateway) -> None:
    await put(gateway, permit_number="P-1")
    await put(gateway, "TEST-2", OTHER, permit_number="P-1")
    status, body = await put(gateway, permit_number="P-1", date_of_birth="1990-01-01")
    assert (status, body["error"]["code"], body["error"]["params"]) == (409, "record_holder_shared", {})
    assert "without the permit number" in body["error"]["message"] and "1990" not in str(body)
    assert (await put(gateway, "TEST-2", OTHER, permit_number="P-1"))[1]["outcome"] == "unchanged"


async def test_trail_names_fields_and_never_what_they_hold(gateway: Gateway, sqlite_database: Database) -> None:
    await put(gateway)
    await put(gateway)
    await put(gateway, stage="accepted", stage_since="2026-11-12", given_name="Eve")
    with sqlite_database.session() as session:
        entries = session.execute(select(AuditEntry).where(AuditEntry.action == "application:deliver").order_by(AuditEntry.id)).scalars()
        found = [(entry.actor, entry.subject, entry.detail) for entry in entries]
    subject = found[0][1]
    assert found == [
        ("service:authority", subject, {"outcome": "added", "fields": []}),
        ("service:authority", subject, {"outcome": "changed", "fields": ["given_name", "stage", "stage_since"], "stage": "accepted"}),
    ]
    assert subject.startswith("application:")


async def test_source_that_delivers_too_much_waits_and_another_does_not(settings: Settings) -> None:
    async with running(replace(settings, records_per_minute=3)) as gateway:
        answers = [code(await put(gateway, stage="x")) for _ in range(4)]
        assert answers[2:] == [(400, "record_choice"), (429, "too_many_requests")]
        assert (await put(gateway, token=OTHER))[0] == 201


async def test_guesses_at_a_token_are_limited_and_stop_nobody_who_has_one(settings: Settings) -> None:
    async with running(replace(settings, records_per_minute=3)) as gateway:
        answers = [code(await put(gateway, token="guess")) for _ in range(4)]
        assert answers[2:] == [(401, "token_wrong"), (429, "too_many_requests")]
        assert (await put(gateway))[0] == 201


@pytest.mark.parametrize("value", ["demo:" + "x" * 16, "a b:" + "x" * 16, "n" * 31 + ":" + "x" * 16, "short:x", "x" * 16])
def test_settings_refuse_tokens_without_a_usable_source(value: str) -> None:
    with pytest.raises(Exception, match="BOT_RECORD_TOKENS"):
        load({"BOT_RECORD_TOKENS": value}, None)


def test_settings_read_tokens_of_sources() -> None:
    assert load({"BOT_RECORD_TOKENS": f"authority:{TOKEN}"}, None).record_tokens == {TOKEN: "authority"}
