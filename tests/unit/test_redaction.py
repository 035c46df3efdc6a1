"""Personal data never reaches Rasa: numbers, dates, places and addresses become tokens, the question itself stays."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bot.data_file import read_yaml
from bot.redaction import PUBLIC_NUMBERS, Expects, redact

ROOT = Path(__file__).resolve().parents[2]
TOKEN = re.compile(r"<(?:NUMBER|DATE|POINT|EMAIL|PHONE):\d+>")


class Store:
    """Gives tokens as the vault does and remembers what stands behind them."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def put(self, kind: str, value: str) -> str:
        for token, kept in self.values.items():
            if kept == value and token.startswith(f"<{kind}:"):
                return token
        token = f"<{kind}:{sum(each.startswith(f'<{kind}:') for each in self.values) + 1}>"
        self.values[token] = value
        return token


def _redacted(text: str, expects: Expects = None) -> str:
    return redact(text, expects, Store().put)


STAYS = [
    "90 days",
    "I have 90 days left",
    "60 years old",
    "I am 36 years old",
    "5000 yuan",
    "2 years",
    "2 years of experience",
    "window 51",
    "windows 57-58",
    "HSK 4",
    "HSK5可以吗",
    "2027",
    "in 2027",
    "12345",
    "12367",
    "12333",
    "Is it 0755-88121678?",
    "0755 88121678",
    "075588121678",
    "0755-12367",
    "call 12345 please",
    "打12367吗",
    "article 41",
    "第41条",
    "category B",
    "category A/B/C",
    "30,000 RMB",
    "salary 30,000 RMB a month",
    "600,000 RMB per year",
    "¥30000",
    "30000元",
    "月薪3万",
    "8000-10000 yuan",
    "8000rmb",
    "30k",
    "120-180 days",
    "30-90 days before",
    "20 working days",
    "7个工作日",
    "提前30到90天",
    "9:00-18:00",
    "09:00-12:00, 14:00-17:45",
    "2024-2027",
    "2024至2026年",
    "since December 2024",
    "in March 2027",
    "2024年12月",
    "2027年",
    "2026-12",
    "mid-2024",
    "You may stay 30 days",
    "window 4 may be closed",
    "may I ask 2 things",
    "COVID-19",
    "S1 visa",
    "IELTS 6.5",
    "the Z visa and the B card",
    "my application was returned",
    "我的申请被退回了",
    "300x400 pixel",
    "照片300*400够不够",
    "月薪600,000元可以吗",
    "提前120-180天申请",
    "上班时间9:00-18:00吗",
    "一个月",
    "三年经验",
    "九十天",
    "3个月内",
    "去4号窗口",
    "I need forms 1, 2 and 3",
    "open 9:00-12:00; 14:00-18:00",
    "I worked there in 2021; 2022; 2023",
    "the photo is 33×48 mm",
    "nine out of 10",
    "I got 9 out of 20",
    "是不是周一、二、三、四、五、六都上班",
    "",
    "  ",
]

