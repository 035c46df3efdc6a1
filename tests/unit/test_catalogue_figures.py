"""Figures have one home: the catalogue's own texts take theirs from facts, as answers do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
import yaml

from bot.catalogue.grounds import DATA
from bot.catalogue.templates import PLACEHOLDER, Template, split
from bot.languages import LANGUAGES
from tests.unit.papers_fixture import grounds

FILES: Final = (
    "adjustments.yml",
    "application_types.yml",
    "calendar.yml",
    "categories.yml",
    "circumstances.yml",
    "deadlines.yml",
    "glossary.yml",
    "materials.yml",
    "outcomes.yml",
    "questions.yml",
    "requirements.yml",
    "routes.yml",
    "stages.yml",
    "stations.yml",
)
# Where a figure may stand in a text because no fact has it and the entry is its one home: the place, and why.
EXCEPTIONS: Final = (
    (r"^stations\.yml\.stations\.\w+\.address$", "the number is part of the name of a road"),
    (r"^stations\.yml\.stations\.\w+\.metro", "numbers of metro lines, and distances that only the station's entry has"),
    (r"^stations\.yml\.advice_places\.(?!old_experts_office)", "places that only their own entry describes, with its dates"),
)
_NUMBER_WORD: Final = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|sixty|ninety)\b", re.IGNORECASE
)
_CHINESE_NUMBER: Final = re.compile(r"[两二三四五六七八九十]+(?:个?(?:工作)?日|天|个月|年|岁|倍|小时|次|分)")
_CITIES: Final = {"BJ": ("Beijing", "北京"), "SH": ("Shanghai", "上海"), "TJ": ("Tianjin", "天津"), "GD": ("Guangdong", "广东")}


def texts(raw: Any, place: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Every text in every language under `raw`, with its place; lists of phrases are no texts."""
    if isinstance(raw, dict):
        if set(raw) == set(LANGUAGES) and all(isinstance(value, str) for value in raw.values()):
            yield place, raw
            return
        for key, value in raw.items():
            if key not in ("aliases", "names", "also", "phrases", "seen_as"):
                yield from texts(value, f"{place}.{key}")
    elif isinstance(raw, list):
        for number, value in enumerate(raw):
            yield from texts(value, f"{place}[{value.get('id', number) if isinstance(value, dict) else number}]")


def all_texts() -> list[tuple[str, dict[str, str]]]:
    return [found for name in FILES for found in texts(yaml.load((DATA / name).read_text(encoding="utf-8"), yaml.CSafeLoader), name)]


TEXTS: Final = all_texts()


def figures(text: str) -> list[str]:
    """Digits and number words that come from no fact."""
    bare = PLACEHOLDER.sub("", text)
    return Template(text, frozenset()).stray_digits() + _NUMBER_WORD.findall(bare) + _CHINESE_NUMBER.findall(bare)


def test_no_text_types_a_figure_again() -> None:
    typed = [
        f"{place}.{language}: {figures(each)}: {each}"
        for place, text in TEXTS
        if not any(re.search(pattern, place) for pattern, _ in EXCEPTIONS)
        for language, each in text.items()
        if figures(each)
    ]
    assert not typed, "\n".join(typed)


@pytest.mark.parametrize(("pattern", "reason"), EXCEPTIONS, ids=[pattern for pattern, _ in EXCEPTIONS])
def test_every_exception_is_still_needed(pattern: str, reason: str) -> None:
    assert reason
    found = [text for place, text in TEXTS if re.search(pattern, place)]
    assert any(figures(each) for text in found for each in text.values())


def test_a_figure_of_another_city_is_called_that_citys() -> None:
    silent = []
    for place, text in TEXTS:
        for _, name in PLACEHOLDER.findall(text["en"]):
            fact = grounds().facts.get(split(name)[0])
            if fact is not None and fact.scope in _CITIES:
                english, chinese = _CITIES[fact.scope]
                if english not in text["en"] or chinese not in text["zh"]:
                    silent.append(f"{place}: {fact.id}")
    assert not silent, "\n".join(silent)
