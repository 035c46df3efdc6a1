"""A network in which packets vanish, as `make faults` has it for one gateway."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.faults.network import Network, a_network
from tests.servers import Postgres


@pytest.fixture
def network() -> Iterator[Network]:
    with a_network() as found:
        if found is None:
            pytest.skip("no network can be made here; it needs root and iproute2")
        yield found
    assert not Path(f"/run/netns/{found.name}").exists()
    assert found.address not in subprocess.run(["ip", "route", "show", "table", "local"], capture_output=True, text=True).stdout


@pytest.mark.parametrize("ways", ["both", "answers"])
def test_packets_to_one_port_vanish_and_come_back(network: Network, postgres: Postgres, ways: str) -> None:
    port = make_url(postgres.url("postgres")).port
    with network.lost(port, ways):
        assert not network.reaches(port)
    assert network.reaches(port)
