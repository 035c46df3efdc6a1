"""The schema and its history: numbered Alembic revisions in `versions/`, applied with `upgrade`.

A new revision is written by hand: `versions/000N_<what>.py` with `down_revision` set to the number before, and `versions/HEAD`
set to the new number. Two branches that add a revision at once both change that file, so git shows the conflict.
"""

from __future__ import annotations

import importlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import MetaData, inspect, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError

from bot import db
from bot.errors import StartError

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER: Final[Path] = Path(__file__).resolve().parent
HEAD_FILE: Final[Path] = FOLDER / "versions" / "HEAD"
_LOCK: Final[int] = 7_305_114_268


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def metadata() -> MetaData:
    """The metadata of every model of the project: the `models` module of every package, vault, audit trail, attempts and jobs imported."""
    packages = sorted(path.parent.name for path in FOLDER.parent.glob("*/models.py"))
    for module in ["bot.vault", "bot.audit", "bot.attempts", "bot.jobs", *(f"bot.{package}.models" for package in packages)]:
        importlib.import_module(module)
    found: MetaData = db.Base.metadata
    return found


def head() -> str:
    """The newest revision of the code."""
    return HEAD_FILE.read_text(encoding="utf-8").strip()


def current(engine: Engine) -> str | None:
    """The revision the database is at, or None when it is empty."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return revision


def found(engine: Engine) -> str | None:
    """As `current`, for commands; an SQLite file is read through before.

    Raises:
        StartError: the database is damaged, or cannot be reached.
    """
    with _reaching(engine):
        at = current(engine)
        if engine.dialect.name == "sqlite":
            _look_through(engine)
    return at


def told_apart(at: str) -> str:
    """What to do about a database at a revision that is not that of this code."""
    if at > head():
        return f"The database is at revision {at}, newer than this code ({head()}); run the newer code, or choose another database."
    return (
        f"The database is at revision {at}, and this code needs {head()}. Ask with the release that serves; "
        "or, if this one shall serve, make a backup and run: python -m bot migrate"
    )


@contextmanager
def _reaching(engine: Engine) -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        detail = f"The database cannot be reached ({type(error.orig).__name__}); check BOT_DATABASE_URL and that the server runs."
        raise StartError("database_unreachable", detail=detail) from error
    except (DatabaseError, sqlite3.DatabaseError) as error:
        detail = f"{engine.url.database} is damaged or is no database; put it back from a backup (docs/operations.md)."
        raise StartError("database_damaged", detail=detail) from error


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to `revision`; several processes may call it at once, and one of them does the work.

    Raises:
        StartError: the database was written by newer code, is damaged, or cannot be reached.
    """
    at = found(engine)
    if at == revision or (at == head() and revision == "head"):
        return
    # Only here, as every process looks, one migrates, and all would keep ten megabytes of it.
    from alembic import command
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if at is not None and at not in known:
        raise StartError("database_newer", detail=told_apart(at))
    _run(engine, command.upgrade, revision)


def _look_through(engine: Engine) -> None:
    """Read every page of an SQLite file, for about three seconds a gigabyte, without keeping anybody from writing.

    Raises:
        sqlite3.DatabaseError: something is not as it was written.
    """
    connection = engine.raw_connection()
    try:
        (said,) = connection.cursor().execute("PRAGMA quick_check(1)").fetchone()
    finally:
        connection.close()
    if said != "ok":
        raise sqlite3.DatabaseError(said)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database back to `revision` (`base` empties it)."""
    from alembic import command

    _run(engine, command.downgrade, revision)


def _run(engine: Engine, step: object, revision: str) -> None:
    config = _config()
    with engine.begin() as connection:
        db.be_patient(connection)
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        step(config, revision)  # type: ignore[operator]
