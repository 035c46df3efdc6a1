"""A server, a network or a gateway that goes silent keeps nobody waiting for long; `test_faults_network.py` has it go silent."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import psycopg2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from bot.db import Database, be_patient
from bot.nlu.event_log import EventLog
from tests.servers import Postgres


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    yield postgres.create("connections")
    postgres.drop("connections")


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a host that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"postgresql+psycopg2://somebody:secret@127.0.0.1:{server.getsockname()[1]}/permits"


def test_a_host_that_says_nothing_is_given_up(silent: str) -> None:
    with contextlib.closing(Database(silent)) as database, pytest.raises(OperationalError), database.session() as session:
        session.execute(text("SELECT 1"))
    with pytest.raises(psycopg2.OperationalError):
        EventLog(silent)


def test_both_sides_look_whether_the_other_is_there(url: str) -> None:
    with contextlib.closing(Database(url)) as database, database.session() as session:
        here = session.connection().connection.get_dsn_parameters()
        there = {
            name: session.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("lock_timeout", "idle_in_transaction_session_timeout", "tcp_keepalives_idle", "tcp_user_timeout")
        }
    assert {"connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"} <= here.keys()
    looks = {"tcp_keepalives_idle": "5", "tcp_user_timeout": "10000"}
    assert there == {"lock_timeout": "30s", "idle_in_transaction_session_timeout": "1min", **looks}


def test_locks_of_a_gateway_that_vanished_within_a_transaction_come_free(url: str) -> None:
    # What the address says wins, and what it does not say stays.
    hasty = f"{url}{'&' if '?' in url else '?'}options=-c%20idle_in_transaction_session_timeout%3D1000"
    with contextlib.closing(Database(hasty)) as vanishing, contextlib.closing(Database(url)) as database:
        held = vanishing.engine.connect()
        said = held.execute(text("SELECT current_setting('lock_timeout'), pg_advisory_xact_lock(1)")).first()
        assert said is not None and said[0] == "30s"
        with database.session() as session:
            session.execute(text("SELECT pg_advisory_xact_lock(1)"))
        with pytest.raises(DBAPIError):
            held.execute(text("SELECT 1"))
        held.invalidate()
        held.close()


def test_one_transaction_may_take_long(url: str) -> None:
    with contextlib.closing(Database(url)) as database:
        for patient, expected in ((True, "10min"), (False, "30s")):
            with database.session() as session:
                if patient:
                    be_patient(session)
                assert session.execute(text("SHOW lock_timeout")).scalar_one() == expected
