"""Patterns are compiled when a text first needs them, and find what they would find if they had been from the start."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.catalogue.grounds import DATA
from bot.catalogue.phrases import plain
from bot.catalogue.sentence_patterns import ANSWERS, FILE, SentencePatterns
from bot.derived import kept_between_starts
from bot.errors import DataError

TEXTS = (
    "My contract ended last month and I have already left my company",
    "I was born in 1961 and my wife is Chinese",
    "我已经离职了，公司还没有给我注销证明",
    "we have never had a work permit in china before, do we have to be abroad",
    "",
)


class Anything(dict[str, Any]):
    """Every key may be set to every value."""

    def __contains__(self, _key: object) -> bool:
        return True

    def __missing__(self, _key: str) -> Anything:
        return self


def written(folder: Path, *patterns: str) -> Path:
    (folder / FILE).write_text(yaml.safe_dump({"sets": {"one": "a|b"}, "key": {"value": {"en": list(patterns), "zh": []}}}))
    return folder


@pytest.mark.parametrize("file", [FILE, ANSWERS])
def test_they_find_what_compiled_ones_find(tmp_path: Path, file: str) -> None:
    with kept_between_starts(tmp_path, "gateway"):
        SentencePatterns.load(DATA, Anything(), file)
    with kept_between_starts(tmp_path, "gateway"):
        kept = SentencePatterns.load(DATA, Anything(), file)
    anew = SentencePatterns.load(DATA, Anything(), file)
    every = [(key, value, re.compile(str(pattern))) for key, value, pattern in anew._patterns]
    for text in map(plain, TEXTS):
        eager = [(key, value, match.span()) for key, value, pattern in every for match in pattern.finditer(text)]
        for patterns in (anew, kept, kept):
            assert [(found.key, found.value, (found.start, found.end)) for found in patterns.find(text)] == eager
    assert any(isinstance(pattern, str) for _, _, pattern in kept._patterns)


@pytest.mark.parametrize("broken", ["(left", "(?<=a+)b", "<two> left"])
def test_what_is_no_pattern_is_refused_when_it_is_read(tmp_path: Path, broken: str) -> None:
    with kept_between_starts(tmp_path, "gateway"):
        SentencePatterns.load(written(tmp_path, "left <one>"), Anything())
    for _ in range(2):
        with pytest.raises(DataError, match="is no pattern") as caught, kept_between_starts(tmp_path, "gateway"):
            SentencePatterns.load(written(tmp_path, "left <one>", broken), Anything())
        assert repr(broken) in str(caught.value) and FILE in str(caught.value)


def test_threads_may_need_a_pattern_at_once(tmp_path: Path) -> None:
    patterns = SentencePatterns.load(written(tmp_path, *(f"word{number} <one>" for number in range(200))), Anything())
    text = ". ".join(f"word{number} a" for number in range(200))
    found: dict[int, int] = defaultdict(int)
    begin = threading.Barrier(4)

    def look(number: int) -> None:
        begin.wait()
        found[number] = len(patterns.find(text))

    threads = [threading.Thread(target=look, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dict(found) == dict.fromkeys(range(4), 200)
