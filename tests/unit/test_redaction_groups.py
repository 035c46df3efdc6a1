"""Numbers in groups: what is between them does not save them, and neither does what sizes and sums of money look like."""

from __future__ import annotations

import pytest

from bot.redaction import Expects, redact

TAKEN = [
    ("my passport is C 01 X 00 T 47", "my passport is <NUMBER:1>"),
    ("my passport is c 01 x 00 t 47, ok?", "my passport is <NUMBER:1>, ok?"),
    ("K20 x 34567", "<NUMBER:1>"),
    ("12 x 34 56", "<NUMBER:1>"),
    ("passport 123 456 k", "passport <NUMBER:1> k"),
    ("passport 123 456 789 w", "passport <NUMBER:1> w"),
    ("passport 12346 k", "passport <NUMBER:1> k"),
    ("passport 123456 x 12", "passport <NUMBER:1>"),
    ("my number is 23456 x 13", "my number is <NUMBER:1>"),
    ("E1234, 5678", "<NUMBER:1>"),
    ("passport: E1234, 5678", "passport: <NUMBER:1>"),
    ("passport E1234;5678", "passport <NUMBER:1>"),
    ("E1234 ---- 5678", "<NUMBER:1>"),
    ("E1234....5678", "<NUMBER:1>"),
    ("E1234 -->> 5678", "<NUMBER:1>"),
    ("E1234567, K7654321", "<NUMBER:1>, <NUMBER:1>"),
]
STAYS = [
    "35x45 mm",
    "354x472 pixels",
    "photo 33 × 48",
    "photo 33.5 x 48.5 mm",
    "照片354×472px以内",
    "a box 100 x 200 x 300 mm",
    "I get 15000 x 13",
    "salary 50 k",
    "12.5k to 15k a month",
    "25w",
    "年薪60万",
    "HSK5, 2024",
    "forms 1, 2, 3 and 4",
    "first .... then 12 .... then 15",
    "I worked 2019 ..... 2023",
]


def _redacted(text: str, expects: Expects = None) -> str:
    return redact(text, expects, lambda kind, _piece: f"<{kind}:1>")


@pytest.mark.parametrize(("text", "expected"), TAKEN)
def test_a_number_in_groups_is_taken_whole(text: str, expected: str) -> None:
    assert _redacted(text) == expected


@pytest.mark.parametrize("text", ["my passport is C 01 X 00 T 47", "K20 x 34567", "E1234, 5678"])
def test_a_number_in_groups_is_one_while_a_birth_date_is_asked_for_too(text: str) -> None:
    assert _redacted(text, "birth_date").replace("my passport is ", "") == "<NUMBER:1>"


@pytest.mark.parametrize("text", STAYS)
def test_sizes_sums_and_lists_stay(text: str) -> None:
    assert _redacted(text) == text
