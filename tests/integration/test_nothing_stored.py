"""While the database takes no writes: what people are told, what readiness says, and how it goes on afterwards."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError

from bot import checks, jobs
from bot.app import DATABASE
from bot.db import Database, as_told
from bot.errors import DatabaseUnavailable
from bot.settings import Settings
from tests.applicants import connected, visiting
from tests.console import member
from tests.gateway import PARTS, Gateway, running

HOTLINE = PARTS.contact.hotline
UNAVAILABLE = (503, "database_unavailable")


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    url = database.engine.url.render_as_string(hide_password=False)
    return Settings(data_dir=tmp_path, database_url=url, demo=False, rate_limits=False)


@contextmanager
def refusing_writes(database: Database) -> Iterator[None]:
    """Have what is stored be read, and nothing written: the disk is full, or the server stands by for another."""
    if database.engine.dialect.name == "sqlite":
        former = resource.getrlimit(resource.RLIMIT_FSIZE)
        # The write-ahead log cannot grow any more.
        resource.setrlimit(resource.RLIMIT_FSIZE, (Path(f"{database.engine.url.database}-wal").stat().st_size, former[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, former)
        return

    def refuse(connection: Any, _record: Any) -> None:
        connection.set_session(readonly=True)

    event.listen(database.engine, "connect", refuse)
    database.engine.dispose()
    try:
        yield
    finally:
        event.remove(database.engine, "connect", refuse)
        database.engine.dispose()


async def ready(gateway: Gateway) -> tuple[int, str]:
    """The status of `/readyz`, and what it says of the database."""
    async with gateway.client.get(gateway.url("/readyz")) as response:
        return response.status, (await response.json())["parts"]["database"]


@pytest.mark.usefixtures("patient_checks")
async def test_people_are_told_where_to_turn_while_nothing_can_be_stored(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_WRITE_EVERY_S", 0.0)
    # The retention of the start would shorten the log, which then has room to grow again.
    monkeypatch.setattr(Database, "truncate_log", lambda _database: True)
    async with running(settings) as gateway, visiting(gateway.url("/")) as ours, connected(gateway.url("/")) as plain:
        database = gateway.server.app[DATABASE]
        async with member(gateway, database, "wang") as officer:
            await plain.call("session_request", {"session_id": None})
            assert await ready(gateway) == (200, "ok")
            with refusing_writes(database):
                for language, word in (("en", "call"), ("zh", "拨打"), ("de", "rufen"), ("ar", "اتصل")):
                    status, body = await gateway.post({"message": "hello", "sender": "ann", "metadata": {"language": language}})
                    assert (status, body["error"]["code"]) == UNAVAILABLE
                    assert HOTLINE in body["error"]["message"] and word in body["error"]["message"]
                refused = await ours.say("how long does it take")
                assert refused["error"]["code"] == "database_unavailable" and HOTLINE in refused["error"]["message"]
                # This one reads no acknowledgements.
                await plain.client.emit("user_uttered", {"message": "how long does it take"})
                assert HOTLINE in await plain.until(lambda: plain.texts() and plain.texts()[-1])
                assert (await officer.refused("presence", presence="away"))[:2] == UNAVAILABLE
                assert await ready(gateway) == (503, "unavailable")
                async with gateway.client.get(gateway.url("/metrics")) as response:
                    published = await response.text()
                assert 'bot_part_up{part="database"} 0.0' in published and 'code="database_unavailable"} 0.0' not in published
                assert 'bot_refused_total{code="internal"} 0.0' in published
            assert await ready(gateway) == (200, "ok")
            assert await gateway.texts("hello", "ann") == ["echo: hello"]


async def test_readiness_writes_now_and_then_and_leaves_nothing(database: Database) -> None:
    written: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT"):
            written.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    check = checks.database_check(database)
    for _ in range(5):
        await check()
    assert len(written) == 1 and await database.run(jobs.last) == {}
    other = checks.database_check(database)
    with refusing_writes(database):
        await check()
        for _ in range(2):
            with pytest.raises(SQLAlchemyError):
                await other()
    assert len(written) == 3
    await other()


async def test_what_a_statement_is_to_blame_for_is_not_taken_for_an_absent_database(database: Database) -> None:
    with pytest.raises(SQLAlchemyError) as raised:
        await database.run(lambda session: session.execute(text("INSERT INTO jobs (name) VALUES (NULL)")))
    assert as_told(raised.value, HOTLINE).code == "internal"
    assert as_told(RuntimeError(), HOTLINE).code == "internal"


async def test_a_damaged_file_and_a_server_that_is_away_are_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "permits.db").write_bytes(b"no database" * 1000)
    for url in (f"sqlite:///{tmp_path / 'permits.db'}", "postgresql+psycopg2://nobody@127.0.0.1:1/permits"):
        broken = Database(url)
        with pytest.raises(Exception) as raised:
            await broken.run(jobs.last)
        assert isinstance(as_told(raised.value, HOTLINE), DatabaseUnavailable), url
        broken.close()
