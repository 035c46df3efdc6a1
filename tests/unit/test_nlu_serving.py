"""Small parts of the server: lock, logs, action endpoint, generator."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.core.lock_store import LockError
from rasa.shared.core.events import ActiveLoop, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.errors import NotFound
from bot.logs import places
from bot.nlu.action_endpoint import _validate_action_result, without_old_replies
from bot.nlu.lock_store import FifoLockStore
from bot.nlu.quiet_logs import QuietFormatter
from bot.nlu.responses import language_of, understood_from
from tests.rasa_project.texts import PlainResponses


async def test_turns_of_one_conversation_run_one_by_one_in_order_of_arrival() -> None:
    store = FifoLockStore()
    steps: list[str] = []

    async def turn(number: int) -> None:
        async with store.lock("a"):
            steps.append(f"in {number}")
            await asyncio.sleep(0)
            steps.append(f"out {number}")

    await asyncio.gather(*(turn(number) for number in range(4)))
    assert steps == [step for number in range(4) for step in (f"in {number}", f"out {number}")]
    assert not store._queues


async def test_conversations_do_not_wait_for_each_other() -> None:
    store = FifoLockStore()
    async with store.lock("a"), store.lock("b"):
        pass


async def test_a_turn_that_never_comes_is_an_error_and_leaves_the_lock_usable() -> None:
    store = FifoLockStore()
    async with store.lock("a"):
        with pytest.raises(LockError):
            async with store.lock("a", lock_lifetime=0.01):
                raise AssertionError("two turns at once")
    async with store.lock("a"):
        pass
    assert not store._queues


@pytest.mark.parametrize(
    ("result", "valid"),
    [
        ({"events": [], "responses": []}, True),
        ({"events": [{"event": "slot", "name": "x", "value": 1}], "responses": [{"text": "hi"}]}, True),
        ({}, True),
        ([], False),
        ("text", False),
        ({"events": {}}, False),
        ({"events": ["slot"]}, False),
        ({"events": [{"event": "slot"}]}, False),
        ({"events": [{"event": "unknown"}]}, False),
        ({"events": [{}]}, False),
        ({"events": [{"event": 1}]}, False),
        ({"events": [{"event": "slot", "name": 1, "value": 1}]}, False),
        ({"events": [{"event": "action", "name": "x", "hide_rule_turn": "no"}]}, False),
        ({"events": [{"event": "active_loop", "name": None}, {"event": "entities", "entities": [{"entity": "x", "value": 1}]}]}, True),
        ({"events": [{"event": "active_loop", "name": None}, {"event": "entities", "entities": [{"entity": "x"}]}]}, False),
        ({"responses": {}}, False),
        ({"responses": ["hi"]}, False),
    ],
)
def test_the_quick_validator_agrees_with_rasas_own(result: Any, valid: bool) -> None:
    action = RemoteAction("action_x", None)

    def accepts(validate: Any) -> bool:
        try:
            return bool(validate(action, result))
        except ValidationError:
            return False

    stock = RemoteAction.__dict__["_validate_action_result"]
    assert accepts(stock) is accepts(_validate_action_result) is valid


def test_a_rejected_result_is_not_quoted() -> None:
    with pytest.raises(ValidationError) as rejected:
        _validate_action_result(RemoteAction("action_x", None), {"events": "SECRET-WORD"})
    assert "SECRET-WORD" not in str(rejected.value)


def test_an_action_is_told_the_replies_to_the_last_message_and_the_names_of_those_before() -> None:
    def said(name: str) -> dict[str, Any]:
        return {"event": "bot", "metadata": {"template": name}, "data": {"custom": {"replies": [{"text": name}]}}}

    heard = {"event": "user", "text": "?"}
    events = [said("a"), heard, said("b"), heard, said("c"), heard, said("d")]
    told = without_old_replies({"next_action": "action_x", "tracker": {"slots": {}, "events": events}})
    assert told["next_action"] == "action_x" and told["tracker"]["slots"] == {}
    assert told["tracker"]["events"] == [{**said("a"), "data": {}}, heard, {**said("b"), "data": {}}, heard, said("c"), heard, said("d")]
    assert events[0] == said("a")


def _record(name: str, message: str, error: BaseException | None = None) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "/x/file.py", 7, message, None, (type(error), error, None) if error else None, "function")


def test_a_foreign_message_is_withheld_once_people_are_served() -> None:
    formatter = QuietFormatter()
    assert "SECRET" in formatter.format(_record("rasa.core", "SECRET"))
    formatter.serving = True
    assert formatter.format(_record("rasa.core", "SECRET", ValueError("SECRET"))).endswith(
        "ERROR rasa.core [-] file.py:7 function: ValueError"
    )
    assert "ours" in formatter.format(_record("bot.nlu", "ours"))


def test_the_places_of_an_error_name_types_and_lines_but_not_messages() -> None:
    try:
        try:
            raise ValueError("SECRET")
        except ValueError as error:
            raise RuntimeError("SECRET") from error
    except RuntimeError as error:
        told = places(error)
    assert told.startswith("RuntimeError at test_nlu_serving.py:")
    assert " from ValueError at test_nlu_serving.py:" in told
    assert "SECRET" not in told


def _tracker(parse_data: dict[str, Any], **metadata: Any) -> DialogueStateTracker:
    tracker = DialogueStateTracker("a", [])
    tracker.update(UserUttered("text", parse_data.get("intent"), None, parse_data, metadata=metadata))  # type: ignore[arg-type]
    return tracker


async def test_a_response_is_rendered_in_the_language_of_the_message_with_what_was_understood() -> None:
    tracker = _tracker({"intent": {"name": "fee", "confidence": 0.8}, "candidates": ["fee", "tax"]}, language="zh")
    made = await PlainResponses().generate("utter_fee", tracker, "rest", params={"days": 7}, domain_responses={})
    assert made is not None
    assert made["custom"]["replies"] == [
        {
            "text": "utter_fee",
            "language": "zh",
            "params": {"days": 7},
            "topic": "fee",
            "confidence": 0.8,
            "candidates": ["fee", "tax"],
            "read": "text",
        }
    ]


def test_an_unsure_message_is_about_no_topic_and_in_the_default_language() -> None:
    tracker = _tracker({"intent": {"name": "nlu_fallback", "confidence": 0.3}, "candidates": ["fee", "tax"]})
    understood = understood_from(tracker)
    assert (understood.topic, understood.candidates, language_of(tracker)) == (None, ("fee", "tax"), "en")


async def test_what_may_be_grave_is_heeded_in_the_first_reply_to_a_message_only() -> None:
    generator, tracker = PlainResponses(), _tracker({"suspected": True})
    tracker.latest_message.message_id = "one"  # type: ignore[union-attr]

    async def heeded(response: str) -> list[bool]:
        made = await generator.generate(response, tracker, "rest")
        assert made is not None
        return ["suspected" in reply for reply in made["custom"]["replies"]]

    assert [await heeded("utter_fee"), await heeded("utter_tax")] == [[True], [False]]
    tracker.latest_message.message_id = "two"  # type: ignore[union-attr]
    assert await heeded("utter_tax") == [True]


async def test_message_is_given_to_the_first_reply_only_so_that_nothing_is_named_twice() -> None:
    generator, tracker = PlainResponses(), _tracker({})
    tracker.latest_message.message_id = "one"  # type: ignore[union-attr]
    read = [await generator.generate(response, tracker, "rest") for response in ("utter_fee", "utter_tax")]
    assert [made["custom"]["replies"][0].get("read") for made in read if made] == ["text", None]


def test_message_is_told_only_where_the_open_form_had_asked_for_it() -> None:
    tracker = _tracker({})
    assert not understood_from(tracker).told
    tracker.update(ActiveLoop("status_form"))
    assert not understood_from(tracker).told
    tracker.update(UserUttered("text", None, None, {}))
    assert understood_from(tracker).told


async def test_a_failing_text_is_raised_and_logged_by_type_only(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(NotFound):
        await PlainResponses().generate("utter_lost_card", _tracker({}), "rest")
    assert "utter_lost_card failed: NotFound" in caplog.text
    assert "SECRET-WORD" not in caplog.text
