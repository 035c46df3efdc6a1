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
    ("วันเกิดของฉันคือ 3/4", "วันเกิดของฉันคือ <DATE:1>"),
    ("เกิดเมื่อ 3/4 ปี 2533", "เกิดเมื่อ <DATE:1> ปี 2533"),
    ("мой др 3.4", "мой др <DATE:1>"),
    ("ДР: 03.04", "ДР: <DATE:1>"),
    ("3.4 др у жены", "<DATE:1> др у жены"),
    ("85年生，4.3", "85年生，<DATE:1>"),
    ("85년생 4/3", "85년생 <DATE:1>"),
    ("nee le 3/4", "nee le <DATE:1>"),
    ("SONO NATO IL 3/4", "SONO NATO IL <DATE:1>"),
    ("l'anniversaire de ma femme est le 3/4", "l'anniversaire de ma femme est le <DATE:1>"),
    ("my birthday is 0403", "my birthday is <DATE:1>"),
    ("date of birth: 0403", "date of birth: <DATE:1>"),
    ("0403生まれ", "<DATE:1>生まれ"),
    ("0403 is my date of birth", "<DATE:1> is my date of birth"),
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


WORDS_THAT_ARE_NOT_ABOUT_BIRTH = [
    "2年生，9.1毕业",
    "他是大学3年生5-6人",
    "大学3年生ですが、10/12までに",
    "3학년생, 10/12까지",
    "留学生日常9.1开始",
    "事情发生于10.12",
    "можно подать 10.12, паспорт и др.",
    "паспорт и др. 3-4",
    "какие др документы до 10.12",
    "เกิดข้อผิดพลาด 10/12",
    "เกิดเหตุ 10/12",
    "เกิด error 10/12",
    "nee en 3-4 is te lang",
    "je ne le ferai pas avant le 10/12",
    "أولاد 3-4",
    "Anniversaire de mon contrat : 01/02",
    "aniversário do contrato 10/12",
    "NATO 3/4",
    "birth control 1/2",
]
WHAT_IS_COUNTED = [
    "Ребёнок родился, 5-6 рабочих дней?",
    "เกิดที่ไทย ใช้เวลา 3-4 สัปดาห์",
    "mijn kind is geboren, duurt het 3-4 weken",
    "ولادة 3-4 اشهر",
    "nasceu o bebê, demora 3-4 semanas?",
    "出生后3-4人一起来",
]
HOURS_AND_ROOMS = [
    "出生登记 9-11",
    "生日当天 9-11点",
    "birth registration 9-12?",
    "Geburtsanzeige 9-11",
    "Geburt melden 9-11 Uhr",
    "naissance: horaires 9-12",
    "出生 1201室",
    "born 1012 Main Street",
    "I was born, room 0312",
    "my daughter was born here and we live in 1201",
]
PARTS_AND_SHARES = [
    "95.5.5 rule",
    "Rule 45.2.1",
    "see paragraph 45.2.1",
    "chapter 45.2.1",
    "пункт 45.2.1",
    "статья 45.2.1",
    "п.45.2.1",
    "80-5-10 split",
    "Score 85/10/5",
    "score: 85/10/5",
    "a ratio 85-10-5",
    "比例80-5-10",
]


def _redacted(text: str) -> str:
    return redact(text, None, lambda kind, _piece: f"<{kind}:1>")


@pytest.mark.parametrize(("text", "expected"), TAKEN)
def test_a_date_in_figures_is_taken_without_a_word_about_birth(text: str, expected: str) -> None:
    assert _redacted(text) == expected


@pytest.mark.parametrize(("text", "expected"), BESIDE_WORDS)
def test_a_day_beside_a_word_about_birth_is_taken(text: str, expected: str) -> None:
    assert _redacted(text) == expected


@pytest.mark.parametrize("text", [*STAYS, *WORDS_THAT_ARE_NOT_ABOUT_BIRTH, *WHAT_IS_COUNTED, *HOURS_AND_ROOMS, *PARTS_AND_SHARES])
def test_figures_that_are_no_birth_date_stay(text: str) -> None:
    assert _redacted(text) == text
