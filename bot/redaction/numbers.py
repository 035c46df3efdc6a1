"""Shapes of numbers that name a person or a case, and of the harmless numbers that stay."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from bot.redaction.fold import GONE
from bot.redaction.shapes import Inventory, Shape

Span = tuple[int, int]

_SUM = r"(?:\d{1,3}(?:[, ]\d{3}){1,3}(?!\d)|\d{1,5}(?!\d))(?:\.\d{1,2}(?!\d))?"
_BEFORE_SUM = r"(?<![0-9A-Za-z_.,/-])(?<!\d )"
_CURRENCY = r"(?:RMB|CNY|USD|EUR|HKD|GBP|yuan|kuai|dollars?|euros?|pounds?|人民币|元|块钱?|万|千|[¥$€£])"
_THOUSANDS = r"\d{1,3}(?:\.\d{1,2})?(?![\d.])"
_TO = r"\s?(?:-|~|to|and|or|至|到)\s?"
_COUNT = r"(?<![0-9A-Za-z_.,/-])\d{1,4}(?!\d)"
_UNIT = (
    r"(?:(?:working|business|calendar)[\s-])?(?:days?|weeks?|months?|years?|hours?|hrs?|minutes?|mins?|times|people|persons"
    r"|employees|pages|points|percent|yrs?|km|metres|meters)\b|%|个?工作日|天|[日周]内|周|个月|岁|年|小时|分钟|次|人|名|份|张|分|页|米|公里"
)
_YEAR = r"(?:19|20)\d\d"
_LENGTH = r"\d{1,4}(?:[.,]\d{1,2})?(?!\d)"
AMOUNTS: Final = [
    Shape(pattern, re.I)
    for pattern in (
        # So many thousands and tens of thousands: what is longer ends in a letter of its own.
        rf"{_BEFORE_SUM}(?:{_SUM}(?:{_TO}{_SUM})?\s?{_CURRENCY}|{_THOUSANDS}(?:{_TO}{_THOUSANDS})?\s?[kw])(?![A-Za-z0-9])",
        rf"{_CURRENCY}\s?{_BEFORE_SUM}{_SUM}(?:{_TO}{_SUM})?(?![0-9A-Za-z_-])",
    )
]
HARMLESS: Final = AMOUNTS + [
    Shape(pattern, re.I)
    for pattern in (
        rf"{_COUNT}(?:{_TO}\d{{1,4}}(?!\d))?\s?-?(?:{_UNIT})(?![A-Za-z0-9-])",
        rf"(?<![0-9A-Za-z_.,/-]){_YEAR}\s?(?:-|~|to|/|至|到)\s?{_YEAR}(?![0-9A-Za-z_/-])(?!\s\d)",
        r"(?<![0-9A-Za-z_.,/-])(?<!\d )20\d\d[-/.](?:0?[1-9]|1[0-2])(?![0-9A-Za-z_/-])(?!\.\d)(?!\s\d)",
        r"(?<![0-9A-Za-z_:.,/-])(?:[01]?\d|2[0-4]):[0-5]\d(?:\s?-\s?(?:[01]?\d|2[0-4]):[0-5]\d)?(?![0-9A-Za-z_:-])(?!\s\d)",
        # A size, but not figures among the letters of a code.
        r"(?<![0-9A-Za-z_.,/×*-])(?:"
        r"(?<![x×*]\s)(?<!\b(?-i:[A-Z])\s)(?<!\b(?-i:[A-Z][A-Z])\s)\d{2,4}\s?[x×*]\s?\d{2,4}(?![0-9A-Za-z_*-])(?!\s[A-Za-z]{1,2}\s?\d)"
        rf"|(?<!\d )(?<![\W\d][x×*]\s){_LENGTH}(?:\s?[x×*]\s?{_LENGTH}){{1,2}}\s?(?:mm|cm|px|pixels?|dpi|毫米|厘米|公分|像素)(?![A-Za-z])"
        r")(?!\s?[x×*\d])",
    )
]
_SALARY: Final = Shape(r"(?<![0-9A-Za-z_.,/×*-])(?<!\d )\d{4,6}\s?[x×*]\s?1[2-6](?![0-9A-Za-z_*-])(?!\s?[x×*\d])", re.I)

_EDGE = r"(?<![0-9A-Za-z])(?<![0-9A-Za-z][-_/.])(?<!\d[ \n\u200b])"
_OUT = r"(?![0-9A-Za-z])(?![-_/. \n\u200b]\d)"
PHONE_WITH_PLUS: Final = Shape(r"\+\s?\d(?:[\s\-.()\u200b]{0,3}\d){6,14}(?!\d)")
PHONES: Final = [
    Shape(pattern, re.I)
    for pattern in (
        rf"{_EDGE}1[3-9]\d[\s-]?\d{{4}}[\s-]?\d{{4}}{_OUT}",
        rf"{_EDGE}(?:\(0\d{{2,3}}\)\s?|0\d{{2,3}}[\s-])\d{{3,4}}[\s-]?\d{{4}}{_OUT}",
    )
]
_PHONE_WORD: Final = Shape(
    r"(?:\b(?:phone|telephone|tel|mobile|cell|fax|whatsapp|wechat)|电话|手机|微信|联系方式)"
    r"[\s:.#]*(?:number|no\b|号码?)?[\s:.#]*(?:is|是|为)?[\s:.#]*$",
    re.I,
)

# Also those that are said on the telephone, and those of cheques.
_CHINESE_FIGURES = "〇零○洞一二三四五六七拐八九勾幺么两兩壹贰貳叁參叄肆伍陆陸柒捌玖"
_CHINESE_GROUP = r"[〇零○一二三四五六七八九十百]{1,4}"
_DOCUMENT: Final = Shape(
    rf"(?:[\u4e00-\u9fff]{{0,5}}字)?\s?[〔\[(【]\s?{_YEAR}\s?[〕\])】]\s?(?:第\s?)?\d{{1,8}}(?:\s?号)?|{_YEAR}\s?字?第\s?\d{{2,8}}\s?号"
)


def _spelt(least: int) -> Shape:
    return Shape(
        # Days of the week are listed in the same way.
        rf"(?<![周週期拜{_CHINESE_FIGURES}])(?:[{_CHINESE_FIGURES}][^\w\x02]{{0,3}}){{{least - 1},}}[{_CHINESE_FIGURES}]"
    )


_GROUPED: Final = Shape(rf"(?<![周週期拜第{_CHINESE_FIGURES}十百]){_CHINESE_GROUP}(?:[\s,，、·-]{{1,3}}{_CHINESE_GROUP}){{2,}}")


_DEMO: Final = Shape(r"(?<![A-Za-z])demo[\s\-_\u200b]{0,3}[ap]?[\s\-_\u200b]{0,3}\d(?:[\s\-_\u200b]{0,2}\d)*", re.I)
SPELT: Final = [_DEMO, _DOCUMENT, _spelt(6)]
SPELT_WHEN_ASKED: Final = [_DEMO, _DOCUMENT, _spelt(4), _GROUPED]

_LETTERS = "A-Za-z\u00c0-\u024f\u0370-\u03ff\u0400-\u052f"
# With the first of its figures for a group.
_PIECE: Final = re.compile(rf"(?=[0-9{_LETTERS}])[{_LETTERS}]*([0-9])?[0-9{_LETTERS}]*")
# The figures that a number has at least, and the marks that groups of them are put apart with at most.
_WHOLE: Final = 6
_MARKS: Final = 8
_RECENT: Final = re.compile("20[0-3][0-9]")
_FIGURE: Final = re.compile("[0-9]")
_VOWEL: Final = re.compile("[aeiouy]", re.I)
_HUMP: Final = re.compile("[a-z][A-Z]")
# Figures that a number has at least when it is called one.
_FEWEST: Final = 3
_BETWEEN_LETTERS: Final = re.compile(r"[-_/\u200b]{1,2}| ?- ?| ")
_CALLED: Final = Shape(
    r"(?:\b(?:number|num|no|nr|id|code|passport|reference|ref)|号码?|编号|护照|证件号?|单号)"
    r"[\s:.#=]*(?:is|was|[是为])?[\s:.#=]*$",
    re.I,
)
# Small letters that stand alone between figures and are no word of any tongue of ours.
_LONE: Final = frozenset("bcdfgjlmnpqrstvx")
# Words that stand beside a number and are no part of it.
_PLAIN_WORDS: Final = frozenset(
    """a am an and any are at be born but by call can case code card do dob fax file for from got had has have he her hi his
    i id in is it its me mine my name no not nr num number of off oh ok okay on one or our out passport permit phone please
    ref she so tel that the their then there these they this to too type us visa was we what when where which who why with
    yes you your age art article class form hsk ielts toefl level line room step window yuan rmb cny usd eur application
    acceptance receipt reference business day days week weeks month months year years hour hours until since till after
    before between about only also now still than more less over under help stop cancel back hello thanks thank human agent
    staff officer person people work works gone lost unknown missing wrong none know dont don't""".split()  # noqa: SIM905
)


