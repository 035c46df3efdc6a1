"""Personal data in time: erased and given out on request, dropped when its time is over, and then found nowhere."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import re
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from bot import audit, audit_chain
from bot.assistant import Reply
from bot.console import masking
from bot.conversations import threads
from bot.conversations.events import Erased, StateChanged, TurnFinished
from bot.conversations.models import (
    Conversation,
    ConversationTag,
    Feedback,
    Handoff,
    LeftMessage,
    Message,
    Rating,
    ReturnCode,
    StaffNote,
    Turn,
)
from bot.conversations.publishing import Happened
from bot.conversations.states import State
from bot.conversations.text import Typed
from bot.db import Database, now
from bot.errors import Invalid, NotAllowed, NotFound
from bot.permits import demo
from bot.permits.models import LookupProof
from bot.privacy import erasure
from bot.privacy.erasure import PARTS
from bot.redaction.hiding import hidden
from bot.settings import ROOT
from bot.spoken import tongue_of
from bot.vault import VaultCounter, VaultEntry
from tests.office import ANN, BOB
from tests.personal import DAY, HERE, MARKER, House, files_with
from tests.servers import Postgres

# Names that nobody has.
NAME, CHINESE = "Xyzzymarq", "張夢龍國"


async def test_erased_thread_is_found_nowhere_and_the_register_is_as_it_was(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with house.database.session() as session:
        demo.fill(session, date.today())
    register = house.register()
    ids = await house.full()
    other = await house.office.says("hello from Bob", "b-1", BOB)
    house.remember(other, "hello from Bob")
    house.prove(ids[1])
    assert {"permits.db", "rasa.db"} <= {name.removesuffix("-wal") for name in house.files_with(MARKER)}
    held = {model.__tablename__ for model in PARTS if house.rows(model)} - {Turn.__tablename__}
    assert held == {model.__tablename__ for model in PARTS} - {Turn.__tablename__}

    receipt = await house.privacy.erase_own(ANN, HERE)

    assert house.files_with(MARKER) == [] and house.files_with("hello from Bob") != []
    assert house.register() == register and register[0]
    assert [house.rows(model) for model in (LeftMessage, StaffNote, ConversationTag, Feedback, Rating, Handoff, ReturnCode)] == [0] * 7
    assert [house.rows(model) for model in (VaultEntry, VaultCounter, LookupProof)] == [0] * 3
    assert house.office.read(lambda session: list(session.execute(select(Conversation.id)).scalars())) == [other]
    assert house.remembered() == [other]
    # Two of the applicant, and what assistant and desk said.
    assert receipt.rows["conversations"] == 2 and receipt.rows["messages"] >= 4 and receipt.id
    assert MARKER not in caplog.text
    trail = house.office.read(lambda session: json.dumps([str(entry) for entry in audit.everything(session, audit.Query())]))
    assert MARKER not in trail
    assert audit_chain.verify(house.database).broken is None
    ((actor, subject, detail),) = house.office.acts("personal_data:erase")
    assert (actor, subject) == (audit.APPLICANT, f"receipt:{receipt.id}")
    assert detail == {"rows": dict(receipt.rows), "conversations": ids}


async def test_what_is_said_after_an_erasure_begins_anew(house: House) -> None:
    await house.full()
    await house.privacy.erase_own(ANN, HERE)
    assert (await house.office.conversations.catch_up(ANN)).conversation_id is None
    receipt = await house.office.conversations.applicant_says(ANN, "hello", "m-1")
    assert receipt.fresh and receipt.message.seq == 1


async def test_acts_about_an_erased_message_are_never_taken_for_acts_about_another(house: House) -> None:
    """The trail names left messages by their ids, and goes on to do so when they are gone."""
    await house.full()
    erased = house.office.read(lambda session: session.execute(select(LeftMessage.id)).scalar_one())
    await house.privacy.erase_own(ANN, HERE)
    await house.full()
    assert house.office.read(lambda session: session.execute(select(LeftMessage.id)).scalar_one()) > erased


async def test_nothing_to_erase_or_to_give_out_is_told_as_such(house: House) -> None:
    for refused in (house.privacy.erase_own(ANN, HERE), house.privacy.export_own(ANN, HERE)):
        with pytest.raises(NotFound):
            await refused


async def test_whoever_waits_is_told_and_a_late_answer_is_lost(house: House) -> None:
    conversation = await house.office.says("hello")
    turn = await house.office.take(conversation)
    assert turn is not None
    house.office.events.clear()
    await house.privacy.erase_own(ANN, HERE)
    ends = [(event.message_id, event.outcome) for event in house.office.events if isinstance(event, TurnFinished)]
    assert (turn.message_id, "lost") in ends
    assert [event.state for event in house.office.events if isinstance(event, StateChanged)] == [State.CLOSED]
    assert (await house.office.conversations.answer(turn, "one", [Reply(MARKER, "en")])).outcome == "lost"
    assert (await house.office.conversations.apologise(turn, "one")).outcome == "lost"
    assert house.rows(Message) == 0 and house.files_with(MARKER) == []


async def test_what_rasa_writes_after_an_erasure_goes_with_the_next_round(house: House) -> None:
    conversation = await house.office.says("hello")
    await house.privacy.erase_own(ANN, HERE)
    house.remember(conversation)
    with house.database.session() as session:
        house.vault.put(session, conversation, "RESULT", MARKER)
    there = await house.office.says("hello", "b-1", BOB)
    house.remember(there, "kept")
    gone = await house.privacy.round()
    assert (gone["events"], gone["vault_entries"], gone["vault_counters"]) == (1, 1, 1)
    assert house.remembered() == [there] and house.files_with(MARKER) == []


async def test_open_conversation_of_an_officer_is_closed_and_erased_with_the_thread(house: House) -> None:
    officer = house.office.hire(names=["Chen Li"])[0]
    conversation = await house.office.queued()
    await house.office.counter.claim(officer, conversation)
    house.office.events.clear()
    await house.privacy.erase_own(ANN, HERE)
    assert [event.state for event in house.office.events if isinstance(event, StateChanged)] == [State.CLOSED]
    assert house.rows(Conversation) == 0


async def test_export_holds_everything_of_the_applicant_and_nothing_of_others(house: House) -> None:
    await house.full()
    await house.full(BOB, "Somebody-Else")
    found = await house.privacy.export_own(ANN, HERE)
    text = json.dumps(found)
    assert "Somebody-Else" not in text
    one, two = found["conversations"]
    assert [message["text"] for message in one["messages"]][:2] == ["I am ••••", f"Hello {MARKER}"]
    assert one["messages"][1]["payload"]["card"]["profile"] == {"name": MARKER}
    assert two["left_messages"][0]["contact_kind"] == "email" and two["left_messages"][0]["answer"] == f"dear {MARKER}"
    assert two["left_messages"][0]["contact"] == one["mail_addresses"][0]["address"] == "••••" and "salt" not in text
    assert one["subscriptions"][0]["told_stage"] == MARKER and two["subscriptions"] == []
    assert one["feedback"][0]["comment"] == "no ••••" and one["ratings"][0]["score"] == 2
    assert found["withheld"] == ["staff_notes", "conversation_tags"] and "staff_notes" not in one
    assert found["copies"] == {"vault_entries": 2, "vault_counters": 2} and len(found["return_codes"]) == 1
    assert "code_hash" not in text and "staff_id" not in text
    ((actor, subject, detail),) = house.office.acts("personal_data:export")
    assert (actor, subject, detail) == (audit.APPLICANT, f"receipt:{found['receipt']}", {})


async def test_staff_erase_and_give_out_on_request_with_a_reason_that_is_kept(house: House) -> None:
    first, _ = await house.full()
    supervisor = house.office.hire("supervisor", names=["Wang Fang"])[0]
    found = await house.privacy.export_for(supervisor, first, "letter of 3 May")
    assert found["withheld"] == [] and found["conversations"][0]["staff_notes"][0]["text"] == f"note {MARKER}"
    me = audit.staff(supervisor.id)
    assert house.office.acts("personal_data:export", "personal_data:reason") == [
        (me, f"receipt:{found['receipt']}", {}),
        (me, f"conversation:{first}", {"receipt": found["receipt"], "reason": "letter of 3 May"}),
    ]
    receipt = await house.privacy.erase_for(supervisor, first, "letter of 4 May")
    ((actor, subject, detail),) = house.office.acts("personal_data:erase")
    assert (actor, subject, detail["reason"]) == (me, f"receipt:{receipt.id}", "letter of 4 May")
    assert house.files_with(MARKER) == []
    with pytest.raises(NotFound):
        await house.privacy.erase_for(supervisor, first, "once more")


async def test_reason_of_an_export_goes_with_the_conversation_and_the_trail_stays_whole(house: House) -> None:
    first, second = await house.full()
    supervisor = house.office.hire("supervisor", names=["Wang Fang"])[0]
    for each in (first, second):
        await house.privacy.export_for(supervisor, each, f"letter of {NAME}")
    assert house.files_with(NAME) != []
    await house.privacy.erase_for(supervisor, second, "letter of 4 May")
    assert house.files_with(NAME) == []
    me = audit.staff(supervisor.id)
    assert [(actor, detail) for actor, _, detail in house.office.acts("personal_data:reason")] == [(me, {})] * 2
    assert len(house.office.acts("personal_data:export")) == 2 and audit_chain.verify(house.database).broken is None


@pytest.mark.parametrize("role", ["trainee", "officer", "administrator"])
async def test_other_roles_neither_erase_nor_export(house: House, role: str) -> None:
    first, _ = await house.full()
    by = house.office.hire(role, names=["Zhou Min"])[0]
    for refused in (house.privacy.erase_for(by, first, "asked"), house.privacy.export_for(by, first, "asked")):
        with pytest.raises(NotAllowed):
            await refused
    assert house.rows(Conversation) == 2


async def test_supervisor_signs_and_gives_a_reason_first(house: House) -> None:
    first, _ = await house.full()
    unsigned, signed = (house.office.hire("supervisor", names=[name], signed=name == "B")[0] for name in "AB")
    with pytest.raises(NotAllowed):
        await house.privacy.erase_for(unsigned, first, "asked")
    for nothing in ("", "  ", "x" * 201):
        with pytest.raises(Invalid):
            await house.privacy.erase_for(signed, first, nothing)
    assert house.rows(Conversation) == 2


async def test_conversations_go_when_their_time_is_over_and_not_before(house: House) -> None:
    await house.full()
    house.late = 179 * DAY
    assert "conversations" not in await house.privacy.round() and house.rows(Conversation) == 2
    house.late = 181 * DAY
    gone = await house.privacy.round()
    assert gone["conversations"] == 2 and house.rows(Conversation) == house.rows(Message) == 0
    assert house.files_with(MARKER) == []
    assert audit_chain.verify(house.database).broken is None
    ((actor, _, detail),) = house.office.acts("retention:run")[-1:]
    assert actor == audit.SYSTEM and detail["rows"] == dict(gone)
    assert await house.privacy.round() == {}


async def test_address_of_a_thread_in_use_outlives_what_was_said_first(house: House) -> None:
    first, second = await house.full()
    with house.database.session() as session:
        old = now() - 200 * DAY
        session.execute(Conversation.__table__.update().where(Conversation.id == first).values(updated_at=old))
    gone = await house.privacy.round()
    assert "conversations" not in gone and gone["messages"] >= 2 and gone["ratings"] == 1
    assert await house.privacy.round() == {}
    assert await house.office.says("still here", "m-9") == second
    house.late = 181 * DAY
    assert (await house.privacy.round())["conversations"] == 2


async def test_what_is_owed_or_under_way_is_kept(house: House) -> None:
    owed = await house.office.says("hello")
    waiting = await house.office.queued(BOB)
    with house.database.session() as session:
        message = session.execute(select(Message.id).where(Message.conversation_id == owed)).scalars().first()
        values = {"text": "call", "language": "en", "contact_kind": "window", "reason": "asked", "due_at": now()}
        session.execute(insert(LeftMessage).values(conversation_id=owed, message_id=message, created_at=now(), **values))
    house.late = 400 * DAY
    await house.privacy.round()
    assert house.office.state(owed) is State.BOT
    assert house.office.state(waiting) is State.QUEUED
    with house.database.session() as session:
        session.execute(LeftMessage.__table__.update().values(answered_at=now()))
    await house.privacy.round()
    assert house.office.read(lambda session: list(session.execute(select(Conversation.id)).scalars())) == [waiting]


async def test_working_memory_trail_and_codes_have_times_of_their_own(house: House) -> None:
    ids = await house.full()
    house.late = 29 * DAY
    await house.privacy.round()
    assert sorted(house.remembered()) == sorted(ids) and house.rows(ReturnCode) == 0 and house.rows(VaultEntry) == 0
    house.late = 31 * DAY
    assert (await house.privacy.round())["events"] == 2 and house.remembered() == [] and house.rows(Conversation) == 2
    before = house.rows(audit.AuditEntry)
    house.late = 1094 * DAY
    await house.privacy.round()
    assert house.rows(audit.AuditEntry) >= before
    house.late = 1096 * DAY
    gone = await house.privacy.round()
    assert gone["audit_entries"] >= before and audit_chain.verify(house.database).broken is None


async def test_many_conversations_go_in_batches(house: House) -> None:
    old = datetime(2020, 1, 1, tzinfo=UTC)
    names = [f"c{number}" for number in range(450)]
    row = {"channel": "rest", "caller": "net", "created_at": old, "updated_at": old, "state": "BOT", "ordinal": 1}
    with house.database.session() as session:
        session.execute(insert(Conversation), [{**row, "id": name, "thread_id": name, "sender": name} for name in names])
    assert await house.privacy.round() == {"conversations": 450}


async def test_reader_that_holds_on_to_the_log_delays_the_files_until_the_next_round(house: House) -> None:
    await house.full()
    reader = sqlite3.connect(house.folder / "permits.db", isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM messages").fetchone()[0] > 0
    await house.privacy.erase_own(ANN, HERE)
    assert house.files_with(MARKER) != []
    reader.close()
    await house.privacy.round()
    assert house.files_with(MARKER) == []
    with house.database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1


async def test_files_of_postgresql_hold_nothing_after_the_lines_of_the_page(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    statements = [line for block in re.findall(r"```sql\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    # A server of its own: its files are those of the whole server, and it keeps a setting.
    with Postgres() as server:
        house = House(tmp_path, server.create("personal"))
        try:
            await house.full()
            await house.privacy.erase_own(ANN, HERE)
            assert files_with(server.folder, MARKER) != []
            with house.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                for statement in statements:
                    connection.exec_driver_sql(statement)
            assert files_with(server.folder, MARKER) == []
            emptied = {model.__tablename__ for model in (*PARTS, Conversation, ReturnCode, audit.AuditEntry)}
            emptied.add("rasa_events")
            assert emptied == {name for line in re.findall(r"VACUUM FULL (.*);", page) for name in line.split(", ")}
        finally:
            house.memory.close()
            house.database.close()


@pytest.fixture
def either_house(tmp_path: Path, database: Database) -> Iterator[House]:
    opened = House(tmp_path, database.engine.url.render_as_string(hide_password=False))
    yield opened
    opened.memory.close()
    opened.database.close()


async def test_query_of_the_page_names_whom_to_erase_again_after_a_restore(either_house: House) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    program = {"sqlite": "sqlite3", "postgresql": "psql"}[either_house.database.engine.dialect.name]
    (query,) = re.findall(rf"^ *{program} [^\n]*\"(SELECT DISTINCT [^\"]* FROM audit_entries[^\"]*)\"$", page, re.MULTILINE)

    def named(since: datetime) -> list[str]:
        moment = since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        statement = re.sub(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(Z?)'", rf"'{moment}\1'", query)
        assert moment in statement
        with either_house.database.engine.connect() as connection:
            return sorted(row[0] for row in connection.exec_driver_sql(statement))

    begun = now() - timedelta(seconds=1)
    erased = await either_house.full()
    await either_house.full(BOB)
    await either_house.privacy.erase_own(ANN, HERE)
    assert named(begun) == sorted(erased) and named(now() + timedelta(seconds=1)) == []


async def test_thread_that_grows_while_its_erasure_waits_goes_as_a_whole(either_house: House) -> None:
    """PostgreSQL does not show a statement that waited for a row what its holder began meanwhile."""
    await either_house.office.says("hello")
    await either_house.office.conversations.end(ANN)
    with either_house.database.session() as session:
        threads.lock_open(session, ANN)
        erasing = asyncio.create_task(either_house.privacy.erase_own(ANN, HERE))
        await until_it_waits(erasing, either_house.database)
    assert (await erasing).rows["conversations"] == 2 and either_house.rows(Conversation) == 0


async def test_what_is_said_while_a_thread_is_erased_begins_anew(either_house: House) -> None:
    await either_house.office.says("hello")
    with either_house.database.session() as session:
        mine = erasure.thread(session, threads.find_root(session, ANN) or "")
        erasure.erase_thread(session, Happened(), mine, audit.APPLICANT)
        saying = asyncio.create_task(either_house.office.conversations.applicant_says(ANN, "hello again", "m-2"))
        await until_it_waits(saying, either_house.database)
    assert (await saying).message.seq == 1 and either_house.rows(Conversation) == 1


async def until_it_waits(work: asyncio.Task[Any], database: Database) -> None:
    """Return when a statement of `work` waits for a lock; on SQLite units of work follow each other whatever happens."""
    if database.engine.dialect.name == "sqlite":
        return
    with database.engine.connect() as connection:
        while not work.done() and not connection.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar():
            connection.rollback()
            await asyncio.sleep(0.02)


def remembered() -> str:
    """Everything that the functions of the house remember by what they were called with."""
    houses = [module for name, module in list(sys.modules.items()) if name.startswith("bot.")]
    kept = [each for module in houses for each in vars(module).values() if isinstance(each, type(lru_cache(int)))]
    # They refer to keys and results.
    return repr([gc.get_referents(each) for each in kept])


async def test_process_remembers_nothing_of_what_was_erased(house: House) -> None:
    """Whoever writes in traditional characters is read word by word as well."""
    said = f"我叫{CHINESE}，{NAME} 1987 15 Nov"
    for house_of in (ANN, BOB):
        await house.full(house_of, said)

    def look() -> None:
        masking.applicants(said)
        masking.pieces([Typed(said, "birth_date")])
        masking.repeated(said, frozenset({("DAY", "1987-11-15")}))
        hidden(said)
        tongue_of(said)

    look()
    assert NAME in remembered() and CHINESE in remembered()
    await house.privacy.erase_own(ANN, HERE)
    assert NAME not in remembered() and CHINESE not in remembered()
    look()
    house.late = 181 * DAY
    await house.privacy.round()
    assert house.rows(Message) == 0 and NAME not in remembered() and CHINESE not in remembered()


async def test_gateway_that_hears_of_an_erasure_remembers_nothing_either(house: House) -> None:
    masking.applicants(f"I am {NAME}")
    assert NAME in remembered()
    house.office.record.heard(Erased("gone", ANN))
    assert NAME not in remembered()
