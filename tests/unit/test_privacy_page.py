"""The page on personal data says of every column whether it can hold any, and its figures are those of the code."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from bot.migrations import metadata
from bot.nlu.event_log import FILE_NAME, EventLog
from bot.permits.service import PROOF_LASTS
from bot.personal_data import NOT_PERSONAL, PERSONAL_DATA
from bot.privacy.service import Keep
from bot.settings import ROOT, load
from bot.vault import LIFE

PAGE = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
REGISTER = {"applicants", "applications", "stage_history"}


def listed(heading: str) -> list[tuple[str, list[str], str]]:
    """Table, columns and the rest of each line of the first list below a heading."""
    part = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0].split("\n| where |", 1)[0]
    lines = re.findall(r"^\| `(\w+)` \| ([^|]*) \|(.*)$", part, re.MULTILINE)
    return [(table, re.findall(r"`(\w+)`", columns), rest) for table, columns, rest in lines]


def columns(heading: str) -> list[str]:
    return [f"{table}.{column}" for table, names, _ in listed(heading) for column in names]


def test_every_column_of_every_model_stands_on_the_page_once() -> None:
    there = sorted(f"{table.name}.{column.name}" for table in metadata().tables.values() for column in table.columns)
    assert sorted(columns("What is kept") + columns("What is not")) == there


def test_page_and_code_name_the_same_columns() -> None:
    assert set(columns("What is kept")) == set(PERSONAL_DATA)
    assert set(NOT_PERSONAL) <= set(columns("What is not"))


def test_register_is_marked_as_such_and_nothing_else() -> None:
    assert {table for table, _, rest in listed("What is kept") if "register of the authority" in rest} == REGISTER


def test_no_code_of_privacy_names_the_register() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot" / "privacy").glob("*.py"))
    assert not re.search(r"\b(?:Applicant|Application|StageEntry|Employer)\b", code)


def test_working_memory_has_the_columns_that_the_page_names(tmp_path: Path) -> None:
    EventLog(tmp_path / FILE_NAME).close()
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as database:
        there = {f"events.{row[1]}" for row in database.execute("PRAGMA table_info(events)")}
    assert set(re.findall(r"`(events\.\w+)`", PAGE)) == there - {"events.id", "events.stored"}


@pytest.mark.parametrize("name", sorted(set(re.findall(r"BOT_\w+", PAGE))))
def test_days_on_the_page_are_the_settings_defaults(name: str) -> None:
    default = getattr(load({}, None), name.removeprefix("BOT_").lower())
    assert re.findall(rf"`{name}` \(([\d.]+)\)", PAGE) == [f"{default:g}"]


def test_short_times_on_the_page_are_those_of_the_code() -> None:
    until = {table: rest for table, _, rest in listed("What is kept")}
    assert f"| {LIFE // timedelta(minutes=1)} minutes" in until["vault_entries"]
    assert f"| {PROOF_LASTS // timedelta(minutes=1)} minutes" in until["lookup_proofs"]


def test_settings_and_job_have_the_same_defaults() -> None:
    settings = load({}, None)
    assert Keep() == Keep(settings.keep_conversations_days, settings.keep_memory_days, settings.keep_audit_days)