@lru_cache(maxsize=8)
def public(numbers: tuple[str, ...]) -> Shape | None:
    """The shape of the published `numbers` in any spacing, or None when there are none."""
    digits = (re.sub(r"\D", "", number) for number in sorted(numbers, key=len, reverse=True))
    # Short service numbers have no spaces in them; a row of single figures is something else.
    spelt = [r"[\s-]?".join(number) if len(number) > 5 else number for number in digits]
    if not spelt:
        return None
    return Shape(rf"(?<![0-9A-Za-z])(?<!\d[-_/.: ])(?:{'|'.join(spelt)})(?![0-9A-Za-z])(?![-_/.: ]\d)")


def called(view: str, start: int) -> bool:
    """Whether the words before `start` announce a number."""
    return _CALLED.pattern.search(view[max(0, start - 40) : start]) is not None


def salaries(view: str, inventory: Inventory) -> list[Span]:
    """Salaries times the months for which they are paid in a view of which `inventory` was made, unless words announce a number."""
    return [match.span() for match in inventory.found(_SALARY, view) if not called(view, match.start())]


def called_phone(view: str, start: int) -> bool:
    """Whether the words before `start` announce a telephone number."""
    return _PHONE_WORD.pattern.search(view[max(0, start - 40) : start]) is not None


