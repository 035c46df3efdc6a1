"""The core with its privacy for tests, and what to look for after an erasure."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bot import audit, migrations
from bot.assistant import Reply
from bot.attempts import Attempts
from bot.conversations.models import (
    Consent,
    ConversationTag,
    Feedback,
    Handoff,
    LeftMessage,
    Message,
    Rating,
    StaffNote,
)
from bot.db import Base, Database, now
from bot.nlu.event_log import EventLog, memory_of
from bot.notifications.mailbox import sealed, unsealed
from bot.notifications.models import Mail, MailAddress, Subscription
from bot.permits import demo
from bot.permits.service import Permits
from bot.privacy.own import Claim
from bot.privacy.service import Keep, Privacy
from bot.vault import Vault
from tests.office import ANN, Office

# Stands in everything that a person could have written or been told; nothing else holds it.
MARKER = "Quokkaberg-7749"
REGISTER = ("applicants", "applications", "employers", "stage_history")
DAY = timedelta(days=1)
HERE = "network-1"
KEY = b"m" * 32


def files_with(folder: Path, marker: str) -> list[str]:
    """Names of the files below a folder that hold the marker."""
    spellings = [marker.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")]
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and any(each in path.read_bytes() for each in spellings))


class House:
    """The core with its privacy, on SQLite files of its own or on another database, at a time that a test sets."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.folder = folder
        self.database = Database(url or f"sqlite:///{folder / 'permits.db'}", audit_key=b"t" * 32)
        migrations.upgrade(self.database.engine)
        self.office = Office(self.database)
        self.vault, self.permits = Vault(folder / "vault.key"), Permits(b"p" * 32)
        self.late = timedelta()
        # As Rasa does, somebody has the working memory open all the time.
        where = memory_of(url or "", folder)
        self.memory = EventLog(where)
        self.privacy = Privacy(
            self.office.record,
            self.database,
            self.permits,
            self.vault,
            Attempts(b"a" * 32),
            [where, folder / "not-there-yet.db"],
            Keep(conversations=180, memory=30, audit=1095),
            lambda: now() + self.late,
            lambda stored: unsealed(KEY, stored),
        )

    def remember(self, conversation_id: str, text: str = MARKER) -> None:
        """Have Rasa's working memory hold a turn."""
        self.memory.append(conversation_id, [{"event": "user", "text": text}])

    def remembered(self) -> list[str]:
        """The conversations in Rasa's working memory."""
        return self.memory.senders()

    def files_with(self, marker: str) -> list[str]:
        """The files that hold the marker in any encoding that SQLite or JSON would use."""
        return files_with(self.folder, marker)

    def rows(self, model: Any) -> int:
        """How many rows a table has."""
        return self.office.read(lambda session: session.execute(select(func.count()).select_from(model)).scalar_one())

    def register(self) -> list[Any]:
        """Every row of the register of applications."""
        tables = [Base.metadata.tables[name] for name in REGISTER]
        return self.office.read(lambda session: [[tuple(row) for row in session.execute(select(table))] for table in tables])

    async def full(self, address: Any = ANN, marker: str = MARKER) -> list[str]:
        """A thread of two conversations with something in every table that can hold an applicant's words."""
        first = await self.office.says(f"I am {marker}", "m-1", address)
        turn = await self.office.take(first)
        assert turn is not None
        card = {"type": "checklist", "profile": {"name": marker}}
        await self.office.conversations.answer(turn, "one", [Reply(f"Hello {marker}", "en")])
        await self.office.conversations.end(address)
        second = await self.office.says(f"again {marker}", "m-2", address)
        await self.office.conversations.make_return_code(address)
        with self.database.session() as session:
            said = session.execute(select(Message).where(Message.conversation_id == first, Message.author == "bot")).scalars().first()
            said.payload = {**said.payload, "card": card}
            session.add_all(
                [
                    Handoff(conversation_id=second, message_id=said.id, reason="asked"),
                    StaffNote(conversation_id=first, staff_id=1, kind="note", text=f"note {marker}"),
                    ConversationTag(conversation_id=first, tag=marker, staff_id=1),
                    Feedback(message_id=said.id, conversation_id=first, helpful=False, comment=f"no {marker}"),
                    Rating(conversation_id=first, score=2, comment=marker),
                    Subscription(
                        conversation_id=first,
                        applicant_id=1,
                        application_id=1,
                        told_stage=marker,
                        told_since=now(),
                        due_at=now() + DAY,
                        expires_at=now() + DAY,
                    ),
                    Consent(conversation_id=first, version="v1", language="en", given_at=now()),
                ]
            )
            left = LeftMessage(
                conversation_id=second,
                message_id=said.id,
                text=f"call {marker}",
                language="en",
                contact_kind="email",
                contact=f"{marker}@example.org",
                reason="asked",
                due_at=now(),
                answer=f"dear {marker}",
                answered_at=now(),
            )
            mail = MailAddress(conversation_id=first, address=sealed(KEY, f"{marker}@example.org"), salt="salty", language="en")
            session.add_all([left, mail])
            session.flush()
            session.add(Mail(address_id=mail.id, kind="news", due_at=now()))
            audit.record(session, audit.SYSTEM, "turn:silence", f"conversation:{first}", texts=[f"late {marker}"])
            audit.record(session, audit.staff(1), "number:reveal", f"left_message:{left.id}", reason=marker)
            for each in (first, second):
                self.vault.put(session, each, "NUMBER", marker)
        for each in (first, second):
            self.remember(each, marker)
        return [first, second]

    def prove(self, conversation_id: str) -> None:
        """Have somebody prove in a conversation that an invented application is theirs."""
        with self.database.session() as session:
            sample = demo.examples(session)[0]
            found = self.permits.look_up(session, sample["number"], date.fromisoformat(sample["date_of_birth"]), conversation_id)
            assert found.outcome == "found"

    def cases(self) -> list[Claim]:
        """Two invented applications of two people."""
        with self.database.session() as session:
            demo.fill(session, date.today())
            found = demo.examples(session)
        return [Claim(each["number"], date.fromisoformat(each["date_of_birth"])) for each in (found[0], found[-1])]

    def show_a_case(self, conversation_id: str, case: Claim) -> None:
        """Have a conversation hold the status card of an application."""
        with self.database.session() as session:
            found = self.permits.look_up(session, case.number, case.born, "elsewhere")
            shown = [{"number": application.number, "meaning": MARKER} for application in found.applications]
            said = session.execute(select(Message).where(Message.conversation_id == conversation_id, Message.author == "bot")).scalars()
            next(iter(said)).payload = {"card": {"type": "status", "applications": shown}}
