"""A child process that does not outlive the process that started it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


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