TAKEN = [
    ("nació el 5 de marzo", "nació el <DATE:1>"),
    ("konczy sie 30 czerwca, od kiedy", "konczy sie <DATE:1>, od kiedy"),
    ("до 30 июня можно?", "до <DATE:1> можно?"),
    ("30 Haziran'da bitiyor", "<DATE:1>'da bitiyor"),
    ("เกิดวันที่ 30 มิถุนายน 2533 ค่ะ", "เกิดวันที่ <DATE:1> ค่ะ"),
    ("เกิด 30 มิ.ย. 2533", "เกิด <DATE:1>"),
    ("مواليد 30 حزيران 1990", "مواليد <DATE:1>"),
    ("昭和55年6月30日生まれ", "<DATE:1>生まれ"),
    ("民國79年6月30日出生", "<DATE:1>出生"),
    ("my number is DEMO-A-200001", "my number is <NUMBER:1>"),
    ("demo a 200001", "<NUMBER:1>"),
    ("ＤＥＭＯ－Ａ－２００００１", "<NUMBER:1>"),
    ("DEMO-P-100001 and DEMO-A-200003", "<NUMBER:1> and <NUMBER:2>"),
    ("20261124000123", "<NUMBER:1>"),
    ("1234 5678 9012", "<NUMBER:1>"),
    ("1234-5678-9012", "<NUMBER:1>"),
    ("12 34 56", "<NUMBER:1>"),
    ("it is 0000 0000 0000 0000, thanks", "it is <NUMBER:1>, thanks"),
    ("1 2 3 4 5 6 7 8", "<NUMBER:1>"),
    ("1\u200b2\u200b3\u200b4\u200b5\u200b6", "<NUMBER:1>"),
    ("SZ 2024 0012", "<NUMBER:1>"),
    ("sz20240012", "<NUMBER:1>"),
    ("SZ-2024-11-05-0012", "<NUMBER:1>"),
    ("passport E12345678", "passport <NUMBER:1>"),
    ("护照AB1234567过期了", "护照<NUMBER:1>过期了"),
    ("我的编号：123", "我的编号：<NUMBER:1>"),
    ("my permit number is 4711", "my permit number is <NUMBER:1>"),
    ("MY PERMIT NUMBER IS 20240012", "MY PERMIT NUMBER IS <NUMBER:1>"),
    ("no.12345678", "no.<NUMBER:1>"),
    ("application number 20240101", "application number <NUMBER:1>"),
    ("310101199003041234", "<NUMBER:1>"),
    ("31010119900304123X", "<NUMBER:1>"),
    ("١٢٣٤٥٦٧٨", "<NUMBER:1>"),
    ("深外专许字〔2024〕第0012号", "<NUMBER:1>"),
    ("一二三四五六七八", "<NUMBER:1>"),
    ("one two three four five six seven", "<NUMBER:1>"),
    ("2024:00:12345", "<NUMBER:1>"),
    ("where is 12345678, please", "where is <NUMBER:1>, please"),
    ("1990-03-04", "<DATE:1>"),
    ("1990/3/4", "<DATE:1>"),
    ("1990.03.04", "<DATE:1>"),
    ("04/03/1990", "<DATE:1>"),
    ("4-3-1990", "<DATE:1>"),
    ("04.03.90", "<DATE:1>"),
    ("04/03/90.", "<DATE:1>."),
    ("3 4 1990", "<DATE:1>"),
    ("1990 03 04", "<DATE:1>"),
    ("19900304", "<DATE:1>"),
    ("04031990", "<DATE:1>"),
    ("１９９０－０３－０４", "<DATE:1>"),
    ("1990-03-04T12:00:00Z", "<DATE:1>"),
    ("born March 4th, 1990", "born <DATE:1>"),
    ("4th of March 1990", "<DATE:1>"),
    ("4 March 1990", "<DATE:1>"),
    ("4 Mar 90", "<DATE:1>"),
    ("Mar 4 '90", "<DATE:1>"),
    ("04-Mar-1990", "<DATE:1>"),
    ("4MAR1990", "<DATE:1>"),
    ("1990 March 4", "<DATE:1>"),
    ("May 4, 1990", "<DATE:1>"),
    ("entered on 12 October", "entered on <DATE:1>"),
    ("October 12th I came in", "<DATE:1> I came in"),
    ("fourth of March nineteen ninety", "<DATE:1>"),
    ("in March 1990", "in <DATE:1>"),
    ("1990年3月4日", "<DATE:1>"),
    ("我1990年3月4号生的", "我<DATE:1>生的"),
    ("九零年三月四号", "<DATE:1>"),
    ("一九九〇年三月四日", "<DATE:1>"),
    ("90年3月4", "<DATE:1>"),
    ("1990年3月", "<DATE:1>"),
    ("3月4日入境的", "<DATE:1>入境的"),
    ("4 марта 1990", "<DATE:1>"),
    ("4 de marzo de 1990", "<DATE:1>"),
    ("le 4 mars 1990", "le <DATE:1>"),
    ("4. Mai 1990", "<DATE:1>"),
    ("1990년 3월 4일", "<DATE:1>"),
    ("permit till 2027-03-01?", "permit till <DATE:1>?"),
    ("ur. 15.XI.1987", "ur. <DATE:1>"),
    ("15 XI 1987", "<DATE:1>"),
    ("15;11;1987", "<DATE:1>"),
    ("15→11→1987", "<DATE:1>"),
    ("15 * 11 * 1987", "<DATE:1>"),
    ("15x11x1987", "<DATE:1>"),
    ("1987年农历二月初五", "<DATE:1>"),
    ("丁卯年二月初五", "<DATE:1>"),
    ("15-го ноября 1987", "<DATE:1>"),
    ("22.5431, 114.0579", "<POINT:1>"),
    ("I am at 22.543100 114.057900", "I am at <POINT:1>"),
    ("lat 22.5 lon 114.1", "<POINT:1>"),
    ("N22°32'35\" E114°03'28\"", "<POINT:1>"),
    ("北纬22.54度东经114.05度", "<POINT:1>"),
    ("near https://maps.app.goo.gl/AbC123xyz now", "near <POINT:1> now"),
    ("https://www.google.com/maps/@22.54,114.05,15z", "<POINT:1>"),
    ("我在https://surl.amap.com/abc1附近", "我在<POINT:1>附近"),
    ("j.map.baidu.com/ab/cd", "<POINT:1>"),
    ("geo:22.54,114.05", "<POINT:1>"),
    ("card 4111;1111;1111;1111", "card <NUMBER:1>"),
    ("card 4111,1111,1111,1111", "card <NUMBER:1>"),
    ("DEMO-A-200001, DEMO-A-200003", "<NUMBER:1>, <NUMBER:2>"),
    ("200001, 200003", "<NUMBER:1>, <NUMBER:2>"),
    ("E❶❷❸❹❺❻❼❽", "<NUMBER:1>"),
    ("⓪⑴⑵⑶⑷⑸", "<NUMBER:1>"),
    ("+86 138 0013 8000", "<PHONE:1>"),
    ("13800138000", "<PHONE:1>"),
    ("138-0013-8000", "<PHONE:1>"),
    ("+44 20 7946 0958", "<PHONE:1>"),
    ("0755-25109999", "<PHONE:1>"),
    ("(0755) 2510 9999", "<PHONE:1>"),
    ("my phone is 25109999", "my phone is <PHONE:1>"),
    ("微信13800138000", "微信<PHONE:1>"),
    ("DEMO-A-200001, 4 March 1990", "<NUMBER:1>, <DATE:1>"),
    ("DEMO-A-200001 1990-03-04", "<NUMBER:1> <DATE:1>"),
    ("DEMO-A-200001 04.03.1990 138 0013 8000", "<NUMBER:1> <DATE:1> <PHONE:1>"),
]

