"""Ages and points in sentences."""

from __future__ import annotations

import pytest

from bot.catalogue.amounts import counts_points, read_age
from bot.catalogue.phrases import plain


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("I turned 63 in May", 63),
        ("he's 58", 58),
        ("She is 45 years old", 45),
        ("a 67-year-old professor", 67),
        ("今年六十二了", 62),
        ("他七十岁", 70),
        ("员工35周岁", 35),
        ("I'm 30 days late", None),
        ("he is 20 minutes away", None),
        ("I am 60% sure", None),
        ("turned 20 February", None),
        ("今年十月到期", None),
        ("my son turned 12", None),
        ("I am 24/7 online", None),
    ],
)
def test_an_age_is_read_and_other_numbers_are_not(text: str, age: int | None) -> None:
    assert read_age(plain(text)) == age


@pytest.mark.parametrize("text", ["we counted 72 points", "积分七十多分", "算下来85分"])
def test_points_of_category_b_are_read(text: str) -> None:
    assert counts_points(plain(text))


@pytest.mark.parametrize("text", ["how many points do I need", "3 points in the contract", "60分钟", "十分着急", "page 1.60 points"])
def test_other_points_are_not(text: str) -> None:
    assert not counts_points(plain(text))
