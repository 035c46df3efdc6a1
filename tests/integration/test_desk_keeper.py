"""The keeper, with a clock that is moved: silence, officers who are gone, queues that nobody serves; one keeper or several."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.conversations import ledger, ownership, threads
from bot.conversations.counter import Counter
from bot.conversations.desk import Rules
from bot.conversations.events import Event, LeftMessagesChanged, MessageStored, QueueChanged, StateChanged
from bot.conversations.keeper import Keeper, Patience
from bot.conversations.models import Conversation, Handoff, Message
from bot.conversations.publishing import Record
from bot.conversations.states import State
from bot.conversations.threads import Address
from bot.db import Database, now
from bot.rounds import Rounds
from bot.staff import presence
from bot.staff.models import StaffAccount
from bot.staff.officers import Officer
from tests.gateway import CLOSED, OPEN, FakePresence, desk
from tests.staff import make_officer

PATIENCE = Patience(warning_s=600, close_s=300)
ALWAYS = Rules(hours="always", reclaim_after_s=60)


@dataclass
class Clock:
    """The present, moved on."""

    ahead: timedelta = timedelta()
    fixed: datetime | None = None

    def __call__(self) -> datetime:
        return (self.fixed or now()) + self.ahead

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.ahead += timedelta(seconds=seconds)


@dataclass
class Office:
    """Everything that looks after the conversations of one database."""

    database: Database
    clock: Clock = field(default_factory=Clock)
    presence: FakePresence = field(default_factory=lambda: FakePresence(1))
    rules: Rules = ALWAYS
    events: list[Event] = field(default_factory=list)

    def keeper(self, real_presence: bool = False) -> Keeper:
        """A keeper of a gateway of its own."""
        record = Record(self.database)
        record.listen(self.events.append)
        return Keeper(record, desk(presence if real_presence else self.presence, self.rules, self.clock), PATIENCE)

    def counter(self) -> Counter:
        """The staff's side."""
        return Counter(Record(self.database), desk(self.presence, self.rules, self.clock))

    def officer(self, **named: Any) -> Officer:
        """An officer with an account."""
        with self.database.session() as session:
            officer = make_officer(session, **named)
        self.presence.here.add(officer.id)
        return officer

    def says(self, text: str = "hello", sender: str = "ann") -> str:
        """The applicant writes; the id of the conversation."""
        with self.database.session() as session:
            return ledger.store_applicants(session, Address("rest", "net", sender), text).message.conversation_id

    def waits(self, sender: str = "ann") -> str:
        """The applicant waits in the queue."""
        conversation_id = self.says("a person please", sender)
        with self.database.session() as session:
            assert ownership.request(session, conversation_id, "m", "asked") is not None
        return conversation_id

    def row(self, conversation_id: str) -> Any:
        """The conversation as it stands."""
        with self.database.session() as session:
            return session.get(Conversation, conversation_id)

    def told(self, conversation_id: str) -> list[str]:
        """What the desk said, as codes."""
        with self.database.session() as session:
            payloads = session.execute(
                select(Message.payload).where(Message.conversation_id == conversation_id, Message.author == "system").order_by(Message.seq)
            ).scalars()
            return [payload["desk"] for payload in payloads]


@pytest.fixture
def office(database: Database) -> Iterator[Office]:
    yield Office(database)


async def settled() -> None:
    """Let the events that were handed to the loop be told."""
    await asyncio.sleep(0)


async def with_officer(office: Office, sender: str = "ann") -> tuple[Officer, str]:
    officer = office.officer(login=f"chen.{sender}")
    conversation_id = office.waits(sender)
    await office.counter().claim(officer, conversation_id)
    return officer, conversation_id


async def test_an_applicant_who_is_silent_is_warned_once_and_then_the_conversation_is_closed(office: Office) -> None:
    officer, conversation_id = await with_officer(office)
    await office.counter().reply(officer, conversation_id, "Which city do you work in?", "r1")
    keeper = office.keeper()
    office.clock.forward(590)
    await keeper.round()
    assert office.told(conversation_id) == ["claimed"]
    office.clock.forward(20)
    await keeper.round()
    await keeper.round()
    assert office.told(conversation_id) == ["claimed", "idle_warning"]
    office.clock.forward(290)
    await keeper.round()
    assert office.row(conversation_id).state == "WITH_STAFF"
    office.clock.forward(20)
    await keeper.round()
    await keeper.round()
    assert office.told(conversation_id) == ["claimed", "idle_warning", "idle_closed"]
    closed = office.row(conversation_id)
    assert (closed.state, closed.outcome, closed.owner_id) == ("CLOSED", "idle", None) and closed.closed_at is not None
    await settled()
    assert [event.state for event in office.events if isinstance(event, StateChanged)] == [State.CLOSED]


