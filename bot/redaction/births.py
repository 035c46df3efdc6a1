"""Words about birth, in every tongue of ours, and the days in figures that stand beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.redaction.fold import folded
from bot.redaction.shapes import Inventory, Shape
from bot.redaction.spoken import COUNTED

Span = tuple[int, int]

WORDS: Final[str] = folded(
    r"\b(?:born\b|birth|b-?day|bdate|dob\b|d\.o\.b\.?"
    r"|gebor|geb\.|geburt|verjaardag|jarig\b"
    r"|n[ée]e?s?\s(?:le|en)\b|née?s?\b|naissance|naquit?\b|anniversaire"
    r"|nac(?:[ií]|i[oó]|id[oa]s?|imiento)\b|cumplea[nñ]os|nasc(?:i|[eu]u|id[oa]s?|imento|ita)\b|anivers[aá]rio|nat[oa]\b|compleanno"
    r"|urodz|ur\."
    r"|рожд|родил(?:ся|ась|ись)|др\b|д\.\s?р\."
    r"|do[gğ](?:um|du))"
    r"|出生|生日|生辰|生[于於]|年生|生年|誕生|生まれ|생일|생년|출생|태어|생신|년생"
    "|و\u200b?ل\u200b?(?:دت|اد)|مولود|مواليد|ميلاد|เกิด(?!ขึ้น|อะไร|ปัญหา)"
)
"""A pattern for a text as `folded` gives it, in which case is ignored; the words are stems."""

_BORN: Final = Shape(rf"{WORDS}|\d生", re.I)
_D, _M = r"(?:0?[1-9]|[12]\d|3[01])(?!\d)", r"(?:0?[1-9]|1[0-2])(?!\d)"
_TWO, _THREE = r"(?:\s?[-/.·]\s?|\s)", r"(?:\s?[-/.·,、]\s?|\s)"
_BESIDE: Final = Shape(
    r"(?<![0-9A-Za-z])(?<![0-9A-Za-z][-_/])(?<!\d[.,])"
    rf"(?:(?:\d\d)?\d\d{_THREE}{_M}{_THREE}{_D}|(?:{_D}{_TWO}{_M}|{_M}{_TWO}{_D})(?:{_THREE}(?:\d\d)?\d\d(?!\d))?"
    r"|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?![0-9A-Za-z])(?![-_/.,:]\d)"
    r"(?!\s?(?:%|[天周週个岁次元块万份张页折]|of (?:a|an|the|my|its?)\b|cop|cm|mm|недел))",
    re.I,
)
# A certificate of birth is a document, of which there are copies, and which has a size.
_NO_PAPER: Final = r"(?!\w*\s?(?:certificat|urkunde|akte|attest)|[医醫證证証]|\s?증명)"
_APART: Final = r"[^\d\x02.;。；!！?？\n]"
_NEAR: Final = 30
_WORD_BEFORE: Final = re.compile(rf"(?:{WORDS}){_NO_PAPER}{_APART}{{0,{_NEAR}}}$", re.I)
# With a full stop behind the day, as in "3.4.", but not behind the sentence.
_WORD_AFTER: Final = re.compile(
    rf"(?:\.(?!\s(?-i:[A-Z\u00c0-\u00de\u0410-\u042f])))?{_APART}{{0,{_NEAR}}}?"
    rf"(?:(?:{WORDS}){_NO_PAPER}|(?<=\d)生(?![效活产產病意日]))",
    re.I,
)


def born(view: str, inventory: Inventory) -> Iterator[Span]:
    """Days in figures, with or without a year, beside words about birth, in a view of which `inventory` was made."""
    if len(inventory.likely((_BESIDE, _BORN))) < 2:
        return
    for match in _BESIDE.pattern.finditer(view):
        start, end = match.span()
        if COUNTED.pattern.match(view, end):
            continue
        if _WORD_BEFORE.search(view, max(0, start - 2 * _NEAR), start) or _WORD_AFTER.match(view, end):
            yield start, end
