"""What staff see in place of an applicant's numbers."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console.masking import HIDDEN, applicants, applicants_line, contact, pieces, repeated, repeated_in, repeated_line
from bot.conversations.text import Typed

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("my number is 202612345678", f"my number is {HIDDEN}5678"),
        ("护照E12345678，请查一下", f"护照{HIDDEN}678，请查一下"),
        ("call me on 13812345678", f"call me on {HIDDEN}678"),
        ("write to jane.doe@example.com please", f"write to {HIDDEN} please"),
        ("I was born on 12 May 1990", f"I was born on {HIDDEN}"),
        ("出生日期1990年5月12日", f"出生日期{HIDDEN}"),
        ("my son was born 2019-05-12", f"my son was born {HIDDEN}"),
    ],
)
def test_numbers_birth_dates_addresses_and_phones_are_masked(text: str, seen: str) -> None:
    assert applicants(text, today=TODAY).text == seen
    assert applicants(text, today=TODAY).changed


@pytest.mark.parametrize(
    "text",
    [
        "my permit expires on 3 December 2026",
        "签证到2027年3月1日",
        "how long does it take, 20 working days?",
        "is 0755-88121678 the right number?",
        "<b>bold</b> & <script>alert(1)</script>",
        "",
    ],
)
def test_what_names_nobody_stays_as_it_was_written(text: str) -> None:
    assert applicants(text, today=TODAY).text == text
    assert not applicants(text, today=TODAY).changed


def test_words_about_birth_hide_only_the_date_after_them() -> None:
    seen = applicants("出生日期2019年5月12日，签证到2027年3月1日", today=TODAY).text
    assert seen == f"出生日期{HIDDEN}，签证到2027年3月1日"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("fifteen eleven nineteen eighty-seven", HIDDEN),
        ("1987, 11/15", HIDDEN),
        ("fünfzehnter elfter neunzehnhundertsiebenundachtzig", HIDDEN),
        ("пятнадцатое одиннадцатого восемьдесят седьмого", HIDDEN),
        ("一九八七 十一 十五", HIDDEN),
        ("十一月十五日生于一九八七年", f"{HIDDEN}生于{HIDDEN}"),
        ("sure, on my passport it says the 15th of the 11th, 1987", f"sure, on my passport it says the {HIDDEN}"),
        # The deadlines ask for a day as well, and an officer has to see until when a visa runs.
        ("my visa ends on 3 December 2026", "my visa ends on 3 December 2026"),
        ("it runs out 15 Nov", "it runs out 15 Nov"),
    ],
)
def test_answer_to_an_open_question_for_a_day_is_masked_in_any_spelling(text: str, seen: str) -> None:
    assert applicants(text, "birth_date", TODAY).text == seen


def test_answer_to_an_open_question_for_a_number_is_masked_in_any_spelling() -> None:
    assert applicants("it is two zero two six one four", "number", TODAY).text == f"it is {HIDDEN}"
    assert applicants("it is two zero two six one four", None, TODAY).text == f"it is {HIDDEN}"
    assert applicants("zwei null zwei sechs eins vier", "number", TODAY).text == HIDDEN


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("1987 15 Nov", f"{HIDDEN} {HIDDEN}"),
        ("15 Nov, back in 1987", f"{HIDDEN}, back in {HIDDEN}"),
        ("十一月十五日生于一九八七年", f"{HIDDEN}生于{HIDDEN}年"),
        ("15 Nov is my birthday", f"{HIDDEN} is my birthday"),
        ("my birthday: 3/4", f"my birthday: {HIDDEN}"),
        ("geboren am 15. Nov", f"geboren am {HIDDEN}"),
        ("เกิด 15 พ.ย.", f"เกิด {HIDDEN}"),
        ("生日85/4/3，签证到2027年3月1日", f"生日{HIDDEN}，签证到2027年3月1日"),
        ("I came in 2009 and my visa expires 3 Dec 2026", "I came in 2009 and my visa expires 3 Dec 2026"),
        ("签证十二月三日到期，出生日期一九九〇年五月一日", f"签证十二月三日到期，出生日期{HIDDEN}"),
        ("I leave on 3 December! My birthday party is at home", "I leave on 3 December! My birthday party is at home"),
    ],
)
def test_day_without_a_year_is_a_birth_date_where_an_old_year_or_words_about_birth_stand_beside_it(text: str, seen: str) -> None:
    assert applicants(text, today=TODAY).text == seen


@pytest.mark.parametrize(("text", "day"), [("1987 15 Nov", "1987-11-15"), ("1988, Feb 29", "29.02.1988")])
def test_birth_date_with_its_year_apart_is_masked_where_it_is_repeated(text: str, day: str) -> None:
    hidden = applicants(text, today=TODAY).hidden
    assert repeated(f"Born on {day}, seen on 3 December 2026.", hidden, TODAY).text == f"Born on {HIDDEN}, seen on 3 December 2026."


def test_markup_around_a_number_stays_as_it_was_written() -> None:
    assert applicants("<b>202612345678</b>", today=TODAY).text == f"<b>{HIDDEN}5678</b>"


def test_answers_that_repeat_a_number_are_masked_however_it_is_spelt() -> None:
    hidden = applicants("DEMO-P-0001, 13812345678, born 12 May 1990", today=TODAY).hidden
    seen = repeated("For demo p 0001 and +86 138 1234 5678 (12-May-1990): call 0755-88121678 before 3 Dec 2026.", hidden)
    assert seen.text == f"For {HIDDEN}001 and +86 {HIDDEN}678 ({HIDDEN}): call 0755-88121678 before 3 Dec 2026."
    assert repeated("nothing of that", hidden).text == "nothing of that"


@pytest.mark.parametrize("form", ["12 May 1990", "1990-05-12", "1990年5月12日", "May 12, 1990", "12.05.1990", "19900512"])
def test_birth_date_is_masked_in_whatever_form_it_is_repeated(form: str) -> None:
    hidden = applicants("born 12 May 1990, my visa ends on 3 December 2026", today=TODAY).hidden
    seen = repeated(f"Born {form}; visa until 2026-12-03; notice of 17 Apr 2024.", hidden, TODAY)
    assert seen.text == f"Born {HIDDEN}; visa until 2026-12-03; notice of 17 Apr 2024."


def test_cards_that_repeat_a_number_are_masked() -> None:
    hidden = applicants("my number is 202612345678", today=TODAY).hidden
    assert repeated_in({"a": ["202612345678", 7, None]}, hidden) == {"a": [f"{HIDDEN}5678", 7, None]}


def test_a_piece_that_was_cut_off_is_left_out() -> None:
    text = ("a" * 10 + "，") * 17 + "号码是2026123"
    cut = text + "4" * (200 - len(text))
    assert applicants_line(Typed(cut)).endswith("号码是…")


def test_an_answer_that_was_cut_off_ends_before_the_number_that_it_repeats() -> None:
    known = pieces([Typed("my number is 202612345678"), Typed("13812345678")])
    cut = ("word, " * 33)[:193] + "2026123"
    assert len(cut) == 200 and repeated_line(cut, known).endswith("…") and "2026" not in repeated_line(cut, known)
    assert repeated_line("so 138-1234-5678, 2026123", known) == f"so {HIDDEN}678, 2026123"


def test_contacts_are_masked() -> None:
    assert contact("138 1234 5678") == f"{HIDDEN}678"
    assert contact("jane@example.com") == HIDDEN


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc")), max_size=80))
def test_masking_never_fails_and_keeps_everything_else(text: str) -> None:
    seen = applicants(text, today=TODAY)
    parts = seen.text.split(HIDDEN)
    assert seen.changed or seen.text == text
    assert text.startswith(parts[0]) or HIDDEN in text


@given(st.text(max_size=40), st.integers(min_value=10**9, max_value=10**17))
def test_no_long_number_is_ever_shown_whole(before: str, number: int) -> None:
    assert str(number) not in applicants(f"{before} {number}", today=TODAY).text
