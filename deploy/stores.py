"""PostgreSQL and Redis as plain processes: where the installed programs are, and a new, empty PostgreSQL."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg2

from bot.errors import StartError

USER = "assistant"
# It has PostgreSQL cut its clients; SIGTERM would wait for them.
ENDS_BY = signal.SIGINT


def postgres_programs(root: Path = Path("/usr/lib/postgresql")) -> Path:
    """The folder of the newest installed PostgreSQL server's programs.

    Raises:
        StartError: none is installed.
    """
    found = [path.parent for path in root.glob("*/bin/initdb")]
    if not found:
        raise StartError("server_missing", detail="PostgreSQL is missing; install it with: apt-get update && apt-get install -y postgresql")
    return max(found, key=lambda path: float(path.parent.name))


def redis_program() -> str:
    """The installed Redis server.

    Raises:
        StartError: none is installed.
    """
    found = shutil.which("redis-server")
    if found is None:
        raise StartError("server_missing", detail="Redis is missing; install it with: apt-get update && apt-get install -y redis-server")
    return found


def postgres_account() -> tuple[int, int] | None:
    """User and group that PostgreSQL must run as where this process is root's, because it refuses root; otherwise None."""
    if os.geteuid() != 0:
        return None
    account = pwd.getpwnam("postgres")
    return account.pw_uid, account.pw_gid


def new_postgres(folder: Path) -> None:
    """Make the files of an empty PostgreSQL in `folder`, whose user `assistant` may do everything without a password.

    Raises:
        StartError: it cannot be made; the detail is what `initdb` says.
    """
    account = postgres_account()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if account is not None:
        os.chown(folder, *account)
    command = [str(postgres_programs() / "initdb"), "-D", str(folder), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C"]
    user, group = account or (None, None)
    groups = None if account is None else []
    made = subprocess.run(command, capture_output=True, text=True, cwd="/", user=user, group=group, extra_groups=groups)
    if made.returncode != 0:
        said = (made.stderr.strip().splitlines() or [f"status {made.returncode}"])[-1]
        raise StartError("server_failed", detail=f"initdb: {said}")
    trust_loopback(folder)


def trust_loopback(folder: Path) -> None:
    """Have the PostgreSQL of `folder`, which listens on loopback alone, trust every address of it: `initdb` knows one."""
    with (folder / "pg_hba.conf").open("a") as rules:
        rules.write("host all all 127.0.0.0/8 trust\n")


def postgres_command(folder: Path, port: int) -> list[object]:
    """What starts the PostgreSQL of `folder`, on loopback only; as `postgres_account`, and ended by `ENDS_BY`."""
    options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
    flags = [flag for name, value in options.items() for flag in ("-c", f"{name}={value}")]
    return [postgres_programs() / "postgres", "-D", folder, *flags]


def redis_command(folder: Path, port: int) -> list[object]:
    """What starts a Redis on loopback that keeps nothing."""
    # Its own protection knows one address of loopback, to which alone it listens.
    return [redis_program(), "--port", port, "--bind", "127.0.0.1", "--protected-mode", "no", "--save", "", "--dir", folder]


def make_database(port: int, name: str) -> None:
    """Make an empty database in the PostgreSQL at `port`.

    Raises:
        psycopg2.OperationalError: it does not answer.
    """
    connection = psycopg2.connect(host="127.0.0.1", port=port, user=USER, dbname="postgres")
    try:
        connection.autocommit = True
        connection.cursor().execute(f"CREATE DATABASE {name}")
    finally:
        connection.close()