TAKEN_AS_NUMBER = [
    ("123", "<NUMBER:1>"),
    ("2027", "<NUMBER:1>"),
    ("12345", "<NUMBER:1>"),
    ("it is sz 20240012", "it is <NUMBER:1>"),
    ("19900304", "<NUMBER:1>"),
    ("13800138000", "<NUMBER:1>"),
    ("ABCDEFGH", "<NUMBER:1>"),
    ("ABC-DEF-GHI", "<NUMBER:1>"),
    ("abc-def-ghi", "<NUMBER:1>"),
    ("xkcdfg", "<NUMBER:1>"),
    ("my number is abcdefg", "my number is <NUMBER:1>"),
    ("The number is DEMO-P-100001.", "The number is <NUMBER:1>."),
    ("一二三四", "<NUMBER:1>"),
    ("one two three four", "<NUMBER:1>"),
    ("12;34;56", "<NUMBER:1>"),
    ("1;2;3;4;5;6", "<NUMBER:1>"),
    ("四十四 零 三", "<NUMBER:1>"),
    ("A12B", "A12B"),
    ("DEMO-A-200001 and I was born 04/03/1990", "<NUMBER:1> and I was born <DATE:1>"),
    ("DEMO-A-200001, 1990年3月4日", "<NUMBER:1>, <DATE:1>"),
]

STAYS_WHEN_A_NUMBER_IS_ASKED = [
    "I don't know",
    "help",
    "HELP",
    "cancel",
    "I DO NOT HAVE A NUMBER",
    "my number is lost",
    "where do I find it?",
    "what is that number",
    "talk to a person",
    "没有号码",
    "在哪里找",
    "号码有什么用么？一年够不够",
    "二、三天以后再说",
    "it cost four hundred euros",
]

