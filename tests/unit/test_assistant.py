"""Replies are taken exactly as agreed with Rasa, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.assistant import Cited, Question, QuickReply, RasaAssistant, parse_answer
from bot.checks import rasa_check
from bot.errors import AssistantUnavailable
from tests.servers import free_port

GOOD: dict[str, Any] = {
    "text": "Ten days.",
    "language": "en",
    "topic": "processing_time",
    "confidence": 0.5,
    "candidates": ["fee"],
    "quick_replies": [{"title": "Fee", "payload": "/fee"}],
    "card": {"type": "checklist", "items": []},
    "sources": [{"title": "Notice", "url": None, "date": None}],
    "source_line": "Source: Notice",
    "expects": "number",
    "handoff": {"reason": "asked"},
    "set_language": "zh",
    "private": None,
    "profile": {"application_type": "extension", "category": None, "circumstances": {"nationality": "PH"}},
}


def body(*replies: Any) -> bytes:
    return json.dumps([{"recipient_id": "x", "custom": {"replies": list(replies)}}]).encode()


def test_reply_is_read_whole() -> None:
    (reply,) = parse_answer(body(GOOD))
    assert reply.text == "Ten days." and reply.quick_replies == (QuickReply("Fee", "/fee"),)
    assert reply.sources == (Cited("Notice", None, None),) and reply.handoff == "asked" and reply.set_language == "zh"
    assert reply.profile == GOOD["profile"]


def test_replies_of_several_parts_keep_their_order() -> None:
    parts = json.loads(body({"text": "a", "language": "en"})) + json.loads(body({"text": "b", "language": "zh"}))
    assert [reply.text for reply in parse_answer(json.dumps(parts).encode())] == ["a", "b"]


@pytest.mark.parametrize(
    "change",
    [
        {"text": 5},
        {"text": ""},
        {"text": None},
        {"text": "x" * 20_001},
        {"text": "\x00"},
        {"text": "\ud800"},
        {"language": "vi"},
        {"language": None},
        {"unknown": 1},
        {"quick_replies": {}},
        {"quick_replies": [{"title": "Fee"}]},
        {"quick_replies": [{"title": "", "payload": "/fee"}]},
        {"card": []},
        {"card": {"type": "other"}},
        {"card": {"type": []}},
        {"confidence": "high"},
        {"confidence": True},
        {"confidence": 2},
        {"handoff": "asked"},
        {"handoff": {"reason": "Not A Code"}},
        {"handoff": {"reason": None}},
        {"set_language": "vi"},
        {"expects": "A B"},
        {"expects": []},
        {"private": 5},
        {"profile": []},
        {"profile": {"application_type": "extension"}},
        {"profile": {"circumstances": {}, "name": "Ann"}},
        {"profile": {"circumstances": {"nationality": "Jane Doe"}}},
        {"profile": {"circumstances": {"nationality": 5}}},
        {"topic": []},
        {"candidates": "fee"},
        {"sources": [{"title": "x", "url": "javascript:alert(1)", "date": None}]},
        {"sources": [{"title": "x", "url": "https://[", "date": None}]},
        {"sources": [{"url": None, "date": None}]},
    ],
    ids=repr,
)
def test_reply_in_another_shape_is_no_answer(change: dict[str, Any]) -> None:
    with pytest.raises(AssistantUnavailable) as raised:
        parse_answer(body({**GOOD, **change}))
    assert raised.value.params["kind"] == "shape"


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (b"", "not_json"),
        (b"<html>", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b'[{"custom": NaN}]', "not_json"),
        (b"{}", "shape"),
        (b"[]", "empty"),
        (b"[5]", "shape"),
        (b'[{"text": "plain"}]', "shape"),
        (b'[{"custom": {"replies": 5}}]', "shape"),
        (body(), "empty"),
        (body(*[GOOD] * 21), "shape"),
    ],
)
def test_answer_that_is_none_says_of_which_kind(sent: bytes, kind: str) -> None:
    with pytest.raises(AssistantUnavailable) as raised:
        parse_answer(sent)
    assert raised.value.params["kind"] == kind


async def test_refused_connection_is_an_answer_of_its_own_kind_once_rasa_has_answered() -> None:
    address = f"http://127.0.0.1:{free_port()}"
    assistant = RasaAssistant({address: rasa_check(address)}, timeout_s=5)
    assistant._shards._has_answered = True
    with pytest.raises(AssistantUnavailable) as raised:
        await assistant.ask(Question("c", "m", "hello", "en", "rest"))
    assert raised.value.params["kind"] == "refused"
    await assistant.close()
