"""The database: one engine, one declarative base, and the bridge from async callers to synchronous units of work."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import DateTime, MetaData, create_engine, event, text
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, InterfaceError, InternalError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, declarative_base, sessionmaker
from sqlalchemy.pool import QueuePool
from sqlalchemy.types import TypeDecorator

from bot.errors import BotError, DatabaseUnavailable, StartError
from bot.postgres import PATIENT, connect_options

T = TypeVar("T")

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Base: Any = declarative_base(metadata=MetaData(naming_convention=_NAMING))


class UtcDateTime(TypeDecorator):  # type: ignore[misc]
    """A point in time: aware and UTC in Python on every database; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# The time of a shared database at one reading of this machine's monotonic clock; None while the machine's own time counts.
_shared_time: tuple[datetime, float] | None = None


def now() -> datetime:
    """The present moment, aware, in UTC: that of the shared database once `take_time` was called, otherwise that of this machine."""
    if _shared_time is None:
        return datetime.now(UTC)
    moment, reading = _shared_time
    return moment + timedelta(seconds=time.monotonic() - reading)


def take_time(session: Session) -> None:
    """From now on have this process go by the clock of the database, if that is one which several machines share.

    Leases, presence and the ends of sessions and of data are compared across processes: a machine whose clock is wrong, or is
    set while it runs, must neither take conversations from officers nor erase what is not yet due.
    """
    global _shared_time
    if session.get_bind().dialect.name == "postgresql":
        asked = time.monotonic()
        moment: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
        _shared_time = moment.astimezone(UTC), (asked + time.monotonic()) / 2


def as_told(error: Exception, hotline: str) -> BotError:
    """What a door says of an error that no rule of ours raised: that nothing can be stored now, or that something went wrong.

    Args:
        hotline: where people can turn to while nothing can be stored.
    """
    # Of a plain DatabaseError, such as for a damaged file, the statement is not to blame; of those derived from it mostly it is.
    if isinstance(error, (OperationalError, InterfaceError, InternalError, PoolTimeout)) or type(error) is DatabaseError:
        return DatabaseUnavailable("database_unavailable", hotline=hotline)
    return BotError("internal")


def be_patient(transaction: Session | Connection) -> None:
    """Let this transaction alone take long, and wait long for what others have locked."""
    bind = transaction.get_bind() if isinstance(transaction, Session) else transaction
    if bind.dialect.name == "postgresql":
        transaction.execute(text(PATIENT))


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # pysqlite's own transaction handling would begin a write transaction too late for a claim to be atomic.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("busy_timeout=10000", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    _write_ahead(cursor)
    cursor.close()


def _write_ahead(cursor: Any) -> None:
    # SQLite does not wait for its lock when a new file changes its journal, whatever busy_timeout says.
    for _ in range(100):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            time.sleep(0.05)
    cursor.execute("PRAGMA journal_mode=WAL")


class Database:
    """The connection pool of one process; closed with `close`.

    `session()` is a unit of work that commits when its block ends well and rolls back otherwise. `run` executes a
    function with such a session in a thread, so that async callers never block their loop.

    Args:
        url: an SQLAlchemy address of SQLite or PostgreSQL.
        audit_key: the key of the audit trail; without it nothing can be recorded there.
        former_audit_keys: those that it had before, the oldest first; entries under them can still be verified.

    Raises:
        StartError: the address cannot be used.
    """

    def __init__(self, url: str, audit_key: bytes | None = None, former_audit_keys: Sequence[bytes] = ()) -> None:
        # Parameters hold what people wrote; an error must not carry them into a log.
        # The connection that was used last has what it read at hand; what another has written SQLite makes it read anew.
        options: dict[str, Any] = {"future": True, "hide_parameters": True, "pool_use_lifo": True}
        if url.startswith("sqlite"):
            options["connect_args"] = {"check_same_thread": False, "timeout": 10}
            options["poolclass"] = QueuePool
        if not url.startswith(("sqlite://", "postgresql")):
            detail = "BOT_DATABASE_URL must start with sqlite:// or postgresql+psycopg2://."
            raise StartError("database_unknown", detail=detail)
        try:
            if url.startswith("postgresql"):
                options["connect_args"] = connect_options(make_url(url).query)
                # A server may have ended a connection; a file does not.
                options["pool_pre_ping"] = True
            self.engine: Engine = create_engine(url, **options)
        except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
            detail = f"BOT_DATABASE_URL cannot be read ({type(error).__name__}); write postgresql+psycopg2://user:password@host/database."
            raise StartError("database_unknown", detail=detail) from None
        self.engine.update_execution_options(audit_key=audit_key, former_audit_keys=tuple(former_audit_keys))
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        self._sessions = sessionmaker(self.engine, class_=Session, future=True, expire_on_commit=False)

    @property
    def is_shared(self) -> bool:
        """Whether other machines can use the same database."""
        return bool(self.engine.dialect.name != "sqlite")

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A unit of work: committed when the block ends, rolled back when it raises."""
        session = self._sessions()
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.close()

    async def run(self, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """`work(session, *arguments, **named)` in a thread, inside one unit of work; returns its result after commit."""

        def unit() -> T:
            with self.session() as session:
                return work(session, *arguments, **named)

        return await asyncio.to_thread(unit)

    def truncate_log(self) -> bool:
        """Take what was deleted out of SQLite's write-ahead log too; False when a reader holds on to it, True elsewhere."""
        if self.engine.dialect.name != "sqlite":
            return True
        connection = self.engine.raw_connection()
        try:
            cursor = connection.cursor()
            # It keeps writers out while it waits for readers, so it must not wait for long.
            cursor.execute("PRAGMA busy_timeout=200")
            try:
                (busy, *_) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                cursor.execute("PRAGMA busy_timeout=10000")
        finally:
            connection.close()
        return not busy

    def close(self) -> None:
        """Give every connection back to the system."""
        self.engine.dispose()
