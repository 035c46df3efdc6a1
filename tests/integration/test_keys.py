"""Another `vault.key` is put in force: the audit trail stays verifiable, second factors work, and an interruption is made good."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyotp
import pytest
from sqlalchemy import select, update

from bot import audit, keys, migrations
from bot.audit import AuditEntry
from bot.audit_chain import erase, opened, verify
from bot.db import Database
from bot.doctor import examine
from bot.errors import StartError
from bot.keys import Rotated, rotate
from bot.sessions import Sessions
from bot.settings import Settings
from bot.staff.first import staff_at
from bot.staff.models import StaffAccount
from bot.staff.totp import SecondFactor
from bot.vault import AUDIT, KEY_FILE, SESSIONS, Vault, derived_key, former_keys, next_of, read_or_create_key
from tests.applicants import connected, visiting
from tests.gateway import running
from tests.servers import free_port


@pytest.fixture
def settings(empty_database_url: str, tmp_path: Path) -> Settings:
    settings = Settings(data_dir=tmp_path / "var", database_url=empty_database_url, demo=False, http_port=free_port())
    settings.data_dir.mkdir(mode=0o700)
    with trail(settings) as database:
        migrations.upgrade(database.engine)
    return settings


@contextlib.contextmanager
def trail(settings: Settings) -> Iterator[Database]:
    with contextlib.closing(opened(settings)) as database:
        yield database


def write(settings: Settings, count: int) -> None:
    with trail(settings) as database, database.session() as session:
        for number in range(count):
            audit.record(session, audit.staff(1), "conversation:note", "conversation:c1", number=number)


def key_of(settings: Settings) -> bytes:
    return read_or_create_key(settings.data_dir / KEY_FILE)


def rotated(settings: Settings, leaked: bool) -> Rotated:
    """As `rotate`, once the server has seen that connections were closed, and threads of a gateway here have given theirs back."""
    until = time.monotonic() + 60
    while True:
        try:
            return rotate(settings, leaked)
        except StartError as error:
            if error.code != "database_used" or time.monotonic() > until:
                raise
            gc.collect()
            time.sleep(0.1)


def acts(settings: Settings) -> list[str]:
    with trail(settings) as database, database.session() as session:
        return list(session.execute(select(AuditEntry.action).order_by(AuditEntry.position)).scalars())


def test_the_trail_is_whole_over_rotations_and_what_was_noted_of_it_holds(settings: Settings) -> None:
    write(settings, 3)
    with trail(settings) as database:
        noted = verify(database)
    first = key_of(settings)
    assert rotated(settings, leaked=False).entries == 3 and key_of(settings) != first
    write(settings, 2)
    assert rotated(settings, leaked=True).entries == 6
    with trail(settings) as database:
        with database.session() as session:
            assert erase(session, audit.SYSTEM, "conversation:c1") == 5
        found = verify(database, (noted.position, noted.hash))
        assert (found.broken, found.entries) == (None, 8)
    assert acts(settings).count("keys:rotate") == 2
    # Whoever has only the keys of now cannot tell about the entries of before.
    with contextlib.closing(Database(settings.database_url, derived_key(key_of(settings), AUDIT))) as database:
        assert verify(database).broken is not None


def test_whoever_has_the_old_key_cannot_rewrite_what_was_written_under_it(settings: Settings) -> None:
    write(settings, 3)
    old = derived_key(key_of(settings), AUDIT)
    rotated(settings, leaked=True)
    write(settings, 1)
    with trail(settings) as database:
        with database.session() as session:
            last = None
            for entry in session.execute(
                select(AuditEntry).where(AuditEntry.position.between(2, 3)).order_by(AuditEntry.position)
            ).scalars():
                entry.actor = "staff:7"
                audit.chain(old, entry, entry.position, last or entry.previous)
                last = entry.hash
        broken = verify(database).broken
    assert broken is not None and (broken.how, broken.position) == ("missing", 4)


async def test_second_factors_and_open_widgets_go_on(settings: Settings) -> None:
    settings = replace(settings, rate_limits=False)
    with trail(settings) as database, database.session() as session:
        account_id, _ = staff_at(settings.data_dir).create_account(session, None, "chen.li", "Chen Li", "supervisor")
        factor = SecondFactor(derived_key(key_of(settings), "staff"), {"en": "x", "zh": "x"})
        totp = pyotp.TOTP(factor.begin(session, account_id, "chen.li", "en").secret)
        assert factor.confirm(session, account_id, totp.now())
    async with running(settings) as gateway, visiting(gateway.url("/")) as ann:
        await ann.say("hello")
        await ann.hears("echo: hello")
        token = ann.token
    done = await asyncio.to_thread(rotated, settings, leaked=False)
    assert (done.factors, done.lost) == (1, 0)
    with trail(settings) as database, database.session() as session:
        session.execute(update(StaffAccount).values(totp_last_step=None))
        assert not factor.check(session, account_id, totp.now())
        assert SecondFactor(derived_key(key_of(settings), "staff"), {"en": "x", "zh": "x"}).check(session, account_id, totp.now())
    async with running(settings) as gateway, connected(gateway.url("/")) as again:
        answer = await again.open(token)
        assert not answer["fresh"] and [each["text"] for each in answer["messages"]] == ["hello", "echo: hello"]
        assert answer["session_id"] != token, "a younger token, under the new key"
        (former,) = [each for each in former_keys(settings.data_dir / KEY_FILE) if each.purpose == SESSIONS]
        forged = Sessions(former.key, lambda: time.time() + 60).begin().token
        async with connected(gateway.url("/")) as stranger:
            assert (await stranger.open(forged))["fresh"], "made with a key that is in force no longer"
    await asyncio.to_thread(rotated, settings, leaked=True)
    async with running(settings) as gateway, connected(gateway.url("/")) as again:
        assert (await again.open(answer["session_id"]))["fresh"]


def test_an_interrupted_rotation_is_made_good_and_nothing_starts_before(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write(settings, 2)
    path = settings.data_dir / KEY_FILE
    before = key_of(settings)

    def dies(*_given: Any) -> Any:
        raise KeyboardInterrupt

    for at in ("_rekey", "_put_in_place"):
        with monkeypatch.context() as patch:
            patch.setattr(keys, at, dies)
            with pytest.raises(KeyboardInterrupt):
                rotated(settings, leaked=False)
        with pytest.raises(StartError, match="keys rotate"):
            opened(settings)
        found = examine({"BOT_DATA_DIR": str(settings.data_dir), "BOT_DATABASE_URL": settings.database_url}, None)
        assert "key_unfinished" in {each.code for each in found}
    rotated(settings, leaked=False)
    assert key_of(settings) != before and not next_of(path).exists()
    with trail(settings) as database:
        assert verify(database).broken is None
    assert acts(settings).count("keys:rotate") == 1
    assert [each.stat().st_mode & 0o777 for each in settings.data_dir.glob("vault.key*")] == [0o600, 0o600]


def test_nothing_is_rotated_while_somebody_uses_the_database_or_the_trail_is_broken(settings: Settings) -> None:
    write(settings, 2)
    before = key_of(settings)
    with trail(settings) as database, database.session() as session:
        session.execute(select(AuditEntry))
        with pytest.raises(StartError, match="in use"):
            rotate(settings, leaked=False)
    with trail(settings) as database, database.session() as session:
        session.execute(update(AuditEntry).values(actor="staff:7"))
    with pytest.raises(StartError, match="not whole"):
        rotated(settings, leaked=False)
    assert key_of(settings) == before and os.listdir(settings.data_dir).count(f"{KEY_FILE}.next") == 0


def test_the_vault_is_emptied_and_goes_on(settings: Settings) -> None:
    with trail(settings) as database, database.session() as session:
        token = Vault(settings.data_dir / KEY_FILE).put(session, "c1", "NUMBER", "E12345678")
    rotated(settings, leaked=False)
    vault = Vault(settings.data_dir / KEY_FILE)
    with trail(settings) as database, database.session() as session:
        assert vault.get(session, "c1", token) is None
        assert vault.put(session, "c1", "NUMBER", "E12345678") == "<NUMBER:2>", "no token ever means two things"
