"""Amounts that say something of a person: an age, and points for category B."""

from __future__ import annotations

import re
from typing import Final

_OTHER_UNITS: Final = (
    r"(?![\d.,:/-]*\d)(?!\s*(?:%|(?:working |business |calendar )?(?:days?|weeks?|months?|hours?|hrs?|minutes?|mins?|points?|k|km|people"
    r"|percent|yuan|rmb|st|nd|rd|th|h|m|jan\w*|feb\w*|mar(?:ch)?|apr\w*|may|june?|july?|aug\w*|sept?\w*|oct\w*|nov\w*|dec\w*)\b))"
)
_AGE: Final = re.compile(
    rf"\b(?:aged?|turn(?:s|ed|ing)?|i'?m|i am|(?:s?he)(?: is|'s)|is now)\s+(?P<a>\d{{2}})\b{_OTHER_UNITS}"
    r"|\b(?P<b>\d{2})[ -]?(?:years?[ -]old|yrs? old|y/?o)\b"
)
_ZH: Final = "一二三四五六七八九"
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy")
_ONES: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_WORDED: Final = re.compile(rf"\b({'|'.join(_TENS)})(?:[ -]?({'|'.join(_ONES)}))?\b")
_AGE_HAD: Final = re.compile(r"\b(?:have|has|of|with) (?P<a>[2-7]\d) ?(?:years|yrs)(?! (?:of|experience|exp|work))(?P<b>)")
_AGE_ALONE: Final = re.compile(rf"(?<![\d.])(?P<a>[2-7]\d)(?!\d){_OTHER_UNITS}|(?P<b>[{_ZH[1:7]}]十[{_ZH}]?)(?![天日年分])")
_AGE_ZH: Final = re.compile(
    rf"(?P<a>(?<!\d)\d{{2}}|[{_ZH[1:]}]十[{_ZH}]?)\s*周?岁|今年\s*(?:都|已经|刚|正好)?\s*(?P<b>\d{{2}}|[{_ZH[1:]}]十[{_ZH}]?)(?=了|[，,。.！!]|$)"
)
_POINTS: Final = re.compile(
    rf"(?<![\d.])(?:[6-9]\d|1[0-2]\d)\s*points\b|(?:(?<![\d.])(?:[6-9]\d|1[0-2]\d)|[六七八九]十[{_ZH}几多]?)多?分(?![钟之])"
)
_GROWN_UP: Final = 18


def read_age(bare: str, alone: bool = False) -> int | None:
    """The age that a text, as `plain` makes it, gives a person; None without one.

    Args:
        alone: whether an age was asked for, so that a number needs nothing beside it.
    """
    digits = _WORDED.sub(_in_digits, bare)
    match = _AGE.search(digits) or _AGE_ZH.search(digits)
    if match is None and alone:
        match = _AGE_HAD.search(digits) or _AGE_ALONE.search(digits)
    if match is None:
        return None
    said = match["a"] or match["b"]
    age = int(said) if said.isdigit() else _number(said)
    return age if age >= _GROWN_UP else None


def counts_points(bare: str) -> bool:
    """Whether a text names points as many as category B asks for."""
    return _POINTS.search(bare) is not None


def _in_digits(match: re.Match[str]) -> str:
    return str((_TENS.index(match[1]) + 2) * 10 + (_ONES.index(match[2]) + 1 if match[2] else 0))


def _number(said: str) -> int:
    tens, _, ones = said.partition("十")
    return (_ZH.index(tens) + 1) * 10 + (_ZH.index(ones) + 1 if ones else 0)