TAKEN_AS_BIRTH_DATE = [
    ("3 4 1990", "<DATE:1>"),
    ("19900304", "<DATE:1>"),
    ("040390", "<DATE:1>"),
    ("04.03.90", "<DATE:1>"),
    ("4/3", "<DATE:1>"),
    ("4 3 90", "<DATE:1>"),
    ("March 4th, 1990", "<DATE:1>"),
    ("4 mars 90", "<DATE:1>"),
    ("March 1990", "<DATE:1>"),
    ("born in May 1990", "born in <DATE:1>"),
    ("1990", "<DATE:1>"),
    ("1990年", "<DATE:1>"),
    ("1990年3月4日", "<DATE:1>"),
    ("九零年三月四号", "<DATE:1>"),
    ("一九九〇 三 四", "<DATE:1>"),
    ("the 4th of the 3rd 1990", "the <DATE:1>"),
    ("15*11*1987", "<DATE:1>"),
    ("15 x 11 x 1987", "<DATE:1>"),
    ("15.XI.1987", "<DATE:1>"),
    ("15;11;1987", "<DATE:1>"),
    ("15→11→1987", "<DATE:1>"),
    ("15:11:1987", "<DATE:1>"),
    ("2001-05, the 15th", "<DATE:1>"),
    ("November 1987, the 15th", "<DATE:1>"),
    ("1987 15 Nov", "<DATE:1>"),
    ("on the 15th of the 11th month 1987", "on the <DATE:1>"),
    ("生日是十一月十五，一九八七年", "生日是<DATE:1>"),
    ("1987 农历二月初五", "<DATE:1>"),
    ("15 محرم 1408", "<DATE:1>"),
    ("15 nowember 1987", "<DATE:1>"),
    ("S62.11.15", "<DATE:1>"),
    ("1 gru", "<DATE:1>"),
    ("1 mrt 90", "<DATE:1>"),
    ("E12345678", "<NUMBER:1>"),
    ("DEMO-1234", "<NUMBER:1>"),
]

STAYS_WHEN_A_BIRTH_DATE_IS_ASKED = [
    "I am 36",
    "60 years old",
    "90 days",
    "5000 yuan",
    "may I ask why",
    "why do you need my birth date",
    "I don't know",
    "12367",
    "90后",
    "为什么要生日",
    "I earn 30,000 RMB a month",
    "30-90天",
    "the hall opens at 14:00",
    "照片300*400够不够",
    "Set out why you need it",
    "two months ago, may I ask again",
    "minha tia tem 57",
]


@pytest.mark.parametrize("text", STAYS)
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert _redacted(text) == text


@pytest.mark.parametrize(("text", "expected"), TAKEN)
def test_personal_piece_becomes_a_token(text: str, expected: str) -> None:
    assert _redacted(text) == expected


@pytest.mark.parametrize(("text", "expected"), TAKEN_AS_NUMBER)
def test_anything_that_could_be_the_number_asked_for_is_taken(text: str, expected: str) -> None:
    assert _redacted(text, "number") == expected


@pytest.mark.parametrize("text", STAYS_WHEN_A_NUMBER_IS_ASKED)
def test_words_stay_when_a_number_is_asked(text: str) -> None:
    assert _redacted(text, "number") == text


@pytest.mark.parametrize(("text", "expected"), TAKEN_AS_BIRTH_DATE)
def test_anything_that_could_be_the_birth_date_is_taken(text: str, expected: str) -> None:
    assert _redacted(text, "birth_date") == expected


@pytest.mark.parametrize("text", STAYS_WHEN_A_BIRTH_DATE_IS_ASKED)
def test_words_stay_when_a_birth_date_is_asked(text: str) -> None:
    assert _redacted(text, "birth_date") == text


MARKS = [*";；=•、…。'\"&%!?@^\\→😀・_", "      ", "; ", " – "]


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("expects", [None, "number"])
def test_groups_of_a_number_are_one_whatever_stands_between_them(mark: str, expects: Expects) -> None:
    for figures in (("138", "0013", "8000"), ("4111", "1111", "1111", "1111")):
        shown = _redacted(f"it is {mark.join(figures)} thanks", expects)
        assert re.fullmatch(r"it is <(NUMBER|PHONE):1> thanks", shown), shown


def test_piece_is_kept_exactly_as_typed() -> None:
    store = Store()
    redact("no ＤＥＭＯ－Ａ－２００００１ born 4th of March 1990", None, store.put)
    assert store.values == {"<NUMBER:1>": "ＤＥＭＯ－Ａ－２００００１", "<DATE:1>": "4th of March 1990"}


@pytest.mark.parametrize(
    "typed", ["<NUMBER:1>", "＜NUMBER:1＞", "﹤NUMBER:1﹥", "<<NUMBER:1>NUMBER:2>", "<NUM<X:1>BER:1>", "< NUMBER : 1 >", "<RESULT:1>"]
)
@pytest.mark.parametrize("expects", [None, "number", "birth_date"])
def test_typed_token_is_made_harmless(typed: str, expects: Expects) -> None:
    store = Store()
    shown = redact(typed, expects, store.put)
    assert [token for token in re.findall(r"<[A-Z]+:\d+>", unicodedata.normalize("NFKC", shown)) if token not in store.values] == []