async def test_an_answer_after_the_warning_keeps_the_conversation_open(office: Office) -> None:
    officer, conversation_id = await with_officer(office)
    await office.counter().reply(officer, conversation_id, "Which city?", "r1")
    keeper = office.keeper()
    office.clock.forward(700)
    await keeper.round()
    office.says("Shenzhen")
    office.clock.forward(10_000)
    await keeper.round()
    assert office.row(conversation_id).state == "WITH_STAFF" and office.told(conversation_id) == ["claimed", "idle_warning"]


async def test_an_applicant_who_waits_for_the_officer_is_not_idle(office: Office) -> None:
    officer, conversation_id = await with_officer(office)
    keeper = office.keeper()
    office.clock.forward(10_000)
    await keeper.round()
    await office.counter().reply(officer, conversation_id, "One moment.", "r1")
    office.says("I am waiting")
    await keeper.round()
    assert office.told(conversation_id) == ["claimed"]


async def test_the_officers_next_message_begins_the_silence_anew(office: Office, database: Database) -> None:
    officer, conversation_id = await with_officer(office)
    await office.counter().reply(officer, conversation_id, "Which city?", "r1")
    keeper = office.keeper()
    office.clock.forward(700)
    await keeper.round()
    later = office.clock() + timedelta(seconds=100)
    with database.session() as session:
        conversation = threads.lock(session, conversation_id)
        conversation.last_staff_at, conversation.idle_warned_at = later, None
    office.clock.forward(400)
    await keeper.round()
    assert office.row(conversation_id).state == "WITH_STAFF" and office.told(conversation_id) == ["claimed", "idle_warning"]
    office.clock.forward(301)
    await keeper.round()
    assert office.told(conversation_id) == ["claimed", "idle_warning", "idle_warning"]


async def test_a_conversation_whose_officer_is_gone_is_first_in_the_queue_again(office: Office) -> None:
    officer, conversation_id = await with_officer(office)
    later = office.waits("bob")
    office.presence.gone = {officer.id}
    await office.keeper().round()
    row = office.row(conversation_id)
    assert (row.state, row.owner_id) == ("QUEUED", None) and office.told(conversation_id) == ["claimed", "reclaimed"]
    with office.database.session() as session:
        assert ownership.place_in_queue(session, conversation_id) == 1 and ownership.place_in_queue(session, later) == 2


async def test_an_officer_whose_console_is_not_heard_of_loses_the_conversation_and_one_who_is_keeps_it(office: Office) -> None:
    gone, lost = await with_officer(office)
    here, kept = await with_officer(office, "bob")
    with office.database.session() as session:
        session.execute(update(StaffAccount).where(StaffAccount.id == gone.id).values(seen_at=now() - timedelta(seconds=61)))
    await office.keeper(real_presence=True).round()
    assert (office.row(lost).state, office.row(kept).owner_id) == ("QUEUED", here.id)


async def test_with_nobody_else_there_a_lost_officer_means_the_assistant_and_a_message(office: Office) -> None:
    officer, conversation_id = await with_officer(office)
    office.presence.here.clear()
    office.presence.gone = {officer.id}
    await office.keeper().round()
    row = office.row(conversation_id)
    assert row.state == "BOT" and row.handed_back_at is not None and office.told(conversation_id) == ["claimed", "reclaimed_nobody"]


async def test_what_waits_for_a_station_where_nobody_is_becomes_everybodys_after_a_while(office: Office) -> None:
    officer, conversation_id = await with_officer(office)
    colleague = office.officer(login="wang", name="Wang", stations=("qianhai",))
    office.presence.named = {colleague.id: colleague}
    await office.counter().transfer(officer, conversation_id, to_station="pingshan")
    keeper = office.keeper()
    office.presence.here = {colleague.id}
    await keeper.round()
    assert office.row(conversation_id).station == "pingshan"
    office.clock.forward(61)
    await keeper.round()
    assert office.row(conversation_id).station is None and office.row(conversation_id).state == "QUEUED"
    await office.counter().claim(colleague, conversation_id)


async def test_what_waits_for_a_station_stays_there_while_somebody_of_it_is_ready(office: Office) -> None:
    officer, conversation_id = await with_officer(office)
    colleague = office.officer(login="wang", name="Wang", stations=("pingshan",))
    office.presence.named = {colleague.id: colleague}
    await office.counter().transfer(officer, conversation_id, to_station="pingshan")
    office.presence.here = {colleague.id}
    office.clock.forward(61)
    await office.keeper().round()
    assert office.row(conversation_id).station == "pingshan"


