"""The core of conversations for tests: real desk, real record, officers who signed, and an assistant that a test speaks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import audit
from bot.assistant import Reply
from bot.attempts import Attempts
from bot.conversations.composer import Composer
from bot.conversations.consents import PrivacyNotice
from bot.conversations.counter import Counter
from bot.conversations.events import Event, MessageStored, StateChanged, Stored
from bot.conversations.ledger import Address, Ahead
from bot.conversations.models import Conversation, Message
from bot.conversations.news import News
from bot.conversations.obligations import TakenTurn
from bot.conversations.publishing import Record
from bot.conversations.return_codes import ReturnCodes
from bot.conversations.service import Conversations, Ended
from bot.conversations.states import State
from bot.db import Database
from bot.i18n import Texts
from bot.notifications.mailbox import Mailbox
from bot.permits.service import Permits
from bot.staff.officers import Officer
from tests.gateway import PARTS
from tests.staff import make_officer

T = TypeVar("T")

ANN = Address("socket", "session", "ann")
BOB = Address("socket", "session", "bob")
NOTICE = PrivacyNotice(Texts.load(), 180, PARTS.contact.hotline)
OFFICERS = ("Chen Li", "Wang Fang", "Zhou Min")


class Cuttable(Record):
    """A record whose process may die between a commit and its publishing."""

    cut = False

    def _publish(self, events: list[Event]) -> None:
        if not self.cut:
            super()._publish(events)


class Window:
    """A window of the applicant: what it shows, in the order in which it came, and the last that it has."""

    def __init__(self) -> None:
        self.shown: list[Stored] = []
        self.state = State.BOT
        self.owner: int | None = None
        self.connected = False

    def hear(self, event: Event) -> None:
        if not self.connected:
            return
        if isinstance(event, MessageStored):
            self.show(event.message)
        elif isinstance(event, StateChanged):
            self.state, self.owner = event.state, None if event.owner is None else event.owner.id

    def show(self, message: Stored) -> None:
        if message.id not in {shown.id for shown in self.shown}:
            self.shown.append(message)

    @property
    def mark(self) -> tuple[str | None, int]:
        return (None, 0) if not self.shown else (self.shown[-1].conversation_id, self.shown[-1].seq)


class Office:
    """One gateway's core on a database of its own.

    Attributes:
        events: what has been published, in order.
        officers: three who may do everything an officer may.
    """

    def __init__(
        self,
        database: Database,
        record: Callable[[Database], Record] = Record,
        mailbox: Mailbox | None = None,
        ahead: Ahead = lambda _conversation, _text, _expects: False,
    ) -> None:
        self.database = database
        self.record = record(database)
        composer = Composer(Texts.load(), PARTS.contact, PARTS.render_private, PARTS.desk, False, NOTICE)
        codes = ReturnCodes(b"c" * 32, Attempts(b"a" * 32), minutes=60)
        self.permits = Permits(b"p" * 32)
        self.news = News(PARTS.desk.answers, self.permits, timedelta(days=180), Attempts(b"a" * 32), mailbox)
        self.conversations = Conversations(self.record, composer, PARTS.redact, codes, self.news, ahead=ahead)
        self.counter = Counter(self.record, PARTS.desk)
        self.events: list[Event] = []
        self.record.listen(self.events.append)

    def hire(
        self, role: str = "officer", stations: Sequence[str] = (), *, signed: bool = True, names: Sequence[str] = OFFICERS
    ) -> list[Officer]:
        """Accounts that are there."""
        with self.database.session() as session:
            return [
                make_officer(session, f"{role}.{name}".lower().replace(" ", "."), role, name, stations, signed=signed) for name in names
            ]

    async def says(self, text: str = "hello", client_id: str | None = None, address: Address = ANN) -> str:
        """The id of the conversation in which the applicant said it."""
        return (await self.conversations.applicant_says(address, text, client_id)).message.conversation_id

    async def take(self, conversation_id: str, worker: str = "one", lease_s: float = 30) -> TakenTurn | None:
        """A turn of the bot or of the desk, begun."""
        task = await self.conversations.take(conversation_id, worker, lease_s)
        return None if task is None else task.turn

    async def answer(self, turn: TakenTurn, *texts: str, worker: str = "one") -> Ended:
        """A turn, ended: by the desk, or with these texts of the bot."""
        if turn.desk:
            return await self.conversations.at_desk(turn, worker)
        return await self.conversations.answer(turn, worker, [Reply(text, "en") for text in texts or ("answer",)])

    async def queued(self, address: Address = ANN) -> str:
        """A conversation that waits in the queue."""
        conversation_id = await self.says("desk:wait", address=address)
        turn = await self.take(conversation_id)
        assert turn is not None and turn.desk
        await self.answer(turn)
        assert self.state(conversation_id) is State.QUEUED
        return conversation_id

    def read(self, query: Callable[[Session], T]) -> T:
        """What the database says."""
        with self.database.session() as session:
            return query(session)

    def state(self, conversation_id: str) -> State:
        """Who has the conversation."""
        return State(self.row(conversation_id).state)

    def row(self, conversation_id: str) -> Any:
        """The row of a conversation."""
        return self.read(lambda session: session.get(Conversation, conversation_id))

    def messages(self, conversation_id: str) -> list[tuple[int, str, str]]:
        """Number, author and text of everything said in a conversation."""
        query = select(Message).where(Message.conversation_id == conversation_id).order_by(Message.seq)
        return self.read(lambda session: [(row.seq, row.author, row.text) for row in session.execute(query).scalars()])

    def acts(self, *actions: str) -> list[tuple[str, str, dict[str, Any]]]:
        """Actor, subject and detail of what the audit trail keeps of these actions, in order."""
        query = select(audit.AuditEntry).where(audit.AuditEntry.action.in_(actions)).order_by(audit.AuditEntry.id)
        return self.read(lambda session: [(row.actor, row.subject, row.detail) for row in session.execute(query).scalars()])
