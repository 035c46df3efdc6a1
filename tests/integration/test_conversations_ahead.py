"""The assistant is told of a message while it is stored, and only where nothing else can come first."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from bot.assistant import Reply
from bot.db import Database
from bot.settings import Settings
from tests.applicants import connected
from tests.console import fresh_id
from tests.gateway import echo, running
from tests.office import ANN, Office


def _stop() -> None:
    raise RuntimeError("no")


Told = list[tuple[str, "str | None", "str | None"]]


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def office(database: Database, told: Told) -> Office:
    def tell(conversation: str, text: str | None, expects: str | None) -> bool:
        told.append((conversation, text, expects))
        return True

    return Office(database, ahead=tell)


async def test_question_is_told_before_it_is_stored_and_not_again_while_it_is_owed(database: Database) -> None:
    known: list[int] = []

    def tell(_conversation: str, _text: str | None, _expects: str | None) -> bool:
        known.append(len(office.events))
        return True

    office = Office(database, ahead=tell)
    await office.says("how long does it take?", "m-1")
    published = len(office.events)
    await office.says("how long does it take?", "m-1")
    assert known == [0, 0] and published > 0


async def test_what_was_asked_for_is_told_with_it(office: Office, told: Told) -> None:
    conversation = await office.says("where is my application?")
    turn = await office.take(conversation)
    assert turn is not None
    await office.conversations.answer(turn, "one", [Reply("The date of birth?", "en", expects="birth_date")])
    await office.says("15 11 87")
    assert told == [
        (conversation, None, None),
        (conversation, "where is my application?", None),
        (conversation, None, None),
        (conversation, "15 11 87", "birth_date"),
    ]


async def test_nothing_is_told_of_what_may_be_the_end_of_a_number(office: Office, told: Told) -> None:
    for text in ("E1234", "5678"):
        turn = await office.take(await office.says(text))
        assert turn is not None
        await office.answer(turn, "Pardon?")
    assert [text for _, text, _ in told] == [None, "E1234"]


async def test_message_that_is_sent_again_is_not_told_for_another_question_may_be_open_now(office: Office, told: Told) -> None:
    conversation = await office.says("where is my application?", "m-1")
    turn = await office.take(conversation)
    assert turn is not None
    await office.conversations.answer(turn, "one", [Reply("The number?", "en", expects="number")])
    await office.says("ZXQW 771", "m-2")
    turn = await office.take(conversation)
    assert turn is not None
    await office.conversations.answer(turn, "one", [Reply("It is under examination.", "en")])
    before = len(told)
    await office.says("ZXQW 771", "m-2")
    assert ("ZXQW 771", "number") in [(text, expects) for _, text, expects in told[:before]]
    assert told[before:] == []


async def test_nothing_is_told_while_another_answer_is_owed_which_may_ask_for_something(office: Office, told: Told) -> None:
    await office.says("where is my application?")
    await office.says("15 11 87")
    assert [text for _, text, _ in told] == [None, "where is my application?"]


async def test_nothing_is_told_of_taps_and_of_what_a_person_will_answer(office: Office, told: Told) -> None:
    conversation = await office.queued()
    before = len(told)
    await office.says("are you there?")
    await office.says("desk:leave")
    assert told[before:] == [] and conversation


async def test_text_is_kept_back_from_an_assistant_that_has_enough_to_do(database: Database) -> None:
    told: Told = []

    def tell(conversation: str, text: str | None, expects: str | None) -> bool:
        told.append((conversation, text, expects))
        return False

    office = Office(database, ahead=tell)
    conversation = await office.says("how long does it take?")
    assert told == [(conversation, None, None)]


async def test_message_is_stored_although_the_assistant_could_not_be_told(database: Database) -> None:
    def fails(_conversation: str, _text: str | None, _expects: str | None) -> bool:
        raise RuntimeError("no")

    office = Office(database, ahead=fails)
    conversation = await office.says("how long does it take?")
    assert await office.take(conversation) is not None


async def test_what_is_told_to_rasa_is_what_it_is_asked_without_personal_data(database_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url=database_url, data_dir=tmp_path, demo=False)
    async with running(settings) as gateway:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rasa:
            rasa.settimeout(10)
            rasa.bind(("127.0.0.1", gateway.rasa.port))
            await gateway.say("/ my passport is E12345678, how long does it take?")
            assert rasa.recv(1 << 16).decode() == f"c{gateway.rasa.asked[0]['sender']}"
            assert rasa.recv(1 << 16).decode() == "tmy passport is <NUMBER:0>, how long does it take?"
        assert gateway.rasa.texts == ["my passport is <NUMBER:1>, how long does it take?"]


async def test_rasa_is_told_once_where_it_will_be_asked_and_before_the_record_is_read(database_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url=database_url, data_dir=tmp_path, demo=False)
    async with running(settings) as gateway, connected(gateway.url("/")) as applicant:
        await applicant.open()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rasa:
            rasa.setblocking(False)
            rasa.bind(("127.0.0.1", gateway.rasa.port))
            for text in ("how long does it take?", "and what does it cost?"):
                await applicant.say(text, fresh_id())
                await applicant.until(lambda: len(applicant.bodies("turn")) == len(gateway.rasa.asked) > 0)
            where = f"c{gateway.rasa.asked[0]['sender']}"
            told = [rasa.recv(1 << 16).decode() for _ in range(4)]
            assert told == [where, "thow long does it take?", where, "tand what does it cost?"]
            with pytest.raises(BlockingIOError):
                rasa.recv(1 << 16)


async def test_conversation_that_is_likely_is_told_before_anything_else_and_a_tap_is_not(office: Office, told: Told) -> None:
    conversation = await office.says("hello")
    del told[:]
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr("bot.conversations.ledger.store_applicants", lambda *_: told.append(("stored", None, None)) or _stop())
        for text in ("how long does it take?", "desk:leave"):
            with pytest.raises(RuntimeError):
                await office.conversations.applicant_says(ANN, text, likely=conversation)
    assert told == [(conversation, None, None), ("stored", None, None), ("stored", None, None)]


async def test_rasa_is_told_nothing_ahead_while_it_answers_others(database_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url=database_url, data_dir=tmp_path, demo=False, assistant_timeout_s=5)
    asked = asyncio.Event()

    async def script(message: dict[str, Any]) -> Any:
        if message["message"] == "one":
            await asked.wait()
        return await echo(message)

    async with running(settings, script) as gateway:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rasa:
            rasa.bind(("127.0.0.1", gateway.rasa.port))
            first = asyncio.create_task(gateway.say("one", sender="ann"))
            while not gateway.rasa.asked:
                await asyncio.sleep(0.01)
            await gateway.say("two", sender="bob")
            asked.set()
            await first
            await gateway.say("three", sender="bob")
            rasa.setblocking(False)
            told = [rasa.recv(1 << 16).decode() for _ in range(4)]
            assert [each for each in told if each.startswith("t")] == ["tone", "tthree"]
            with pytest.raises(BlockingIOError):
                rasa.recv(1 << 16)
