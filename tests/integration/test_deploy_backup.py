"""Backup and restore with the databases' own clients, on both kinds: all of it comes back, or nothing changes."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine

from bot.errors import StartError
from bot.nlu.event_log import EventLog, State
from bot.settings import ROOT, Settings
from deploy.backup import back_up, main, restore
from tests.servers import Postgres, free_port

pytestmark = pytest.mark.usefixtures("sqlite_client")

PERSON = text(
    "INSERT INTO applicants (given_name, family_name, nationality, date_of_birth, source)"
    " VALUES (:name, 'Invented', 'FR', '1987-11-15', 'demo')"
)


@pytest.fixture(scope="session")
def sqlite_client() -> str:
    """The path of SQLite's own client."""
    found = shutil.which("sqlite3")
    assert found, "The tests need sqlite3. Install it with: apt-get update && apt-get install -y sqlite3"
    return found


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "var", database_url=database_url, http_port=free_port())


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url, future=True)
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    yield engine
    engine.dispose()


def add(engine: Engine, name: str) -> None:
    with engine.begin() as connection:
        connection.execute(PERSON, {"name": name})


def names(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        found = [row[0] for row in connection.execute(text("SELECT given_name FROM applicants ORDER BY id"))]
    engine.dispose()
    return found


def test_what_was_backed_up_comes_back_and_the_rest_is_gone(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    add(engine, "before")
    made = back_up(settings, tmp_path / "backups")
    add(engine, "after")
    engine.dispose()
    restore(settings, made)
    assert names(engine) == ["before"]
    add(engine, "later")
    assert names(engine) == ["before", "later"], "numbers go on where they were"


def test_what_rasa_remembers_is_not_in_a_backup(postgres: Postgres, migrated_postgres: str, tmp_path: Path) -> None:
    url = postgres.create("remembering", migrated_postgres)
    with contextlib.closing(EventLog(url)) as memory:
        memory.append("ann", [{"event": "user"}])
    there = Settings(data_dir=tmp_path / "var", database_url=url, http_port=free_port())
    restore(there, back_up(there, tmp_path / "backups"))
    with contextlib.closing(EventLog(url)) as memory:
        assert memory.senders() == []
        assert memory.append("ann", [{"event": "user"}], after=State()).events == 1
    postgres.drop("remembering")


def test_a_backup_is_made_while_others_write_and_is_its_owners_only(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    add(engine, "committed")
    with engine.begin() as connection:
        connection.execute(PERSON, {"name": "not yet"})
        made = back_up(settings, tmp_path / "backups")
    engine.dispose()
    assert made.stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [made.name]
    restore(settings, made)
    assert names(engine) == ["committed"]


def test_a_restore_is_refused_while_something_uses_the_database(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    made = back_up(settings, tmp_path / "backups")
    add(engine, "kept")
    with engine.connect() as connection:
        connection.execute(text("SELECT count(*) FROM applicants"))
        with pytest.raises(StartError, match="in use|use the database"):
            restore(settings, made)
    assert names(engine) == ["kept"]


def test_a_backup_that_is_cut_short_changes_nothing(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    add(engine, "kept")
    made = back_up(settings, tmp_path / "backups")
    engine.dispose()
    made.write_bytes(made.read_bytes()[: made.stat().st_size // 2])
    with pytest.raises(StartError):
        restore(settings, made)
    assert names(engine) == ["kept"]


def test_a_backup_of_newer_code_changes_nothing(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        (present,) = connection.execute(text("SELECT version_num FROM alembic_version")).one()
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    made = back_up(settings, tmp_path / "backups")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :present"), {"present": present})
    add(engine, "kept")
    engine.dispose()
    with pytest.raises(StartError, match="newer than this code"):
        restore(settings, made)
    assert names(engine) == ["kept"]


def test_a_damaged_database_is_replaced_and_kept_aside(sqlite_settings: Settings, tmp_path: Path) -> None:
    present = tmp_path / "permits.db"
    made = back_up(sqlite_settings, tmp_path / "backups")
    present.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    restore(sqlite_settings, made)
    assert names(create_engine(f"sqlite:///{present}", future=True)) == []
    (aside,) = tmp_path.glob("permits.db.before-*")
    assert aside.stat().st_size == 5016


@pytest.fixture
def sqlite_settings(tmp_path: Path, migrated_sqlite: Path) -> Settings:
    present = tmp_path / "permits.db"
    present.write_bytes(migrated_sqlite.read_bytes())
    return Settings(data_dir=tmp_path / "var", database_url=f"sqlite:///{present}", http_port=free_port())


def test_old_backups_are_deleted_and_what_is_not_ours_stays(sqlite_settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    days = [datetime(2026, 11, day, 19, 10, tzinfo=UTC) for day in (1, 10, 11, 20)]
    other = folder / "permits-mine.db"
    made = [back_up(sqlite_settings, folder, clock=lambda moment=moment: moment) for moment in days[:3]]
    other.write_text("kept", encoding="utf-8")
    made.append(back_up(sqlite_settings, folder, keep_days=9, clock=lambda: days[3]))
    assert sorted(folder.iterdir()) == sorted([*made[2:], other])


def test_a_failed_backup_deletes_nothing_and_leaves_nothing(sqlite_settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    old = back_up(sqlite_settings, folder, clock=lambda: datetime(2020, 1, 1, tzinfo=UTC))
    (tmp_path / "permits.db").write_bytes(b"not a database at all")
    with pytest.raises(StartError):
        back_up(sqlite_settings, folder, keep_days=1)
    assert list(folder.iterdir()) == [old]


def test_a_backup_holds_nothing_of_rows_that_were_deleted(sqlite_settings: Settings, tmp_path: Path) -> None:
    engine = create_engine(sqlite_settings.database_url, future=True)
    for name in ("Marker-to-be-erased", "stays"):
        add(engine, name)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM applicants WHERE given_name LIKE 'Marker%'"))
    engine.dispose()
    made = back_up(sqlite_settings, tmp_path / "it's backups").read_bytes()
    assert b"stays" in made and b"Marker" not in made


def test_no_password_stands_on_a_command_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    called: list[tuple[list[str], dict[str, str]]] = []

    def record(command: list[str], **named: object) -> subprocess.CompletedProcess[str]:
        called.append((list(command), dict(named["env"])))  # type: ignore[call-overload]
        return subprocess.CompletedProcess(command, 1, "", "refused\nDETAIL: Key (permit_number)=(INVENTED) exists.")

    monkeypatch.setattr("deploy.backup.subprocess.run", record)
    url = "postgresql+psycopg2://assistant:p%40ss-word@db.example:6432/permits?sslmode=verify-full"
    with pytest.raises(StartError) as failed:
        back_up(Settings(data_dir=tmp_path, database_url=url), tmp_path / "backups")
    assert str(failed.value) == "pg_dump: refused", "what follows may quote rows"
    ((command, environment),) = called
    assert "ss-word" not in " ".join(command)
    given = {name: environment[name] for name in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE")}
    assert list(given.values()) == ["db.example", "6432", "assistant", "p@ss-word", "permits", "verify-full"]


def test_an_address_that_the_clients_would_not_follow_is_refused(tmp_path: Path) -> None:
    # Left out, it could lead to another server's database, which a restore would empty.
    for query, expected in (("host=/run/here&connect_timeout=1", "pg_dump: "), ("service=there", "has service")):
        settings = Settings(data_dir=tmp_path, database_url=f"postgresql+psycopg2:///permits?{query}")
        with pytest.raises(StartError, match=expected) as failed:
            back_up(settings, tmp_path / "backups")
        assert expected == "has service" or "/run/here" in str(failed.value)


def test_backups_cannot_be_kept_for_less_than_a_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for days in ("0", "-1", "many"):
        with pytest.raises(SystemExit):
            main(["to", str(tmp_path), f"--keep-days={days}"])
    assert "at least 1" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_in_one_line_what_is_wrong(tmp_path: Path) -> None:
    given = {**os.environ, "BOT_DATA_DIR": str(tmp_path / "var"), "BOT_HTTP_PORT": str(free_port())}
    to, origin = ("to", str(tmp_path / "backups")), ("from", str(tmp_path / "permits-none.db"))
    for arguments, url in ((to, ""), (origin, ""), (to, "mysql://elsewhere/permits"), (to, "no address")):
        command = [sys.executable, "-m", "deploy.backup", *arguments]
        done = subprocess.run(command, cwd=ROOT, env={**given, "BOT_DATABASE_URL": url}, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (1, "")
        assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith("error: "), done.stderr
