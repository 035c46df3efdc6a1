"""The vault: values by token, for one conversation, for a short time, unreadable at rest."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from bot.db import Database
from bot.errors import StartError
from bot.vault import LIFE, Vault, VaultEntry, read_or_create_key

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vault(tmp_path: Path, clock: Clock) -> Vault:
    return Vault(tmp_path / "keys" / "vault.key", clock)


def test_value_comes_back_by_its_token(database: Database, vault: Vault) -> None:
    with database.session() as session:
        token = vault.put(session, "c1", "RESULT", {"stage": "草稿", "list": [1, 2]})
    with database.session() as session:
        assert token == "<RESULT:1>"
        assert vault.get(session, "c1", token) == {"stage": "草稿", "list": [1, 2]}


def test_tokens_count_up_per_conversation_and_kind(database: Database, vault: Vault) -> None:
    with database.session() as session:
        tokens = [
            vault.put(session, "c1", "NUMBER", "DEMO-1"),
            vault.put(session, "c1", "NUMBER", "DEMO-2"),
            vault.put(session, "c1", "DATE", "DEMO-2"),
            vault.put(session, "c2", "NUMBER", "DEMO-2"),
        ]
    assert tokens == ["<NUMBER:1>", "<NUMBER:2>", "<DATE:1>", "<NUMBER:1>"]


def test_same_value_gets_the_same_token_and_lives_anew(database: Database, vault: Vault, clock: Clock) -> None:
    with database.session() as session:
        first = vault.put(session, "c1", "NUMBER", "DEMO-1")
        clock.time += LIFE - timedelta(seconds=1)
        assert vault.put(session, "c1", "NUMBER", "DEMO-1") == first
        clock.time += LIFE - timedelta(seconds=1)
        assert vault.get(session, "c1", first) == "DEMO-1"


def test_expired_value_is_gone(database: Database, vault: Vault, clock: Clock) -> None:
    with database.session() as session:
        token = vault.put(session, "c1", "NUMBER", "DEMO-1")
        clock.time += LIFE
        assert vault.get(session, "c1", token) is None


def test_value_of_another_conversation_is_not_given(database: Database, vault: Vault) -> None:
    with database.session() as session:
        token = vault.put(session, "c1", "NUMBER", "DEMO-1")
        assert vault.get(session, "c2", token) is None


def test_token_is_never_given_to_a_second_value(database: Database, vault: Vault, clock: Clock) -> None:
    with database.session() as session:
        first = vault.put(session, "c1", "NUMBER", "DEMO-1")
        clock.time += LIFE
        assert vault.purge(session) == 1
        assert vault.put(session, "c1", "NUMBER", "DEMO-1") != first


def test_purge_leaves_what_still_lives(database: Database, vault: Vault, clock: Clock) -> None:
    with database.session() as session:
        vault.put(session, "c1", "NUMBER", "DEMO-1")
        clock.time += LIFE / 2
        alive = vault.put(session, "c1", "NUMBER", "DEMO-2")
        assert vault.purge(session, clock.time + LIFE / 2) == 1
        assert vault.get(session, "c1", alive) == "DEMO-2"


def test_forgotten_conversation_leaves_nothing(database: Database, vault: Vault) -> None:
    with database.session() as session:
        token = vault.put(session, "c1", "NUMBER", "DEMO-1")
        vault.forget(session, "c1")
        assert vault.get(session, "c1", token) is None
        assert session.execute(text("SELECT count(*) FROM vault_counters")).scalar() == 0


def test_stored_value_cannot_be_read_without_the_key(database: Database, vault: Vault, tmp_path: Path, clock: Clock) -> None:
    with database.session() as session:
        token = vault.put(session, "c1", "NUMBER", "DEMO-A-200001")
        row = session.execute(select(VaultEntry)).scalar_one()
        assert b"200001" not in bytes(row.value)
        assert "200001" not in row.fingerprint
        assert Vault(tmp_path / "other.key", clock).get(session, "c1", token) is None


def test_unknown_kind_is_refused(sqlite_database: Database, vault: Vault) -> None:
    with sqlite_database.session() as session, pytest.raises(ValueError, match="no kind"):
        vault.put(session, "c1", "SECRET", "x")


def test_values_put_at_once_get_different_tokens(database: Database, vault: Vault) -> None:
    def put(number: int) -> str:
        with database.session() as session:
            return vault.put(session, "c1", "NUMBER", f"DEMO-{number}")

    with ThreadPoolExecutor(4) as threads:
        tokens = list(threads.map(put, range(8)))
    assert sorted(tokens) == sorted(f"<NUMBER:{number}>" for number in range(1, 9))


def test_key_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "data" / "vault.key"
    key = read_or_create_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_or_create_key(path) == key
    assert [each.name for each in path.parent.iterdir()] == ["vault.key"]


def test_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    read_or_create_key(path)
    path.chmod(0o644)
    with pytest.raises(StartError, match="chmod 600"):
        read_or_create_key(path)


def test_broken_key_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    path.touch(mode=0o600)
    with pytest.raises(StartError, match="no key"):
        read_or_create_key(path)


def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(read_or_create_key, [tmp_path / "vault.key"] * 8))
    assert len(keys) == 1
