"""Which language a message is answered in."""

from __future__ import annotations

import pytest

from bot.languages import Language, as_language, detect


@pytest.mark.parametrize(
    ("text", "otherwise", "expected"),
    [
        ("how long does it take", "en", "en"),
        ("how long does it take", "zh", "en"),
        ("要多久", "en", "zh"),
        ("我要办work permit", "en", "zh"),
        ("how to get 工签", "en", "en"),
        ("B类", "zh", "zh"),
        ("B类", "en", "zh"),
        ("ＤＥＭＯ－Ａ－２００００８", "zh", "zh"),
        ("DEMO-A-200008", "zh", "zh"),
        ("<NUMBER:1>", "zh", "zh"),
        ("1990-03-04", "zh", "zh"),
        ("Shekou", "zh", "zh"),
        ("A", "zh", "zh"),
        ("ok", "en", "en"),
        ("", "zh", "zh"),
        ("Сколько стоит", "zh", "en"),
        ("日本語で答えてください", "zh", "en"),
        ("我的permit什么时候到期", "en", "zh"),
    ],
)
def test_the_language_of_a_message(text: str, otherwise: Language, expected: Language) -> None:
    assert detect(text, otherwise) == expected


@pytest.mark.parametrize(("value", "expected"), [("zh-CN", "zh"), ("EN_gb", "en"), ("fr", None), (None, None), (3, None)])
def test_names_of_languages_are_read(value: object, expected: Language | None) -> None:
    assert as_language(value) == expected
