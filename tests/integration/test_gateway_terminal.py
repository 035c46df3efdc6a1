"""Asking and talking from a terminal, through the door that programs use."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.channels.terminal import ask, chat
from bot.db import Database
from bot.settings import Settings
from tests.gateway import answer, echo, hand_off, reply, running
from tests.servers import free_port


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False, rest_tokens={"t" * 16: "terminal"})


async def test_one_question_prints_answer_choices_and_sources(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    async def script(_message: dict[str, Any]) -> Any:
        source = {"title": "Notice", "url": "https://example.gov.cn/a", "date": "2026-01-02"}
        return answer(reply("Ten days.", sources=[source], quick_replies=[{"title": "Fee", "payload": "/fee"}]))

    async with running(settings, script) as gateway:
        assert await asyncio.to_thread(ask, replace(settings, http_port=gateway.server.port), "How long?") == 0
    printed = capsys.readouterr().out
    assert "Ten days." in printed and "1. Fee" in printed and "https://example.gov.cn/a" in printed


async def test_a_gateway_that_answers_to_its_own_names_only_can_be_asked(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    named = replace(settings, public_hosts=frozenset({"assistant.example.gov.cn", "permits.example.gov.cn"}))
    async with running(named, echo) as gateway:
        assert await asyncio.to_thread(ask, replace(named, http_port=gateway.server.port), "How long?") == 0
    assert "echo: How long?" in capsys.readouterr().out


async def test_number_takes_the_choice_in_a_talk(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = iter(["How long?", "1", "7", ""])

    def keyboard(_prompt: str) -> str:
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    async def script(message: dict[str, Any]) -> Any:
        if message["message"] == "How long?":
            return answer(reply("Ten days.", quick_replies=[{"title": "Fee", "payload": "/fee"}]))
        return await echo(message)

    monkeypatch.setattr("builtins.input", keyboard)
    async with running(settings, script) as gateway:
        assert await asyncio.to_thread(chat, replace(settings, http_port=gateway.server.port)) == 0
        assert gateway.rasa.texts == ["How long?", "/fee", "7"]
    assert "echo: /fee" in capsys.readouterr().out


async def test_a_message_is_left_from_the_terminal_by_its_numbered_choices(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = iter(["a person", "2", "My permit ends on Friday.", "138 0013 8000"])

    def keyboard(_prompt: str) -> str:
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    async def script(_message: dict[str, Any]) -> Any:
        return answer(*hand_off("en", "asked"))

    monkeypatch.setattr("builtins.input", keyboard)
    async with running(settings, script) as gateway:
        assert await asyncio.to_thread(chat, replace(settings, http_port=gateway.server.port)) == 0
        assert gateway.rasa.texts == ["a person"]
    printed = capsys.readouterr().out
    assert "2. Leave a message" in printed and "1. Here in this window" in printed and "13800138000" in printed


@pytest.mark.parametrize(("question", "words"), [("How long?", "not running"), ("要多久", "未在")])
def test_terminal_says_in_one_line_that_nothing_is_running(
    settings: Settings, capsys: pytest.CaptureFixture[str], question: str, words: str
) -> None:
    assert ask(replace(settings, http_port=free_port()), question) == 1
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1


async def test_refusal_is_shown_in_words(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    async with running(settings) as gateway:
        assert await asyncio.to_thread(ask, replace(settings, http_port=gateway.server.port), "x" * 2001) == 1
    assert "2000" in capsys.readouterr().err
