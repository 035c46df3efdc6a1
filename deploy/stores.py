"""PostgreSQL and Redis as plain processes: where the installed programs are, and a new, empty PostgreSQL."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from bot.errors import StartError

USER = "assistant"


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
