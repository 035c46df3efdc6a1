"""The look at the record after a fault finds what it is there to find."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from bot import audit
from bot.conversations import ledger
from bot.conversations.ledger import Address, Draft
from bot.conversations.models import Conversation, Message, Turn
from bot.db import Database
from bot.settings import ROOT
from tests.faults import checks
from tests.faults.applicant import Sent
from tests.faults.view import View
from tests.faults.work import Work

ANN, BOB = Address("socket", "session", "ann"), Address("socket", "session", "bob")


class Person:
    """An applicant who asked once, was answered, and has seen both."""

    def __init__(self, session: Session) -> None:
        self.name, self.strangers, self.view, self.work = "ann", 0, View(), Work()
        self.sent = [Sent("how long does it take", 0.0)]
        (sent,) = self.sent
        stored = ledger.store_applicants(session, ANN, sent.text, sent.id).message
        sent.stored, sent.acknowledged_at, self.conversation = stored.id, 1.0, stored.conversation_id
        self.answer(session)
        session.execute(update(Turn).values(state="done", outcome="answered"))
        self.see(session)

    def answer(self, session: Session, *texts: str) -> None:
        """The bot answers, in one message or several."""
        conversation = ledger.lock(session, self.conversation)
        ledger.append(session, conversation, [Draft("bot", "en", text) for text in texts or ("Ten days.",)], answers=self.sent[0].stored)

    def see(self, session: Session) -> None:
        """The window catches up."""
        session.flush()
        asked = self.view.position
        rows = session.query(Message).filter_by(conversation_id=self.conversation).order_by(Message.seq)
        self.view.add([as_told(row) for row in rows if row.seq > asked[1]], asked)

    def converse(self, session: Session, answers: int) -> None:
        """The bot says more, so that there is something to be told; nothing of it is."""
        for number in range(answers):
            sent = ledger.store_applicants(session, ANN, f"more {number}", f"more {number}").message
            ledger.append(session, ledger.lock(session, self.conversation), [Draft("bot", "en", f"Yes {number}.")], answers=sent.id)
        session.execute(update(Turn).values(state="done", outcome="answered"))
        session.flush()

    def hears(self, session: Session, *numbers: int, line: bool = True) -> None:
        """Messages by number, told live, each by itself."""
        if line:
            self.view.begin_line()
        for number in numbers:
            row = session.query(Message).filter_by(conversation_id=self.conversation, seq=number).one()
            self.view.add([as_told(row)])

    def is_given(self, session: Session, after: int, *numbers: int) -> None:
        """Messages by number, in answer to what was asked."""
        rows = [session.query(Message).filter_by(conversation_id=self.conversation, seq=number).one() for number in numbers]
        self.view.add([as_told(row) for row in rows], (self.conversation, after))


def as_told(row: Any) -> dict[str, Any]:
    return {"metadata": {"id": row.id, "seq": row.seq, "conversation": {"id": row.conversation_id}}}


def again_elsewhere(session: Session, person: Person) -> None:
    ledger.store_applicants(session, BOB, "how long does it take", person.sent[0].id)
    session.execute(update(Turn).values(state="done", outcome="silenced"))


def answered_twice(session: Session, person: Person) -> None:
    person.answer(session)
    person.see(session)


def answered_with(*texts: str) -> Callable[[Session, Person], None]:
    def harm(session: Session, person: Person) -> None:
        session.execute(delete(Message).where(Message.seq == 2))
        ledger.lock(session, person.conversation).last_seq = 1
        person.answer(session, *texts)
        person.view = View()
        person.see(session)

    return harm


def apologised_and_then_answered(session: Session, person: Person) -> None:
    conversation = ledger.lock(session, person.conversation)
    apology = Draft("system", "en", "The assistant cannot answer now.", {"notice": "assistant_unavailable"})
    ledger.append(session, conversation, [apology], answers=person.sent[0].stored)
    person.see(session)


def answered_later_by_an_officer(session: Session, person: Person) -> None:
    conversation = ledger.lock(session, person.conversation)
    draft = Draft("staff", "en", "It was sent today.")
    (message,) = ledger.append(session, conversation, [draft], answers=person.sent[0].stored, staff_id=7)
    audit.record(session, audit.staff(7), "left_message:answer", "left_message:1", message=message.id)
    person.see(session)


def moves(*steps: tuple[int, str], state: str, owner: int | None) -> Callable[[Session, Person], None]:
    """Who did what with a conversation, one after the other, and what its row says at the end."""

    def harm(session: Session, person: Person) -> None:
        subject = f"conversation:{person.conversation}"
        for officer, action in steps:
            if action == "reply":
                conversation = ledger.lock(session, person.conversation)
                (message,) = ledger.append(session, conversation, [Draft("staff", "en", f"I am {officer}.")], staff_id=officer)
                audit.record(session, audit.staff(officer), "conversation:reply", subject, message=message.id)
            else:
                audit.record(session, audit.staff(officer), f"conversation:{action}", subject)
            session.flush()
        session.execute(update(Conversation).where(Conversation.id == person.conversation).values(state=state, owner_id=owner))
        person.see(session)

    return harm


def spoken_for(session: Session, person: Person) -> None:
    conversation = ledger.lock(session, person.conversation)
    ledger.append(session, conversation, [Draft("staff", "en", "Good morning.")], staff_id=7)
    person.see(session)


def told(*numbers: int) -> Callable[[Session, Person], None]:
    """A thread of six messages, told on one line in this order; what is not told is caught up with."""

    def harm(session: Session, person: Person) -> None:
        person.converse(session, 2)
        person.hears(session, *numbers)
        person.see(session)

    return harm


def told_again_on_the_next_line(session: Session, person: Person) -> None:
    person.converse(session, 2)
    person.hears(session, 3, 4, 5)
    person.hears(session, 4, 5, 6)


def told_while_given(session: Session, person: Person) -> None:
    person.converse(session, 2)
    person.hears(session, 3, 4)
    person.is_given(session, 2, 3, 4, 5)
    person.hears(session, 5, 6, line=False)


def told_long_after_it_was_given(session: Session, person: Person) -> None:
    told_while_given(session, person)
    given, last = person.view.told[-3], person.view.told[-2]
    person.view.told[-2] = replace(last, at=given.at + 6)


def given(after: int, *numbers: int) -> Callable[[Session, Person], None]:
    def harm(session: Session, person: Person) -> None:
        person.converse(session, 2)
        person.is_given(session, after, *numbers)
        person.see(session)

    return harm


def told_under_another_number(session: Session, person: Person) -> None:
    (row,) = session.query(Message).filter_by(seq=2)
    wrong = as_told(row)
    wrong["metadata"]["seq"] = 1
    person.view.begin_line()
    person.view.add([wrong])


def told_what_is_not_there(session: Session, person: Person) -> None:
    person.view.add([{"metadata": {"id": "nowhere", "seq": 3, "conversation": {"id": person.conversation}}}])


def fails_in_a_handler(session: Session, person: Person) -> None:
    person.work.handler(lambda body: body["metadata"])({})


CASES: dict[str, tuple[Callable[[Session, Person], Any], set[str]]] = {
    "nothing": (lambda session, person: None, set()),
    "an acknowledged message that is gone": (
        lambda session, person: session.execute(delete(Message).where(Message.seq == 1)),
        {"lost", "disordered"},
    ),
    "a message stored twice": (again_elsewhere, {"doubled", "lost"}),
    "an answer that was not shown": (lambda session, person: person.answer(session), {"lost", "doubled"}),
    "an answer given twice": (answered_twice, {"doubled"}),
    "an apology and then the answer": (apologised_and_then_answered, {"doubled"}),
    "an answer that says the same twice": (answered_with("Ten days.", "Ten days."), {"doubled"}),
    "an answer in two messages": (answered_with("Ten days.", "Shall I tell you where?"), set()),
    "an answer and later one of an officer": (answered_later_by_an_officer, set()),
    "an answer that is still owed": (lambda session, person: session.execute(update(Turn).values(state="taken")), {"lost"}),
    "a message told live and told again": (told(3, 4, 4, 5, 6), {"doubled"}),
    "messages told in another order": (told(3, 5, 4, 6), {"disordered"}),
    "messages told again and in another order": (told(1, 2, 2, 2, 4, 3, 3, 1), {"doubled", "disordered"}),
    "messages told in order": (told(3, 4, 5), set()),
    "a message told again on the next line": (told_again_on_the_next_line, set()),
    "a message told while it is given": (told_while_given, set()),
    "a message told long after it was given": (told_long_after_it_was_given, {"doubled"}),
    "an answer from where it was asked to begin": (given(3, 4, 5, 6), set()),
    "an answer from before where it was asked to begin": (given(3, 3, 4, 5, 6), {"doubled"}),
    "an answer that leaves something out": (given(2, 3, 5, 6), {"disordered"}),
    "a message told under the number of another": (told_under_another_number, {"disordered"}),
    "a message told that is not in the record": (told_what_is_not_there, {"lost"}),
    "a failure in a handler": (fails_in_a_handler, {"failures"}),
    "one owner": (moves((1, "claim"), (1, "reply"), state="WITH_STAFF", owner=1), set()),
    "two owners": (moves((1, "claim"), (2, "claim"), state="WITH_STAFF", owner=2), {"owners"}),
    "one owner after the other": (
        moves((1, "claim"), (1, "reply"), (1, "transfer"), (2, "claim"), (2, "reply"), state="WITH_STAFF", owner=2),
        set(),
    ),
    "somebody who speaks and never had it": (moves((1, "claim"), (2, "reply"), state="WITH_STAFF", owner=1), {"owners"}),
    "somebody who speaks after somebody else took it": (
        moves((1, "claim"), (1, "transfer"), (2, "claim"), (1, "reply"), state="WITH_STAFF", owner=2),
        {"owners"},
    ),
    "somebody who speaks after giving it back": (moves((1, "claim"), (1, "hand_back"), (1, "reply"), state="BOT", owner=None), {"owners"}),
    "somebody who speaks without a word in the trail": (spoken_for, {"owners"}),
    "the assistant's, with an owner": (moves((2, "claim"), state="BOT", owner=2), {"owners"}),
    "an officer's, without an owner": (moves(state="WITH_STAFF", owner=None), {"owners"}),
    "another's than the trail says": (moves((1, "claim"), state="WITH_STAFF", owner=2), {"owners"}),
    "a session that is not known any more": (lambda session, person: setattr(person, "strangers", 1), {"lost"}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_found(sqlite_database: Database, case: str) -> None:
    harm, expected = CASES[case]
    with sqlite_database.session() as session:
        person = Person(session)
        harm(session, person)
    with sqlite_database.session() as session:
        found = checks.look(session, [person], [])  # type: ignore[list-item]
        assert session.get(Conversation, person.conversation) is not None
    assert {kind for kind, entries in vars(found).items() if entries} == expected, found.lines()


def test_reply_of_an_officer_that_was_acknowledged_and_is_gone_is_found(sqlite_database: Database) -> None:
    officer = SimpleNamespace(login="chen.li", replied={"question": "gone"}, mine=set(), views={}, work=Work())
    with sqlite_database.session() as session:
        assert checks.look(session, [], [officer]).lost == {"reply of chen.li: question"}  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    # What another gateway stored at the same moment may come first, but nothing twice.
    [((1, 2), set()), ((2, 1), set()), ((1, 2, 2), {"doubled"}), ((1,), {"lost"})],
)
def test_page_of_an_officer_is_told_everything_once(sqlite_database: Database, numbers: tuple[int, ...], expected: set[str]) -> None:
    with sqlite_database.session() as session:
        person = Person(session)
        person.view = View()
        person.hears(session, *numbers)
        conversation = person.conversation
        officer = SimpleNamespace(login="chen.li", replied={}, mine={conversation}, views={conversation: person.view}, work=Work())
        found = checks.look(session, [], [officer])  # type: ignore[list-item]
    assert {kind for kind, entries in vars(found).items() if entries} == expected, found.lines()


async def test_a_task_that_fails_is_kept() -> None:
    work = Work()

    async def fails() -> None:
        raise KeyError("ok")

    work.soon(fails())
    work.soon(asyncio.sleep(60))
    await asyncio.sleep(0.01)
    await work.stop()
    (failure,) = work.failures
    assert failure.startswith("KeyError at test_fault_checks.py:")


@pytest.mark.usefixtures("postgres", "redis")
def test_a_run_of_which_no_fault_can_be_had_is_incomplete(tmp_path: Path) -> None:
    # Everything that it is brought, but for faketime.
    for name, program in {"redis-server": shutil.which("redis-server"), "mount": "/bin/false"}.items():
        (tmp_path / name).symlink_to(str(program))
    environment = {**os.environ, "PATH": str(tmp_path), "TEST_INSTALL": "no", "PARTS": "clock"}
    done = subprocess.run([sys.executable, "-m", "tests.faults"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3, done.stderr
    assert "left out: clock an hour ahead: no clock can be set; install it with:" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("incomplete: 4 left out: clock an hour ahead,")
