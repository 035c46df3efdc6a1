"""The REST door over real sockets: storing, answering, delivering, handing off."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from bot.settings import Settings
from tests.gateway import answer, echo, hand_off, never, reply, running, seqs


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=database_url, demo=False, assistant_timeout_s=5, turn_lease_s=5)


def rows(settings: Settings, query: str) -> list[Any]:
    engine = create_engine(settings.resolved_database_url, future=True)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(query))]
    engine.dispose()
    return found


async def test_answer_comes_with_its_metadata(settings: Settings) -> None:
    source = {"title": "Notice", "url": "https://example.gov.cn/a", "date": "2026-01-02"}

    async def script(_message: dict[str, Any]) -> Any:
        return answer(
            reply(
                "Ten days.", topic="processing_time", confidence=0.9, sources=[source], quick_replies=[{"title": "Fee", "payload": "/fee"}]
            )
        )

    async with running(settings, script) as gateway:
        (message,) = await gateway.say("How long?")
    assert message["recipient_id"] == "ann" and message["text"] == "Ten days."
    assert message["buttons"] == [{"title": "Fee", "payload": "/fee"}]
    assert message["quick_replies"] == [{"content_type": "text", "title": "Fee", "payload": "/fee"}]
    metadata = message["metadata"]
    assert metadata["author"] == "bot" and metadata["seq"] == 2 and metadata["topic"] == "processing_time"
    assert metadata["sources"] == [source] and metadata["card"] is None and metadata["confidence"] == 0.9
    assert metadata["conversation"] == {"state": "BOT"} and metadata["language"] == "en"


async def test_rasa_gets_the_redacted_text_and_what_it_needs_to_know(settings: Settings) -> None:
    async with running(settings) as gateway:
        await gateway.say("my permit is E12345678")
        (asked,) = gateway.rasa.asked
    assert asked["message"] == "my permit is <NUMBER:1>"
    assert set(asked) == {"sender", "message", "metadata"} and asked["sender"] != "ann"
    assert {name: asked["metadata"][name] for name in ("language", "channel")} == {"language": "en", "channel": "rest"}


async def test_typed_slash_reaches_rasa_without_its_power(settings: Settings) -> None:
    async with running(settings) as gateway:
        for typed in ("/restart", "//restart", "／restart", "\u200b/restart", " \u2060／/ restart"):
            await gateway.say(typed)
        assert set(gateway.rasa.texts) == {"restart"}


async def test_choice_counts_where_it_was_offered_or_where_it_opens_a_topic(settings: Settings) -> None:
    async def script(message: dict[str, Any]) -> Any:
        offers = [{"title": "Extension", "payload": "choose:materials.type=extension"}, {"title": "Fee", "payload": "/fee"}]
        return answer(reply(f"got {message['message']} {message['metadata'].get('choice')}", quick_replies=offers))

    async with running(settings, script) as gateway:
        assert await gateway.texts("choose:materials.type=extension") == ["got choose:materials.type=extension None"]
        assert await gateway.texts("choose:materials.type=extension") == ["got /choose materials.type=extension"]
        assert await gateway.texts("/fee") == ["got /fee None"]
        assert await gateway.texts("/points") == ["got /points None"]
        assert await gateway.texts("/no_such_topic") == ["got no_such_topic None"]
        assert await gateway.texts("choose:materials.type=extension", sender="bob") == ["got choose:materials.type=extension None"]
    stored = rows(settings, "SELECT text FROM messages WHERE author = 'applicant' ORDER BY created_at, seq")
    assert ("Extension",) in stored and ("Fee",) in stored


async def test_message_sent_twice_is_stored_once_and_answered_alike(settings: Settings) -> None:
    async with running(settings) as gateway:
        first, again = await asyncio.gather(*(gateway.say("hello", message_id="m-1") for _ in range(2)))
        later = await gateway.say("hello", message_id="m-1")
        assert first == again == later and len(first) == 1
        assert len(gateway.rasa.asked) == 1
    assert rows(settings, "SELECT count(*) FROM messages WHERE author = 'applicant'") == [(1,)]


async def test_messages_of_one_conversation_wait_for_each_other_and_others_do_not(settings: Settings) -> None:
    running_now: dict[str, int] = {}
    most_together, most_in_one = 0, 0

    async def script(message: dict[str, Any]) -> Any:
        nonlocal most_together, most_in_one
        running_now[message["sender"]] = running_now.get(message["sender"], 0) + 1
        most_in_one = max(most_in_one, running_now[message["sender"]])
        most_together = max(most_together, sum(running_now.values()))
        await asyncio.sleep(0.2)
        running_now[message["sender"]] -= 1
        return await echo(message)

    async with running(settings, script) as gateway:
        answers = await asyncio.gather(
            *(gateway.texts(f"question {number}", sender=sender) for sender in ("ann", "bob") for number in range(4))
        )
    assert answers == [[f"echo: question {number}"] for _ in range(2) for number in range(4)]
    assert most_in_one == 1 and most_together >= 2
    numbers = rows(settings, "SELECT conversation_id, seq FROM messages ORDER BY conversation_id, seq")
    for conversation in {name for name, _ in numbers}:
        assert [seq for name, seq in numbers if name == conversation] == list(range(1, 9))


async def test_each_call_first_returns_what_was_not_delivered(settings: Settings) -> None:
    async with running(settings) as gateway:
        await gateway.say("hello")
        engine = create_engine(settings.resolved_database_url, future=True)
        with engine.begin() as connection:
            connection.execute(text("UPDATE messages SET delivered_at = NULL"))
        engine.dispose()
        assert await gateway.texts(None) == ["echo: hello"]
        assert await gateway.texts(None) == []
        assert await gateway.texts("again") == ["echo: again"]


async def test_absent_sender_is_made_and_returned(settings: Settings) -> None:
    async with running(settings) as gateway:
        _, first = await gateway.post({"message": "hello", "unknown": [1]})
        _, second = await gateway.post({"message": "hello"})
        assert first[0]["recipient_id"] != second[0]["recipient_id"] and len(first[0]["recipient_id"]) >= 22
        assert await gateway.texts("and now", sender=first[0]["recipient_id"]) == ["echo: and now"]


async def test_answers_follow_the_language_of_the_message_unless_one_was_chosen(settings: Settings) -> None:
    async with running(settings) as gateway:
        for typed, language in (("hello there", "en"), ("办理需要多久", "zh"), ("12345", "zh")):
            assert (await gateway.say(typed))[0]["metadata"]["language"] == language
        assert (await gateway.say("办理需要多久", language="en"))[0]["metadata"]["language"] == "en"
        assert (await gateway.say("办理需要多久"))[0]["metadata"]["language"] == "en"


async def test_language_chosen_in_the_conversation_stays(settings: Settings) -> None:
    async def script(message: dict[str, Any]) -> Any:
        if message["message"] == "中文":
            return answer(reply("好的", language="zh", set_language="zh"))
        return await echo(message)

    async with running(settings, script) as gateway:
        await gateway.say("中文")
        assert (await gateway.say("how long"))[0]["metadata"]["language"] == "zh"


@pytest.mark.parametrize("broken", ["empty", "text", "shape", "status", "payload", "not_json", "late"])
async def test_broken_answer_becomes_an_apology_with_hotline_and_a_person(settings: Settings, broken: str) -> None:
    from aiohttp import web

    async def script(message: dict[str, Any]) -> Any:
        if broken == "late":
            return await never(message)
        return {
            "empty": [],
            "text": [{"recipient_id": "x", "text": "plain"}],
            "shape": answer({"text": 5, "language": "en"}),
            "status": web.Response(status=500),
            "payload": answer(reply("x", quick_replies=[{"title": "x", "payload": "/restart"}])),
            "not_json": web.Response(text="<html>"),
        }[broken]

    async with running(replace(settings, assistant_timeout_s=0.3), script) as gateway:
        (message,) = await gateway.say("办理需要多久")
        assert "0755-88121678" in message["text"] and message["metadata"]["language"] == "zh"
        assert [offer["payload"] for offer in message["buttons"]] == ["desk:wait", "desk:message", "desk:stay"]
        assert message["metadata"]["notice"] == "assistant_unavailable"
        async with gateway.client.get(gateway.url("/metrics")) as response:
            figures = await response.text()
        assert "bot_assistant_failures_total{" in figures and 'bot_turns_total{outcome="apologised"} 1.0' in figures
        (person,) = await gateway.say("desk:wait")
    assert person["metadata"]["card"]["reason"] == "assistant_unavailable" and person["metadata"]["card"]["position"] == 1
    assert person["metadata"]["conversation"] == {"state": "QUEUED"}
    assert rows(settings, "SELECT reason FROM handoffs") == [("assistant_unavailable",)]


async def test_question_sent_together_with_the_request_is_answered_too(settings: Settings) -> None:
    async def script(message: dict[str, Any]) -> Any:
        await asyncio.sleep(0.2)
        return answer(*hand_off("en", "asked")) if message["message"] == "person" else await echo(message)

    async with running(settings, script) as gateway:
        await gateway.say("hello")
        both = await asyncio.gather(gateway.texts("person"), gateway.texts("how long"))
        assert sorted(len(texts) for texts in both) == [1, 1] and ["echo: how long"] in both


async def test_private_reply_is_rendered_by_the_gateway(settings: Settings) -> None:
    async def script(_message: dict[str, Any]) -> Any:
        return answer(reply("", private="<RESULT:1>"))

    async with running(settings, script) as gateway:
        assert await gateway.texts("status") == ["status of <RESULT:1>"]


async def test_demonstration_is_announced_once_before_the_first_answer(settings: Settings) -> None:
    async with running(replace(settings, demo=True)) as gateway:
        notice, first = await gateway.say("你好，我想问一下")
        assert notice["metadata"]["author"] == "system" and "演示" in notice["text"] and first["text"].startswith("echo")
        assert seqs([notice, first]) == [2, 3]
        assert await gateway.texts("hello") == ["echo: hello"]
        async with gateway.client.get(gateway.url("/")) as response:
            page = await response.text()
        assert "演示系统" in page and "invented applications" in page and "noindex" in page


async def test_failed_redaction_sends_nothing_to_rasa(settings: Settings) -> None:
    from tests.gateway import PARTS

    def fails(*_arguments: Any) -> str:
        raise RuntimeError("E12345678")

    async with running(settings, parts=replace(PARTS, redact=fails)) as gateway:
        assert "0755-88121678" in (await gateway.texts("E12345678"))[0]
        assert gateway.rasa.asked == []


async def test_log_never_holds_what_was_written(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="bot")

    async def script(_message: dict[str, Any]) -> Any:
        return [{"text": "secretanswer"}]

    async with running(settings, script) as gateway:
        await gateway.say("secretword", sender="secretname")
        await gateway.post({"sender": "secretname", "message": "secretword\x00"})
        async with gateway.client.get(gateway.url("/?q=secretquery")) as response:
            assert response.status == 200
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("bot")]
    assert ours and not any("secret" in line for line in ours)


async def test_tokens_separate_callers_and_wrong_ones_are_refused(settings: Settings) -> None:
    tokens = {"a" * 16: "one", "b" * 16: "two"}
    async with running(replace(settings, rest_tokens=tokens)) as gateway:
        status, body = await gateway.post({"sender": "ann", "message": "hello"})
        assert status == 401 and body["error"]["code"] == "token_wrong"
        status, body = await gateway.post({"message": "hello"}, headers={"Authorization": "Bearer wrong-wrong-wrong"})
        assert status == 401
        for token in tokens:
            status, body = await gateway.post({"sender": "ann", "message": "hello"}, headers={"Authorization": f"Bearer {token}"})
            assert status == 200 and seqs(body) == [2]
    assert len({message["sender"] for message in gateway.rasa.asked}) == 2


async def test_rates_are_limited_by_conversation(settings: Settings) -> None:
    async with running(replace(settings, messages_per_minute=2, rest_tokens={"a" * 16: "one"})) as gateway:
        headers = {"Authorization": "Bearer " + "a" * 16}
        for _ in range(2):
            assert (await gateway.post({"sender": "ann", "message": "hello"}, headers=headers))[0] == 200
        async with gateway.client.post(
            gateway.url("/webhooks/rest/webhook"), json={"sender": "ann", "message": "hello"}, headers=headers
        ) as response:
            body = await response.json()
            assert response.status == 429 and response.headers["Retry-After"] == str(body["error"]["params"]["retry_after_s"])
        assert (await gateway.post({"sender": "bob", "message": "hello"}, headers=headers))[0] == 200
    assert rows(settings, "SELECT count(*) FROM messages WHERE author = 'applicant'") == [(3,)]


@pytest.mark.usefixtures("patient_checks")
async def test_readiness_names_the_part_that_is_missing(settings: Settings) -> None:
    async with running(settings) as gateway:
        async with gateway.client.get(gateway.url("/readyz")) as response:
            assert response.status == 200
            assert (await response.json())["parts"] == {"database": "ok", "rasa": "ok", "actions": "ok"}
        gateway.rasa.model = None
        async with gateway.client.get(gateway.url("/readyz")) as response:
            assert response.status == 503 and (await response.json())["parts"]["rasa"] == "unavailable"
        async with gateway.client.get(gateway.url("/healthz")) as response:
            assert response.status == 200