def codes(view: str, asked: bool, inventory: Inventory) -> Iterator[Span]:
    """Runs of letters and figures that may name a person or a case, in a view of which `inventory` was made.

    Without the question open: six or more of them with at least four figures, or less after a word like "number".
    With it open: whatever holds three figures, and codes of letters alone.
    """
    if not asked and len(_FIGURE.findall(view)) < _FEWEST:
        return
    shouting = asked and len([piece for piece in re.findall(r"[A-Za-z]+", view) if piece.isupper() and len(piece) > 1]) >= 3
    may_be_called = bool(inventory.likely((_CALLED,)))
    for cluster in _clusters(view, asked):
        figured = any(map(_figured, cluster))
        if figured:
            cluster = _trimmed(cluster)
        elif not asked:
            continue
        start, end = cluster[0].start(), cluster[-1].end()
        texts = [piece.group() for piece in cluster]
        figures = len(_FIGURE.findall(view, start, end)) if figured else 0

        def is_called(start: int = start) -> bool:
            return may_be_called and called(view, start)

        if asked:
            if figures >= _FEWEST or (is_called() if figures else _letter_code(texts, shouting, is_called)):
                yield start, end
        elif figures >= _FEWEST and ((figures > _FEWEST and sum(map(len, texts)) >= _WHOLE and not _only_years(texts)) or is_called()):
            yield start, end


def _clusters(view: str, asked: bool) -> Iterator[list[re.Match[str]]]:
    cluster: list[re.Match[str]] = []
    for piece in _PIECE.finditer(view):
        if cluster and not _joined(view, cluster[-1], piece, asked):
            yield cluster
            cluster = []
        cluster.append(piece)
    if cluster:
        yield cluster


def _joined(view: str, left: re.Match[str], right: re.Match[str], asked: bool) -> bool:
    gap = view[left.end() : right.start()]
    if gap == " " and not (_figured(left) or _figured(right)):
        return False
    if _figured(left) and _figured(right):
        marks = re.sub(r"[ \n\u200b]", "", gap)
        if marks in {",", ";", "、", "，", "；", "،"} and (
            # Two whole numbers beside each other, and not the groups of one.
            min(len(left.group()), len(right.group())) >= _WHOLE
            # A year after what has letters in it, as in "HSK5, 2024".
            or (not left.group().isdigit() and _RECENT.fullmatch(right.group()))
        ):
            return False
        return len(marks) <= _MARKS and not any(mark.isalnum() or mark == GONE for mark in marks)
    if not _BETWEEN_LETTERS.fullmatch(gap):
        return False
    if " " not in gap:
        return True
    # With a space between, letters belong to the figures only when they look like part of a code.
    return all(_figured(piece) or _code_letters(piece.group(), asked) for piece in (left, right)) and (_figured(left) or _figured(right))


def _trimmed(cluster: list[re.Match[str]]) -> list[re.Match[str]]:
    while cluster[0].group().lower() in _PLAIN_WORDS:
        cluster = cluster[1:]
    while not _figured(cluster[-1]) and (" " in _gap(cluster) or cluster[-1].group().lower() in _PLAIN_WORDS):
        cluster = cluster[:-1]
    return cluster


def _gap(cluster: list[re.Match[str]]) -> str:
    return cluster[-1].string[cluster[-2].end() : cluster[-1].start()]


def _figured(piece: re.Match[str]) -> bool:
    return piece.lastindex is not None


def _code_letters(text: str, asked: bool) -> bool:
    if len(text) > 5 or text.lower() in _PLAIN_WORDS:
        return False
    return text.isupper() or text in _LONE or text.lower() == "demo" or (asked and len(text) <= 3)


def _only_years(texts: list[str]) -> bool:
    return all(re.fullmatch(_YEAR, text) or (text.isalpha() and text.islower()) for text in texts)


def _letter_code(texts: list[str], shouting: bool, called: Callable[[], bool]) -> bool:
    words = [text for text in texts if text.isascii()]
    if not words or any(word.lower() in _PLAIN_WORDS for word in words):
        return False
    joined = "".join(words)
    if len(joined) >= 4 and not _VOWEL.search(joined):
        return True
    if len(words) > 2 or (len(words) == 2 and len(joined) >= 4 and joined.isupper()):
        return True
    if len(_HUMP.findall(joined)) >= 2:
        return True
    return len(joined) >= 4 and ((not shouting and joined.isupper()) or called())
