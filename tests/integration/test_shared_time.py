"""Gateways whose clocks are wrong: what is compared between them goes by the clock of the database they share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from bot import db
from bot.db import Database, now, take_time
from bot.staff import presence
from tests.staff import make_officer


@pytest.fixture(autouse=True)
def own_time_afterwards() -> Iterator[None]:
    yield
    db._shared_time = None


@pytest.mark.parametrize("wrong", [timedelta(days=1), timedelta(hours=-1)], ids=["ahead", "back"])
def test_clock_that_is_set_while_a_gateway_runs_takes_nobody_from_the_applicants(database: Database, wrong: timedelta) -> None:
    before = now()
    with database.session() as session:
        make_officer(session)
        take_time(session)
    with time_machine.travel(before + wrong), database.session() as session:
        seen = now()
        lost = presence.lost(session, 60)
    shared = database.is_shared
    assert (abs(seen - before) < timedelta(minutes=5)) == shared
    assert bool(lost) == (not shared and wrong > timedelta(0))
