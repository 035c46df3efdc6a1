"""What the gateway refuses, and how: the one error shape, nothing stored, the process unharmed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, text

from bot.channels.rest import PATH
from bot.db import Database
from bot.settings import Settings, load
from tests.gateway import Gateway, running


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False, rate_limits=False)


@pytest_asyncio.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    async with running(settings) as opened:
        yield opened


def stored(settings: Settings) -> int:
    engine = create_engine(settings.resolved_database_url, future=True)
    with engine.connect() as connection:
        count: int = connection.execute(text("SELECT count(*) FROM conversations")).scalar_one()
    engine.dispose()
    return count


BAD: list[tuple[str, bytes, int, str]] = [
    ("no json", b"{", 400, "body_not_json"),
    ("empty body", b"", 400, "body_not_json"),
    ("a list", b"[]", 400, "body_not_object"),
    ("not utf-8", b'{"message": "\xff"}', 400, "body_not_json"),
    ("not a number", b'{"message": NaN}', 400, "body_not_json"),
    ("huge integer", b'{"message": ' + b"9" * 20_000 + b"}", 400, "body_not_json"),
    ("nested lists", b'{"message": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", 400, "body_too_deep"),
    ("nested objects", b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400, "body_too_deep"),
    ("open brackets", b"[" * 10_000, 400, "body_too_deep"),
    ("message of a number", b'{"message": 5}', 400, "field_type"),
    ("message of a list", b'{"message": ["hi"]}', 400, "field_type"),
    ("message of true", b'{"message": true}', 400, "field_type"),
    ("sender of a number", b'{"sender": 5, "message": "hi"}', 400, "field_type"),
    ("metadata of a list", b'{"message": "hi", "metadata": []}', 400, "field_type"),
    ("language of a number", b'{"message": "hi", "metadata": {"language": 1}}', 400, "field_type"),
    ("message id of a list", b'{"message": "hi", "metadata": {"message_id": []}}', 400, "field_type"),
    ("empty message", b'{"message": ""}', 400, "message_empty"),
    ("blank message", '{"message": " \\n\\t\u3000\u200b"}'.encode(), 400, "message_empty"),
    ("NUL", b'{"message": "a\\u0000b"}', 400, "message_characters"),
    ("escape", b'{"message": "a\\u001bb"}', 400, "message_characters"),
    ("C1", b'{"message": "a\\u0085b"}', 400, "message_characters"),
    ("half a pair", b'{"message": "a\\ud800"}', 400, "message_characters"),
    ("sender of half a pair", b'{"message": "a", "sender": "\\ud800"}', 400, "name_unusable"),
    ("empty sender", b'{"message": "a", "sender": ""}', 400, "name_unusable"),
    ("long sender", json.dumps({"message": "a", "sender": "x" * 201}).encode(), 400, "name_unusable"),
    ("2001 characters", json.dumps({"message": "字" * 2001}).encode(), 400, "message_too_long"),
    ("long body", json.dumps({"message": "x" * 70_000}).encode(), 413, "body_too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
async def test_unusable_body_is_refused_and_nothing_is_stored(
    gateway: Gateway, settings: Settings, body: bytes, status: int, code: str
) -> None:
    async with gateway.client.post(gateway.url(PATH), data=body) as response:
        refusal = await response.json()
        assert (response.status, refusal["error"]["code"]) == (status, code)
        assert set(refusal) == {"error"} and set(refusal["error"]) == {"code", "message", "params"}
        assert refusal["error"]["message"]
    assert stored(settings) == 0 and gateway.rasa.asked == []
    assert await gateway.texts("still alive") == ["echo: still alive"]


async def test_longest_message_is_accepted(gateway: Gateway) -> None:
    assert await gateway.texts("字" * 2000) == ["echo: " + "字" * 2000]


async def test_compressed_body_is_refused(gateway: Gateway) -> None:
    async with gateway.client.post(gateway.url(PATH), data=b"{}", headers={"Content-Encoding": "gzip"}) as response:
        assert response.status in (400, 415)


async def test_every_error_has_the_one_shape_in_the_callers_language(gateway: Gateway) -> None:
    chinese = {"Accept-Language": "fr;q=0.9, zh-CN, en;q=0.5"}
    for method, path, status, code in (
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/static/../app.py", 404, "not_found"),
        ("GET", "/static/nothing.css", 404, "not_found"),
        ("GET", "/static/home/home.html", 404, "not_found"),
        ("GET", "/static/%2e%2e/app.py", 404, "not_found"),
        ("GET", "/static/a%00b.css", 404, "not_found"),
        ("GET", "/static/", 404, "not_found"),
        ("DELETE", PATH, 405, "method_not_allowed"),
    ):
        async with gateway.client.request(method, gateway.url(path), headers=chinese) as response:
            body = await response.json()
            assert (response.status, body["error"]["code"]) == (status, code), path
            assert any("\u4e00" <= character <= "\u9fff" for character in body["error"]["message"])
            if status == 405:
                assert response.headers["Allow"] == "POST"


async def test_error_is_told_in_the_language_of_the_metadata(gateway: Gateway) -> None:
    _, body = await gateway.post({"message": "", "metadata": {"language": "zh-CN"}})
    assert body["error"]["message"].startswith("消息")


async def test_failure_of_our_own_is_a_500_that_tells_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.conversations.service import Conversations

    async def fails(*_arguments: Any, **_named: Any) -> Any:
        raise RuntimeError("private words")

    async with running(settings) as gateway:
        monkeypatch.setattr(Conversations, "applicant_says", fails)
        status, body = await gateway.post({"message": "hello"})
    assert status == 500 and body["error"]["code"] == "internal" and "private" not in json.dumps(body)


async def test_every_response_carries_the_security_headers(gateway: Gateway) -> None:
    for path in ("/", "/nothing", "/healthz", "/static/home/home.css"):
        async with gateway.client.get(gateway.url(path)) as response:
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert "default-src 'self'" in response.headers["Content-Security-Policy"]
            assert response.headers["X-Frame-Options"] == "DENY" and response.headers["X-Request-ID"]
            assert "aiohttp" not in response.headers["Server"]


async def test_metrics_answer_this_machine_only_and_can_be_off(gateway: Gateway, settings: Settings) -> None:
    async with gateway.client.get(gateway.url("/metrics")) as response:
        assert response.status == 200 and "bot_turns" in await response.text()
    async with gateway.client.get(gateway.url("/metrics"), headers={"X-Forwarded-For": "203.0.113.5"}) as response:
        assert response.status == 404
    async with running(replace(settings, metrics="off")) as other, other.client.get(other.url("/metrics")) as response:
        assert response.status == 404


@pytest.mark.parametrize("whoever", [{}, {"X-Forwarded-For": "203.0.113.5"}, {"Forwarded": "for=203.0.113.5"}])
async def test_metrics_answer_a_token_from_anywhere_and_no_other(settings: Settings, whoever: dict[str, str]) -> None:
    token = "a token of the scraper"
    async with running(replace(settings, metrics="off", metrics_tokens={token: "prometheus"})) as gateway:
        for shown, status in ((None, 404), (f"Bearer {token}", 200), (f"Bearer {token}x", 404), ("Bearer", 404), (f"Basic {token}", 404)):
            headers = {**whoever, **({"Authorization": shown} if shown else {})}
            async with gateway.client.get(gateway.url("/metrics"), headers=headers) as response:
                assert response.status == status, shown
                assert ("bot_turns" in await response.text()) == (status == 200)


def test_short_tokens_for_metrics_are_refused() -> None:
    with pytest.raises(Exception, match="BOT_METRICS_TOKENS"):
        load({"BOT_METRICS_TOKENS": "prometheus:short"}, None)
    assert load({"BOT_METRICS_TOKENS": "prometheus:sixteen-letters-"}, None).metrics_tokens == {"sixteen-letters-": "prometheus"}


async def test_limits_that_are_off_are_said_loudly(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    async with running(settings):
        pass
    assert any("RATE LIMITS ARE OFF" in record.getMessage() for record in caplog.records)
