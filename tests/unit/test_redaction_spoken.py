"""Numbers and dates written out in words, in every tongue of ours."""

from __future__ import annotations

import pytest

from bot.redaction import Expects, redact


def _redacted(text: str, expects: Expects = None) -> str:
    return redact(text, expects, lambda kind, _piece: f"<{kind}:1>")


WRITTEN_OUT_DATES = [
    "nineteen eighty seven march five",
    "fifth of march eighty-seven",
    "premier mars mil neuf cent quatre-vingt-sept",
    "5 mars mil neuf cent quatre-vingt-sept",
    "fünfter März neunzehnhundertsiebenundachtzig",
    "cinco de marzo de mil novecientos ochenta y siete",
    "cinco de março de mil novecentos e oitenta e sete",
    "cinque marzo millenovecentottantasette",
    "vijf maart negentienhonderdzevenentachtig",
    "piąty marca tysiąc dziewięćset osiemdziesiątego siódmego",
    "пятое марта тысяча девятьсот восемьдесят седьмого",
    "beş mart bin dokuz yüz seksen yedi",
    "on beş mart bin dokuz yüz seksen yedi",
    "الخامس من مارس ألف وتسعمائة وسبعة وثمانون",
    "천구백팔십칠년 삼월 오일",
    "ห้า มีนาคม สองพันห้าร้อยสามสิบ",
    "昭和六十二年三月五日",
    "千九百八十七年三月五日",
    "民國七十六年三月五日",
]
WRITTEN_OUT_WHEN_A_BIRTH_DATE_IS_ASKED = ["昭和六十二年", "fünf drei siebenundachtzig", "march five", "fünfter März", "오 삼 팔십칠"]
WRITTEN_OUT_WHEN_A_NUMBER_IS_ASKED = [
    "one two",
    "eins zwei drei vier",
    "один два три четыре",
    "un deux trois quatre",
    "uno due tre",
    "jeden dwa trzy",
    "bir iki üç",
    "공일이삼",
    "하나 둘 셋",
    "หนึ่งสองสามสี่",
    "صفر واحد اثنان ثلاثة",
]
NOT_WRITTEN_OUT = [
    "I am on it, one moment",
    "in May twenty five people came",
    "ich bin seit drei Jahren hier",
    "the second one",
    "one or two weeks",
    "이 일을 하려면 무엇이 필요합니까?",
    "mi permiso y el de mi esposa",
    "when may I apply?",
]


@pytest.mark.parametrize("text", WRITTEN_OUT_DATES)
def test_a_date_written_out_is_taken_whole(text: str) -> None:
    for expects in (None, "birth_date"):
        assert _redacted(text, expects) == "<DATE:1>"  # type: ignore[arg-type]


@pytest.mark.parametrize("text", WRITTEN_OUT_WHEN_A_BIRTH_DATE_IS_ASKED)
def test_a_part_of_a_date_written_out_is_taken_while_one_is_asked_for(text: str) -> None:
    assert _redacted(text, "birth_date") == "<DATE:1>"


@pytest.mark.parametrize("text", WRITTEN_OUT_WHEN_A_NUMBER_IS_ASKED)
def test_figures_written_out_are_taken_while_a_number_is_asked_for(text: str) -> None:
    assert _redacted(text, "number") == "<NUMBER:1>"


@pytest.mark.parametrize("text", NOT_WRITTEN_OUT)
def test_words_that_count_or_only_look_like_numbers_stay(text: str) -> None:
    assert _redacted(text) == _redacted(text, "number") == text
