"""The PostgreSQL in which Rasa's working memory lies where the record does. Imports nothing of Rasa."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

import psycopg2
import psycopg2.extensions

from bot.nlu.event_log import SCHEMA
from bot.postgres import connect_options

# Any number that no other lock of ours has.
_MAKING_THE_TABLE: Final = 7_305_114_269


class Server:
    """PostgreSQL over one connection, which is opened anew when it is found dead."""

    table = "rasa_events"

    def __init__(self, url: str) -> None:
        self._url = re.sub(r"^postgresql\+\w+:", "postgresql:", url)
        self._connection: Any = None
        self.run("SELECT 1")

    def _connect(self) -> Any:
        options = connect_options(psycopg2.extensions.parse_dsn(self._url), statement_timeout="10s")
        connection = psycopg2.connect(self._url, application_name="rasa", **options)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING_THE_TABLE,))
            cursor.execute(SCHEMA.format(table=self.table, key="BIGSERIAL"))
            cursor.execute("COMMIT")
        return connection

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        if self._connection is None:
            self._connection = self._connect()
            return self._run(sql, parameters)
        busy = self._connection.info.transaction_status != psycopg2.extensions.TRANSACTION_STATUS_IDLE
        try:
            return self._run(sql, parameters)
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            lost = self._connection.closed != 0
            if lost:
                self._connection = None
            if busy or not lost:
                raise
        # The server has been started anew since; what is not inside a block stands for itself.
        return self.run(sql, parameters)

    def _run(self, sql: str, parameters: Sequence[Any]) -> Any:
        if self._connection is None:
            raise psycopg2.InterfaceError("connection already closed")
        cursor = self._connection.cursor()
        cursor.execute(sql.replace("?", "%s"), parameters)
        return cursor

    @contextmanager
    def writing(self, sender: str) -> Iterator[None]:
        try:
            self.run("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (sender,))
            yield
            self.run("COMMIT")
        except BaseException:
            # Said in SQL, as the beginning was: the library knows of no transaction that it could take back.
            with suppress(psycopg2.Error):
                self._run("ROLLBACK", ())
            raise

    def truncate(self) -> bool:
        return True

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
