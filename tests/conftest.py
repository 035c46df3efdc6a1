"""Fixtures for every test: databases of both kinds, migrated, fresh for each test."""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import uvloop

# bot.nlu puts a stand-in for TensorFlow on the import path, which a test that names Rasa first would miss when it runs alone.
import bot.nlu  # noqa: F401
from bot import migrations
from bot.db import Database
from bot.staff import service
from tests import npm
from tests.postbox import Postbox
from tests.servers import AUDIT_KEY, Postgres, Redis, browser
from tests.staff import cheap_passwords

_numbers = itertools.count(1)
# The component that a fixture needs.
_FIXTURES = {
    "postgres": "postgresql",
    "redis": "redis",
    "haproxy": "haproxy",
    "sqlite_client": "sqlite3",
    "chromium": "chromium",
    "node": "node",
    "network": "iproute2",
}
_MISSING = frozenset(filter(None, os.environ.get("BOT_TEST_MISSING", "").split(",")))
_WHOLE_SYSTEM = ("tests/dialogue/", "tests/browser/system/", "tests/integration/test_cluster.py")


@pytest.fixture(scope="session")
def event_loop_policy() -> asyncio.AbstractEventLoopPolicy:
    """The loop that the gateway runs on."""
    return uvloop.EventLoopPolicy()


def pytest_configure() -> None:
    """Have no test fail because it took long, and look for garbage seldom.

    What the catalogue is read into is much and stays, and is looked through again and again for nothing.
    """
    hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
    hypothesis.settings.load_profile("patient")
    gc.set_threshold(50_000, 20, 20)


def pytest_collection_finish() -> None:
    """Never look through the tests and modules themselves."""
    gc.collect()
    gc.freeze()


def _group(item: pytest.Item) -> str:
    """What is one worker's: a file, or everything that starts the whole system, for which a model is trained."""
    whole = any(item.nodeid.startswith(folder) for folder in _WHOLE_SYSTEM)
    return "whole system" if whole else item.nodeid.partition("::")[0]


def _rank(item: pytest.Item) -> int:
    places = ("whole system", "tests/browser/", "tests/integration/")
    return next((rank for rank, place in enumerate(places) if _group(item).startswith(place)), len(places))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs a component that `make test` found missing, with which the run ends "incomplete", and share the rest."""

    def lacks_something(item: pytest.Item) -> bool:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        named = {_FIXTURES[name] for name in getattr(item, "fixturenames", ()) if name in _FIXTURES}
        return bool(_MISSING & (named | {value for value in parameters.values() if isinstance(value, str)}))

    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    # What takes long comes first, so that no worker ends long before the other. Of a file with few tests each takes long.
    sizes = Counter(_group(item) for item in items)
    items.sort(key=lambda item: (_rank(item), sizes[_group(item)], _group(item)))
    left_out = [item for item in items if lacks_something(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not lacks_something(item)]


@pytest.fixture(scope="session", autouse=True)
def passwords_cost_little() -> Iterator[None]:
    """Gateways in the process of the tests hash passwords cheaply; those with processes of their own do it as ever."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "Passwords", cheap_passwords)
        yield


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium."""
    return browser()


@pytest.fixture(scope="session")
def node() -> str:
    """The path of node; npm is there too."""
    npm.program("npm")
    return npm.program("node")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of our own for this test run."""
    with Postgres() as server:
        yield server


@pytest.fixture
def redis() -> Iterator[Redis]:
    """A Redis server of this test alone."""
    with Redis() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "permits.db"
    database = Database(f"sqlite:///{path}", AUDIT_KEY)
    migrations.upgrade(database.engine)
    database.close()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> str:
    """The name of a migrated PostgreSQL database to copy."""
    database = Database(postgres.create("migrated"), AUDIT_KEY)
    migrations.upgrade(database.engine)
    database.close()
    return "migrated"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = f"empty_{next(_numbers)}"
    yield server.create(name)
    server.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database of this test alone, once of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "permits.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = f"test_{next(_numbers)}"
    yield server.create(name, request.getfixturevalue("migrated_postgres"))
    server.drop(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database of this test alone, once SQLite and once PostgreSQL."""
    opened = Database(database_url, AUDIT_KEY)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_database(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Database]:
    """A migrated SQLite database, for tests to which the kind of database makes no difference."""
    path = tmp_path / "permits.db"
    shutil.copy(migrated_sqlite, path)
    opened = Database(f"sqlite:///{path}", AUDIT_KEY)
    yield opened
    opened.close()


@pytest.fixture
def postbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Postbox]:
    """A mail server whose certificate is believed."""
    with Postbox(tmp_path) as opened:
        monkeypatch.setenv("SSL_CERT_FILE", str(opened.authority))
        yield opened
