"""The whole system for tests, started as an operator starts it: gateway, Rasa and action server with invented data."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from bot.audit_chain import opened
from bot.db import Database
from bot.settings import ROOT, load
from tests.servers import free_port

_CLOCK: Final = Path(__file__).parent / "clock"
_READY_WITHIN_S: Final = 600
_ENDED_WITHIN_S: Final = 30
# What is expensive to make again: vectors of the training sentences, and the model.
_KEPT: Final = ("cache/encodings.db", "models/*.tar.gz")
# Folders of systems that this process has started: the next need not train again.
_before: Final[list[Path]] = []


@dataclass(frozen=True)
class System:
    """A running system: where it listens and where it writes.

    Attributes:
        said: the file with what it has told the person at the terminal.
    """

    address: str
    data_dir: Path
    said: Path
    root_pid: int = field(default=0, repr=False)

    def database(self) -> Database:
        """Its database, for a look."""
        return opened(replace(load({}, env_file=None), data_dir=self.data_dir))

    def invitation(self) -> str:
        """The address of the one-time link for the first administrator, as it was printed."""
        found = re.search(r"http://\S+/console/#invite=\S+", self.said.read_text())
        assert found, self.said.read_text()
        return found[0]

    def kill_gateway(self) -> None:
        """End the gateway at once, as a crash would; whoever supervises it starts it again."""
        os.kill(self.pid("bot", "serve"), signal.SIGKILL)

    @contextmanager
    def without_an_assistant(self) -> Iterator[None]:
        """Rasa takes questions and says nothing while the block lasts."""
        pid = self.pid("bot.nlu.server")
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def pid(self, *module: str) -> int:
        """The process of a part, by the module and words that it was started with; ValueError while there is none."""
        (pid,) = [pid for pid in _descendants(self.root_pid) if _command(pid)[1 : 2 + len(module)] == ["-m", *module]]
        return pid

    def is_ready(self) -> bool:
        """Whether every part answers."""
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False


def in_the_evening() -> datetime:
    """Eight in the evening in Shenzhen on the last day that is over, when the desk is closed whatever day it is."""
    today = datetime.now(timezone(timedelta(hours=8))).replace(hour=20, minute=0, second=0, microsecond=0)
    return today - timedelta(days=1)


@contextmanager
def started(folder: Path, moment: datetime | None = None, **settings: str) -> Iterator[System]:
    """The system as `make run` starts it; after Ctrl-C none of its processes is left.

    `BOT_TEST_CACHE` names a folder that keeps the trained model from one run to the next.

    Args:
        folder: an empty folder for everything that is written.
        moment: the time, with its zone, at which the system believes to be started; the true time when not given.
        settings: settings by their names, besides those of a demonstration without limits whose desk is always open.
    """
    data_dir, said = folder / "data", folder / "said.txt"
    port = free_port()
    copy_what_is_dear(data_dir)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    environment |= {"BOT_DATA_DIR": str(data_dir), "BOT_HTTP_PORT": str(port), "BOT_DEMO": "on", "BOT_RATE_LIMITS": "off"}
    environment |= {"BOT_DESK_HOURS": "always", **settings}
    if moment is not None:
        environment |= {"PYTHONPATH": str(_CLOCK), "TEST_SECONDS_AHEAD": str(moment.timestamp() - time.time())}
    with said.open("wb") as output:
        run = subprocess.Popen(
            ["make", "run"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    running = System(f"http://127.0.0.1:{port}", data_dir, said, run.pid)
    family: dict[int, str] = {}
    try:
        _wait_until_ready(run, running)
        family = _descendants(run.pid)
        assert len(family) >= 3, "gateway, Rasa and action server are processes of their own"
        keep_what_is_dear(data_dir)
        yield running
    finally:
        family |= _descendants(run.pid)
        interrupt(run, _ENDED_WITHIN_S)
    left = {pid for pid, begun in family.items() if begun_at(pid) == begun}
    assert not left, f"processes are left: {left}"
    assert said.read_text().count("· stopping") == 1 and "error" not in said.read_text(), said.read_text()


def interrupt(run: subprocess.Popen[bytes], within_s: float) -> None:
    """Press Ctrl-C for a process that leads its own group, and end the group where that does not within so many seconds."""
    # A terminal sends Ctrl-C to make and to what it runs; one that ended by itself has no group any more.
    with suppress(ProcessLookupError):
        os.killpg(run.pid, signal.SIGINT)
    try:
        run.wait(within_s)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()


def copy_what_is_dear(data_dir: Path) -> None:
    """Take the model and the vectors of an earlier system over, if there are any."""
    shelf = os.environ.get("BOT_TEST_CACHE")
    source = Path(shelf) if shelf else next(reversed(_before), None)
    if source is not None:
        _copy(source, data_dir)


def keep_what_is_dear(data_dir: Path) -> None:
    """Keep the model and the vectors of a system that has started for the next one."""
    _before.append(data_dir)
    if shelf := os.environ.get("BOT_TEST_CACHE"):
        _copy(data_dir, Path(shelf))


def _copy(source: Path, target: Path) -> None:
    for pattern in _KEPT:
        for file in source.glob(pattern):
            place = target / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            part = place.with_name(f".{place.name}.{uuid.uuid4().hex}")
            shutil.copy(file, part)
            os.replace(part, place)


def _wait_until_ready(run: subprocess.Popen[bytes], system: System) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline and run.poll() is None:
        if system.is_ready():
            return
        time.sleep(0.2)
    raise AssertionError(f"not ready: {system.said.read_text()}")


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def begun_at(pid: int) -> str:
    """When a living process began; empty when there is none."""
    stat = _stat(pid)
    return stat[19] if stat and stat[0] != "Z" else ""


def _descendants(root: int) -> dict[int, str]:
    parents = {int(entry.name): _stat(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    found: dict[int, str] = {}
    newest = {root}
    while newest:
        newest = {pid for pid, stat in parents.items() if stat and int(stat[1]) in newest and pid not in found}
        found |= {pid: begun_at(pid) for pid in newest}
    return found
