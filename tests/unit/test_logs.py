"""The log says where something failed and never what was written."""

from __future__ import annotations

import logging

from bot.logs import PlacesOnly, place


def failure() -> Exception:
    try:
        raise ValueError("private words")
    except ValueError as error:
        return error


def test_place_names_type_and_place_without_the_message() -> None:
    named = place(failure())
    assert named.startswith("ValueError at test_logs.py:") and "private" not in named
    assert place(ValueError("private")) == "ValueError"


def test_exception_logged_by_a_library_loses_its_words() -> None:
    error = failure()
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "from 203.0.113.5", (), (type(error), error, error.__traceback__))
    assert PlacesOnly().filter(record)
    assert "private" not in record.getMessage() and "203" not in record.getMessage() and record.exc_info is None
