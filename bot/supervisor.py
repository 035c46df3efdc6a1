"""Keeps the processes of the system running, and ends them in good order; `bot.launch` says which there are."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from bot.errors import StartError
from bot.settings import ROOT, Settings

log = logging.getLogger(__name__)

_READY_WITHIN_S = 90
_STOP_WITHIN_S = 10
_ANSWERS_WITHIN_S = 5
_RESTARTS, _RESTARTS_WITHIN_S = 5, 60
_LARGEST_LOG = 50 * 2**20
_LOOK_AT_LOGS_EVERY_S = 60.0


def say(text: str) -> None:
    """One line for the person at the terminal."""
    print(f"· {text}", flush=True)


@contextmanager
def progress(what: str) -> Iterator[Callable[[str], None]]:
    """Announce a step and, when it is over, how long it took if that was more than three seconds."""
    say(what)
    started = time.monotonic()
    yield lambda detail: print(f"    {detail}", flush=True)
    seconds = time.monotonic() - started
    if seconds > 3:
        print(f"    done after {seconds:.0f} s", flush=True)


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on at this moment, for connections or for datagrams."""
    while True:
        with socket.socket() as probe, socket.socket(type=socket.SOCK_DGRAM) as of_datagrams:
            probe.bind((host, 0))
            port = int(probe.getsockname()[1])
            with suppress(OSError):
                of_datagrams.bind((host, port))
                return port


def hold_data_dir(settings: Settings) -> IO[str]:
    """Keep a second copy from writing to the same folder; the lock goes with the process."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        detail = f"{settings.data_dir} cannot be made ({error.strerror}); choose another folder with BOT_DATA_DIR=…"
        raise StartError("folder_unusable", detail=detail) from error
    handle = open(settings.data_dir / "run.lock", "w")  # noqa: SIM115 - held until the process ends
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        detail = f"An assistant is already running on {settings.data_dir}; stop it, or choose another folder with BOT_DATA_DIR=…"
        raise StartError("already_running", detail=detail) from error
    return handle


@dataclass
class Child:
    """One part of the running system.

    Attributes:
        account: number of user and group it runs as; those of this process when not given.
        ends_by: the signal that asks it to end in good order.
    """

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    account: tuple[int, int] | None = None
    ends_by: signal.Signals = signal.SIGTERM
    process: asyncio.subprocess.Process | None = None


class Supervisor:
    """Starts the parts, starts a part again that died, and ends them all together.

    Args:
        gives_up: whether a part that keeps dying ends the whole; otherwise it is tried again for ever.
        started: called whenever a part has been started.
    """

    def __init__(
        self, settings: Settings, children: Sequence[Child], gives_up: bool = True, started: Callable[[], None] = lambda: None
    ) -> None:
        self._settings = settings
        self._children = children
        self._gives_up = gives_up
        self._started = started
        self._stopping = asyncio.Event()
        self.failure: str | None = None

    async def start(self) -> None:
        """Start every part and keep it running in the background."""
        self._tasks = [asyncio.create_task(self._keep(child)) for child in self._children]
        self._tasks.append(asyncio.create_task(self._look_after_logs()))

    async def _keep(self, child: Child) -> None:
        written = self._log_of(child)
        written.parent.mkdir(parents=True, exist_ok=True)
        deaths: list[float] = []
        while not self._stopping.is_set():
            with open(written, "ab") as output:
                child.process = await asyncio.create_subprocess_exec(
                    *child.command,
                    stdout=output,
                    stderr=output,
                    stdin=asyncio.subprocess.DEVNULL,
                    env=child.environment,
                    cwd=ROOT,
                    start_new_session=True,
                    **_as(child.account),
                )
            self._started()
            status = await child.process.wait()
            if self._stopping.is_set():
                return
            now = time.monotonic()
            deaths = [moment for moment in deaths if now - moment < _RESTARTS_WITHIN_S] + [now]
            if self._gives_up and len(deaths) >= _RESTARTS:
                self.failure = f"{child.name} ended {_RESTARTS} times within a minute; see {written}"
                self._stopping.set()
                return
            say(f"{child.name} ended with status {status}; starting it again")
            await asyncio.sleep(min(0.5 * len(deaths), 3))

    def _log_of(self, child: Child) -> Path:
        return self._settings.data_dir / "logs" / f"{child.name}.log"

    async def _look_after_logs(self) -> None:
        while not self._stopping.is_set():
            for child in self._children:
                await asyncio.to_thread(_shorten, self._log_of(child))
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _LOOK_AT_LOGS_EVERY_S)

    async def ready(self, address: str) -> None:
        """Return when `/readyz` is green; StartError when it is not in time or a part keeps dying."""
        deadline = time.monotonic() + _READY_WITHIN_S
        told = time.monotonic()
        last = "no answer yet"
        while time.monotonic() < deadline and not self._stopping.is_set():
            with suppress(OSError, HTTPException):
                status, last = await asyncio.to_thread(_answer, address, "/readyz")
                if status == HTTPStatus.OK:
                    return
            if time.monotonic() - told > 3:
                told = time.monotonic()
                print("    still starting …", flush=True)
            await asyncio.sleep(0.1)
        if self._stopping.is_set():
            raise StartError("stopped", detail=self.failure or "Stopped while starting.")
        raise StartError("not_ready", detail=f"Not ready after {_READY_WITHIN_S} s: {last}; see {self._settings.data_dir / 'logs'}")

    async def wait(self) -> None:
        """Return when somebody asked for the end or a part could not be kept running."""
        await self._stopping.wait()

    def stop(self) -> None:
        """Ask for the end."""
        self._stopping.set()

    async def end(self) -> None:
        """End every part: politely first, then for certain, each with all its children."""
        self._stopping.set()
        running = [child for child in self._children if child.process is not None and child.process.returncode is None]
        for child in running:
            _signal(child, child.ends_by)
        deadline = time.monotonic() + _STOP_WITHIN_S
        for child in running:
            assert child.process is not None
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(child.process.wait(), max(0.1, deadline - time.monotonic()))
            _signal(child, signal.SIGKILL)
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _shorten(written: Path) -> None:
    """Put what a log holds aside when that has become much, in place of what was put aside before."""
    aside = written.with_name(f"{written.name}.1")
    with suppress(OSError):
        if written.stat().st_size <= _LARGEST_LOG:
            return
        aside.unlink(missing_ok=True)
        try:
            shutil.copy(written, aside)
        except OSError:
            # A full disk: messages that can be stored again are worth more than lines from before.
            aside.unlink(missing_ok=True)
        # Its part holds it open, and goes on at its end, which is now the beginning.
        os.truncate(written, 0)


def _as(account: tuple[int, int] | None) -> dict[str, Any]:
    return {} if account is None else {"user": account[0], "group": account[1], "extra_groups": []}


def _signal(child: Child, number: int) -> None:
    assert child.process is not None
    with suppress(ProcessLookupError):
        os.killpg(child.process.pid, number)


def _answer(address: str, path: str) -> tuple[int, str]:
    where = urlsplit(address)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=_ANSWERS_WITHIN_S)
    with closing(connection):
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
