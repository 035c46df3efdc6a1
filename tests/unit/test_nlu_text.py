"""The one form in which encoder and n-grams see a message."""

from __future__ import annotations

import pytest

from bot.nlu.text import LONGEST, normalise, plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ｈｏｗ　ｍｕｃｈ？", "how much?"),
        ("工作許可證續期", "工作许可证续期"),
        ("two\n\n lines ", "two lines"),
        ("my number is <NUMBER:1> born <DATE:12>", "my number is number born date"),
        ("I am at <POINT:3>", "i am at my location"),
        ("<SOMETHING:1>", "something"),
        ("", ""),
    ],
)
def test_script_width_case_and_tokens_make_no_difference(text: str, expected: str) -> None:
    assert normalise(text) == expected


def test_numbers_of_tokens_do_not_matter() -> None:
    assert normalise("where is <NUMBER:1>") == normalise("where is <NUMBER:7>")


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    text = normalise("我的护照要到期了" + "啊" * 2000 + "怎么延期")
    assert len(text) <= LONGEST + 1
    assert text.startswith("我的护照要到期了")
    assert text.endswith("怎么延期")


def test_a_text_of_latin_letters_may_be_four_times_as_long() -> None:
    assert len(normalise("word " * (4 * LONGEST // 5))) == 4 * LONGEST - 1
    assert len(normalise("word " * 400)) <= 4 * LONGEST + 1


def test_the_plain_text_is_whole_and_may_keep_its_lines() -> None:
    assert len(plain("word " * 1000)) == 4999
    assert plain("Ｏne \n two", lines=True) == "one\ntwo"
    assert plain("kill\u200bing  time") == "killing time"
