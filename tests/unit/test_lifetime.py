"""What a process does with its memory at the end of its start, how many files it may open, and what is left of it when it crashes."""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
from pathlib import Path

import pytest

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


_LARGE = """
import ctypes, mmap, pathlib, threading
from bot.lifetime import keep_for_good, start_lightly

def large():
    lines = pathlib.Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("AnonHugePages"))

start_lightly()
kept = [[number] for number in range(400_000)]
before = large()
keep_for_good()
threading.active_count() == 2 and threading.enumerate()[1].join()
print(large() - before, sum(each[0] for each in kept))

# Whether the kernel has as many to give at this moment: it has none where its memory lies in pieces.
fresh = mmap.mmap(-1, 34 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
fresh.write(bytes(len(fresh)))
begin = -(-ctypes.addressof(ctypes.c_char.from_buffer(fresh)) >> 21) << 21
print(ctypes.CDLL(None).madvise(ctypes.c_void_p(begin), ctypes.c_size_t(32 << 20), 25))
"""


def test_what_is_kept_lies_in_large_pages_where_the_system_has_them() -> None:
    setting = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    release = tuple(map(int, platform.release().split(".")[:2]))
    has_them = release >= (6, 1) and setting.exists() and "[never]" not in setting.read_text()
    done = subprocess.run([sys.executable, "-c", _LARGE], capture_output=True, text=True, check=True)
    kilobytes, total, refused = map(int, done.stdout.split())
    assert total == sum(range(400_000))
    assert kilobytes > 20_000 or refused or not has_them


_FILES = """
import resource, sys
import bot.__main__
soft, hard = (int(given) for given in sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
def loaded():
    print(*resource.getrlimit(resource.RLIMIT_NOFILE))
    raise SystemExit
bot.__main__.load = loaded
bot.__main__.main(["serve"])
"""


@pytest.mark.parametrize(("soft", "hard"), [(1_024, 6_000), (6_000, 6_000)])
def test_a_gateway_opens_as_many_files_as_it_may(soft: int, hard: int) -> None:
    done = subprocess.run([sys.executable, "-c", _FILES, str(soft), str(hard)], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == [str(hard), str(hard)], done.stderr


_CRASHES = """
import os, resource, sys
from bot.lifetime import leave_no_dump

allowed = resource.getrlimit(resource.RLIMIT_CORE)[1]
os.chdir(sys.argv[2])
if "limited" in sys.argv[1]:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # As for a part that is not root and was started with a limit of none, which it may not raise.
    os.setuid(65534)
else:
    resource.setrlimit(resource.RLIMIT_CORE, (allowed, allowed))
leave_no_dump()
if "told" in sys.argv[1]:
    import ctypes
    print(*resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
elif "started" in sys.argv[1]:
    os.execv(sys.executable, [sys.executable, "-c", "import os; os.abort()"])
else:
    os.abort()
"""


@pytest.mark.parametrize("how", ["itself", "what it started"])
def test_what_crashes_leaves_no_dump(tmp_path: Path, how: str) -> None:
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", _CRASHES, how, str(tmp_path)], os.environ)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) and not os.WCOREDUMP(status)
    assert list(tmp_path.iterdir()) == []


def test_a_process_is_dumped_neither_into_a_file_nor_to_a_program(tmp_path: Path) -> None:
    # The kernel of the machine can be asked for one of the two only, so that the marks of both are looked at.
    most = min(1, resource.getrlimit(resource.RLIMIT_CORE)[1] % (1 << 64))
    command = [sys.executable, "-c", _CRASHES]
    told = subprocess.run([*command, "told", str(tmp_path)], capture_output=True, text=True, check=True).stdout.split()
    assert told == [str(most), str(most), "0"]
    if os.getuid() == 0:
        tmp_path.chmod(0o755)
        told = subprocess.run([*command, "told, limited", "/"], capture_output=True, text=True, check=True).stdout.split()
        assert told == ["0", "0", "0"]
