"""Birth dates in figures: with the year first, in parts that are named, or beside words about birth in any tongue of ours."""

from __future__ import annotations

import pytest

from bot.redaction import redact

TAKEN = [
    ("85/4/3", "<DATE:1>"),
    ("she is 85.4.3, from Brazil", "she is <DATE:1>, from Brazil"),
    ("85. 4. 3.", "<DATE:1>."),
    ("78 - 11 - 9", "<DATE:1>"),
    ("03/4/5 if you need it", "<DATE:1> if you need it"),
    ("1985 year, 4 month, 3 day", "<DATE:1>"),
    ("year 1985 month 4 day 3", "<DATE:1>"),
    ("Day: 3, month: 4, year: 85", "<DATE:1>"),
    ("1985 год, 4 месяц, 3 число", "<DATE:1>"),
    ("วันที่ 3 เดือน 4 ปี 2528", "<DATE:1>"),
    ("يوم 3 شهر 4 سنة 1985", "<DATE:1>"),
    ("12 of 5 of 85", "<DATE:1>"),
    ("el 12 de 5 de 85", "el <DATE:1>"),
    ("12th of the 5th, 1985", "<DATE:1>"),
    ("1985零四零三", "<DATE:1>"),
]
BESIDE_WORDS = [
    ("born 85 4 3 in Lagos", "born <DATE:1> in Lagos"),
    ("生日85/4/3", "生日<DATE:1>"),
    ("生年月日は85 4 3です", "生年月日は<DATE:1>です"),
    ("생년월일 85 4 3", "생년월일 <DATE:1>"),
    ("my birthday: 03/04", "my birthday: <DATE:1>"),
    ("my bday: 4/3", "my bday: <DATE:1>"),
    ("3.4. is my date of birth", "<DATE:1>. is my date of birth"),
    ("D.O.B. 3-4", "D.O.B. <DATE:1>"),
    ("4/3生まれ", "<DATE:1>生まれ"),
    ("我4.3生的", "我<DATE:1>生的"),
    ("生日4.3", "生日<DATE:1>"),
    ("我的生日是0403", "我的生日是<DATE:1>"),
    ("誕生日 4/3", "誕生日 <DATE:1>"),
    ("생일 4/3", "생일 <DATE:1>"),
    ("geboren am 3.4.", "geboren am <DATE:1>."),
    ("ich bin am 3.4. geboren", "ich bin am <DATE:1>. geboren"),
    ("ik ben jarig op 3-4", "ik ben jarig op <DATE:1>"),
    ("je suis née le 3/4", "je suis née le <DATE:1>"),
    ("date de naissance 3/4", "date de naissance <DATE:1>"),
    ("nací el 3/4", "nací el <DATE:1>"),
    ("mi cumpleaños es el 3/4", "mi cumpleaños es el <DATE:1>"),
    ("nasci em 3/4", "nasci em <DATE:1>"),
    ("sono nata il 3.4", "sono nata il <DATE:1>"),
    ("urodziłam się 3.4", "urodziłam się <DATE:1>"),
    ("родился 03.04", "родился <DATE:1>"),
    ("день рождения 3.4", "день рождения <DATE:1>"),
    ("doğum günüm 3.4", "doğum günüm <DATE:1>"),
    ("ولدت 3/4", "ولدت <DATE:1>"),
    ("تاريخ الولادة ٣/٤", "تاريخ الولادة <DATE:1>"),
    ("เกิด 3/4", "เกิด <DATE:1>"),
]
STAYS = [
    "85 4 3",
    "my birthday is in 3 days",
    "our baby will be born in 3-4 weeks",
    "unser Kind wird in 3-4 Wochen geboren",
    "birth certificate, 1-2 pages",
    "Geburtsurkunde 1/2",
    "出生证明要2-3份吗",
    "出生医学证明 1/2 页",
    "生日4.5折",
    "article 41.2.1 of the law",
    "第85.2.3条",
    "2 years, 4 months, 3 days",
    "day 1, day 2, day 3",
    "on day 3 of month 2",
    "we were 12 of 5 of 10",
    "2024一二三四季度",
    "open 4/3, my question is another one. I was born here",
    "I came on 4/3. Born in Lima, I speak Spanish",
    "2027年4/3生效",
    "добрый день, окно 3.4",
    "la nacionalidad, punto 3.4",
    "les négociations, point 3.4",
]


def _redacted(text: str) -> str:
    return redact(text, None, lambda kind, _piece: f"<{kind}:1>")


@pytest.mark.parametrize(("text", "expected"), TAKEN)
def test_a_date_in_figures_is_taken_without_a_word_about_birth(text: str, expected: str) -> None:
    assert _redacted(text) == expected


@pytest.mark.parametrize(("text", "expected"), BESIDE_WORDS)
def test_a_day_beside_a_word_about_birth_is_taken(text: str, expected: str) -> None:
    assert _redacted(text) == expected


@pytest.mark.parametrize("text", STAYS)
def test_figures_that_are_no_birth_date_stay(text: str) -> None:
    assert _redacted(text) == text
