"""Words about birth, in every tongue of ours, and the days in figures that stand beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.redaction.fold import folded
from bot.redaction.shapes import Inventory, Shape
from bot.redaction.spoken import COUNTED

Span = tuple[int, int]

# Of a contract or a company there are anniversaries, too.
_NOT_OF_A_PERSON: Final = r"(?!(?:\s\w+){1,2}['’\s](?:contrat|permi|vis[ato]|empres|entrepris|soci[eé]|casamento|mariage|trabalho|travail))"
WORDS: Final[str] = folded(
    r"\b(?:born\b|birth(?!\s?(?:control|rate))|b-?day|bdate|dob\b|d\.o\.b\.?"
    r"|gebor|geb\.|geburt|verjaardag|jarig\b"
    rf"|nee?s?\sle\s(?=\d|$)|née?s?\b|naissance|naquit?\b|anniversaire{_NOT_OF_A_PERSON}"
    r"|nac(?:[ií]|i[oó]|id[oa]s?|imiento)\b|cumplea[nñ]os|nasc(?:i|[eu]u|id[oa]s?|imento|ita)\b"
    rf"|anivers[aá]rio{_NOT_OF_A_PERSON}|nata\b|(?-i:[Nn]ato)\b|nato\sil\b|compleanno"
    r"|urodz|ur\."
    # Shortened like this, it means "and others" as often.
    r"|рожд|родил(?:ся|ась|ись)|(?<!и\s)др(?=[\s:.-]{1,3}(?:\d|$))|(?<=мой\s)др\b|(?<=\d\s)др\b(?!\.)|д\.\s?р\."
    r"|do[gğ](?:um|du))"
    # A student is one of so many years, things happen at a time, and a problem occurs.
    r"|出生|(?<![学學先卫衛])生[日年]|生辰|(?<![发發产產])生[于於]|(?<=[\d〇零○一二三四五六七八九]{2})年生|誕生|生まれ"
    r"|생일|생년|출생|태어|생신|(?:(?<=\d\d)|(?<=\d\d\s))년생"
    "|(?<![أا])و\u200b?ل\u200b?(?:دت|اد[ةهت])|مولود|مواليد|ميلاد"
    r"|วันเกิด|เกิด(?=วัน|เมื่อ|เดือน|ปี|ที่|[\s:]{0,2}(?:\d|$))"
)
"""A pattern for a text as `folded` gives it, in which case is ignored; the words are stems."""

_BORN: Final = Shape(rf"{WORDS}|\d生", re.I)
_D, _M = r"(?:0?[1-9]|[12]\d|3[01])(?!\d)", r"(?:0?[1-9]|1[0-2])(?!\d)"
_TWO, _THREE = r"(?:\s?[-/.·]\s?|\s)", r"(?:\s?[-/.·,、]\s?|\s)"
_BESIDE: Final = Shape(
    r"(?<![0-9A-Za-z])(?<![0-9A-Za-z][-_/])(?<!\d[.,])"
    rf"(?:(?:\d\d)?\d\d{_THREE}{_M}{_THREE}{_D}|(?:{_D}{_TWO}{_M}|{_M}{_TWO}{_D})(?:{_THREE}(?:\d\d)?\d\d(?!\d))?"
    r"|((?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])))(?![0-9A-Za-z])(?![-_/.,:]\d)"
    r"(?!\s?(?:%|[天周週个個岁次元块万张页折人名位点點時시]|of (?:a|an|the|my|its?)\b|cop|cm|mm|uhr\b|h\b|[ap]\.?m\b|o['’]clock))",
    re.I,
)
# A certificate of birth is a document, of which there are copies, and which has a size; births are registered at an office.
_NO_PAPER: Final = r"(?!\w*\s?(?:certificat|urkunde|akte|attest|registr|anzeige)|[医醫證证証]|登[记記]|\s?증명)"
_APART: Final = r"[^\d\x02.;。；!！?？\n]"
_NEAR: Final = 30
_BEHIND: Final = rf"(?:(?:{WORDS}){_NO_PAPER}|(?<=\d)生(?![效活产產病意日]))"
_WORD_BEFORE: Final = Shape(rf"(?:{WORDS}){_NO_PAPER}{_APART}{{0,{_NEAR}}}$", re.I)
# With a full stop behind the day, as in "3.4.", but not behind the sentence.
_WORD_AFTER: Final = Shape(rf"(?:\.(?!\s(?-i:[A-Z\u00c0-\u00de\u0410-\u042f])))?{_APART}{{0,{_NEAR}}}?{_BEHIND}", re.I)
# What figures are called that are hours, or a room.
_CALLED: Final = Shape(
    r"(?:hours?|horaires?|hor[áa]rios?|orario?|uren|(?:öffnungs|sprech)zeiten|часы|"
    r"\b(?:room|rm|flat|apt|unit|window|counter|zimmer|kamer|salle|sala|pok[oó]j|oda)|кабинет|комната|окно|房间|窗口|호실)"
    r"[\s:.#]*(?:n[or]\.?\s)?$",
    re.I,
)
# Four figures side by side are as often the number of a house.
_MARK: Final = r"[^\w\x02;。；!?\n]"
_JUST_BEFORE: Final = Shape(rf"(?:{WORDS}){_NO_PAPER}[^\W\d]{{0,8}}{_MARK}{{0,4}}(?:[^\W\d]{{1,4}}{_MARK}{{1,3}}){{0,2}}$", re.I)
_JUST_AFTER: Final = Shape(rf"{_MARK}{{0,3}}(?:[^\W\d]{{1,4}}{_MARK}{{1,3}}){{0,4}}{_BEHIND}", re.I)
_HOUSE: Final = Shape(
    r"\s?[室号號楼樓栋棟房路街弄호]|(?:\s[^\W\d]+){1,3}?\s(?:street|st|road|rd|avenue|ave|lane|drive|building|blvd|square)\b", re.I
)


def born(view: str, inventory: Inventory) -> Iterator[Span]:
    """Days in figures, with or without a year, beside words about birth, in a view of which `inventory` was made."""
    if not (inventory.likely((_BESIDE,)) and inventory.likely((_BORN,))):
        return
    for match in _BESIDE.pattern.finditer(view):
        start, end = match.span()
        if COUNTED.pattern.match(view, end) or _CALLED.pattern.search(view, max(0, start - _NEAR), start):
            continue
        before, after = (_WORD_BEFORE, _WORD_AFTER) if match.lastindex is None else (_JUST_BEFORE, _JUST_AFTER)
        if match.lastindex is not None and _HOUSE.pattern.match(view, end):
            continue
        if before.pattern.search(view, max(0, start - 2 * _NEAR), start) or after.pattern.match(view, end):
            yield start, end
