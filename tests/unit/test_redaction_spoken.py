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
WRITTEN_OUT_WHEN_A_BIRTH_DATE_IS_ASKED = [
    "昭和六十二年",
    "fünf drei siebenundachtzig",
    "march five",
    "fünfter März",
    "오 삼 팔십칠",
    "الأول من مارس عام ألف وتسعمئة وتسعين",
]
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
    "공일공",
    "よんよんぜろさん",
]
WRITTEN_OUT_THOUGH_NOBODY_ASKED = [
    "one three eight double zero one three eight triple zero",
    "oh one oh two oh three",
    "one three eight 0013 8000",
    "幺三八洞洞幺三八洞洞洞",
    "一三八，零零一三，八零零零",
    "壹參捌零零壹參捌零零零",
    "صفر واحد اثنان ثلاثة أربعة خمسة",
    "null eins sieben sechs drei vier",
    "cero uno dos tres cuatro cinco",
    "zéro six douze trente-quatre cinquante-six",
    "zero uno due tre quattro cinque",
    "ゼロさんいちにさんよんご",
    "공일공 이삼사오 육칠팔구",
    "nul zes een twee drie vier",
    "zero jeden dwa trzy cztery pięć",
    "zero um dois três quatro cinco",
    "ноль два восемь один семь шесть",
    "ศูนย์แปดหนึ่งสองสามสี่",
    "sıfır beş üç iki bir dört",
    "oneTwoThreeFourFiveSix",
    "onetwothreefourfivesix",
    "double five triple three one",
    "echo one two three four five",
    "E, one two three four five",
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
    "it costs three thousand dollars",
    "부서 이름까지 일일이 신고해야 합니까?",
]
STAYS_UNLESS_ASKED = [
    "one two three",
    "India one, China two",
    "triple one",
    "at the hotel one, two, three or four of us",
    "two hundred and fifty thousand three hundred yuan",
    "the first one, the second one and the third one",
    "ich habe zwei Kinder, drei Hunde und vier Katzen",
    "星期一二三四五六上班吗",
    "にしてください",
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


@pytest.mark.parametrize("text", WRITTEN_OUT_THOUGH_NOBODY_ASKED)
def test_six_words_for_figures_in_a_row_are_a_number_though_nobody_asked(text: str) -> None:
    assert _redacted(f"{text}!") == "<NUMBER:1>!"


@pytest.mark.parametrize("text", STAYS_UNLESS_ASKED)
def test_words_for_figures_stay_while_nobody_asks(text: str) -> None:
    assert _redacted(text) == text


def test_letters_before_korean_figures_do_not_hide_them() -> None:
    assert _redacted("e일이삼사오육칠팔", "number") == "e<NUMBER:1>"


@pytest.mark.parametrize("text", NOT_WRITTEN_OUT)
def test_words_that_count_or_only_look_like_numbers_stay(text: str) -> None:
    assert _redacted(text) == _redacted(text, "number") == text
