"""Values as people read them: numbers, dates, distances and lists, in the language of the answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton

from bot.languages import LANGUAGES, TRADITIONAL, Language, Tongue, written
from bot.locale_data import weekdays

SHENZHEN = ZoneInfo("Asia/Shanghai")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PARTIAL_DATE = re.compile(r"^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$")


def format_date(value: date, language: Language) -> str:
    """`24 Nov 2026` or `2026年11月24日`; a datetime is shown as Shenzhen's day."""
    if isinstance(value, datetime):
        value = value.astimezone(SHENZHEN).date()
    if language == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def format_day_in(value: datetime, tongue: Tongue) -> str:
    """Shenzhen's day: `24 Nov 2026` or `2026年11月24日`; in other tongues as they have it."""
    if tongue not in LANGUAGES and tongue != TRADITIONAL:
        return str(format_skeleton("yMMMd", value.astimezone(SHENZHEN), locale=tongue))
    return format_date(value, written(tongue))


def format_source_date(value: str, language: Language) -> str:
    """A source's date, which may be a year or a month only, as `2026`, `Mar 2026` or `24 Nov 2026`."""
    parts = _PARTIAL_DATE.match(value)
    if not parts:
        return value
    year, month, day = parts.groups()
    if day:
        return format_date(date(int(year), int(month), int(day)), language)
    if month:
        return f"{year}年{int(month)}月" if language == "zh" else f"{_MONTHS[int(month) - 1]} {year}"
    return f"{year}年" if language == "zh" else year


def format_number(value: float, language: Language) -> str:
    """Thousands are grouped as the language does: from 1,000 in English, from 10,000 in Chinese. Years are texts."""
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= (10_000 if language == "zh" else 1_000) else str(value)
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def format_value(value: Any, language: Language) -> str:
    """Any value of a fact as text; a list becomes bullets, one line each."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        return "\n".join(f"- {format_value(item, language)}" for item in value)
    if isinstance(value, Mapping):
        return str(value[language])
    if isinstance(value, (date, datetime)):
        return format_date(value, language)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return format_number(value, language)
    return str(value)


_WEEKDAYS = {"en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日")}


def format_moment(value: datetime, tongue: Tongue) -> str:
    """A moment in Shenzhen: `Wed 25 Nov 2026, 09:00` or `2026年11月25日（周三）09:00`; in other tongues as they have it."""
    local = value.astimezone(SHENZHEN)
    if tongue not in LANGUAGES and tongue != TRADITIONAL:
        return f"{format_skeleton('yMMMEd', local, locale=tongue)}, {local:%H:%M}"
    language = written(tongue)
    weekday = _WEEKDAYS[language][local.weekday()]
    if language == "zh":
        return f"{format_date(local, language)}（{weekday}）{local:%H:%M}"
    return f"{weekday} {format_date(local, language)}, {local:%H:%M}"


def format_weekdays(weekdays: Collection[int], tongue: Tongue) -> str:
    """ISO weekdays (Monday is 1): `Mon–Fri` or `周一至周五` where they follow each other, otherwise one by one."""
    days = sorted(weekdays)
    if tongue in LANGUAGES or tongue == TRADITIONAL:
        names = [_WEEKDAYS[written(tongue)][day - 1] for day in days]
    else:
        named = _weekday_names(tongue)
        names = [named[day - 1] for day in days]
    if len(days) > 1 and days[-1] - days[0] == len(days) - 1:
        return ("至" if written(tongue) == "zh" else "–").join((names[0], names[-1]))
    return join(names, tongue)


@cache
def _weekday_names(tongue: Tongue) -> Sequence[str]:
    return weekdays(tongue)


def format_spans(spans: Iterable[tuple[time, time]], tongue: Tongue) -> str:
    """Spans of a day: `09:00–12:00, 14:00–17:45`."""
    return join([f"{start:%H:%M}–{end:%H:%M}" for start, end in spans], tongue)


def format_day(value: date, language: Language) -> str:
    """A day with its weekday: `Sat 28 Nov 2026` or `2026年11月28日（周六）`."""
    weekday = _WEEKDAYS[language][value.weekday()]
    return f"{format_date(value, language)}（{weekday}）" if language == "zh" else f"{weekday} {format_date(value, language)}"


_COMMAS: Final[Mapping[Tongue, str]] = {"zh": "、", "zh-TW": "、", "ja": "、", "ar": "، "}


def join(parts: list[str], tongue: Tongue) -> str:
    """A list within a sentence."""
    return _COMMAS.get(tongue, ", ").join(parts)
