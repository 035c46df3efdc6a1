"""A number that is sent in two messages."""

from __future__ import annotations

import pytest

from bot.redaction.split import begins, may_end


@pytest.mark.parametrize(
    "text",
    [
        "E1234",
        "it is e1234",
        "EA-12",
        "Passport E 1234...",
        "my number is 1234",
        "护照号码：1234",
        "Ｅ１２３４",
        "my visa number is 1234",
        "visa AB1234",
    ],
)
def test_what_ends_in_a_piece_begins_a_number(text: str) -> None:
    assert begins(text)


@pytest.mark.parametrize(
    "text", ["", "1234", "HSK4", "in 2024", "SINCE 2024", "I paid 1500", "window 51", "E1234 is my passport", "COVID-19"]
)
def test_other_messages_begin_none(text: str) -> None:
    assert not begins(text)


@pytest.mark.parametrize(
    "text",
    [
        *("I have a visa Z 30", "I live in room B12", "which form is no. 12", "category A 85", "building A 12", "exit C1", "form no. 123"),
        *("我住房间B12", "3号楼 B12", "我是A类 B85", "签证Z 30"),
    ],
)
def test_what_has_a_name_of_its_own_begins_none(text: str) -> None:
    assert not begins(text)


@pytest.mark.parametrize(
    ("text", "expects", "may"),
    [
        ("5678", None, True),
        (" ５６７８. ", None, True),
        ("5678", "birth_date", True),
        ("1990", "birth_date", False),
        ("19900304", "birth_date", False),
        ("5678", "number", False),
        ("2025", None, False),
        ("1990", None, False),
        ("20251", None, True),
        ("56", None, False),
        ("123456789", None, False),
        ("5678 yuan", None, False),
        ("how long?", None, False),
        ("1" * 2000, None, False),
    ],
)
def test_bare_figures_may_end_a_number(text: str, expects: str | None, may: bool) -> None:
    assert may_end(text, expects) is may
