"""The audit trail is one chain: whoever changes it without the key is found, and what may be changed leaves it whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import text

from bot import audit, migrations
from bot.__main__ import main
from bot.audit_chain import SEEN_FILE, Broken, drop_before, erase, opened, verify
from bot.db import Database
from bot.i18n import Texts
from bot.settings import Settings
from tests.servers import AUDIT_KEY

COLUMNS = "INSERT INTO audit_entries (at, actor, action, subject, detail) "
BEGIN = datetime(2026, 11, 2, 1, tzinfo=UTC)


def write(database: Database, count: int, subject: str = "conversation:c1") -> None:
    for number in range(count):
        with database.session() as session:
            audit.record(session, audit.staff(1), "conversation:note", subject, number=number, said=("Zoë", None, 1.5))


def change(database: Database, statement: str) -> None:
    with database.engine.begin() as connection:
        connection.execute(text(statement))


def broken(database: Database) -> tuple[str, int | None, int | None] | None:
    found = verify(database).broken
    return None if found is None else (found.how, found.entry, found.position)


def test_what_is_written_is_whole(database: Database) -> None:
    assert verify(database).entries == 0 and broken(database) is None
    write(database, 3)
    with database.session() as session:
        audit.record(session, audit.APPLICANT, "return_code:make", "conversation:c2")
        audit.record(session, audit.SYSTEM, "turn:silence", "conversation:c2", texts=["\ud83d", "\u0001"])
    found = verify(database)
    assert (found.entries, found.position, found.broken) == (5, 5, None)


def test_only_what_is_kept_is_chained(database: Database) -> None:
    write(database, 1)
    with pytest.raises(ZeroDivisionError), database.session() as session:
        audit.record(session, audit.SYSTEM, "a:b", "c:1")
        session.flush()
        raise ZeroDivisionError
    with database.session() as session:
        audit.record(session, audit.SYSTEM, "a:kept", "c:1")
        with pytest.raises(ZeroDivisionError), session.begin_nested():
            audit.record(session, audit.SYSTEM, "a:lost", "c:1")
            session.flush()
            raise ZeroDivisionError
        with session.begin_nested():
            audit.record(session, audit.SYSTEM, "a:inner", "c:1")
    found = verify(database)
    assert (found.entries, found.broken) == (3, None)


def test_nothing_is_recorded_without_the_key(database_url: str) -> None:
    keyless = Database(database_url)
    with pytest.raises(RuntimeError, match="without the key"), keyless.session() as session:
        audit.record(session, audit.SYSTEM, "a:b", "c:1")
    keyless.close()


def test_writers_at_once_make_one_chain(database: Database, database_url: str) -> None:
    others = [Database(database_url, AUDIT_KEY) for _ in range(3)]
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda each: write(each, 15), [database, *others, database, others[0]]))
    for other in others:
        other.close()
    found = verify(database)
    assert (found.entries, found.position, found.broken) == (90, 90, None)


CHANGES = {
    "actor": ("UPDATE audit_entries SET actor = 'staff:2' WHERE position = 3", ("changed", 3, 3)),
    "moment": ("UPDATE audit_entries SET at = '2026-01-01 00:00:00+00:00' WHERE position = 3", ("changed", 3, 3)),
    "id": ("UPDATE audit_entries SET id = 99 WHERE position = 3", ("changed", 99, 3)),
    "hash": ("UPDATE audit_entries SET hash = previous WHERE position = 3", ("changed", 3, 3)),
    "no hash": ("UPDATE audit_entries SET hash = NULL WHERE position = 3", ("changed", 3, 3)),
    "detail": ("UPDATE audit_entries SET detail = '{\"number\": 7}' WHERE position = 3", ("detail", 3, 3)),
    "detail taken out": ("UPDATE audit_entries SET detail = '{}', salt = NULL WHERE position = 3", ("erased", 3, 3)),
    "taken out": ("DELETE FROM audit_entries WHERE position = 3", ("missing", 4, 4)),
    "first taken out": ("DELETE FROM audit_entries WHERE position = 1", ("missing", 2, 2)),
    "last taken out": ("DELETE FROM audit_entries WHERE position = 5", ("cut", None, 4)),
    "place": ("UPDATE audit_entries SET position = 8 WHERE position = 3", ("missing", 4, 4)),
    "put beside": (
        COLUMNS + "VALUES ('2026-11-02 00:00:00', 'staff:1', 'a:b', 'c:1', '{}')",
        ("loose", 6, None),
    ),
    "row of the chain": ("DELETE FROM audit_chain", ("cut", None, 5)),
    "seal": ("UPDATE audit_chain SET seal = ''", ("ends", None, 5)),
}


@pytest.mark.parametrize("what", CHANGES)
def test_every_change_without_the_key_is_found(database: Database, what: str) -> None:
    write(database, 5)
    statement, expected = CHANGES[what]
    change(database, statement)
    assert broken(database) == expected
    assert Texts.load().has(f"operator.audit.{expected[0]}")


def test_an_entry_that_cannot_even_be_read_is_named(sqlite_database: Database) -> None:
    write(sqlite_database, 5)
    change(sqlite_database, "UPDATE audit_entries SET detail = '{' WHERE position = 4")
    assert broken(sqlite_database) == ("changed", 4, 4)


def test_a_chain_that_was_cut_is_not_mended_by_the_next_entry(database: Database) -> None:
    write(database, 5)
    change(database, "UPDATE audit_chain SET position = 4, hash = (SELECT hash FROM audit_entries WHERE position = 4)")
    change(database, "DELETE FROM audit_entries WHERE position = 5")
    assert broken(database) == ("ends", None, 4)
    write(database, 2)
    assert broken(database) == ("ends", None, 6)


def test_a_chain_that_was_emptied_is_not_begun_anew(database: Database) -> None:
    write(database, 2)
    change(database, "DELETE FROM audit_entries")
    change(database, "DELETE FROM audit_chain")
    write(database, 2)
    assert broken(database) == ("ends", None, 2)


def test_another_key_finds_nothing_right(database: Database, database_url: str) -> None:
    write(database, 2)
    other = Database(database_url, b"another key")
    assert broken(other) == ("changed", 1, 1)
    other.close()


def test_a_last_entry_that_was_seen_must_still_be_there(database: Database) -> None:
    write(database, 3)
    seen = verify(database)
    write(database, 1)
    assert verify(database, (seen.position, seen.hash)).broken is None
    assert verify(database, (9, seen.hash)).broken == Broken("cut", None, 4)
    assert verify(database, (3, "0" * 64)).broken == Broken("changed", 3, 3)


def test_erased_details_leave_the_chain_whole(database: Database) -> None:
    write(database, 2, "conversation:c1")
    write(database, 2, "conversation:c2")
    with database.session() as session:
        audit.record(session, audit.SYSTEM, "a:b", "conversation:c1", said="in the same unit of work")
        assert erase(session, audit.SYSTEM, "conversation:c1") == 2
    with database.session() as session:
        assert erase(session, audit.staff(1), "conversation:c1") == 1
        assert erase(session, audit.staff(1), "conversation:c1") == 0
        kept = {entry.id: entry.detail for entry in audit.search(session, audit.Query()).entries}
    assert kept[1] == kept[2] == kept[5] == {} and kept[3] != {} and kept[6] == {"entries": [1, 2]}
    assert verify(database).entries == 7 and broken(database) is None
    # The entry that tells of the erasure holds only while it is genuine.
    change(database, "UPDATE audit_entries SET detail = '{\"entries\": [1, 2, 3]}' WHERE id = 6")
    change(database, "UPDATE audit_entries SET detail = '{}', salt = NULL WHERE id = 3")
    assert broken(database) == ("detail", 6, 6)


def test_details_that_no_entry_excuses_are_found_among_those_that_were_erased(database: Database) -> None:
    write(database, 2, "conversation:c1")
    write(database, 2, "conversation:c2")
    with database.session() as session:
        assert erase(session, audit.SYSTEM, "conversation:c1") == 2
    change(database, "UPDATE audit_entries SET detail = '{}', salt = NULL WHERE id = 3")
    assert broken(database) == ("erased", 3, 3)
    change(database, "UPDATE audit_entries SET detail = '{\"more\": 1}' WHERE id = 2")
    assert broken(database) == ("detail", 2, 2)


def test_old_entries_that_were_dropped_leave_the_chain_whole(database: Database) -> None:
    with time_machine.travel(BEGIN, tick=False) as clock:
        write(database, 3)
        clock.shift(timedelta(days=10))
        write(database, 2)
        with database.session() as session:
            assert drop_before(session, audit.SYSTEM, BEGIN + timedelta(days=1)) == 3
        assert (verify(database).entries, verify(database).position) == (3, 6)
        assert broken(database) is None
        with database.session() as session:
            assert drop_before(session, audit.SYSTEM, BEGIN + timedelta(days=1)) == 0
        clock.shift(timedelta(days=10))
        with database.session() as session:
            assert drop_before(session, audit.SYSTEM, BEGIN + timedelta(days=15)) == 3
        assert verify(database).entries == 1 and broken(database) is None
    change(database, "UPDATE audit_chain SET first = 8")
    assert broken(database) is not None


def test_old_entries_end_in_time_where_one_was_taken_out_and_the_chain_stays_broken(database: Database) -> None:
    with time_machine.travel(BEGIN, tick=False) as clock:
        write(database, 3)
        clock.shift(timedelta(days=10))
        write(database, 1)
        change(database, "DELETE FROM audit_entries WHERE id = 3")
        with database.session() as session:
            assert drop_before(session, audit.SYSTEM, BEGIN + timedelta(days=1)) == 2
    assert broken(database) == ("missing", 4, 4)


def test_entries_from_before_are_chained_by_the_migration(database: Database) -> None:
    migrations.downgrade(database.engine, "0003")
    row = COLUMNS + "VALUES ('2026-11-02 00:00:00.5+00:00', 'system', 'a:b', 'c:1', '{}')"
    for _ in range(3):
        change(database, row)
    migrations.upgrade(database.engine)
    write(database, 2)
    found = verify(database)
    assert (found.entries, found.broken) == (5, None)


def test_the_command_says_whole_or_names_the_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BOT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("BOT_DATABASE_URL", "")
    assert main(["migrate"]) == 0
    database = opened(Settings(data_dir=tmp_path))
    write(database, 3)
    assert main(["audit", "verify"]) == 0
    assert capsys.readouterr().out.startswith("3 entries, whole")
    assert (tmp_path / SEEN_FILE).exists()
    change(database, "UPDATE audit_entries SET actor = 'system' WHERE id = 2")
    assert main(["audit", "verify", "--language", "zh"]) == 1
    assert "记录 2" in capsys.readouterr().out
    change(database, "UPDATE audit_entries SET actor = 'staff:1' WHERE id = 2")
    assert main(["audit", "verify"]) == 0
    for nothing in ("[9", "9", "[]"):
        (tmp_path / SEEN_FILE).write_text(nothing, encoding="utf-8")
        assert main(["audit", "verify"]) == 1
        assert SEEN_FILE in capsys.readouterr().out
    database.close()


def test_the_command_on_a_new_and_on_a_database_out_of_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BOT_DATA_DIR", str(tmp_path / "new"))
    monkeypatch.setenv("BOT_DATABASE_URL", "")
    assert main(["migrate"]) == 0 and main(["audit", "verify"]) == 0
    assert capsys.readouterr().out.startswith("0 entries, whole")
    monkeypatch.setenv("BOT_DATABASE_URL", "postgresql+psycopg2://somebody:secret@127.0.0.1:1/permits")
    assert main(["audit", "verify"]) == 1
    told = capsys.readouterr().err
    assert "BOT_DATABASE_URL" in told and "secret" not in told
