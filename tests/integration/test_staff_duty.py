"""The duty and privacy agreement at work: a trainee watches and drafts, an officer signs first, and a new text is signed anew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.audit import AuditEntry
from bot.db import Database
from bot.settings import Settings
from bot.staff import agreement, presence
from bot.staff.agreement import Agreement
from bot.staff.models import StaffAgreement
from tests.console import Member, fresh_id, line, member, rasa
from tests.gateway import PARTS, Gateway, desk, running


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False, rate_limits=False)


@pytest_asyncio.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    async with running(settings, rasa, replace(PARTS, desk=desk(presence))) as opened:
        yield opened


@pytest_asyncio.fixture
async def colleague(gateway: Gateway, sqlite_database: Database) -> AsyncIterator[Member]:
    async with member(gateway, sqlite_database, "chen", name="Chen Mei") as person:
        yield person


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> Agreement:
    """A text that comes into force when `agreement.current` is called next."""
    present = agreement.current()
    changed = Agreement("2027-01-01.0123abcd", {language: f"{text}\n\n9. New." for language, text in present.texts.items()})
    monkeypatch.setattr(agreement, "current", lambda: changed)
    return changed


async def waiting(gateway: Gateway, colleague: Member) -> str:
    for text in ("person", "desk:wait"):
        await gateway.say(text)
    return str((await colleague.get("board"))["queue"][0]["id"])


async def test_trainee_watches_and_drafts_once_signed_and_serves_nobody(
    gateway: Gateway, colleague: Member, sqlite_database: Database
) -> None:
    conversation_id = await waiting(gateway, colleague)
    one = f"conversations/{conversation_id}"
    async with member(gateway, sqlite_database, "lin", "trainee", signed=False) as trainee, line(trainee) as live:
        for path in (one, "board", "conversations"):
            assert (await trainee.refused(path, "GET"))[:2] == (403, "agreement_missing"), path
        refusal = await live.ask("watch", conversation_id=conversation_id, after=0)
        assert (refusal["ok"], refusal["error"]["code"]) == (False, "agreement_missing")
        await trainee.sign_agreement()
        view = await trainee.get(one)
        assert {name for name, allowed in view["may"].items() if allowed} == {"draft", "note", "tag"}
        assert (await live.ask("watch", conversation_id=conversation_id, after=0))["ok"]
        await trainee.post(f"{one}/draft", text="I would say so", client_id=fresh_id())
        for path, body in (
            ("claim", {}),
            ("join", {}),
            ("reply", {"text": "x", "client_id": "x"}),
            ("close", {"outcome": "solved"}),
            ("transfer", {"to_station": "qianhai"}),
            ("hand_back", {}),
        ):
            assert (await trainee.refused(f"{one}/{path}", **body))[:2] == (403, "not_permitted"), path
        assert (await trainee.refused("presence", presence="ready"))[1] == "not_permitted"
    assert (await colleague.get(one))["conversation"]["state"] == "QUEUED"


async def test_officer_serves_from_the_signature_on_and_text_and_version_are_kept(
    gateway: Gateway, colleague: Member, sqlite_database: Database
) -> None:
    one = f"conversations/{await waiting(gateway, colleague)}"
    async with member(gateway, sqlite_database, "wang", signed=False) as officer:
        assert (await officer.refused(f"{one}/claim"))[:2] == (403, "agreement_missing")
        assert (await officer.refused("presence", presence="ready"))[1] == "agreement_missing"
        assert (await officer.refused(one, "GET"))[:2] == (403, "agreement_missing")
        assert (await officer.refused("board", "GET"))[:2] == (403, "agreement_missing")
        assert (await officer.refused(f"{one}/draft", text="a draft", client_id=fresh_id()))[:2] == (403, "agreement_missing")
        assert (await officer.refused("agreement", version="2001-01-01.00000000"))[:2] == (409, "agreement_changed")
        shown = await officer.get("agreement?language=zh")
        assert (await officer.post("agreement", version=shown["version"], language="zh"))["officer"]["signed"]
        await officer.post("agreement", version=shown["version"], language="en")
        await officer.post(f"{one}/claim")
    with sqlite_database.session() as session:
        (kept,) = session.execute(select(StaffAgreement).where(StaffAgreement.account_id == officer.id)).scalars()
        assert (kept.version, kept.language, kept.text) == (shown["version"], "zh", shown["text"])
        told = select(AuditEntry.detail).where(AuditEntry.action == "account:sign_agreement", AuditEntry.subject == f"account:{officer.id}")
        assert session.execute(told).scalars().all() == [{"version": shown["version"], "language": "zh"}]


async def test_new_text_is_asked_for_again_and_both_signatures_stay(
    gateway: Gateway, colleague: Member, sqlite_database: Database, request: pytest.FixtureRequest
) -> None:
    one = f"conversations/{await waiting(gateway, colleague)}"
    await colleague.post(f"{one}/claim")
    old = (await colleague.get("me"))["agreement_version"]
    newer: Agreement = request.getfixturevalue("newer")
    me = await colleague.get("me")
    assert not me["officer"]["signed"] and me["agreement_version"] == newer.version != old
    # What one has stays one's own, but nothing is seen of it or said in it before the new text is signed.
    assert (await colleague.refused(f"{one}/reply", text="x", client_id="x"))[1] == "agreement_missing"
    assert (await colleague.refused(one, "GET"))[1] == "agreement_missing"
    assert (await colleague.refused("agreement", version=old))[1] == "agreement_changed"
    assert (await colleague.get("agreement?language=en"))["text"].endswith("9. New.")
    await colleague.post("agreement", version=newer.version, language="en")
    await colleague.say(one.partition("/")[2], "signed and back")
    with sqlite_database.session() as session:
        kept = select(StaffAgreement.version).where(StaffAgreement.account_id == colleague.id).order_by(StaffAgreement.id)
        assert session.execute(kept).scalars().all() == [old, newer.version]


async def test_whoever_has_not_signed_the_new_text_is_not_counted_as_there(
    gateway: Gateway, colleague: Member, sqlite_database: Database, request: pytest.FixtureRequest
) -> None:
    assert [each.id for each in await sqlite_database.run(presence.ready, 60)] == [colleague.id]
    request.getfixturevalue("newer")
    assert await sqlite_database.run(presence.ready, 60) == []
