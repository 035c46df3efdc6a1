"""The list of personal columns is complete and names nothing that is not there."""

from __future__ import annotations

import re

from bot.migrations import metadata
from bot.personal_data import NOT_PERSONAL, PERSONAL_DATA

_SOUNDS_PERSONAL = re.compile(
    r"name|birth|born|nationalit|passport|number|mail|phone|address|gender|sender|caller|text|payload|body|content|value"
    r"|token|applicant|comment|note|answer_text|ip$|agent|location|point|latitude|longitude"
)


def _columns() -> set[str]:
    return {f"{table.name}.{column.name}" for table in metadata().tables.values() for column in table.columns}


def test_every_column_that_sounds_personal_is_listed_or_explained() -> None:
    unknown = {column for column in _columns() if _SOUNDS_PERSONAL.search(column.split(".")[1])}
    assert unknown - set(PERSONAL_DATA) - set(NOT_PERSONAL) == set()


def test_every_listed_column_exists() -> None:
    assert (set(PERSONAL_DATA) | set(NOT_PERSONAL)) - _columns() == set()


def test_no_column_is_both() -> None:
    assert set(PERSONAL_DATA) & set(NOT_PERSONAL) == set()
