"""The running system, and the people who use it: applicants at the page, officers at the console."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from playwright.async_api import Browser
from sqlalchemy import update

from bot.languages import Language
from bot.staff.models import StaffAccount
from tests.browser.people import World
from tests.staff import PASSWORD, make_officer
from tests.system import System, in_the_evening, started

Hire = Callable[..., str]


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The system with a desk that is open while an officer is there."""
    with started(tmp_path_factory.mktemp("system")) as running:
        yield running


@pytest.fixture(scope="session")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The system after the hall has closed; not a demonstration, whose notice would stand where that of the hours does."""
    with started(tmp_path_factory.mktemp("evening"), in_the_evening(), BOT_DESK_HOURS="station", BOT_DEMO="off") as running:
        yield running


@pytest.fixture
def world(system: System, browser: Browser) -> World:
    """The system and the browsers of those who use it."""
    return World(system.address, browser)


@pytest.fixture
def hire(system: System) -> Iterator[Hire]:
    """Makes accounts whose password is `PASSWORD`: `hire(login, name, role, stations)`; after the test nobody is there any more."""

    def make(login: str, name: str, role: str = "officer", stations: Sequence[str] = (), language: Language = "en", **more: Any) -> str:
        database = system.database()
        with database.session() as session:
            make_officer(session, login, role, name, stations, presence="off", language=language, password=PASSWORD, **more)
        database.close()
        return login

    yield make
    database = system.database()
    with database.session() as session:
        session.execute(update(StaffAccount).values(presence="off", seen_at=None).execution_options(synchronize_session=False))
    database.close()
