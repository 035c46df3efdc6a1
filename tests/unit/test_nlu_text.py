"""The one form in which encoder and n-grams see a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import DataError
from bot.nlu.text import FILE, LONGEST, _footers, normalise, plain, without_footer
from bot.settings import ROOT


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


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("How long does it take? This e-mail is confidential and may be privileged. Delete it.", "How long does it take?"),
        ("What is the fee?\n\nCONFIDENTIALITY NOTICE: the contents are private.\nwww.example.com", "What is the fee?"),
        ("What is the fee?\n\nBest regards,\nAnna Example\nHR\nTel <PHONE:1>\nwww.example.com", "What is the fee?"),
        ("What is the fee?\n-- \nAnna Example, www.example.com", "What is the fee?"),
        ("What is the fee?\nSent from my iPhone", "What is the fee?"),
        ("Sent from my Galaxy\nWhat is the fee?", "What is the fee?"),
        ("体检在哪里做？\n本邮件及其附件含有保密信息，仅限收件人使用。", "体检在哪里做？"),
        ("体检在哪里做？\n此致\n敬礼！\n某公司人事部", "体检在哪里做？"),
        ("体检在哪里做？\n发自我的iPhone", "体检在哪里做？"),
        ("Was kostet das?\n\nDiese E-Mail enthält vertrauliche Informationen.", "Was kostet das?"),
        ("Was kostet das?\nVon meinem iPhone gesendet", "Was kostet das?"),
        ("Combien ça coûte ?\n\nCe message et ses pièces jointes sont confidentiels.", "Combien ça coûte ?"),
        ("¿Cuánto cuesta?\nUn saludo,\nAna\nAviso legal: este mensaje es privado.", "¿Cuánto cuesta?"),
        ("How much is it? *** This email is confidential and meant for the addressee.", "How much is it?"),
        ("How long does it take?\n-- \nAnna Exemplar, HR", "How long does it take?"),
        ("要多少钱？“本邮件及其附件含有保密信息”", "要多少钱？"),
        ("Сколько это стоит?\nОтправлено с iPhone", "Сколько это стоит?"),
        ("費用はいくらですか\n私のiPhoneから送信", "費用はいくらですか"),
        ("كم الرسوم؟\nهذه الرسالة سرية وموجهة إلى المرسل إليه فقط.", "كم الرسوم؟"),
    ],
)
def test_what_stands_below_a_mail_is_not_read(text: str, kept: str) -> None:
    assert without_footer(text).strip() == kept
    assert normalise(text) == normalise(kept)


@pytest.mark.parametrize(
    "text",
    [
        "Is this e-mail confidential?",
        "This email is confidential, right?",
        "Sent from my iPhone",
        "Where was it sent from, my company?",
        "发自我的公司的邀请函可以吗",
        "Hello\nBest regards\nWhere is the hall?",
        "Who reads this message and any attachments?",
        "What is best?",
        "从我的公司辞职了怎么办",
    ],
)
def test_a_question_is_no_footer(text: str) -> None:
    assert without_footer(text) == text


def test_a_phrase_of_which_no_beginning_would_be_seen_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    written = (ROOT / FILE).read_text(encoding="utf-8")
    (tmp_path / FILE).write_text(written.replace("notices:\n", "notices:\n  - '(confidential)'\n", 1), encoding="utf-8")
    monkeypatch.setattr("bot.nlu.text.ROOT", tmp_path)
    _footers.cache_clear()
    try:
        with pytest.raises(DataError, match="must begin with a letter or figure"):
            without_footer("Thanks")
    finally:
        _footers.cache_clear()