async def test_a_queue_that_nobody_serves_any_more_is_dissolved_after_a_while_with_a_word(office: Office) -> None:
    conversation_id = office.waits()
    keeper = office.keeper()
    await keeper.round()
    office.presence.here.clear()
    await keeper.round()
    assert office.row(conversation_id).state == "QUEUED"
    office.clock.forward(61)
    await keeper.round()
    assert office.row(conversation_id).state == "BOT" and office.told(conversation_id) == ["not_served_nobody"]
    with office.database.session() as session:
        (request,) = session.execute(select(Handoff)).scalars()
        assert request.ended == "not_served" and request.closed_at is not None
        offers = session.execute(select(Message.payload).where(Message.author == "system")).scalar_one()["quick_replies"]
    assert [offer["payload"] for offer in offers] == ["desk:message", "/handoff"]


async def test_an_officer_who_is_back_in_time_finds_the_queue_as_it_was(office: Office) -> None:
    conversation_id = office.waits()
    keeper = office.keeper()
    office.presence.here.clear()
    await keeper.round()
    office.clock.forward(50)
    office.presence.here.add(1)
    await keeper.round()
    office.presence.here.clear()
    await keeper.round()
    office.clock.forward(50)
    await keeper.round()
    assert office.row(conversation_id).state == "QUEUED"


async def test_at_closing_time_whoever_still_waits_is_told_at_once(database: Database) -> None:
    office = Office(database, Clock(fixed=OPEN), rules=Rules())
    conversation_id = office.waits()
    keeper = office.keeper()
    await keeper.round()
    assert office.row(conversation_id).state == "QUEUED"
    office.clock.fixed = CLOSED
    await keeper.round()
    assert office.row(conversation_id).state == "BOT" and office.told(conversation_id) == ["not_served_closed"]


async def test_closing_time_does_not_end_a_conversation_with_an_officer(database: Database) -> None:
    office = Office(database, Clock(fixed=OPEN), rules=Rules())
    _, conversation_id = await with_officer(office)
    office.clock.fixed = CLOSED
    await office.keeper().round()
    assert office.row(conversation_id).state == "WITH_STAFF"


async def test_several_keepers_do_each_thing_once(office: Office) -> None:
    officer, idle = await with_officer(office, "idle")
    await office.counter().reply(officer, idle, "Which city?", "r1")
    lost_officer, lost = await with_officer(office, "lost")
    waiting = [office.waits(f"waiting{number}") for number in range(5)]
    office.presence.here.clear()
    office.presence.gone = {lost_officer.id}
    keepers = [office.keeper() for _ in range(4)]
    await asyncio.gather(*(keeper.round() for keeper in keepers))
    office.clock.forward(700)
    await asyncio.gather(*(keeper.round() for keeper in keepers))
    assert office.told(idle) == ["claimed", "idle_warning"]
    assert office.told(lost) == ["claimed", "reclaimed_nobody"]
    assert [office.told(conversation_id) for conversation_id in waiting] == [["not_served_nobody"]] * 5
    office.clock.forward(400)
    await asyncio.gather(*(keeper.round() for keeper in keepers))
    assert office.told(idle) == ["claimed", "idle_warning", "idle_closed"]
    await settled()
    told = [event.message.id for event in office.events if isinstance(event, MessageStored)]
    assert len(told) == len(set(told)) == 8


async def test_what_another_gateway_did_is_told_here_once(office: Office) -> None:
    keeper = office.keeper()
    await keeper.round()
    await settled()
    office.events.clear()
    office.waits()
    await keeper.round()
    await keeper.round()
    await settled()
    assert [type(event) for event in office.events] == [QueueChanged, LeftMessagesChanged]


async def test_a_conversation_that_cannot_be_looked_after_does_not_keep_the_others_from_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = office.waits("ann"), office.waits("bob")
    office.presence.here.clear()
    keeper = office.keeper()
    await keeper.round()
    office.clock.forward(61)
    lock = threads.lock

    def broken(session: Any, conversation_id: str) -> Any:
        if conversation_id == first:
            raise RuntimeError("a row that cannot be read")
        return lock(session, conversation_id)

    monkeypatch.setattr(threads, "lock", broken)
    await keeper.round()
    assert office.row(first).state == "QUEUED" and office.row(second).state == "BOT"


async def test_the_keeper_begins_at_once_and_ends_when_told(office: Office) -> None:
    conversation_id = office.waits()
    office.presence.here.clear()
    office.rules = Rules(hours="always", reclaim_after_s=0)
    record = Record(office.database)
    dissolved = asyncio.Event()
    record.listen(lambda event: dissolved.set() if isinstance(event, StateChanged) else None)
    keeper = Keeper(record, desk(office.presence, office.rules, office.clock), PATIENCE)
    rounds = Rounds("keeper", keeper.round, 5)
    await rounds.start()
    await asyncio.wait_for(dissolved.wait(), 10)
    await rounds.stop()
    assert office.row(conversation_id).state == "BOT"
