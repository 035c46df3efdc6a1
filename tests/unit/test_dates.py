"""Days as people write them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.dates import read_date, read_dates
from bot.languages import Language

TODAY = date(2026, 11, 24)
MARCH = date(2027, 3, 1)
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
DAYS = st.dates(date(2000, 1, 1), date(2045, 12, 31))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("2027-03-01", "en"),
        ("2027.3.1", "zh"),
        ("2027年3月1日", "zh"),
        ("2027年3月1号到期", "zh"),
        ("2027/3/1", "zh"),
        ("1 March 2027", "en"),
        ("1st of March 2027", "en"),
        ("March 1st 2027", "en"),
        ("March 1, 2027", "en"),
        ("Mar 1 2027", "en"),
        ("1-Mar-27", "en"),
        ("1mar2027", "en"),
        ("01.03.2027", "en"),
        ("二〇二七年三月一日", "zh"),
        ("二零二七年三月一號", "zh"),
        ("２０２７年３月１日", "zh"),
        ("27.3.1", "zh"),
        ("27年3月1日", "zh"),
        ("20270301", "en"),
        ("2027 March 1", "en"),
        ("my permit expires on 2027-03-01, what now", "en"),
        ("it expires 1 march 2027.", "en"),
        ("许可2027-03-01到期", "zh"),
        ("明年3月1日", "zh"),
        ("2027 年 3 月 1 日", "zh"),
        ("2027 - 03 - 01", "en"),
        ("läuft am 1. März 2027 ab", "en"),
        ("jusqu'au 1er mars 2027", "en"),
        ("vence el 1 de marzo del 2027", "en"),
        ("até 1º de março de 2027", "en"),
        ("scade il 1° marzo 2027", "en"),
        ("geldig tot 1 maart 2027", "en"),
        ("ważne do 1 marca 2027 r.", "en"),
        ("действует до 1 марта 2027 г.", "en"),
        ("1 Mart 2027'de bitiyor", "en"),
        ("ينتهي في ١ مارس ٢٠٢٧", "en"),
        ("ينتهي 1 آذار 2027", "en"),
        ("หมดอายุวันที่ 1 มีนาคม 2570ครับ", "en"),
        ("หมดอายุ 1 มี.ค. 2570", "en"),
        ("2027년 3월 1일까지", "en"),
        ("令和9年3月1日まで", "en"),
        ("do 1 mar 2027", "en"),
        ("ważne do 1.III.2027", "en"),
        ("scade 1 III 2027", "en"),
        ("หมดอายุ 1 มีนา 2570", "en"),
        ("1-mrt-27", "en"),
        ("1 mrt. '27", "en"),
        ("民國116年3月1日到期", "zh"),
    ],
)
def test_a_full_date_is_exact(text: str, language: Language) -> None:
    read = read_date(text, TODAY, language)
    assert (read.kind, read.date, read.assumed_year) == ("exact", MARCH, False)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("1 March", "en", MARCH),
        ("March 1st", "en", MARCH),
        ("3月1日", "zh", MARCH),
        ("三月一日", "zh", MARCH),
        ("3/1", "zh", MARCH),
        ("the 5th of December", "en", date(2026, 12, 5)),
        ("11月24日", "zh", TODAY),
        ("十一月二十三日", "zh", date(2027, 11, 23)),
        ("Feb 29", "en", date(2028, 2, 29)),
    ],
)
def test_without_a_year_the_next_such_day_is_assumed(text: str, language: Language, expected: date) -> None:
    read = read_date(text, TODAY, language)
    assert (read.kind, read.date, read.assumed_year) == ("exact", expected, True)


@pytest.mark.parametrize(
    ("text", "ahead"),
    [
        ("today", 0),
        ("tomorrow", 1),
        ("yesterday", -1),
        ("the day after tomorrow", 2),
        ("the day before yesterday", -2),
        ("今天", 0),
        ("明天", 1),
        ("昨天", -1),
        ("后天", 2),
        ("後天", 2),
        ("前天", -2),
        ("大后天", 3),
        ("I entered yesterday", -1),
    ],
)
def test_words_for_near_days_are_read(text: str, ahead: int) -> None:
    read = read_date(text, TODAY, "en")
    assert (read.date, read.relative) == (TODAY + timedelta(days=ahead), True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in 60 days", date(2027, 1, 23)),
        ("60 days from now", date(2027, 1, 23)),
        ("it expires in two months", date(2027, 1, 24)),
        ("3 days ago", date(2026, 11, 21)),
        ("a week ago", date(2026, 11, 17)),
        ("last Friday", date(2026, 11, 20)),
        ("last Tuesday", date(2026, 11, 17)),
        ("next Monday", date(2026, 11, 30)),
        ("this Friday", date(2026, 11, 27)),
        ("the 15th of next month", date(2026, 12, 15)),
        ("下个月15号", date(2026, 12, 15)),
        ("下月十五日", date(2026, 12, 15)),
        ("上个月3号", date(2026, 10, 3)),
        ("三天前", date(2026, 11, 21)),
        ("60天后", date(2027, 1, 23)),
        ("六十天后到期", date(2027, 1, 23)),
        ("两个月后", date(2027, 1, 24)),
        ("一周前", date(2026, 11, 17)),
        ("半年后", date(2027, 5, 24)),
        ("下周一", date(2026, 11, 30)),
        ("上周五", date(2026, 11, 20)),
        ("下個星期三", date(2026, 12, 2)),
        ("这周五", date(2026, 11, 27)),
    ],
)
def test_a_day_named_by_its_distance_is_read(text: str, expected: date) -> None:
    read = read_date(text, TODAY, "zh" if any(char >= "\u4e00" for char in text) else "en")
    assert (read.kind, read.date, read.relative) == ("exact", expected, True)


@pytest.mark.parametrize(
    "text",
    [
        "within 30 days",
        "in 7 working days",
        "30 days before it expires",
        "in 30 days after entry",
        "到期30天前申请",
        "提前三十天",
        "入境30天后",
        "30天内",
        "第三天",
        "on Friday",
        "周五",
        "Monday to Friday",
        "in 99999 days",
        "下个月32号",
    ],
)
def test_a_span_or_a_bare_weekday_is_no_day(text: str) -> None:
    assert read_date(text, TODAY, "zh" if any(char >= "\u4e00" for char in text) else "en").kind == "none"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("open on saturday?", date(2026, 11, 28)),
        ("周六开门吗", date(2026, 11, 28)),
        ("星期天", date(2026, 11, 29)),
        ("Tuesday", TODAY),
        ("next Saturday", date(2026, 12, 5)),
        ("Monday to Friday", None),
        ("周一到周五", None),
        ("每周六", None),
    ],
)
def test_a_weekday_is_the_next_such_day_where_one_is_asked_for(text: str, expected: date | None) -> None:
    assert read_date(text, TODAY, "en", weekdays=True).date == expected


def test_day_or_month_first_is_asked_back() -> None:
    read = read_date("03/04/2027", TODAY, "en")
    assert read.kind == "ambiguous"
    assert read.candidates == (date(2027, 4, 3), date(2027, 3, 4))
    assert read_date("3/4", TODAY, "en").kind == "ambiguous"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("13/04/2027", date(2027, 4, 13)), ("04/13/2027", date(2027, 4, 13)), ("05/05/2027", date(2027, 5, 5))],
)
def test_slashes_that_fit_only_one_way_are_exact(text: str, expected: date) -> None:
    assert read_date(text, TODAY, "en").date == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("01.03.1990", date(1990, 3, 1)),
        ("1 Mar 90", date(1990, 3, 1)),
        ("1-Mar-05", date(2005, 3, 1)),
        ("900301", None),
        ("1990年3月1日", date(1990, 3, 1)),
        ("19900301", date(1990, 3, 1)),
        ("15 Mar 68", date(1968, 3, 15)),
        ("1 March 27", date(1927, 3, 1)),
        ("born 5 may '90", date(1990, 5, 5)),
        ("1 March", None),
        ("3月1日", None),
        ("1 March 2030", None),
        ("tomorrow", None),
        ("in 3 days", None),
    ],
)
def test_a_birth_date_is_always_past_and_never_guessed(text: str, expected: date | None) -> None:
    assert read_date(text, TODAY, "en", past=True).date == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "march",
        "I may go 3 times",
        "24/7",
        "1/2 year",
        "22.54,114.05",
        "version 3.6.21",
        "window 57-58",
        "3-4 months",
        "09:00-12:00",
        "31 2 1990",
        "5 12 3 1990",
        "1 1 1990 123456",
        "90 days",
        "30/2/2027",
        "2027-13-01",
        "2027-02-30",
        "440300199003011234",
        "0755-88121678",
        "3月到期",
        "1月内",
        "10个工作日",
        "M03",
        "<DATE:1>",
    ],
)
def test_other_numbers_are_no_dates(text: str) -> None:
    assert read_date(text, TODAY, "zh" if any(char >= "\u4e00" for char in text) else "en").kind == "none"


def test_all_dates_of_a_text_are_given_in_order() -> None:
    reads = read_dates("entered 2026-11-01, expires 1 March 2027, today is 2026-11-24", TODAY, "en")
    assert [read.date for read in reads[:2]] == [date(2026, 11, 1), MARCH]
    text = "expires 2027-03-01 ok"
    read = read_date(text, TODAY, "en")
    assert text[read.start : read.end] == "2027-03-01"


@given(day=DAYS)
def test_every_full_form_gives_the_same_day(day: date) -> None:
    month = MONTHS[day.month - 1]
    for text in (
        day.isoformat(),
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}.{day.month}.{day.day}",
        _chinese(day),
        f"{day.year}/{day.month:02}/{day.day:02}",
        f"{day.day} {month} {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{day.day}-{month[:3]}-{day.year}",
        f"{day.day:02}.{day.month:02}.{day.year}",
        f"{day:%Y%m%d}",
    ):
        for language in ("en", "zh"):
            read = read_date(text, TODAY, language)  # type: ignore[arg-type]
            assert (read.kind, read.date) == ("exact", day), text


def _chinese(day: date) -> str:
    digits = "〇一二三四五六七八九"

    def number(value: int) -> str:
        tens, ones = divmod(value, 10)
        return ("" if tens == 0 else "十" if tens == 1 else digits[tens] + "十") + (digits[ones] if ones or not tens else "")

    return "".join(digits[int(char)] for char in str(day.year)) + f"年{number(day.month)}月{number(day.day)}日"


@given(day=DAYS)
def test_slashed_and_spaced_days_are_exact_or_offer_the_day_among_two(day: date) -> None:
    for mark in ("/", " "):
        for language in ("en", "zh"):
            read = read_date(mark.join((f"{day.day}", f"{day.month}", f"{day.year}")), TODAY, language)  # type: ignore[arg-type]
            assert day in ((read.date,) if read.kind == "exact" else read.candidates)
            assert (read.kind == "ambiguous") == (day.day <= 12 and day.day != day.month)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 1 1990", date(1990, 1, 1)),
        ("11 11 1990", date(1990, 11, 11)),
        ("15 11 1987", date(1987, 11, 15)),
        ("11 15 1987", date(1987, 11, 15)),
        ("I was born 1  1  1990.", date(1990, 1, 1)),
        ("1990 3 4", date(1990, 3, 4)),
    ],
)
def test_a_birth_date_with_blanks_is_read(text: str, expected: date) -> None:
    read = read_date(text, TODAY, "en", past=True)
    assert (read.kind, read.date) == ("exact", expected)


def test_a_birth_date_with_blanks_that_may_be_two_days_stays_two() -> None:
    read = read_date("3 4 1990", TODAY, "en", past=True)
    assert (read.kind, read.candidates) == ("ambiguous", (date(1990, 4, 3), date(1990, 3, 4)))


@given(today=DAYS, month=st.integers(1, 12), number=st.integers(1, 28))
def test_an_assumed_year_is_never_past_and_within_a_year(today: date, month: int, number: int) -> None:
    read = read_date(f"{number} {MONTHS[month - 1]}", today, "en")
    assert read.assumed_year
    assert read.date is not None
    assert today <= read.date <= today + timedelta(days=366)
    assert (read.date.month, read.date.day) == (month, number)


@given(text=st.text(max_size=80), past=st.booleans())
def test_any_text_is_read_without_harm(text: str, past: bool) -> None:
    read = read_date(text, TODAY, "en", past)
    assert read.kind in {"exact", "ambiguous", "none"}
    assert (read.date is not None) == (read.kind == "exact")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I entered on Nov 20", date(2026, 11, 20)),
        ("11月20日离职", date(2026, 11, 20)),
        ("my last day is 15 December", date(2026, 12, 15)),
        ("accepted on 30 June", date(2026, 6, 30)),
        ("accepted on 20 November 2027", date(2027, 11, 20)),
        ("29 February", date(2028, 2, 29)),
        ("in 10 days", date(2026, 12, 4)),
    ],
)
def test_what_happened_is_the_nearest_such_day(text: str, expected: date) -> None:
    assert read_date(text, TODAY, "en").nearest(TODAY).date == expected


def test_both_readings_of_a_day_are_the_nearest() -> None:
    read = read_date("10/11", TODAY, "en").nearest(TODAY)
    assert (read.kind, read.candidates) == ("ambiguous", (date(2026, 11, 10), date(2026, 10, 11)))
