"""Days named by how far off they are: "tomorrow", "in 60 days", "last Friday", 下个月15号."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from dateutil.relativedelta import relativedelta

_WORDS_EN: Final = {"day after tomorrow": 2, "day before yesterday": -2, "today": 0, "tomorrow": 1, "yesterday": -1, "tmr": 1, "tmrw": 1}
_WORDS_ZH: Final = {"大后天": 3, "大前天": -3, "今天": 0, "今日": 0, "明天": 1, "明日": 1, "昨天": -1, "昨日": -1, "后天": 2, "前天": -2}
_COUNTS_EN: Final = {
    word: number
    for number, words in enumerate(("one a an", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), start=1)
    for word in words.split()
}
_WEEKDAYS_EN: Final = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
_WEEKDAYS_ZH: Final = {char: number for number, char in enumerate("一二三四五六日")} | {"天": 6} | {str(n): n - 1 for n in range(1, 8)}
_DIGITS_ZH: Final = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2}
_MOST: Final = 2000

_COUNT_EN: Final = rf"(\d{{1,4}}|{'|'.join(sorted(_COUNTS_EN, key=len, reverse=True))})"
_UNIT_EN: Final = r"(day|week|month|year)s?"
_NUM_ZH: Final = "[零一二三四五六七八九十百两]"
_COUNT_ZH: Final = rf"(?<![\d第零一二三四五六七八九十百两])(\d{{1,4}}|{_NUM_ZH}{{1,5}}|半)"
_UNIT_ZH: Final = "(天|日|周|星期|礼拜|个月|个星期|个礼拜|年)"
_WEEKDAY_EN: Final = r"(mon(?:day)?|tue(?:s|sday)?|wed(?:s|nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
_WEEK_ZH: Final = r"(?:个)?(?:周|星期|礼拜)([一二三四五六日天1-7])(?![\d天个])"
_FULL_WEEKDAY_EN: Final = r"((?:mon|tues|wednes|thurs|fri|satur|sun)day)"


def _moved(today: date, count: int, unit: str) -> date | None:
    if abs(count) > _MOST:
        return None
    step = {"day": {"days": count}, "week": {"weeks": count}, "month": {"months": count}, "year": {"years": count}}[unit]
    try:
        return today + relativedelta(**step)  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        return None


def _word(today: date, match: re.Match[str]) -> date | None:
    return today + timedelta(days={**_WORDS_EN, **_WORDS_ZH}[re.sub(r"\s+", " ", match[0].lower())])


def _count_en(written: str) -> int:
    return int(written) if written.isdigit() else _COUNTS_EN[written.lower()]


def _in_english(sign: int) -> Callable[[date, re.Match[str]], date | None]:
    return lambda today, match: _moved(today, sign * _count_en(match[1]), match[2].lower())


def _count_zh(written: str) -> int:
    if written.isdigit():
        return int(written)
    total = number = 0
    for char in written:
        if char in "十百":
            total += (number or 1) * (10 if char == "十" else 100)
            number = 0
        else:
            number = _DIGITS_ZH[char]
    return total + number


def _in_chinese(sign: int) -> Callable[[date, re.Match[str]], date | None]:
    def read(today: date, match: re.Match[str]) -> date | None:
        written, unit = match[1], match[2]
        if written == "半":
            return _moved(today, sign * 6, "month") if unit == "年" else None
        kind = "day" if unit in "天日" else "month" if unit == "个月" else "year" if unit == "年" else "week"
        return _moved(today, sign * _count_zh(written), kind)

    return read


def _week(today: date, weeks: int, weekday: int) -> date:
    return today + timedelta(days=7 * weeks + weekday - today.weekday())


def _coming(today: date, weekday: int) -> date:
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _weekday_en(today: date, match: re.Match[str]) -> date | None:
    """ "Next" is the week after this one, "last" the newest such day that is over, "this" the next such day."""
    weekday = _WEEKDAYS_EN[match[2].lower()[:3]]
    which = match[1].lower()
    if which == "next":
        return _week(today, 1, weekday)
    if which in ("last", "past"):
        return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)
    return _coming(today, weekday)


def _weekday_zh(today: date, match: re.Match[str]) -> date | None:
    weeks = {"上上": -2, "下下": 2}.get(match[1], {"上": -1, "下": 1}.get(match[1][0], 0))
    return _week(today, weeks, _WEEKDAYS_ZH[match[2]])


def _of_month(today: date, months: int, day: int) -> date | None:
    first = today.replace(day=1) + relativedelta(months=months)
    try:
        return first.replace(day=day)
    except ValueError:
        return None


def _day_of_month_zh(today: date, match: re.Match[str]) -> date | None:
    day = _count_zh(match[2])
    months = {"上": -1, "下": 1}.get(match[1][0], 0)
    return _of_month(today, months, day)


def _day_of_month_en(today: date, match: re.Match[str]) -> date | None:
    return _of_month(today, {"last": -1, "next": 1, "this": 0}[match[2].lower()], int(match[1]))


def _named_weekday_en(today: date, match: re.Match[str]) -> date | None:
    return _coming(today, _WEEKDAYS_EN[match[1].lower()[:3]])


def _named_weekday_zh(today: date, match: re.Match[str]) -> date | None:
    return _coming(today, _WEEKDAYS_ZH[match[1]])


_Reading = Callable[[date, "re.Match[str]"], "date | None"]


def _compiled(*pairs: tuple[str, _Reading]) -> tuple[tuple[re.Pattern[str], _Reading], ...]:
    return tuple((re.compile(pattern, re.IGNORECASE), read) for pattern, read in pairs)


# A number of days before something else ("30 days before expiry", 到期30天前) is no day.
RELATIVE: Final = _compiled(
    (r"\bday after tomorrow\b|\bday before yesterday\b|\b(?:today|tomorrow|yesterday|tmrw?)\b", _word),
    ("大后天|大前天|今天|今日|明天|明日|昨天|昨日|后天|前天", _word),
    (rf"(?<![\d.])\b{_COUNT_EN}\s+{_UNIT_EN}\s+ago\b", _in_english(-1)),
    (rf"\bin\s+(?:about\s+)?{_COUNT_EN}\s+{_UNIT_EN}\b(?!['’]?\s*(?:before|after|prior|of)\b)", _in_english(1)),
    (rf"(?<![\d.])\b{_COUNT_EN}\s+{_UNIT_EN}\s+from\s+(?:now|today)\b", _in_english(1)),
    (rf"(?<!到期)(?<!期满)(?<!届满)(?<!提前)(?<!满){_COUNT_ZH}\s*{_UNIT_ZH}(?:以|之)?前(?![往来])", _in_chinese(-1)),
    (rf"(?<!到期)(?<!入境)(?<!离职)(?<!受理)(?<!期满){_COUNT_ZH}\s*{_UNIT_ZH}(?:以|之)?后", _in_chinese(1)),
    (rf"\b(next|last|past|this|coming)\s+{_WEEKDAY_EN}\b", _weekday_en),
    (rf"(上上|下下|上|下|这|本){_WEEK_ZH}", _weekday_zh),
    (rf"(上个?|下个?|这个?|本)月的?\s*(\d{{1,2}}|{_NUM_ZH}{{1,3}})\s*[日号](?!线|楼|窗)", _day_of_month_zh),
    (r"\b(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?(next|last|this)\s+month\b", _day_of_month_en),
)
_NOT_AFTER: Final = r"(?<!to )(?<!through )(?<!until )(?<![-–])(?<![-–] )"
# A weekday with nothing beside it; whether it is over or still to come, only the question tells.
WEEKDAYS: Final = _compiled(
    (rf"{_NOT_AFTER}\b{_FULL_WEEKDAY_EN}s?\b(?!\s*(?:to|-|–|through|until|till)\s)", _named_weekday_en),
    (r"(?<![上下这本每一两二三四五六七八九十\d到至])(?:周|星期|礼拜)([一二三四五六日天1-7])(?![\d天个至到])", _named_weekday_zh),
)
