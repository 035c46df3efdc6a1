"""The log says where something failed and never what was written."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

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


_BEGINNINGS = {
    "gateway": "from bot.logs import set_up; set_up('INFO')",
    "Rasa": "from bot.nlu import quiet_logs; quiet_logs.configure('INFO')",
    "command line": "from bot.__main__ import main; main(['facts', '--on', '2020-01-01'])",
    "action server": "from actions.server import main\nwith contextlib.suppress(SystemExit): main(['--help'])",
}
_FAILURES = """
import logging, threading
def fail(): raise ValueError("private words")
class Lost:
    def __repr__(self): return "private words"
    def __del__(self): fail()
Lost()
thread = threading.Thread(target=fail)
thread.start()
thread.join()
try:
    fail()
except ValueError:
    logging.getLogger("bot").exception("caught")
logging.getLogger("bot").error("%d", "private words")
fail()
"""


@pytest.mark.parametrize("beginning", _BEGINNINGS.values(), ids=list(_BEGINNINGS))
def test_no_process_ends_with_the_words_of_an_exception(beginning: str) -> None:
    """Nor a thread of it, nor what fails where Python can only ignore it."""
    ended = subprocess.run([sys.executable, "-c", f"import contextlib\n{beginning}\n{_FAILURES}"], capture_output=True, text=True)
    assert ended.returncode == 1
    assert "private" not in ended.stderr + ended.stdout
    assert all(f"{what}: ValueError at " in ended.stderr for what in ("the process ends", "a thread ends", "ignored")), ended.stderr
