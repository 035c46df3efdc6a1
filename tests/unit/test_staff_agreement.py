"""The duty and privacy agreement: whole in every language, and a new version whenever its text changes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.errors import DataError
from bot.languages import LANGUAGES
from bot.staff.agreement import FILE, Agreement, current


def written(folder: Path, text: str) -> Path:
    path = folder / "agreement.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_it_says_the_same_undertakings_in_every_language() -> None:
    numbers = {language: re.findall(r"^(\d+)\. ", current().texts[language], re.MULTILINE) for language in LANGUAGES}
    assert numbers["en"] == numbers["zh"] == [str(number) for number in range(1, 9)]


def test_it_names_what_staff_must_know() -> None:
    words = {
        "en": ("true reason", "private copies", "predict or promise", "audit trail", "spot-checked"),
        "zh": ("填写理由", "不得私自留存", "不作承诺", "操作记录", "抽查"),
    }
    for language, expected in words.items():
        assert [word for word in expected if word not in current().texts[language]] == []


def test_it_keeps_the_voice() -> None:
    for language in LANGUAGES:
        assert not re.search(r"[!！\U0001F300-\U0001FAFF]", current().texts[language])
    # Paragraphs are one line each in Chinese, because a line break would be shown as a space.
    assert not re.search(r"[\u4e00-\u9fff，、；]\n[\u4e00-\u9fff]", current().texts["zh"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_any_change_of_a_text_is_a_new_version(tmp_path: Path, language: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    last = {"en": "I serve no applicants.", "zh": "不得接待咨询人。"}[language]
    assert text.count(last) == 1
    changed = Agreement.load(written(tmp_path, text.replace(last, last[:-1] + ";")))
    assert changed.version != current().version
    assert Agreement.load(written(tmp_path, text)).version == current().version


def test_the_version_begins_with_the_date_and_fits_its_column() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d\.[0-9a-f]{8}", current().version)


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "[",
        "date: 2026-11-25",
        "date: 2026-11-25\ntext: plain",
        "date: 2026-11-25\ntext: {en: a}",
        "date: 2026-11-25\ntext: {en: a, zh: ' '}",
        "date: soon\ntext: {en: a, zh: b}",
        "date: 2026-11-25\ntext: {en: a, zh: b}\nmore: c",
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, broken: str) -> None:
    with pytest.raises(DataError) as error:
        Agreement.load(written(tmp_path, broken))
    assert Path(error.value.file).name == "agreement.yml"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        Agreement.load(tmp_path / "agreement.yml")
