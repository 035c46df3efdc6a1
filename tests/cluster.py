"""The system of several machines for tests, started as an operator starts it; its parts can be killed, stopped and let go on."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import aiohttp

from bot.audit_chain import opened
from bot.db import Database
from bot.settings import ROOT, load
from deploy.cluster import STATE_FILE
from tests.servers import free_port
from tests.system import begun_at, copy_what_is_dear, interrupt, keep_what_is_dear

_READY_WITHIN_S: Final = 600
_ENDED_WITHIN_S: Final = 40
_KILLED_WITHIN_S: Final = 10
_SERVES: Final = {"gateway": "/readyz", "rasa": "/status", "actions": "/health"}


def tree(pid: int) -> list[int]:
    """A process and everything it has started, itself first; empty when it is gone."""
    found: list[int] = []
    newest = [pid]
    while newest:
        pid = newest.pop()
        with suppress(OSError):
            tasks = list(Path(f"/proc/{pid}/task").iterdir())
            found.append(pid)
            for task in tasks:
                newest += [int(child) for child in (task / "children").read_text().split()]
    return found


def send(pids: Sequence[int], number: signal.Signals) -> None:
    """Send a signal to each process that is still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


class Cluster:
    """A running cluster, as its state file tells."""

    def __init__(self, data_dir: Path, said: Path) -> None:
        self.data_dir, self.said = data_dir, said

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.data_dir / STATE_FILE).read_text())
        return state

    @property
    def gateways(self) -> list[str]:
        """The addresses of the gateways."""
        return list(self._state()["gateways"])

    @property
    def parts(self) -> list[str]:
        """The names of all parts."""
        return list(self._state()["parts"])

    def port(self, part: str) -> int:
        """Where a part listens."""
        return int(self._state()["parts"][part]["port"])

    def address(self, part: str) -> str:
        """Where a part answers HTTP."""
        return f"http://{self._state()['parts'][part]['host']}:{self.port(part)}"

    def pid(self, part: str) -> int:
        """The process that a part is at this moment."""
        return int(self._state()["parts"][part]["pid"])

    def database(self) -> Database:
        """Its database, for a look."""
        settings = replace(load({}, env_file=None), data_dir=self.data_dir, database_url=self._state()["database_url"])
        return opened(settings)

    def kill(self, part: str) -> None:
        """End a part with everything it has started, without a word; when it returns nothing of it answers any more."""
        pids = tree(self.pid(part))
        # What is killed last can start nothing more.
        send(pids, signal.SIGSTOP)
        send(pids, signal.SIGKILL)
        deadline = time.monotonic() + _KILLED_WITHIN_S
        while any(_lives(pid) for pid in pids):
            assert time.monotonic() < deadline, f"{part} does not end"
            time.sleep(0.001)

    def stop(self, part: str) -> None:
        """Have a part do nothing more, with its connections open."""
        send(tree(self.pid(part)), signal.SIGSTOP)

    def go_on(self, part: str) -> None:
        """Let a stopped part go on."""
        send(tree(self.pid(part)), signal.SIGCONT)

    async def answers(self, part: str) -> bool:
        """Whether a part does its work."""
        kind, port = part.partition("-")[0], self.port(part)
        try:
            if kind in _SERVES:
                timeout = aiohttp.ClientTimeout(total=5)
                async with aiohttp.ClientSession(timeout=timeout) as client, client.get(f"{self.address(part)}{_SERVES[kind]}") as got:
                    return got.status == 200
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return True
        except (TimeoutError, OSError, aiohttp.ClientError):
            return False

    async def whole(self) -> bool:
        """Whether every part does its work."""
        return all(await asyncio.gather(*(self.answers(part) for part in self.parts)))


@contextmanager
def started(folder: Path, arguments: Sequence[str] = (), settings: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """The cluster as `make cluster` starts it; after Ctrl-C none of its processes is left.

    Args:
        folder: an empty folder for everything that is written.
        arguments: of the command, besides none.
        settings: settings by their names, besides those of a demonstration without limits whose desk is always open.
    """
    data_dir, said = folder / "data", folder / "said.txt"
    copy_what_is_dear(data_dir)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    environment |= {"BOT_DATA_DIR": str(data_dir), "BOT_HTTP_PORT": str(free_port()), "BOT_DEMO": "on", "BOT_RATE_LIMITS": "off"}
    environment |= {"BOT_DESK_HOURS": "always", **(settings or {})}
    command = [sys.executable, "-m", "deploy.cluster", *arguments] if arguments else ["make", "cluster"]
    with said.open("wb") as output:
        run = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    family: dict[int, str] = {}
    try:
        deadline = time.monotonic() + _READY_WITHIN_S
        while "assistant is ready" not in said.read_text():
            assert run.poll() is None and time.monotonic() < deadline, said.read_text()
            time.sleep(0.2)
        keep_what_is_dear(data_dir)
        family |= {pid: begun_at(pid) for pid in tree(run.pid)}
        yield Cluster(data_dir, said)
    finally:
        family |= {pid: begun_at(pid) for pid in tree(run.pid)}
        # A stopped process could not end.
        send(list(family), signal.SIGCONT)
        interrupt(run, _ENDED_WITHIN_S)
    left = [pid for pid, begun in family.items() if begun and begun_at(pid) == begun]
    assert not left, f"processes are left: {left}"


def _lives(pid: int) -> bool:
    """Whether a process has not ended, waited for or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False
