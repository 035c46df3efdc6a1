"""Numbers are compared in one spelling, whatever way they are typed, and never refused by their form."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.permits.numbers import masked, normalise

_PLAIN = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=1, max_size=30)
_SEPARATORS = st.lists(st.sampled_from([" ", "-", "－", "\u3000", ".", "/", "_", "\u200b", "–", ""]), min_size=30, max_size=30)


@pytest.mark.parametrize(
    "typed",
    [
        "DEMO-A-200001",
        "demo a 200001",
        "ＤＥＭＯ－Ａ－２００００１",
        "DEMO–A–200001",
        " d e m o a 2 0 0 0 0 1 ",
        "Demo/A/２０0001",
        "DEMO-A-٢٠٠٠٠١",
    ],
)
def test_every_spelling_is_the_same_number(typed: str) -> None:
    assert normalise(typed) == "DEMOA200001"


@given(_PLAIN, _SEPARATORS)
def test_separators_and_case_make_no_difference(number: str, separators: list[str]) -> None:
    spread = "".join(character.lower() + gap for character, gap in zip(number, separators, strict=False))
    assert normalise(spread) == number


@given(_PLAIN)
def test_full_width_makes_no_difference(number: str) -> None:
    wide = "".join(chr(ord(character) + 0xFEE0) for character in number)
    assert normalise(wide) == number


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text())
def test_result_holds_only_letters_and_figures(text: str) -> None:
    assert all(character.isalnum() for character in normalise(text))
    assert not any(unicodedata.category(character) == "Nd" and not character.isascii() for character in normalise(text))


@given(st.text("ABCXYZ0123456789-", min_size=0, max_size=30))
def test_masked_number_shows_at_most_a_third_and_at_most_four(number: str) -> None:
    shown = masked(number).lstrip("…")
    assert len(shown) <= 4
    assert 3 * len(shown) <= len(normalise(number))
    assert normalise(number).endswith(shown)


def test_masked_number_is_recognisable_by_its_owner() -> None:
    assert masked("DEMO-A-200001") == "…001"
