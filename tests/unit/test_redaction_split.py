"""A number that is sent in two messages."""

from __future__ import annotations

import pytest

from bot.redaction.split import begins, may_end


@pytest.mark.parametrize(
    "text", ["E1234", "it is e1234", "EA-12", "Passport E 1234...", "my number is 1234", "护照号码：1234", "Ｅ１２３４"]
)
def test_what_ends_in_a_piece_begins_a_number(text: str) -> None:
    assert begins(text)


@pytest.mark.parametrize(
    "text", ["", "1234", "HSK4", "in 2024", "SINCE 2024", "I paid 1500", "window 51", "E1234 is my passport", "COVID-19"]
)
def test_other_messages_begin_none(text: str) -> None:
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
        ("56", None, False),
        ("123456789", None, False),
        ("5678 yuan", None, False),
        ("how long?", None, False),
        ("1" * 2000, None, False),
    ],
)
def test_bare_figures_may_end_a_number(text: str, expects: str | None, may: bool) -> None:
    assert may_end(text, expects) is may
