"""Simplified characters, whether or not a text needs the converter."""

from __future__ import annotations

import pytest
from opencc import OpenCC

from bot.settings import ROOT
from bot.traditional import simplified


@pytest.mark.parametrize("language", ["zh-TW", "zh", "ja", "en"])
def test_a_text_becomes_what_the_converter_makes_of_it(language: str) -> None:
    converter = OpenCC("t2s")
    lines = (ROOT / "tests" / "dialogue" / "holdout" / f"{language}.yml").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if simplified(line) != converter.convert(line)] == []


def test_a_character_that_changes_only_within_a_word_is_converted() -> None:
    assert simplified("沈默") == "沉默"
    assert simplified("沈阳") == "沈阳"
