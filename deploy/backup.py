"""Back up and restore the database with its own clients: `python -m deploy.backup to FOLDER`, `python -m deploy.backup from FILE`.

SQLite needs `sqlite3`, PostgreSQL `pg_dump`, `pg_restore` and `psql` of the server's version or newer. The database is the one of
the settings. A backup may be made while everything runs; a restore is refused then. The key (`vault.key`) is not in a backup: keep
it elsewhere, so that neither is worth anything alone. Rasa's working memory is not backed up, and is empty after a restore into PostgreSQL.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from bot import jobs, migrations
from bot.db import Database
from bot.errors import BotError, StartError
from bot.lifetime import leave_no_dump
from bot.ports import require_free
from bot.settings import ROOT, Settings, load
from bot.supervisor import hold_data_dir

_NAME = "permits"
# Of Rasa, for whom a conversation of which it remembers nothing goes on as a new one.
_WORKING_MEMORY = "rasa_events"
_STAMP = "%Y%m%dT%H%M%SZ"
_SUFFIXES = {"sqlite": ".db", "postgresql": ".dump"}
# What a database address may say, by the variables of PostgreSQL's clients.
_VARIABLES = {
    **{name: f"PG{name.upper()}" for name in ("host", "port", "user", "password", "passfile", "options")},
    **{name: f"PG{name.upper()}" for name in ("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl")},
    "dbname": "PGDATABASE",
    "application_name": "PGAPPNAME",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}


def _run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    try:
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, **(environment or {})}, capture_output=True, text=True)
    except FileNotFoundError:
        raise StartError("client_missing", detail=f"{command[0]} is not installed.") from None
    if done.returncode != 0:
        # Only the first line: what follows may quote rows.
        said = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[0]
        for prefix in (f"{command[0]}: ", "error: "):
            said = said.removeprefix(prefix)
        raise StartError("client_failed", detail=f"{Path(command[0]).name}: {said}")
    return done.stdout


def _database(settings: Settings) -> tuple[str, URL]:
    with contextlib.closing(Database(settings.resolved_database_url)) as database:
        return database.engine.dialect.name, database.engine.url


def _address(url: URL) -> dict[str, str]:
    """Where PostgreSQL is, as its clients read it from the environment; a command line can be seen by everybody."""
    given: dict[str, object] = {**url.translate_connect_args(username="user", database="dbname"), **url.query}
    if unknown := given.keys() - _VARIABLES.keys():
        # A parameter that is passed over may lead to another database.
        raise StartError("bad_setting", detail=f"BOT_DATABASE_URL has {sorted(unknown)[0]}, which a backup cannot follow.")
    return {_VARIABLES[name]: ",".join(value) if isinstance(value, tuple) else str(value) for name, value in given.items()}


def _sqlite(file: Path, *commands: str) -> str:
    # Without -init somebody's own .sqliterc would be read.
    return _run(["sqlite3", "-batch", "-init", os.devnull, str(file), ".timeout 10000", *commands]).strip()


def _copy_sqlite(source: Path, target: Path) -> None:
    # One snapshot however much is written meanwhile, and without the pages that deleted rows left behind.
    quoted = str(target).replace("'", "''")
    _sqlite(source, f"VACUUM INTO '{quoted}'")


def _check_sqlite(file: Path) -> None:
    # Anything else would be made into an empty database by looking at it.
    with open(file, "rb") as handle:
        begins = handle.read(15)
    if begins != b"SQLite format 3":
        raise StartError("bad_backup", detail=f"{file} is no SQLite database.")
    if (said := _sqlite(file, "PRAGMA integrity_check")) != "ok":
        raise StartError("bad_backup", detail=f"{file} is damaged: {said.splitlines()[0] if said else 'no answer'}.")
    if not _sqlite(file, "SELECT version_num FROM alembic_version"):
        raise StartError("bad_backup", detail=f"{file} is no database of this assistant.")


def _check_dump(file: Path) -> None:
    if "alembic_version" not in _run(["pg_restore", "--list", str(file)]):
        raise StartError("bad_backup", detail=f"{file} is no backup of this assistant.")
    # The list stands at the beginning; reading all of it finds an end that is missing.
    _run(["pg_restore", f"--file={os.devnull}", str(file)])


def back_up(settings: Settings, folder: Path, keep_days: int | None = None, clock: Callable[[], datetime] | None = None) -> Path:
    """A backup in `folder`, readable by its owner only, whole and looked through before it gets its name; returns its path.

    Args:
        keep_days: backups of ours in `folder` that are older than that many days, at least one, are deleted afterwards; None keeps all.

    Raises:
        StartError: a client is missing or failed, or what it wrote is not whole; older backups are left as they are then.
    """
    now = (clock or (lambda: datetime.now(UTC)))()
    kind, url = _database(settings)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = folder / f"{_NAME}-{now.strftime(_STAMP)}{_SUFFIXES[kind]}"
    with tempfile.TemporaryDirectory(dir=folder, prefix=".backup-") as workshop:
        file = Path(workshop) / made.name
        if kind == "sqlite":
            source = Path(url.database or "")
            if not source.is_file():
                raise StartError("no_database", detail=f"{source} does not exist.")
            _copy_sqlite(source, file)
            _check_sqlite(file)
        else:
            kept = ["--schema=public", f"--exclude-table-data=public.{_WORKING_MEMORY}"]
            _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", *kept, f"--file={file}"], _address(url))
            _check_dump(file)
        file.chmod(0o600)
        with open(file, "rb") as handle:
            os.fsync(handle.fileno())
        file.rename(made)
    if keep_days is not None:
        for old, written in _backups(folder):
            if written < now - timedelta(days=keep_days):
                old.unlink()
    return made


def _backups(folder: Path) -> Iterator[tuple[Path, datetime]]:
    for suffix in _SUFFIXES.values():
        for file in folder.glob(f"{_NAME}-*{suffix}"):
            with contextlib.suppress(ValueError):
                stamp = file.name.removeprefix(f"{_NAME}-").removesuffix(suffix)
                yield file, datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)


def restore(settings: Settings, file: Path) -> None:
    """Put the backup in place of the database, all of it or nothing, and bring it to the schema of this code.

    SQLite's present file stays beside the new one as `….before-<time>`; PostgreSQL's present content is gone.

    Raises:
        StartError: something still uses the database; the backup is damaged, of the other kind, or newer than this code; a client is
            missing or failed.
    """
    kind, url = _database(settings)
    if file.suffix != _SUFFIXES[kind]:
        raise StartError("bad_backup", detail=f"{file} is not for {kind}, which BOT_DATABASE_URL names.")
    require_free(settings.http_host, settings.http_port, "BOT_HTTP_PORT")
    with hold_data_dir(settings):
        if kind == "sqlite":
            _restore_sqlite(settings, Path(url.database or ""), file)
        else:
            _restore_postgres(settings, url, file)


def _restore_sqlite(settings: Settings, present: Path, file: Path) -> None:
    _check_sqlite(file)
    if present.is_file():
        _require_unused(present)
    with tempfile.TemporaryDirectory(dir=present.parent, prefix=".restore-") as workshop:
        new = Path(workshop) / present.name
        _copy_sqlite(file, new)
        _upgrade(settings, f"sqlite:///{new}")
        _sqlite(new, "PRAGMA wal_checkpoint(TRUNCATE)")
        new.chmod(0o600)
        aside = f".before-{datetime.now(UTC).strftime(_STAMP)}"
        with contextlib.suppress(FileNotFoundError):
            # A second name, so that there is a database at every moment: a start without one would make an empty one.
            os.link(present, f"{present}{aside}")
        for log in (f"{present}-wal", f"{present}-shm"):
            # A log that stayed would be taken for the new file's.
            with contextlib.suppress(FileNotFoundError):
                os.rename(log, f"{log}{aside}")
        new.rename(present)


def _require_unused(file: Path) -> None:
    try:
        # Folding in the write-ahead log needs the file for oneself, and anything that runs holds it open.
        _sqlite(file, ".timeout 2000", "PRAGMA journal_mode=DELETE")
    except StartError as error:
        if "locked" in str(error):
            raise StartError("database_used", detail=f"{file} is in use; stop the assistant first.") from error
        # A damaged file is what a restore is for.


def _restore_postgres(settings: Settings, url: URL, file: Path) -> None:
    _check_dump(file)
    address = _address(url)
    # Autovacuum comes and goes by itself and has no user.
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"
    if (count := _run(["psql", "--no-psqlrc", "-qAtc", others], address).strip()) != "0":
        raise StartError("database_used", detail=f"{count} other connections use the database; stop every gateway and action server first.")
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".restore-") as workshop:
        script = Path(workshop) / "restore.sql"
        _run(["pg_restore", "--no-owner", "--no-privileges", "--schema=public", f"--file={script}", str(file)])
        revision = _revision(script)
        if revision not in {path.name.partition("_")[0] for path in (migrations.FOLDER / "versions").glob("*_*.py")}:
            raise StartError("database_newer", detail=f"{file} is at revision {revision}, newer than this code ({migrations.head()}).")
        empty = "DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public"
        _run(["psql", "--no-psqlrc", "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction", "-c", empty, "-f", str(script)], address)
    _upgrade(settings, settings.resolved_database_url)


def _revision(script: Path) -> str:
    with open(script, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("COPY public.alembic_version"):
                return next(lines).strip()
    raise StartError("bad_backup", detail="The backup names no revision.")


def _upgrade(settings: Settings, url: str) -> None:
    _run([sys.executable, "-m", "bot", "migrate"], {"BOT_DATABASE_URL": url, "BOT_DATA_DIR": str(settings.data_dir)})


def _note(settings: Settings) -> None:
    """Have the figures tell of a backup; it is as good where the database is of another schema, or only to be read."""
    with contextlib.closing(Database(settings.resolved_database_url)) as database:
        try:
            with database.session() as session:
                jobs.done(session, "backup")
        except SQLAlchemyError as error:
            print(f"The backup is made; that it is could not be noted ({type(error).__name__}).", file=sys.stderr)


def _days(given: str) -> int:
    # With none, the backup just made would be the next to go.
    if (days := int(given)) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return days


def main(argv: Sequence[str] | None = None) -> int:
    """Back up or restore; prints the file of a backup. A known error is one line and status 1."""
    parser = argparse.ArgumentParser(prog="python -m deploy.backup", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    to = commands.add_parser("to", help="make a backup")
    to.add_argument("folder", type=Path)
    to.add_argument("--keep-days", type=_days, help="delete older backups in the folder afterwards")
    origin = commands.add_parser("from", help="restore a backup")
    origin.add_argument("file", type=Path)
    arguments = parser.parse_args(argv)
    os.umask(0o077)
    leave_no_dump()
    try:
        if arguments.command == "to":
            settings = load()
            print(back_up(settings, arguments.folder.resolve(), arguments.keep_days))
            _note(settings)
        else:
            restore(load(), arguments.file.resolve())
    except (BotError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
