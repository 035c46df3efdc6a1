"""Texts of the interface: complete, filled, and never the reason for a failure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.errors import DataError
from bot.i18n import Texts


def test_unknown_code_gets_a_text_all_the_same() -> None:
    texts = Texts.load()
    assert texts.error("en", "never_heard_of") == texts.error("en", "internal")


def test_missing_parameter_leaves_a_gap_and_no_error() -> None:
    assert "{" not in Texts.load().error("zh", "field_type", field="message")


def test_key_missing_in_one_language_is_named(tmp_path: Path) -> None:
    (tmp_path / "en.json").write_text(json.dumps({"a": {"b": "x"}}))
    (tmp_path / "zh.json").write_text(json.dumps({"a": {"c": "x"}}))
    with pytest.raises(DataError, match=r"en.json: a.c"):
        Texts.load(tmp_path)
