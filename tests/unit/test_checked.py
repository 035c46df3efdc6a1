"""Facts and texts that were found well are not read again until something changes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot import checked
from bot.derived import digest_of
from bot.errors import DataError


class Texts:
    """Stands for all that is read, and counts how often it is."""

    def __init__(self) -> None:
        self.times, self.wrong = 0, False

    def load(self, _root: Path) -> None:
        self.times += 1
        if self.wrong:
            raise DataError("file.yml", "entry", "field", "is wrong")


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Texts:
    import bot.answers

    found = Texts()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "topic.yml").write_text("a: 1")
    monkeypatch.setattr(bot.answers, "Answers", found)
    monkeypatch.setattr(checked, "ROOT", tmp_path)
    return found


def test_they_are_read_once_for_what_they_are_and_for_the_day(texts: Texts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        checked.check_texts(tmp_path / "var")
    assert texts.times == 1
    (tmp_path / "data" / "topic.yml").write_text("a: 2")
    checked.check_texts(tmp_path / "var")
    assert texts.times == 2

    class Tomorrow(date):
        @classmethod
        def today(cls) -> Any:
            return date(2999, 1, 1)

    monkeypatch.setattr(checked, "date", Tomorrow)
    checked.check_texts(tmp_path / "var")
    assert texts.times == 3


def test_what_is_wrong_is_told_each_time(texts: Texts, tmp_path: Path) -> None:
    texts.wrong = True
    for _ in range(2):
        with pytest.raises(DataError, match="is wrong"):
            checked.check_texts(tmp_path / "var")
    assert texts.times == 2


def test_a_digest_knows_names_contents_and_what_is_missing(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "inner").mkdir(parents=True)
    file = folder / "inner" / "a.yml"
    seen = [file.write_text(text) and digest_of(folder, tmp_path / "lock") for text in ("ab", "b", "ab")]
    assert seen[0] == seen[2] != seen[1]
    file.rename(folder / "inner" / "b.yml")
    assert digest_of(folder, tmp_path / "lock") not in seen
    (folder / "inner" / "a.pyc").write_text("compiled")
    without = digest_of(folder, tmp_path / "lock")
    (tmp_path / "lock").write_text("")
    assert digest_of(folder, tmp_path / "lock") != without
