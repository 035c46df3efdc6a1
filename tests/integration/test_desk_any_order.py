"""Whatever is chosen and typed at the desk in whatever order, alone or at the same moment as staff: nothing contradicts itself."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.assistant import Reply
from bot.attempts import Attempts
from bot.conversations.composer import Composer, Contact
from bot.conversations.counter import Counter
from bot.conversations.keeper import Keeper
from bot.conversations.models import Conversation, Handoff, LeftMessage, Message
from bot.conversations.news import News
from bot.conversations.publishing import Record
from bot.conversations.service import Conversations
from bot.conversations.threads import Address
from bot.db import Database
from bot.errors import Conflict
from bot.i18n import Texts
from bot.languages import TONGUES
from bot.permits.service import Permits
from bot.staff.officers import Officer
from tests.gateway import CLOSED, FakePresence, desk
from tests.office import NOTICE
from tests.staff import make_officer

_numbers = itertools.count()
SECRET = "The letter of my employer came back."
SAID = [
    "person",
    "desk:wait",
    "desk:message",
    "desk:stay",
    "desk:leave",
    "desk:contact_window",
    "how long",
    "/fee",
    "/handoff",
    SECRET,
    "ann@example.org",
    "8812 1678",
    "Leave a message",
    "I want to kill myself",
]


class Office:
    """Conversations with an assistant that answers at once, and a desk with one officer."""

    def __init__(self, database: Database, presence: FakePresence, **desk_options: Any) -> None:
        self.database, self.asked = database, []  # type: list[str]
        self.desk = desk(presence, **desk_options)
        self.record = Record(database)
        contact = Contact("0755-88121678", dict.fromkeys(TONGUES, ""))
        composer = Composer(Texts.load(), contact, lambda *_: (), self.desk, False, NOTICE)
        news = News(self.desk.answers, Permits(b"p" * 32), timedelta(days=1), Attempts(b"a" * 32))
        self.conversations = Conversations(self.record, composer, lambda _s, _c, text, _e: text, None, news)  # type: ignore[arg-type]

    async def says(self, address: Address, text: str) -> None:
        """The applicant writes, and whatever is owed is answered."""
        receipt = await self.conversations.applicant_says(address, text)
        while (task := await self.conversations.take(receipt.message.conversation_id, "worker", 60)) is not None:
            if task.desk:
                await self.conversations.at_desk(task.turn, "worker")
                continue
            assert task.question is not None
            self.asked.append(task.question.text)
            wanted = "asked" if task.question.text == "person" else None
            await self.conversations.answer(task.turn, "worker", [Reply("Well.", "en", handoff=wanted)])


def check(database: Database, address: Address) -> Any:
    """The conversation, which must agree with the requests for a person, the left messages and its own numbers."""
    with database.session() as session:
        row = session.execute(select(Conversation).where(Conversation.sender == address.sender)).scalar_one()
        requests = session.execute(select(Handoff).where(Handoff.conversation_id == row.id)).scalars().all()
        open_ones = [each for each in requests if each.closed_at is None]
        assert len(open_ones) <= 1
        assert (row.state == "QUEUED") == any(each.queued_at is not None for each in open_ones)
        assert row.state != "WITH_STAFF" or row.desk_step is None
        seqs = session.execute(select(Message.seq).where(Message.conversation_id == row.id).order_by(Message.seq)).scalars().all()
        assert list(seqs) == list(range(1, row.last_seq + 1))
        left = session.execute(select(LeftMessage).where(LeftMessage.conversation_id == row.id)).scalars().all()
        for each in left:
            assert each.text and (each.contact is None) == (each.contact_kind == "window")
            assert session.get(Message, each.message_id).author == "applicant"
        return row


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(said=st.lists(st.sampled_from(SAID), min_size=1, max_size=12), open_desk=st.booleans())
def test_any_row_of_choices_and_words_leaves_a_conversation_that_agrees_with_itself(
    sqlite_database: Database, said: Sequence[str], open_desk: bool
) -> None:
    options = {} if open_desk else {"clock": lambda: CLOSED}
    office, address = Office(sqlite_database, FakePresence(1), **options), Address("rest", "net", f"ann{next(_numbers)}")

    async def talk() -> None:
        for number, text in enumerate(said):
            step = check(sqlite_database, address).desk_step if number else None
            asked = len(office.asked)
            await office.says(address, text)
            row = check(sqlite_database, address)
            if step is not None and not text.startswith("/") and not text.startswith("desk:"):
                assert len(office.asked) == asked, "what is typed at the desk does not go to the assistant"
            assert open_desk or row.state == "BOT"

    asyncio.run(talk())


async def ends(*acts: Any) -> list[Any]:
    """What came of several acts at the same moment; only a conflict may have kept one from being done."""
    results = await asyncio.gather(*acts, return_exceptions=True)
    assert all(result is None or isinstance(result, Conflict) for result in results), results
    return results


@pytest.mark.parametrize("what", ["desk:leave", "desk:message", "desk:wait"])
async def test_a_claim_at_the_moment_of_a_choice_and_of_the_keeper_is_all_or_nothing(database: Database, what: str) -> None:
    presence = FakePresence()
    with database.session() as session:
        officers: list[Officer] = [make_officer(session, login=f"officer{number}") for number in range(2)]
    presence.here = {officer.id for officer in officers}
    office = Office(database, presence)
    counter = Counter(office.record, office.desk)
    for number in range(5):
        address = Address("rest", "net", f"race{what}{number}")
        await office.says(address, "desk:wait")
        conversation_id = check(database, address).id
        presence.here.clear()
        closing = desk(presence, clock=lambda: CLOSED)
        results = await ends(
            counter.claim(officers[0], conversation_id),
            office.says(address, what),
            counter.claim(officers[1], conversation_id),
            Keeper(office.record, closing).round(),
        )
        row = check(database, address)
        won = [officer.id for officer, result in zip(officers, (results[0], results[2])) if result is None]
        assert len(won) <= 1 and (row.state == "WITH_STAFF") == (len(won) == 1)
        assert row.owner_id == (won[0] if won else None) and (row.state != "BOT" or not won)
        presence.here = {officer.id for officer in officers}
