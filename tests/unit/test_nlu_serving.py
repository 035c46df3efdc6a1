"""Small parts of the server: lock, logs, action endpoint, generator."""

from __future__ import annotations

import asyncio
import io
import logging
import tarfile
from pathlib import Path
from typing import Any

import pytest
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.core.lock_store import LockError
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, SlotSet, UserUttered
from rasa.shared.core.slots import TextSlot
from rasa.shared.core.trackers import DialogueStateTracker

from bot.errors import NotFound
from bot.logs import places
from bot.nlu.action_endpoint import _call_format, _validate_action_result, told_of
from bot.nlu.lock_store import FifoLockStore
from bot.nlu.processor import _Storage
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


def test_an_action_is_told_everything_since_the_last_message_and_before_it_who_said_what() -> None:
    def said(name: str) -> BotUttered:
        return BotUttered(None, {"custom": {"replies": [{"text": name}]}}, {"template": name})

    def heard(text: str, **understood: Any) -> UserUttered:
        return UserUttered(text, {"name": "fee"}, parse_data={"intent": {"name": "fee"}, **understood})  # type: ignore[typeddict-item]

    parts = [{"text": "fee?", "topic": "fee"}]
    before = [said("a"), heard("1"), SlotSet("x", 1), said("b"), heard("2", parts=parts), ActionExecuted("action_y"), said("c")]
    since = [heard("3"), SlotSet("y", 2), ActionExecuted("form"), said("d")]
    told = told_of([*before, *since])
    assert [(event["event"], event.get("text")) for event in told] == [
        *(("bot", None), ("user", "1"), ("bot", None), ("user", "2"), ("bot", None)),
        *(("user", "3"), ("slot", None), ("action", None), ("bot", None)),
    ]
    names = [event["metadata"]["template"] for event in told if event["event"] == "bot"]
    texts = [event["data"].get("custom", {}).get("replies") for event in told if event["event"] == "bot"]
    assert names == ["a", "b", "c", "d"]
    assert texts == [None, None, [{"text": "c"}], [{"text": "d"}]]
    assert [event["parse_data"] for event in told if event["event"] == "user"] == [{}, {"parts": parts}, {}]
    assert before[0].data["custom"] and before[1].parse_data["intent"]


def test_a_call_has_slots_and_what_was_understood_beside_what_was_said() -> None:
    tracker = DialogueStateTracker("a", [TextSlot("place", [])])
    tracker.update(SlotSet("place", "Nanshan"))
    understood = {"intent": {"name": "fee", "confidence": 0.9}}
    tracker.update(UserUttered("how much", understood["intent"], None, understood))  # type: ignore[arg-type, typeddict-item]
    call = _call_format(RemoteAction("action_x", None), tracker, Domain.empty())
    assert call["next_action"] == "action_x" and call["sender_id"] == "a"
    assert call["tracker"]["latest_message"]["intent"] == understood["intent"]
    assert call["tracker"]["slots"]["place"] == "Nanshan"
    assert [event["text"] for event in call["tracker"]["events"]] == ["how much"]


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


def _archive(file: Path, *members: tuple[str, bytes], link: str = "") -> Path:
    with tarfile.open(file, "w:gz") as archive:
        for name, kind in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.mode = kind, link, 0o777
            content = b"" if kind != tarfile.REGTYPE else b"weights"
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file


def test_a_model_is_unpacked_whole(tmp_path: Path) -> None:
    archive = _archive(
        tmp_path / "model.tar.gz", ("components", tarfile.DIRTYPE), ("components/a", tarfile.REGTYPE), ("b", tarfile.REGTYPE)
    )
    (tmp_path / "unpacked").mkdir()
    _Storage._extract_archive_to_directory(archive, tmp_path / "unpacked")
    found = {file.relative_to(tmp_path / "unpacked").as_posix() for file in (tmp_path / "unpacked").rglob("*")}
    assert found == {"components", "components/a", "b"}
    assert (tmp_path / "unpacked" / "components" / "a").read_bytes() == b"weights"


@pytest.mark.parametrize(
    ("name", "kind", "link"),
    [
        ("../outside", tarfile.REGTYPE, ""),
        ("components/../../outside", tarfile.REGTYPE, ""),
        ("/outside", tarfile.REGTYPE, ""),
        ("link", tarfile.SYMTYPE, "/etc/passwd"),
        ("link", tarfile.LNKTYPE, "../outside"),
        ("pipe", tarfile.FIFOTYPE, ""),
        ("device", tarfile.CHRTYPE, ""),
    ],
)
def test_what_does_not_belong_into_a_model_is_refused(tmp_path: Path, name: str, kind: bytes, link: str) -> None:
    name = f"{tmp_path}{name}" if name.startswith("/") else name
    archive = _archive(tmp_path / "model.tar.gz", (name, kind), link=link)
    (tmp_path / "unpacked").mkdir()
    with pytest.raises(tarfile.ExtractError):
        _Storage._extract_archive_to_directory(archive, tmp_path / "unpacked")
    assert not list((tmp_path / "unpacked").iterdir()) and not (tmp_path / "outside").exists()


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
