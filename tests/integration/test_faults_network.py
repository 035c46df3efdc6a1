"""A network in which packets vanish, as `make faults` has it for one gateway, and what PostgreSQL does when they do."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot.db import Database
from bot.settings import ROOT
from tests.faults.network import Network, a_network
from tests.servers import Postgres

# Takes a lock, is in the middle of a statement for so many seconds, and does not come to its end.
_HOLDS = """
import sys, time
from sqlalchemy import text
from bot.db import Database
with Database(sys.argv[1]).session() as session:
    session.execute(text("SELECT pg_advisory_xact_lock(7)"))
    print("held", flush=True)
    session.execute(text(f"SELECT pg_sleep({sys.argv[2]})"))
    time.sleep(600)
"""
# The server gives up after ten seconds; as long as nothing tells it, it waits for a minute or for the network.
_FREE_WITHIN_S = 40.0


@pytest.fixture
def network() -> Iterator[Network]:
    with a_network() as found:
        if found is None:
            pytest.skip("no network can be made here; it needs root and iproute2")
        yield found
    assert not Path(f"/run/netns/{found.name}").exists()
    assert found.address not in subprocess.run(["ip", "route", "show", "table", "local"], capture_output=True, text=True).stdout


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    yield postgres.create("silence")
    postgres.drop("silence")


@pytest.mark.parametrize("ways", ["both", "answers"])
def test_packets_to_one_port_vanish_and_come_back(network: Network, postgres: Postgres, ways: str) -> None:
    port = make_url(postgres.url("postgres")).port
    with network.lost(port, ways):
        assert not network.reaches(port)
    assert network.reaches(port)


@pytest.mark.parametrize("ways", ["both", "answers"])
@pytest.mark.parametrize("busy_s", [0, 2])
def test_what_a_gateway_has_locked_that_is_cut_off_comes_free(network: Network, url: str, ways: str, busy_s: int) -> None:
    command = ["ip", "netns", "exec", network.name, sys.executable, "-c", _HOLDS, url, str(busy_s)]
    holder = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        # An answer that is under way is another matter than a line on which nothing is.
        time.sleep(0 if busy_s else 0.5)
        with network.lost(make_url(url).port, ways), contextlib.closing(Database(url)) as database:
            began = time.monotonic()
            with database.session() as session:
                session.execute(text("SELECT pg_advisory_xact_lock(7)"))
            assert time.monotonic() - began < _FREE_WITHIN_S
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
