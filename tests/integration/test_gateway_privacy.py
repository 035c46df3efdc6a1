"""With the real vault, redaction and texts: what a person types does not travel on, and what is theirs comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from actions.services import build
from bot.conversations.models import Conversation, Turn
from bot.db import Database
from bot.parts import real_parts
from bot.permits import demo
from bot.settings import Settings
from bot.vault import Vault
from tests.gateway import answer, echo, reply, running
from tests.project import answers


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False)


async def test_number_and_birth_date_reach_rasa_as_tokens_that_the_vault_resolves(settings: Settings, sqlite_database: Database) -> None:
    async def script(message: dict[str, Any]) -> Any:
        if "<NUMBER" not in message["message"]:
            return answer(reply("Which number?", expects="number"))
        return answer(reply("Born when?", expects="date"))

    async with running(settings, script, real_parts(settings, answers())) as gateway:
        await gateway.say("where is my application")
        await gateway.say("it is SZ2026X4471902")
        await gateway.say("3 May 1987")
        sent = " | ".join(gateway.rasa.texts)
    assert "4471902" not in sent and "1987" not in sent
    assert gateway.rasa.texts[1].count("<NUMBER:1>") == 1 and "<DATE:1>" in gateway.rasa.texts[2]
    with sqlite_database.session() as session:
        conversation = session.execute(select(Conversation.id)).scalar_one()
        assert "4471902" in Vault(settings.data_dir / "vault.key").get(session, conversation, "<NUMBER:1>")


async def test_the_end_of_a_number_that_was_sent_in_two_messages_is_a_token(settings: Settings) -> None:
    async def script(message: dict[str, Any]) -> Any:
        return answer(reply("Born when?", expects="birth_date") if message["message"] == "why?" else reply("Pardon?"))

    async with running(settings, script, real_parts(settings, answers())) as gateway:
        for text in ("my passport is E1234", "5678", "why?", "it says E1234", "5679", "1500"):
            await gateway.say(text)
    assert gateway.rasa.texts[1] == "<NUMBER:2>" and gateway.rasa.texts[4] == "<NUMBER:3>"
    assert gateway.rasa.texts[5] == "1500", "what follows the end of a number is no part of it"


async def test_failed_look_ups_of_one_network_count_together_whatever_conversation_makes_them(
    settings: Settings, sqlite_database: Database
) -> None:
    settings = replace(settings, network_lookup_attempts=2)
    with sqlite_database.session() as session:
        demo.fill(session, date(2026, 11, 24))
        mine = demo.examples(session)[0]
    services = build(settings)

    async def script(message: dict[str, Any]) -> Any:
        with services.database.session() as session:
            number = services.vault.get(session, message["sender"], "<NUMBER:1>")
            born = date.fromisoformat(mine["date_of_birth"])
            outcome = services.permits.look_up(session, number, born, message["sender"]).outcome
        # The names of networks begin so; names of messages are random, and hold no colon.
        assert "net:" not in str(message["metadata"])
        return answer(reply(outcome))

    async with running(settings, script, real_parts(settings, answers())) as gateway:
        right, wrong = f"number {mine['number']}", "number SZ2026X4471902"
        said = [await gateway.texts(text, f"sender {each}") for each, text in enumerate([right, wrong, wrong, right])]
        assert said == [["found"], ["refused"], ["refused"], ["refused"]]
    with sqlite_database.session() as session:
        assert session.execute(select(func.count(Turn.message_id), func.count(Turn.network))).one() == (4, 0)
    # A service with a token speaks for many people, and its failures are not those of one network.
    token = "0123456789abcdef0123456789abcdef"
    async with running(replace(settings, rest_tokens={token: "hotline"}), script, real_parts(settings, answers())) as gateway:
        body = {"sender": "one of many", "message": right}
        _, said = await gateway.post(body, headers={"Authorization": f"Bearer {token}"})
        assert [message["text"] for message in said] == ["found"]
    services.database.close()


async def test_result_that_is_gone_is_told_as_such(settings: Settings) -> None:
    async def script(_message: dict[str, Any]) -> Any:
        return answer(reply("", private="<RESULT:7>"))

    async with running(settings, script, real_parts(settings, answers())) as gateway:
        (message,) = await gateway.say("status")
    assert message["text"] and message["metadata"]["author"] == "bot"


async def test_real_hand_off_shows_hours_and_hotline(settings: Settings) -> None:
    async def script(_message: dict[str, Any]) -> Any:
        return []

    async with running(settings, script, real_parts(settings, answers())) as gateway:
        (person,) = await gateway.say("你好")
    assert "0755-88121678" in person["text"] and "周一至周五" in person["text"]
    assert person["metadata"]["card"]["reason"] == "assistant_unavailable" and person["metadata"]["topic"] == "handoff"


async def test_typed_token_is_not_taken_for_one_of_the_vault(settings: Settings) -> None:
    async with running(settings, echo, real_parts(settings, answers())) as gateway:
        await gateway.say("my number is <NUMBER:1> and <RESULT:1>")
        assert "<RESULT:1>" not in gateway.rasa.texts[0]
