"""What a process does with its memory at the end of its start."""

from __future__ import annotations

import subprocess
import sys

_SCRIPT = """
import gc, pathlib
from bot.lifetime import keep_for_good, start_lightly

def resident():
    return next(int(line.split()[1]) for line in pathlib.Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))

start_lightly()
kept = [{}]
before = resident()
pieces = [b"x" * 900_000 for _ in range(200)]
held = resident()
last = b"y" * 900_000
del pieces
keep_for_good()
print(held - before > 150_000, resident() - before < 50_000, gc.get_freeze_count() > 0, gc.get_threshold() == (700, 10, 25))
"""


def test_what_reading_has_used_goes_back_and_what_is_kept_is_not_searched_again() -> None:
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"] * 4
