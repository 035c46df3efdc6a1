"""Real servers for tests, a PostgreSQL of our own in a temporary folder, and where the other programs are."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import TracebackType

from sqlalchemy import create_engine, text

from deploy.stores import postgres_programs, trust_loopback

# Opens the audit trail of every database that tests write to.
AUDIT_KEY = b"the audit key of the tests"
_ROOM = 1 << 30
# Browsers go to none of some ports below.
_LOWEST_PORT = 11_000


class ServerMissing(RuntimeError):
    """A server that the tests need is not installed; the message is the command that installs it."""


def browser() -> str:
    """The path of a Chromium: the one that `BOT_TEST_CHROMIUM` names, or an installed one.

    Raises:
        ServerMissing: there is none.
    """
    found = os.environ.get("BOT_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        raise ServerMissing("The tests need Chromium. Install it with: apt-get update && apt-get install -y chromium")
    return found


@cache
def _ports() -> Iterator[int]:
    """The ports of this worker among those that the system gives to no connection, over and over again; 0 where there are none."""
    first, last = (int(each) for each in Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    worker, workers = os.environ.get("PYTEST_XDIST_WORKER", "gw0"), os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")
    ports = [*range(_LOWEST_PORT, first), *range(last + 1, 1 << 16)][int(worker.removeprefix("gw")) :: int(workers)]
    # Another run on this machine takes them in another order.
    random.SystemRandom().shuffle(ports)
    return itertools.cycle(ports or [0])


def free_port() -> int:
    """A loopback port that nobody listens on, and that nobody is given by chance before whoever asked for it listens."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", next(_ports())))
            return int(probe.getsockname()[1])


def _in_memory() -> str | None:
    """A folder in memory with room for a server, as far as there is one: each database is 300 files that are made and removed."""
    folder = "/dev/shm"
    return folder if os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > _ROOM else None


class Postgres:
    """A PostgreSQL server that lives as long as the `with` block; root starts it as the user `postgres`."""

    def __init__(self) -> None:
        self._binaries = postgres_programs()
        self._user = "postgres" if os.geteuid() == 0 else None
        self._folder: Path | None = None
        self._port = 0

    def __enter__(self) -> Postgres:
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-", dir=_in_memory()))
        if self._user:
            account = pwd.getpwnam(self._user)
            os.chown(self._folder, account.pw_uid, account.pw_gid)
        try:
            self._run("initdb", "-D", f"{self._folder}/data", "-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
            trust_loopback(self._folder / "data")
            self._port = free_port()
            options = (
                f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder} "
                "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_wal_size=128MB"
            )
            self._run("pg_ctl", "-D", f"{self._folder}/data", "-l", f"{self._folder}/log", "-w", "-o", options, "start")
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self._run("pg_ctl", "-D", f"{self._folder}/data", "-m", "immediate", "-w", "stop")
        finally:
            shutil.rmtree(str(self._folder), ignore_errors=True)

    @property
    def folder(self) -> Path:
        """Where it keeps all its files."""
        assert self._folder is not None
        return self._folder

    def url(self, database: str) -> str:
        """The SQLAlchemy address of `database` on this server."""
        return f"postgresql+psycopg2://tests@127.0.0.1:{self._port}/{database}"

    def create(self, database: str, template: str = "template0") -> str:
        """Make a database, a copy of `template`; returns its address."""
        # Since release 15 a copy goes through the log by default, which takes three times as long for a database this small.
        strategy = " STRATEGY FILE_COPY" if self._release() >= 15 else ""
        self._execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"{strategy}')
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected."""
        self._execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _release(self) -> int:
        return int((self.folder / "data" / "PG_VERSION").read_text())

    def _execute(self, statement: str) -> None:
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT", future=True)
        try:
            with engine.connect() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), *arguments]
        if self._user:
            command = ["runuser", "-u", self._user, "--", *command]
        # A started server inherits the outputs, so a pipe would never end: a file takes them instead.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self._folder)
            if done.returncode:
                output.seek(0)
                raise RuntimeError(f"{program} failed: {output.read().decode(errors='replace').strip()}")


class Redis:
    """A Redis server that keeps nothing and lives as long as the `with` block."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address, for `BOT_REDIS_URL`."""
        return f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> Redis:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            ServerMissing: it is not installed.
        """
        program = shutil.which("redis-server")
        if program is None:
            raise ServerMissing("The tests need a Redis server. Install it with: apt-get update && apt-get install -y redis-server")
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
        while True:
            if self._process.poll() is not None:
                raise RuntimeError(f"redis-server ended with status {self._process.returncode}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as line:
                line.sendall(b"PING\r\n")
                if line.recv(16).startswith(b"+PONG"):
                    return
            time.sleep(0.02)

    def kill(self, by: int = signal.SIGKILL) -> None:
        """Send it a signal; after SIGKILL it is gone when this returns."""
        assert self._process is not None
        self._process.send_signal(by)
        if by == signal.SIGKILL:
            self._process.wait()
