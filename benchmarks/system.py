"""The system as an operator starts it, and what its processes hold."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bot.audit_chain import opened
from bot.db import Database
from bot.settings import ROOT, load
from bot.supervisor import free_port

_PARTS: Final = {"gateway": "bot serve", "rasa": "bot.nlu.server", "actions": "actions.server"}
_OPEN_FILES: Final = 20_000


@dataclass(frozen=True)
class Running:
    """A system that answers.

    Attributes:
        address: its origin.
        folder: where it writes.
        started_in: seconds from the command until it said that it was ready.
        pids: of its parts, by their names: gateway, rasa, actions.
    """

    address: str
    folder: Path
    started_in: float
    pids: Mapping[str, int] = field(repr=False)

    def resident_mb(self, part: str) -> float:
        """What a part holds in memory (VmRSS)."""
        return resident_mb(self.pids[part])

    def busy_s(self, part: str) -> float:
        """Seconds of processor that a part has used so far."""
        fields = Path(f"/proc/{self.pids[part]}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def database(self) -> Database:
        """Its database."""
        return opened(replace(load({}, env_file=None), data_dir=self.folder))


def resident_mb(pid: int) -> float:
    """Resident memory of a process.

    Raises:
        OSError: it has ended.
    """
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


def allow_many_lines() -> None:
    """Let this process and its children hold as many open files as thousands of sockets need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, _OPEN_FILES)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))


def end(process: subprocess.Popen[Any], by: signal.Signals) -> None:
    """Ask a process to end, and end it where it does not within half a minute."""
    process.send_signal(by)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Running]:
    """The system from `python -m bot run` on a folder of its own, without limits of rate; it ends with the block."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    environment |= {"BOT_DATA_DIR": str(folder), "BOT_HTTP_PORT": str(port), "BOT_RATE_LIMITS": "off", "BOT_DESK_HOURS": "always"}
    begun = time.perf_counter()
    command = [sys.executable, "-m", "bot", "run"]
    process = subprocess.Popen(command, cwd=ROOT, env={**environment, **settings}, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "assistant is ready" in line:
                break
        else:
            raise SystemExit("the system did not start:\n" + "".join(said[-10:]))
        yield Running(f"http://127.0.0.1:{port}", folder, time.perf_counter() - begun, _children(process.pid))
    finally:
        end(process, signal.SIGINT)


@contextmanager
def with_model(folder: Path) -> Iterator[Path]:
    """A folder with the model of another and nothing else; it is dropped with the block."""
    with TemporaryDirectory(prefix="system-", dir=folder) as own:
        for kept in ("cache", "models"):
            shutil.copytree(folder / kept, Path(own) / kept, copy_function=os.link)
        yield Path(own)


def _children(parent: int) -> dict[str, int]:
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(parent)], capture_output=True, text=True, check=True).stdout
    found = {}
    for line in listed.splitlines():
        pid, _, command = line.strip().partition(" ")
        found.update({name: int(pid) for name, words in _PARTS.items() if words in command})
    return found
