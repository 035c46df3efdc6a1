"""No shape is left out for a text in which it stands, whatever its pattern is said to need."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.month_names import month_names
from bot.redaction import PUBLIC_NUMBERS, Expects, births, dates, number_words, numbers, places, redact, spoken
from bot.redaction.fold import folded, without
from bot.redaction.needs import alike, needs
from bot.redaction.shapes import Inventory, Shape, any_of
from tests.unit.test_redaction import STAYS, TAKEN

SHAPES = {
    f"{module.__name__.rpartition('.')[2]} {name} {number}": shape
    for module in (births, dates, numbers, places, spoken)
    for name, value in vars(module).items()
    for number, shape in enumerate(value if isinstance(value, (list, tuple)) else [value])
    if isinstance(shape, Shape)
}
SHAPES["numbers public 0"] = numbers.public(PUBLIC_NUMBERS) or Shape("")
LETTERS_OF_ONE_CASE = "İıſKßẞµςﬁﬆǅ"
WORDS = """first twenty-third nineteen of the de may MAY Oct. xii XII th -го RMB 元 k days 个月 号码 passport tel demo
    @ at dot punkt точка 点 艾特 골뱅이 .com gmail (at) maps.app.goo.gl geo: lat 北纬 N 22.54 114.057 ° ′ http://
    ศูนย์ หนึ่ง สิบ ก.พ ปี พ.ศ. いち ニ きゅう 공 일 년 월 民國 昭和 甲子 正月 初 廿 十 幺 两 年 月 日 字第 〔 〕
    13800138000 0755-88121678 12345 E12345678 19900630 1990 30 06 5 9:00 300x400 2024-2027 ٣٠ ๓ ２０２４ 𝟏𝟗 ①""".split()  # noqa: SIM905
PIECES = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(sorted(month_names())),
    st.sampled_from([word for listed in number_words.PARTS.values() for word in listed.split()]),
    st.sampled_from([*"-/.,:;·、_+()[]#×x*'’\n\t\u200b\u0301\u3000\x02\x03 ", *LETTERS_OF_ONE_CASE]),
    st.characters(exclude_categories=("Cs",)),
)
CASES = st.sampled_from([str, str.upper, str.title, folded])
MIXED = st.lists(st.tuples(CASES, PIECES, st.sampled_from(["", " "])).map(lambda drawn: drawn[0](drawn[1]) + drawn[2]), max_size=12).map(
    "".join
)


def left_out(view: str, inventory: Inventory) -> list[str]:
    likely = {id(shape) for shape in inventory.likely(SHAPES.values())}
    return [name for name, shape in SHAPES.items() if id(shape) not in likely and shape.pattern.search(view)]


@pytest.mark.parametrize("text", [*STAYS, *(text for text, _ in TAKEN)])
def test_no_shape_is_left_out_of_what_is_listed(text: str) -> None:
    for view in (text, folded(text), text.upper()):
        assert left_out(view, Inventory(view)) == []


@given(MIXED, st.integers(0, 60), st.integers(0, 60))
def test_no_shape_is_left_out_of_what_is_mixed_nor_of_what_is_left_of_it(text: str, start: int, size: int) -> None:
    for view in (text, folded(text)):
        inventory = Inventory(view)
        assert left_out(view, inventory) == []
        end = min(start + size, len(view))
        assert left_out(without(view, min(start, end), end), inventory) == []


@pytest.mark.parametrize("name", SHAPES)
@settings(max_examples=10)
@given(data=st.data())
def test_a_shape_is_likely_in_what_its_pattern_makes(name: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(SHAPES[name].pattern))
    for view in (text, data.draw(CASES)(text)):
        assert not SHAPES[name].pattern.search(view) or Inventory(view).likely([SHAPES[name]])


@given(MIXED, st.sampled_from([None, "number", "birth_date"]))
def test_the_same_is_taken_as_if_all_shapes_were_looked_for(text: str, expects: Expects) -> None:
    def taken() -> tuple[str, list[tuple[str, str]]]:
        found: list[tuple[str, str]] = []
        return redact(text, expects, lambda kind, piece: found.append((kind, piece)) or f"<{kind}:{len(found)}>"), found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Inventory, "likely", lambda _self, shapes: [*shapes])
        expected = taken()
    assert taken() == expected


def test_all_letters_that_a_pattern_takes_for_each_other_are_alike() -> None:
    cased = [character for code in range(sys.maxunicode) if len({(character := chr(code)).lower(), character.upper(), character}) > 1]
    together = "".join(cased)
    for letter in cased:
        same = re.findall(re.escape(letter), together, re.I)
        assert letter in same and {alike(each) for each in same} == {alike(letter)}


def test_every_digit_is_like_a_plain_one_and_nothing_changes_twice() -> None:
    every = [chr(code) for code in range(sys.maxunicode)]
    assert {alike(digit) for digit in re.findall(r"\d", "".join(every))} == set("0123456789")
    assert [each for each in every if alike(alike(each)) != alike(each)] == []
    assert all(alike(each) == each.lower() for each in every if each.isascii())


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        ("permits?", [{"permi"}]),
        ("(?:my )?(visa|card)", [{"visa", "card", "my vi", "my ca"}]),
        ("(?i:K)m", [{"km"}]),
        ("[ab]c|d", [{"ac", "bc", "d"}]),
        (r"1[3-5](?!0)\.", [{"13.", "14.", "15."}]),
        (r"x{0,3}(?:ab)+c", [{"ab"}, {"abc"}]),
        ("x[ab]+c", [{"xa", "xb"}, {"ac", "bc"}]),
        (r"a\x02b", []),
        ("a?|permit", []),
        ("(?<=a)(?=b)", []),
    ],
)
def test_a_pattern_needs_what_every_text_that_it_is_found_in_has(pattern: str, needed: list[set[str]]) -> None:
    assert sorted(map(sorted, needs(pattern, re.I))) == sorted(map(sorted, needed))


def test_a_character_of_a_class_is_needed_unless_what_was_taken_is_one() -> None:
    [need] = needs(r"\w", 0)
    [letter] = need
    assert isinstance(letter, re.Pattern) and letter.match("я") and not letter.match("-")
    assert needs(r"\W", 0) == []


def test_a_plain_question_is_asked_for_few_shapes_only() -> None:
    inventory = Inventory("Which documents do I need to extend my permit, and how long does it take?")
    assert inventory.likely([*dates.FORMATTED, *dates.ASKED, *numbers.HARMLESS, *numbers.PHONES, *numbers.SPELT]) == []


def test_a_pattern_is_read_when_a_text_is_first_asked_for_it() -> None:
    shape = Shape("(", filled=lambda pattern: pattern + "permit)")
    assert [match.span(1) for match in Inventory("a permit").found(shape, "a permit")] == [(2, 8)]


@given(st.lists(st.sampled_from(["jan", "january", "mayıs", "mayis", "mai", "m.c", "a b", "ſep", "sept", "]", "^-"]), unique=True), MIXED)
def test_words_are_found_as_if_listed(words: list[str], text: str) -> None:
    text = unicodedata.normalize("NFC", text) + "".join(words)
    listed = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    assert [match.span() for match in re.finditer(any_of(words), text, re.I)] == [match.span() for match in re.finditer(listed, text, re.I)]