def test_published_numbers_of_the_catalogue_stay_readable() -> None:
    phones = read_yaml(ROOT / "bot/catalogue/data/facts/phones.yml")
    assert {fact["values"]["number"] for fact in phones.values()} <= set(PUBLIC_NUMBERS)
    for number in PUBLIC_NUMBERS:
        assert _redacted(f"Is {number} right?") == f"Is {number} right?"


def test_other_published_numbers_can_be_named() -> None:
    assert redact("0755-11112222", None, Store().put, public=["0755-11112222"]) == "0755-11112222"


_EXPECTS = st.sampled_from([None, "number", "birth_date"])
_WRITTEN = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *"0123456789",
                *"-/. ,:年月日号()\n'@+<>",
                "１",
                "٣",
                "三",
                "零",
                "DEMO",
                "March ",
                "May",
                "of ",
                "th",
                "SZ",
                " yuan",
                "days",
                "http://",
                "19",
                "20",
                "90",
                "1990",
                " 12345 ",
                "to ",
                "\u200b",
                "born ",
                "number is ",
                "#",
                "<NUMBER:1>",
                "0755",
                "°",
                "N",
            ]
        ),
        st.characters(),
    ),
    max_size=25,
).map("".join)


@given(_WRITTEN, _EXPECTS)
def test_no_run_of_six_figures_survives(text: str, expects: Expects) -> None:
    assert not re.search(r"\d{6,}", TOKEN.sub(" ", _redacted(text, expects)))


@given(_WRITTEN, _EXPECTS)
def test_redacting_again_takes_nothing_more(text: str, expects: Expects) -> None:
    store = Store()
    once = redact(text, expects, store.put)
    before = dict(store.values)
    assert redact(once, expects, store.put, known=before) == once
    assert store.values == before


@given(_WRITTEN, _EXPECTS)
def test_tokens_put_back_give_the_text_that_was_typed(text: str, expects: Expects) -> None:
    store = Store()
    shown = redact(text, expects, store.put)
    restored = re.sub(TOKEN, lambda match: store.values[match.group()], shown)
    assert restored == text.translate(str.maketrans("<＜﹤>＞﹥", "‹‹‹›››"))


@example("", "110000", "\u200b", 3, None)
@example("E", "12345110", "\u200b\u200b", 5, None)
@given(
    st.text("ABCDEFGHJKLMNPQRSTUVWXYZ", min_size=0, max_size=4),
    st.text("0123456789", min_size=6, max_size=18),
    st.sampled_from(["", " ", "-", "－", "\u3000", "\u200b"]),
    st.integers(2, 5),
    _EXPECTS,
)
def test_number_in_groups_leaves_no_figure_behind(prefix: str, figures: str, gap: str, size: int, expects: Expects) -> None:
    # A sum of money stays as it is.
    assume(prefix not in ("RMB", "CNY", "USD", "EUR", "HKD", "GBP"))
    grouped = gap.join([prefix, *(figures[at : at + size] for at in range(0, len(figures), size))])
    assert not re.search(r"\d{3,}", TOKEN.sub(" ", _redacted(f"it is {grouped}, thanks", expects)))


@given(st.dates(date(1940, 1, 1), date(2012, 12, 31)), _EXPECTS)
def test_birth_date_in_any_usual_format_is_taken(born: date, expects: Expects) -> None:
    formats = ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y", "%d-%b-%y", "%Y年%m月%d日", "%Y%m%d"]
    for pattern in formats:
        written = born.strftime(pattern)
        shown = _redacted(f"I was born on {written}.", expects)
        assert re.fullmatch(r"I was born on <(?:DATE|NUMBER):1>\.", shown), (written, shown)


@pytest.mark.parametrize("number", ["DEMO-A-200011", "demo a 200011", "D 200008"])
def test_a_number_given_instead_of_the_birth_date_stays_a_number(number: str) -> None:
    kept: list[tuple[str, str]] = []
    redact(number, "birth_date", lambda kind, piece: kept.append((kind, piece)) or "<TOKEN:1>")
    assert kept == [("NUMBER", number)]
