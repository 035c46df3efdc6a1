"""The look at the record after a fault finds what it is there to find."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
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

ANN, BOB = Address("socket", "session", "ann"), Address("socket", "session", "bob")


class Person:
    """An applicant who asked once, was answered, and has seen both."""

    def __init__(self, session: Session) -> None:
        self.name, self.strangers, self.view = "ann", 0, View()
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
        rows = session.query(Message).filter_by(conversation_id=self.conversation).order_by(Message.seq)
        seen = [{"metadata": {"id": row.id, "seq": row.seq, "conversation": {"id": row.conversation_id}}} for row in rows]
        self.view.add(seen, live=False)


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
    for officer, action in ((7, "claim"), (7, "close")):
        audit.record(session, audit.staff(officer), f"conversation:{action}", f"conversation:{person.conversation}")
    ledger.append(session, conversation, [Draft("staff", "en", "It was sent today.")], answers=person.sent[0].stored, staff_id=7)
    person.see(session)


def taken_twice(session: Session, person: Person) -> None:
    for officer in (1, 2):
        audit.record(session, audit.staff(officer), "conversation:claim", f"conversation:{person.conversation}")


def handed_over(session: Session, person: Person) -> None:
    for officer, action in ((1, "claim"), (1, "transfer"), (2, "claim")):
        audit.record(session, audit.staff(officer), f"conversation:{action}", f"conversation:{person.conversation}")


def spoken_for(session: Session, person: Person) -> None:
    conversation = ledger.lock(session, person.conversation)
    ledger.append(session, conversation, [Draft("staff", "en", "Good morning.")])
    session.execute(update(Message).where(Message.author == "staff").values(staff_id=7))
    person.see(session)


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
    "two owners": (taken_twice, {"owners"}),
    "one owner after the other": (handed_over, set()),
    "somebody who speaks without having it": (spoken_for, {"owners"}),
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
    officer = SimpleNamespace(login="chen.li", replied={"question": "gone"}, mine=set(), views={})
    with sqlite_database.session() as session:
        assert checks.look(session, [], [officer]).lost == {"reply of chen.li: question"}  # type: ignore[list-item]


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
