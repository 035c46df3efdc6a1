"""Applicants who asked for it are told when an application enters another stage: once, after proof, and until they tap to stop it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.conversations.models import Message
from bot.conversations.news import Herald
from bot.conversations.states import State
from bot.conversations.threads import Address
from bot.db import Database, now
from bot.notifications.models import Subscription
from bot.permits.imports import bring_in
from bot.permits.records import Reader
from bot.permits.register import deliver
from bot.permits.tables import Layout
from tests.followers import NUMBER, following, moved, put, shown
from tests.office import ANN, BOB, Cuttable, Office, Window
from tests.records import fields, record
from tests.servers import AUDIT_KEY, Postgres


@pytest.fixture
def office(database: Database) -> Office:
    office = Office(database)
    put(office)
    return office


def last(office: Office, conversation: str) -> Any:
    """The newest message."""
    query = select(Message).where(Message.conversation_id == conversation).order_by(Message.seq.desc()).limit(1)
    return office.read(lambda session: session.execute(query).scalar_one())


def told(office: Office) -> list[tuple[str, str]]:
    """Conversation and stage of every card that was told, in order."""
    query = select(Message).where(Message.author == "system").order_by(Message.created_at)
    found = office.read(lambda session: list(session.execute(query).scalars()))
    return [
        (each.conversation_id, each.payload["card"]["applications"][0]["stage"])
        for each in found
        if each.payload.get("notice") == "news" and each.payload["card"]
    ]


def followed(office: Office) -> int:
    return len(office.read(lambda session: list(session.execute(select(Subscription.id)).scalars())))


async def test_change_of_stage_is_told_once_with_card_and_source_and_reaches_an_open_window(office: Office) -> None:
    window = Window()
    office.record.listen(window.hear)
    window.connected = True
    conversation = await following(office)
    assert (
        "Submitted" in last(office, conversation).text and last(office, conversation).payload["quick_replies"][0]["payload"] == "news:stop"
    )
    herald = Herald(office.record, office.news)
    await herald.round()
    assert told(office) == []
    put(office, **moved("accepted", 12))
    await herald.round()
    await herald.round()
    assert told(office) == [(conversation, "accepted")]
    message = window.shown[-1]
    assert (message.author, message.address, message.state) == ("system", ANN, State.BOT)
    assert message.payload["card"]["applications"][0]["number"] == "…0001" and NUMBER not in message.text
    assert message.payload["sources"] and message.payload["quick_replies"][0]["payload"] == "news:stop"
    # A corrected moment is no change of stage, and what went on between two looks is told as it stands.
    put(office, **moved("accepted", 13))
    await herald.round()
    put(office, **moved("under_examination", 14))
    put(office, **moved("approved", 15))
    await herald.round()
    assert told(office) == [(conversation, "accepted"), (conversation, "approved")]


async def test_one_tap_stops_it_in_any_conversation_of_the_thread(office: Office) -> None:
    await following(office)
    await office.conversations.end(ANN)
    after = await office.says("news:stop")
    assert last(office, after).text.startswith("You will not be told") and followed(office) == 0
    assert office.messages(after)[0] == (1, "applicant", "Stop telling me")
    put(office, **moved("accepted", 12))
    await Herald(office.record, office.news).round()
    assert told(office) == []


async def test_nobody_is_told_without_offer_or_without_proof(office: Office) -> None:
    unasked = await office.says("news:follow", address=BOB)
    assert followed(office) == 0 and office.messages(unasked) == [(1, "applicant", "news:follow")]
    conversation = await shown(office)
    with office.database.session() as session:
        office.permits.forget(session, conversation)
    await office.says("news:follow")
    assert last(office, conversation).payload["quick_replies"] == [{"title": "Look up again", "payload": "/application_status"}]
    assert followed(office) == 0


async def test_closed_conversation_is_followed_by_one_that_tells_and_an_officers_is_told_in_it(office: Office) -> None:
    herald = Herald(office.record, office.news)
    first = await following(office)
    await office.conversations.end(ANN)
    put(office, **moved("accepted", 12))
    await herald.round()
    # Nobody was there: it waits in the record, on another device behind a return code.
    code, _ = await office.conversations.make_return_code(ANN)
    sender = await office.conversations.use_return_code(code, "network")
    found = await office.conversations.catch_up(Address("socket", "session", sender))
    assert found.messages[-1].payload["card"]["applications"][0]["stage"] == "accepted"
    (second, stage), *more = told(office)
    assert stage == "accepted" and more == [] and second != first
    assert office.state(first) is State.CLOSED and office.state(second) is State.BOT
    (officer, *_) = office.hire()
    assert await office.queued() == second
    await office.counter.claim(officer, second)
    put(office, **moved("under_examination", 14))
    await herald.round()
    assert told(office)[1:] == [(second, "under_examination")] and office.state(second) is State.WITH_STAFF
    await office.says("news:stop")
    assert followed(office) == 0 and last(office, second).author == "system"


async def test_it_ends_with_the_last_stage_the_proof_and_the_time(office: Office) -> None:
    herald = Herald(office.record, office.news)
    conversation = await following(office)
    put(office, **moved("not_approved", 12))
    await herald.round()
    assert told(office) == [(conversation, "not_approved")] and followed(office) == 0
    assert "news:stop" not in str(last(office, conversation).payload["quick_replies"])
    put(office, history=[{"stage": "submitted", "at": "2026-11-10T09:00:00+08:00"}])
    await following(office, BOB)
    put(office, history=[{"stage": "submitted", "at": "2026-11-10T09:00:00+08:00"}], date_of_birth="1988-11-15")
    await herald.round()
    bobs = (await office.conversations.catch_up(BOB)).conversation_id
    assert bobs is not None and "record of the application" in last(office, bobs).text and followed(office) == 0
    put(office, date_of_birth="1987-11-15")
    await following(office)
    with office.database.session() as session:
        session.execute(update(Subscription).values(expires_at=now(), due_at=now()))
    await herald.round()
    assert "time for which you wanted" in last(office, conversation).text and followed(office) == 0
    assert len(told(office)) == 1


async def test_import_by_another_process_is_told_and_so_is_what_was_asked_for_while_it_ran(office: Office, tmp_path: Path) -> None:
    conversation = await following(office)
    values = {"number": NUMBER, **fields(**moved("accepted", 12))}
    (tmp_path / "lines.csv").write_text(",".join(values) + "\n" + ",".join(values.values()) + "\n", encoding="utf-8")
    other = Database(office.database.engine.url.render_as_string(hide_password=False), AUDIT_KEY)
    report = bring_in(other, tmp_path / "lines.csv", Layout(), Reader(()), "authority")
    other.close()
    assert report.written and report.entered == 1
    # Nothing marked it: whoever looks finds that register and subscription differ.
    await Herald(office.record, office.news).round()
    assert told(office) == [(conversation, "accepted")]


async def test_gateways_side_by_side_tell_each_change_once(office: Office) -> None:
    addresses = [Address("socket", "session", f"reader-{number}") for number in range(8)]
    conversations = [await following(office, address) for address in addresses]
    other = Office(Database(office.database.engine.url.render_as_string(hide_password=False), AUDIT_KEY))
    heralds = [Herald(each.record, each.news) for each in (office, office, other, other)]
    for stage, day in (("accepted", 12), ("under_examination", 14), ("approved", 15)):
        put(office, **moved(stage, day))
        await asyncio.gather(*(herald.round() for herald in heralds))
        await heralds[0].round()
    other.database.close()
    assert sorted(told(office)) == sorted(
        (each, stage) for each in conversations for stage in ("accepted", "under_examination", "approved")
    )


async def test_gateway_that_dies_loses_and_doubles_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(database, Cuttable)
    put(office)
    window = Window()
    office.record.listen(window.hear)
    conversation = await following(office)
    put(office, **moved("accepted", 12))
    # Before the commit: nothing of it is there, and it is still to be told.
    with monkeypatch.context() as broken:
        broken.setattr("bot.conversations.news.telling", _die)
        await Herald(office.record, office.news).round()
    assert told(office) == []
    with database.session() as session:
        session.execute(update(Subscription).values(due_at=now()))
    # Between the commit and the window: it is in the record, whoever comes back finds it, and nobody tells it again.
    assert isinstance(office.record, Cuttable)
    office.record.cut = True
    await Herald(office.record, office.news).round()
    office.record.cut = False
    await Herald(office.record, office.news).round()
    assert told(office) == [(conversation, "accepted")] and window.shown == []
    caught_up = await office.conversations.catch_up(ANN)
    assert [
        message.payload["card"]["applications"][0]["stage"]
        for message in caught_up.messages
        if message.author == "system" and message.payload["card"]
    ] == ["accepted"]


def _die(*_: object) -> Sequence[Any]:
    raise RuntimeError("the process dies here")


async def test_nobody_waits_for_an_import_that_holds_the_application(postgres: Postgres, migrated_postgres: str) -> None:
    database = Database(postgres.create("news_held", migrated_postgres), AUDIT_KEY)
    office = Office(database)
    put(office)
    conversation = await shown(office)
    entered, done = threading.Event(), threading.Event()

    def bring() -> None:
        with database.session() as session:
            deliver(session, [record(NUMBER, **moved("accepted", 12))], "authority")
            session.flush()
            entered.set()
            assert done.wait(30)

    holder = threading.Thread(target=bring)
    holder.start()
    try:
        assert await asyncio.to_thread(entered.wait, 30)
        await office.says("news:follow")
        await Herald(office.record, office.news).round()
        assert told(office) == []
    finally:
        done.set()
        await asyncio.to_thread(holder.join)
    await Herald(office.record, office.news).round()
    assert told(office) == [(conversation, "accepted")]
    database.close()
    postgres.drop("news_held")
