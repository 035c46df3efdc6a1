"""Refusals, corrections and going back, in every tongue."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.catalogue.answer_words import FILE, AnswerWords
from bot.catalogue.grounds import DATA
from bot.data_file import read_yaml
from bot.errors import DataError

WORDS = AnswerWords.load()


@pytest.mark.parametrize(
    "text",
    [
        "I don't want to say",
        "I'd rather not.",
        "I would rather not answer that question, thanks",
        "That’s private",
        "sorry, no comment",
        "不想回答",
        "这个不方便说",
        "不太方便透露，谢谢",
        "我不願意說",
        "kein Kommentar",
        "Das möchte ich nicht sagen",
        "no quiero contestar",
        "Prefiero no decirlo",
        "je préfère ne pas répondre",
        "preferisco non dirlo",
        "prefiro não dizer",
        "dat zeg ik liever niet",
        "wolę nie mówić",
        "не хочу отвечать",
        "لا أريد الإجابة",
        "答えたくないです",
        "말하고 싶지 않아요",
        "ไม่อยากตอบค่ะ",
        "söylemek istemiyorum",
    ],
)
def test_a_refusal_is_heard(text: str) -> None:
    assert WORDS.refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "不是",
        "why don't you want to answer?",
        "why is that private?",
        "we signed a contract that is confidential, and the company lets nobody copy any page of it",
        "I'd rather not leave China before the new permit is there",
        "private school",
        "no tengo",
    ],
)
def test_what_is_no_refusal(text: str) -> None:
    assert not WORDS.refuses(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("yes I mean no", ["no"]),
        ("no wait, yes", ["yes"]),
        ("Germany. Sorry, Austria!", ["austria"]),
        ("yes, actually no, hold on, yes", ["no", "yes"]),
        ("是，不对，不是", ["不是"]),
        ("没有，说错了，有", ["有"]),
        ("ja, Moment, nein", ["nein"]),
        ("sí, digo no", ["no"]),
        ("oui, pardon, non", ["non"]),
        ("да, точнее нет", ["нет"]),
        ("yes", []),
        ("不对", []),
        ("sorry, no", []),
        ("not actually true", []),
        ("yes, wait", []),
    ],
)
def test_what_comes_after_a_correction_is_meant(text: str, meant: list[str]) -> None:
    assert WORDS.meant(text) == meant


@pytest.mark.parametrize("text", ["actually I am from Pakistan", "不对，我是南非人", "my passport changed actually", "说错了，是硕士"])
def test_a_correction_is_one_wherever_its_word_stands(text: str) -> None:
    assert WORDS.corrects(text)


@pytest.mark.parametrize("text", ["I am from Pakistan", "that is not actually so", "awaiting the card", "护照、学位等等"])
def test_what_takes_nothing_back(text: str) -> None:
    assert not WORDS.corrects(text)


@pytest.mark.parametrize(
    "text",
    [
        "go back",
        "Back!",
        "previous question",
        "please show me the previous question again",
        "undo my last answer",
        "wrong button sorry go one step back",
        "上一题",
        "返回",
        "回到上一个问题吧",
        "撤回刚才的回答",
        "回上一題",
        "zurück",
        "zur vorherigen Frage bitte",
        "atrás",
        "la question précédente",
        "indietro",
        "voltar",
        "vorige vraag",
        "cofnij",
        "назад",
        "السؤال السابق",
        "前の質問に戻りたい",
        "뒤로",
        "ย้อนกลับ",
        "geri dön",
    ],
)
def test_going_back_is_heard(text: str) -> None:
    assert WORDS.goes_back(text)


@pytest.mark.parametrize(
    "text",
    [
        "I want to go back to India",
        "start over",
        "stop",
        "取消",
        "重新开始",
        "my previous employer",
        "that was my last question",
        "Deine letzte Antwort war falsch",
        "你刚才的回答不对",
        "wrong answer",
        "back home",
        "回国",
        "返回主菜单",
        "volver a España",
    ],
)
def test_what_does_not_go_back(text: str) -> None:
    assert not WORDS.goes_back(text)


def test_a_tongue_that_is_missing_is_refused(tmp_path: Path) -> None:
    raw = read_yaml(DATA / FILE)
    del raw["refusals"]["pl"]
    (tmp_path / FILE).write_text(yaml.safe_dump(raw), encoding="utf-8")
    with pytest.raises(DataError, match="refusals"):
        AnswerWords.load(tmp_path)


def test_a_section_that_is_missing_is_refused(tmp_path: Path) -> None:
    raw = read_yaml(DATA / FILE)
    del raw["back"]
    (tmp_path / FILE).write_text(yaml.safe_dump(raw), encoding="utf-8")
    with pytest.raises(DataError, match="back"):
        AnswerWords.load(tmp_path)
