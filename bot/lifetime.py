"""The life of a process of the system: it ends with the one that started it, keeps what it has read at its start, and leaves no dump."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

# From prctl.h of Linux.
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
# From malloc.h of glibc.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
# From mman.h of Linux 6.1.
_MADV_COLLAPSE: Final = 25
_LARGE_PAGE: Final = 1 << 21
_LARGE_PAGES_AFTER_S: Final = 3.0
_MAPS: Final = Path("/proc/self/maps")
_GIVEN_BACK_FROM: Final = 1 << 20
# Python's own, but for how seldom everything is looked through: with a thousand open windows that took 140 ms, in which nobody gets
# an answer, every eleven seconds, and found less than a thousand objects. Still more seldom, memory would grow.
_WHILE_SERVING: Final = (*gc.get_threshold()[:2], 25)
_SELDOM: Final = 20_000
_MOST_FILES: Final = 65_536


def end_with_parent() -> None:
    """Have the kernel send this process SIGTERM when its parent ends; on other systems than Linux nothing happens.

    The parent is the thread that started this process: start children from a thread that lives as long as they should.
    """
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        # The parent ended before the kernel was told.
        os.kill(os.getpid(), signal.SIGTERM)


def open_many_files() -> None:
    """Take as many open files as the hard limit allows, within reason: each open line is one, and a shell begins with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def leave_no_dump() -> None:
    """Have nothing of what this process holds written when it crashes, nor, where the limit may be set, of what it starts.

    Only root can look into this process from outside after that; on other systems than Linux there is the limit alone.
    """
    # One byte and not none: where dumps go to a program the kernel obeys no limit but this one, and a file it does not begin for so little.
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (1, 1))
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def start_lightly() -> None:
    """Begin to read what the process lives on; to be called before there are threads, and `keep_for_good` after.

    Garbage is searched for seldom meanwhile, which would take a third of the time; never would leave holes of 30 MB. And what is
    no longer used goes back to the system: by itself glibc gives each thread a heap of its own, and keeps ever larger pieces once
    such pieces have been freed.
    """
    gc.set_threshold(_SELDOM)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for name, value in ((_M_ARENA_MAX, 1), (_M_MMAP_THRESHOLD, _GIVEN_BACK_FROM), (_M_TRIM_THRESHOLD, 2 * _GIVEN_BACK_FROM)):
            mallopt(name, value)


def keep_for_good() -> None:
    """To be called when everything that lives as long as the process has been read.

    It is never looked through for garbage again, which would hold up whoever waits for an answer, what reading it has used beyond
    goes back to the system, and the rest will soon lie in large pages where the system has them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_WHILE_SERVING)
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    # In a while: what takes the kernel a third of a second can wait until people are served.
    later = threading.Timer(_LARGE_PAGES_AFTER_S, _use_large_pages)
    later.daemon = True
    later.start()


def _use_large_pages() -> None:
    """Have the kernel put what this process holds into pages of 2 MB; an older one, or one that is told not to, leaves it as it is.

    A turn touches a little of everything, and in small pages every tenth of its time went into finding where that lies.
    """
    if not sys.platform.startswith("linux"):
        return
    madvise = ctypes.CDLL(None).madvise
    with suppress(OSError):
        for line in _MAPS.read_text(encoding="utf-8", errors="replace").splitlines():
            where, may, *_, inode = line.split(maxsplit=5)[:5]
            low, high = (int(end, 16) for end in where.split("-"))
            begin, end = -(-low // _LARGE_PAGE) * _LARGE_PAGE, high // _LARGE_PAGE * _LARGE_PAGE
            if may.startswith("rw-p") and inode == "0" and begin < end:
                madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), _MADV_COLLAPSE)
