"""Shapes of dates, in figures, month names of several languages, and Chinese numerals."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from bot.month_names import ROMAN_MONTHS, month_names, short_month_names
from bot.redaction.fold import folded
from bot.redaction.shapes import Inventory, Shape, any_of

Span = tuple[int, int]

_START = r"(?<![0-9A-Za-z])(?<![0-9A-Za-z][-_/])(?<!\d[.,])"
_END = r"(?![0-9A-Za-z])(?![-_/.,]\d)"
_D = r"(?:0?[1-9]|[12]\d|3[01])(?!\d)"
_M = r"(?:0?[1-9]|1[0-2])(?!\d)"
# 1800 to 2099, and the same counted as in Thailand.
_Y4 = r"(?:1[89]|20|2[3456])\d\d(?!\d)"
# In the years of Islam, too.
_Y4_OF_ANY = r"(?:1[3489]|20|2[3456])\d\d(?!\d)"
_Y = rf"['’]?(?:{_Y4}|\d\d(?!\d))"
_SEP = r"\u200b?\s?[-/.·,、_\u200b]\s?\u200b?"
# Any mark, the same one twice.
_ANY = r"\s?([^\w\s\x02]|x)\s?"
_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|[-+]\d\d:?\d\d)?)?"
_UNITS = r"(?!\s*(?:working\b|days?\b|weeks?\b|months?\b|years?\b|hours?\b|yuan\b|rmb\b|people\b|times\b|%|percent\b))"


# "may" is mostly a verb, so without a year it counts only when it is written as a name.
_MAY = r"(?-i:May|MAY)"
_ENGLISH = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?"
)
# In cases and languages that the names of our tongues do not cover.
_FOREIGN = r"januar\w*|februar\w*|janv\w*|f[eé]vr\w*|febrer\w*|maret|agustus|desember|th[aá]ng\s+\d{1,2}(?:\s+n[aă]m)?"
# The names of our tongues are filled in when the first text comes.
_NAMES, _SHORT_NAMES = "<names>", "<short names>"
_FOREIGN += f"|{_NAMES}"
_SHORT = rf"(?<![^\W\d_])(?:{_SHORT_NAMES})(?![^\W\d_])\.?"
_ROMAN = any_of(ROMAN_MONTHS)
_MONTH = rf"(?<![^\W\d_])(?:{_FOREIGN}|{_ENGLISH}|may)(?![^\W\d_])"
_NAMED = rf"(?<![^\W\d_])(?:{_ENGLISH}|{_MAY})(?![^\W\d_])"
_TH = r"(?:\s?(?:st|nd|rd|th|er|[ºª°])|-?(?:го|ое|е|go|e|de|ste|ten))"
_ORDINAL = rf"(?:{_TH}(?!\w))?"
_GLUE = r"[\s\-/.,·_]{0,3}(?:(?:of|the|de|del|di|do)\s+){0,2}"
# A short name must not be found in "nine out of ten".
_THEN = r"[\s\-/.,·_]{0,3}(?:(?:de|del|di|do)\s+)?"
_WORD_DAY = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|\w+teenth|twentieth|thirtieth"
    r"|twenty[\s-](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|thirty[\s-]first)"
)
_WORD_YEAR = (
    r"(?:[\s,]+(?:nineteen|twenty|two\s+thousand)"
    r"(?:[\s-]+(?:and\s+)?\w*(?:ty|teen|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b){0,3})?"
)

_N = "〇零○一二三四五六七八九"
_X = f"{_N}十百千廿卅"
_CN_YEAR = rf"(?:(?<!\d)(?:\d{{4}}|\d{{2}})|(?<![{_X}])[{_X}]{{2,8}})\s*[年년]\s*"
_CN_OLD_YEAR = (
    rf"(?:(?<!\d)(?:1[89]\d\d|200\d|201[0-2]|[4-9]\d)|[一][八九][{_N}]{{2}}|二[〇零○]{{2}}[{_N}]|"
    rf"一?千[八九]百[{_N}十]{{1,4}}|[四五六七八九][{_N}])\s*[年년]\s*"
)
# The eras in which Japan and Taiwan count.
_ERA_YEAR = (
    rf"(?:(?:昭和|平成|令和|大正|明治|民[国國])\s*(?:\d{{1,3}}|元|[{_X}]{{1,5}})|[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥])\s*年\s*"
)
_KOREAN = "공영일이삼사오육륙칠팔구십백천"
_KOREAN_DATE = rf"(?<![가-힣])[{_KOREAN}]{{2,9}}\s*년\s*(?:[{_KOREAN}]{{1,2}}|유|시)\s*월\s*[{_KOREAN}]{{1,4}}"
_CN_MONTH = r"(?:[农農阴陰旧舊公阳陽][历曆]\s*)?(?:(?<!\d)\d{1,2}|[一二三四五六七八九十正冬腊]{1,3})\s*[月월]份?\s*"
_CN_DAY = r"(?:\d{1,2}|初?[一二三四五六七八九十廿卅]{1,4})"
_CN_END = r"\s*[日号號일]"
# What a part of a date is called in front of it or behind it.
_CALLED_YEAR = rf"(?:years?|jahr|jaar|ann[ée]e|a[ñn]o|anno|rok|год\w*|y[ıi]l|سنة|عام|{folded('ปี')}|년|年)"
_CALLED_MONTH = rf"(?:months?|monat|maand|mois|m[eê]s|mese|miesi[aą]c|месяц\w*|ay|شهر|{folded('เดือน')}|월|月)"
_CALLED_DAY = rf"(?:days?|tag|dag|jour|d[ií]a|giorno|dzie[nń]|день|дня|число|числа|g[üu]n|يوم|{folded('วันที่')}|일|日)"
_APART = r"[^\w\x02]{1,3}"
_YEAR_BEFORE = rf"(?<![^\W\d_]){_CALLED_YEAR}{_APART}\d{{2,4}}(?!\d)"
_MONTH_BEFORE = rf"(?<![^\W\d_]){_CALLED_MONTH}{_APART}{_M}"
_DAY_BEFORE = rf"(?<![^\W\d_]){_CALLED_DAY}{_APART}{_D}{_ORDINAL}"
_YEAR_BEHIND = rf"{_Y4_OF_ANY}[^\w\x02]?{_CALLED_YEAR}"
_MONTH_BEHIND = rf"{_M}[^\w\x02]?{_CALLED_MONTH}"
_DAY_BEHIND = rf"{_D}[^\w\x02]?{_CALLED_DAY}"
# The year of a life in two figures, which is no day.
_Y2 = r"(?:[4-9]\d|0\d)"
# Parts of a law or a program have such numbers, too, and so have shares and marks.
_NAMED_BEFORE = "".join(
    rf"(?<!\b{word}\s)(?<!\b{word}:\s)"
    for word in (
        *("article", "section", "clause", "version", "rule", "rules", "paragraph", "chapter", "score", "ratio", "split", "item", "annex"),
        *(r"art\.", r"sec\.", r"p\.", r"para\.", "artikel", "paragraf", "kapitel", "artículo", "artigo", "articolo"),
        *("пункт", "пункта", "пункте", "пункту", r"п\.", "статья", "статьи", "статье", "статью", r"ст\.", "глава", "главы", "правило"),
    )
)
_NAMED_BEFORE += r"(?<!п\.)(?<!ст\.)(?<![§第])(?<!§ )(?<!版本)(?<!比例)(?<!比例为)(?<!得分)(?<!规则)"
_NAMED_BEHIND = r"(?!\s?[条條款章节節])(?!\s(?:rules?|split|ratio|scores?|mix)\b)"
_OF = r"\s+(?:of|de|del|di|do)\s+(?:the\s+)?"


@lru_cache(maxsize=1)
def _names() -> tuple[str, str]:
    return any_of(folded(name) for name in month_names() if name != "may"), any_of(map(folded, short_month_names()))


def _filled(pattern: str) -> str:
    names, short_names = _names()
    return pattern.replace(_NAMES, names).replace(_SHORT_NAMES, short_names)


def _shapes(*patterns: str) -> tuple[Shape, ...]:
    return tuple(Shape(pattern, re.I, _filled) for pattern in patterns)


# Dates that can hardly be anything else.
FORMATTED: Final = _shapes(
    rf"{_ERA_YEAR}{_CN_MONTH}(?:{_CN_DAY}(?!\d)(?:{_CN_END})?)?",
    rf"{_CN_YEAR}{_CN_MONTH}{_CN_DAY}(?!\d)(?:{_CN_END})?",
    rf"{_CN_MONTH}{_CN_DAY}{_CN_END}(?!内)",
    _KOREAN_DATE,
    rf"{_CN_OLD_YEAR}{_CN_MONTH}",
    rf"{_START}{_Y4}{_SEP}{_M}{_SEP}{_D}{_TIME}{_END}",
    rf"{_START}(?:{_D}{_SEP}{_M}|{_M}{_SEP}{_D}){_SEP}{_Y}{_TIME}{_END}",
    rf"{_START}{_Y4}{_ANY}{_M}\s?\1\s?{_D}{_END}",
    rf"{_START}(?:{_D}{_ANY}{_M}\s?\1|{_M}{_ANY}{_D}\s?\2)\s?{_Y4}{_END}",
    rf"{_START}{_D}(?:\s?[-/.]\s?(?:{_ROMAN})\s?[-/.]\s?{_Y}|\s+(?-i:{_ROMAN.upper()})\s+{_Y4}){_END}",
    rf"{_START}{_Y4}\s?[-/.]\s?(?:{_ROMAN})\s?[-/.]\s?{_D}{_END}",
    rf"{_START}{_D}{_ORDINAL}{_THEN}{_SHORT}{_THEN}{_Y}(?!\w){_UNITS}",
    rf"{_START}{_Y4}{_THEN}{_SHORT}{_THEN}{_D}{_ORDINAL}",
    rf"{_SHORT}{_THEN}{_D}{_ORDINAL}{_THEN}{_Y4}(?!\w)",
    rf"{_START}(?<!\d )(?:{_Y4}\s+{_M}\s+{_D}|{_D}\s+{_M}\s+{_Y4}|{_M}\s+{_D}\s+{_Y4}){_END}(?!\s\d)",
    rf"{_START}{_Y4}{_GLUE}{_MONTH}\.?{_GLUE}{_D}{_ORDINAL}",
    rf"{_START}{_D}{_ORDINAL}{_GLUE}{_MONTH}\.?{_GLUE}{_Y}(?!\w){_UNITS}",
    rf"{_START}{_D}{_ORDINAL}{_GLUE}(?:{_NAMED}|(?<![^\W\d_])(?:{_FOREIGN})(?![^\W\d_\u0e00-\u0e7f]))\.?",
    rf"{_MONTH}\.?{_GLUE}{_D}{_ORDINAL}{_GLUE}{_Y}(?!\w){_UNITS}",
    rf"{_NAMED}\.?{_GLUE}{_D}{_ORDINAL}(?!\w){_UNITS}",
    rf"(?:the\s+)?\b{_WORD_DAY}(?:\s+of)?\s+{_MONTH}{_WORD_YEAR}(?:[\s,]+{_Y4})?",
    rf"{_MONTH}\s+(?:the\s+)?{_WORD_DAY}\b{_WORD_YEAR}(?:[\s,]+{_Y4})?",
    rf"{_MONTH}\.?,?\s*(?:of\s+)?(?:19\d\d|200\d|201[0-2])(?!\d)",
    rf"(?<![0-9A-Za-z])(?={_Y2}\s?[-/.·]){_START}{_NAMED_BEFORE}{_Y2}(\s?[-/.·]\s?){_M}\1{_D}{_END}{_NAMED_BEHIND}",
    rf"{_START}(?:{_YEAR_BEHIND}{_APART}{_MONTH_BEHIND}{_APART}{_D}(?:[^\w\x02]?{_CALLED_DAY})?"
    rf"|{_DAY_BEHIND}{_APART}{_MONTH_BEHIND}{_APART}{_Y4_OF_ANY}(?:[^\w\x02]?{_CALLED_YEAR})?)",
    rf"(?:{_YEAR_BEFORE}{_APART}{_MONTH_BEFORE}{_APART}{_DAY_BEFORE}|{_DAY_BEFORE}{_APART}{_MONTH_BEFORE}{_APART}{_YEAR_BEFORE}"
    rf"|{_MONTH_BEFORE}{_APART}{_DAY_BEFORE}{_APART}{_YEAR_BEFORE})(?!\w)",
    rf"{_START}{_D}{_ORDINAL}{_OF}{_M}(?:{_ORDINAL}{_OF}(?:{_Y4}|{_Y2})|{_TH}[\s,]{{1,3}}{_Y4})(?!\w)",
    rf"{_START}(?:1[89]|20)\d\d\s?(?:[〇零○][一二三四五六七八九]|[一十][〇零○一二])(?:[〇零○一二][{_N}]|三[〇零○一])(?![{_X}])",
)
_COMPACT: Final = Shape(
    rf"{_START}(?<!\d )(?:(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d"
    rf"|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:19|20)\d\d){_END}(?![ :·]\d)"
)
_CALLED_NUMBER: Final = Shape(
    r"(?:\b(?:number|num|no|nr|id|code|permit|passport|application|acceptance|receipt|reference|ref|case|file)|[号證证码单])"
    r"[\s:.#=]*(?:is|was|[是为])?[\s:.#=]*$",
    re.I,
)

_FIGURES = rf"(?<![0-9A-Za-z])\d{{1,4}}{_TH}?(?![0-9A-Za-z])"
_CHINESE = rf"[{_N}十廿卅初]{{1,8}}\s*[年月日号號]|\d{{1,4}}\s*[年月日号號년월일]"
_CHINESE_DAY = rf"(?:[{_N}十正冬腊]{{1,3}}|(?<!\d)\d{{1,2}})\s*月\s*初?[{_N}十廿卅]{{1,3}}(?:\s*[日号號])?"
_DAY_OF = rf"{_START}{_D}{_ORDINAL}{_THEN}{_SHORT}(?!\s+of\b)"
_PIECE = rf"(?:{_CHINESE_DAY}|{_CHINESE}|{_DAY_OF}|{_FIGURES}|{_MONTH})"
_BESIDE = r"(?:[^\w\x02]|_){0,6}(?:(?:of|the|de|del|di|do|month|[农農阴陰旧舊公阳陽][历曆])\s*){0,2}"
_COUNTED = rf"{_UNITS}(?!\s*(?:天|周|个|岁|小时|分钟|次|元|块|万))"
# Anything that could answer the question for a birth date, even if it may also be a time of the day or a size …
ASKED: Final = _shapes(
    r"(?<![A-Za-z])[MTSHR]\d{1,2}([./-])\d{1,2}\1\d{1,2}(?!\d)",
    r"(?<![0-9A-Za-z])\d{1,4}(?:\s?x\s?\d{1,4}){2}(?![0-9A-Za-z])",
    rf"(?:{_PIECE})(?:{_BESIDE}{_PIECE}){{2,}}{_COUNTED}",
    # Whatever words stand between a day and a year may be a month.
    rf"{_START}{_D}{_COUNTED}[^\w\x02]{{0,4}}(?:[^\W\d]{{1,14}}[^\w\x02]{{1,4}}){{1,2}}{_Y4_OF_ANY}(?!\w)",
    rf"(?:{_ERA_YEAR}|{_CN_YEAR})(?!代|前|后|内|以)",
    _CHINESE_DAY,
    _DAY_OF,
)
# … and if it is none of these.
ASKED_AND_NOT_HARMLESS: Final = _shapes(
    rf"(?:{_PIECE})(?:[\s,./\-·、_'’\u200b]{{0,4}}(?:(?:of|the|de|del|di)\s+){{0,2}}{_PIECE})+{_COUNTED}",
    rf"{_START}{_Y4_OF_ANY}(?!\w){_COUNTED}",
    # Figures that hang on letters, as in "AB-123456" or "ab c 123456", belong to a number given instead of the date.
    r"(?<![0-9A-Za-z])(?<![A-Za-z][-_/])(?<!\b[A-Za-z]\s)(?<!\d[-_/.,:· \n\u200b])\d{5,8}(?![0-9A-Za-z])(?![-_/.,:· \n\u200b]{1,3}\d)",
    rf"[{_N}十]{{1,4}}(?:[\s,./\-]{{1,3}}[{_N}十]{{1,3}}){{1,2}}",
    rf"[{_N}十]{{3,}}",
)

_FOUND: Final = "\x03"
(_WHOLE,) = _shapes(rf"(?:{_PIECE}{_BESIDE}){{0,2}}(?:{_SHORT}{_THEN})?{_FOUND}+(?:{_BESIDE}(?:{_FOUND}+|{_PIECE}{_COUNTED})){{0,4}}")


def whole(view: str, spans: Iterable[Span]) -> list[Span]:
    """The dates that were found in `view` while one is asked for, with the days, months and years that stand beside them."""
    for start, end in spans:
        view = view[:start] + _FOUND * (end - start) + view[end:]
    return [match.span() for match in _WHOLE.pattern.finditer(view)] if _FOUND in view else []


def compact(view: str, inventory: Inventory) -> list[Span]:
    """Eight figures that spell a date in a view of which `inventory` was made, unless the words before call them a number."""
    return [
        match.span()
        for match in inventory.found(_COMPACT, view)
        if not _CALLED_NUMBER.pattern.search(view[max(0, match.start() - 40) : match.start()])
    ]
