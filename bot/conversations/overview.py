"""What an officer may see: the queue, their own conversations and those of colleagues, what a search finds, and one conversation whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, exists, func, or_, select, true
from sqlalchemy.orm import Session

from bot import audit
from bot.conversations.events import Stored
from bot.conversations.ledger import stored
from bot.conversations.models import Conversation, ConversationTag, Feedback, Handoff, LeftMessage, Message, Rating
from bot.conversations.notes import Note, notes_of
from bot.conversations.rows import Row as Row
from bot.conversations.rows import rows
from bot.conversations.states import State
from bot.conversations.text import Typed
from bot.conversations.threads import Address, address_of
from bot.db import now
from bot.errors import NotAllowed, NotFound
from bot.staff.officers import Officer

_LONGEST_PAGE: Final = 100
_READ_AGAIN: Final = timedelta(hours=1)
_REMEMBERED: Final = 5000


@dataclass(frozen=True)
class SearchQuery:
    """Which conversations are wanted: those that meet every condition that is given.

    Attributes:
        text: stands in a message; with `shown`, in what that makes of the message.
        before: the id of a row to go on after.
    """

    text: str | None = None
    shown: Callable[[Typed], str] | None = None
    state: State | None = None
    language: str | None = None
    topic: str | None = None
    station: str | None = None
    tag: str | None = None
    owner: int | None = None
    before: str | None = None
    limit: int = 50


@dataclass(frozen=True)
class Earlier:
    """A conversation of the same applicant before this one."""

    id: str
    closed_at: datetime | None
    topic: str | None
    outcome: str | None


@dataclass(frozen=True)
class Opinion:
    """What the applicant said of one answer."""

    helpful: bool
    comment: str | None


@dataclass(frozen=True)
class View:
    """One conversation as staff see it.

    Attributes:
        messages: those after the number asked for, in order.
        feedback: by message.
        given: what the applicant gave besides this conversation, as `given` finds it.
        rating: score and comment.
        earlier: conversations of the same applicant before this one, the newest first.
        may: what the officer may do with it now: claim, join, reply, hand_back, transfer, close, note, draft, tag, reveal.
    """

    row: Row
    address: Address
    closed_at: datetime | None
    outcome: str | None
    rating: tuple[int, str | None] | None
    earlier: Sequence[Earlier]
    messages: Sequence[Stored]
    given: Sequence[Typed]
    feedback: Mapping[str, Opinion]
    notes: Sequence[Note]
    drafts: Sequence[Note]
    may: frozenset[str] = field(default_factory=frozenset)


def visible(by: Officer) -> Any:
    """The condition under which an officer sees a conversation.

    Stations divide the work: who belongs to some sees what is for these, what is for no station, and what is theirs; who
    belongs to none, and who oversees all, sees everything.
    """
    if not by.stations or by.may("conversation:read_all"):
        return Conversation.id.is_not(None)
    return or_(
        Conversation.station.is_(None),
        Conversation.station.in_(by.stations),
        Conversation.owner_id == by.id,
        Conversation.wanted_id == by.id,
    )


def seen(session: Session, by: Officer, conversation_id: str) -> Any:
    """The row of a conversation that this officer may read.

    Raises:
        NotFound: there is none.
        NotAllowed: the role does not allow reading, or it is for another station.
    """
    by.require("conversation:read")
    conversation = session.get(Conversation, conversation_id, populate_existing=True)
    if conversation is None:
        raise NotFound("conversation_unknown")
    if session.execute(select(Conversation.id).where(Conversation.id == conversation_id, visible(by))).first() is None:
        raise NotAllowed("other_station", permission="conversation:read_all")
    return conversation


@dataclass(frozen=True)
class Board:
    """Whose the conversations are that wait or are with staff, as of one moment: each stands in one list.

    Attributes:
        queue: what waits and this officer may claim, in the order in which it is served.
        mine: what this officer has, in the order in which they took it.
        others: what colleagues have and this officer may read, in the order in which it was taken; a trainee watches these.
    """

    queue: Sequence[Row]
    mine: Sequence[Row]
    others: Sequence[Row]


def board(session: Session, by: Officer) -> Board:
    """What waits, what is this officer's, and what colleagues have."""
    by.require("conversation:read")
    asked = and_(Handoff.conversation_id == Conversation.id, Handoff.closed_at.is_(None))
    waits, served = Conversation.state == State.QUEUED.value, Conversation.state == State.WITH_STAFF.value
    # One statement, because a conversation that moves between two would be in two lists or in none.
    found = (
        select(Conversation)
        .outerjoin(Handoff, asked)
        .where(or_(and_(waits, visible(by)), and_(served, or_(Conversation.owner_id == by.id, visible(by)))))
        .order_by(Handoff.requested_at, Handoff.id, Conversation.owner_since, Conversation.id)
    )
    everything = rows(session, list(session.execute(found).unique().scalars()))
    queue = [row for row in everything if row.state is State.QUEUED]
    mine = [row for row in everything if row.state is not State.QUEUED and row.owner is not None and row.owner.id == by.id]
    others = [row for row in everything if row.state is not State.QUEUED and (row.owner is None or row.owner.id != by.id)]
    return Board(queue, mine, others)


def search(session: Session, by: Officer, query: SearchQuery) -> list[Row]:
    """One page of what this officer may read, the newest first."""
    by.require("conversation:read")
    conditions: list[Any] = [visible(by)]
    for column, value in (
        (Conversation.topic, query.topic),
        (Conversation.station, query.station),
        (Conversation.owner_id, query.owner),
        (Conversation.state, None if query.state is None else query.state.value),
        (func.coalesce(Conversation.language, Conversation.last_language), query.language),
    ):
        if value is not None:
            conditions.append(column == value)
    if query.tag is not None:
        conditions.append(exists().where(ConversationTag.conversation_id == Conversation.id, ConversationTag.tag == query.tag))
    words = (query.text or "").strip().lower()
    if words:
        conditions.append(exists().where(Message.conversation_id == Conversation.id, _holds(words)))
    newest_first = select(Conversation).where(*conditions).order_by(Conversation.updated_at.desc(), Conversation.id.desc())
    size = max(1, min(query.limit, _LONGEST_PAGE))
    last = None if query.before is None else session.get(Conversation, query.before)
    found: list[Any] = []
    while True:
        read = list(session.execute(newest_first.where(_older(last)).limit(size)).scalars())
        if words and query.shown is not None:
            found += _with_shown(session, read, words, query.shown)
        else:
            found += read
        if len(read) < size or len(found) >= size:
            return rows(session, found[:size])
        last = read[-1]


def _holds(words: str) -> Any:
    return func.lower(Message.text).contains(words, autoescape=True)


def _older(last: Any) -> Any:
    if last is None:
        return true()
    same_moment = and_(Conversation.updated_at == last.updated_at, Conversation.id < last.id)
    return or_(Conversation.updated_at < last.updated_at, same_moment)


def _with_shown(session: Session, conversations: Sequence[Any], words: str, shown: Callable[[Typed], str]) -> list[Any]:
    """Those with a message that shows the words."""
    of_these = Message.conversation_id.in_([each.id for each in conversations])
    showing: set[str] = set()
    found = select(Message.conversation_id, Message.text, Message.payload).where(of_these, _holds(words))
    for conversation_id, text, payload in session.execute(found):
        if conversation_id not in showing and words in shown(Typed.of(text, payload)).lower():
            showing.add(conversation_id)
    return [each for each in conversations if each.id in showing]


def view(session: Session, by: Officer, conversation_id: str, after: int) -> View:
    """One conversation whole, or what came after a number; that it was read is noted once an hour."""
    conversation = seen(session, by, conversation_id)
    _note_reading(session, by, conversation_id)
    found = session.execute(
        select(Message).where(Message.conversation_id == conversation_id, Message.seq > after).order_by(Message.seq)
    ).scalars()
    messages = stored(session, list(found))
    rating = session.get(Rating, conversation_id)
    before = session.execute(
        select(Conversation)
        .where(Conversation.thread_id == conversation.thread_id, Conversation.ordinal < conversation.ordinal)
        .order_by(Conversation.ordinal.desc())
    ).scalars()
    said = session.execute(select(Feedback).where(Feedback.conversation_id == conversation_id)).scalars()
    return View(
        row=rows(session, [conversation])[0],
        address=address_of(conversation),
        closed_at=conversation.closed_at,
        outcome=conversation.outcome,
        rating=None if rating is None else (rating.score, rating.comment),
        earlier=[Earlier(each.id, each.closed_at, each.topic, each.outcome) for each in before],
        messages=messages,
        given=given(session, [conversation.thread_id], beside=conversation_id).get(conversation.thread_id, ()),
        feedback={each.message_id: Opinion(each.helpful, each.comment) for each in said},
        notes=notes_of(session, conversation_id, "note"),
        drafts=notes_of(session, conversation_id, "draft"),
        may=may(by, conversation),
    )


def given(session: Session, thread_ids: Collection[str], beside: str | None = None) -> dict[str, list[Typed]]:
    """What the applicants of these threads wrote, the newest of it, and how they can be reached; `beside` is left out."""
    words = (
        select(Conversation.thread_id, Message.text, Message.payload)
        .join(Message, Message.conversation_id == Conversation.id)
        .where(Conversation.thread_id.in_(thread_ids), Message.author == "applicant")
        .order_by(Message.created_at.desc())
        .limit(_REMEMBERED)
    )
    contacts = (
        select(Conversation.thread_id, LeftMessage.contact)
        .join(LeftMessage, LeftMessage.conversation_id == Conversation.id)
        .where(Conversation.thread_id.in_(thread_ids), LeftMessage.contact.is_not(None))
    )
    found: dict[str, list[Typed]] = {}
    for thread_id, text, payload in session.execute(words if beside is None else words.where(Conversation.id != beside)):
        found.setdefault(thread_id, []).append(Typed.of(text, payload))
    for thread_id, text in session.execute(contacts):
        found.setdefault(thread_id, []).append(Typed(text))
    return found


def may(by: Officer, conversation: Any) -> frozenset[str]:
    """What an officer may do with a conversation as it stands."""
    state, owns = State(conversation.state), conversation.owner_id == by.id
    allowed = {
        "claim": state is State.QUEUED and by.may("conversation:claim"),
        "join": state is State.BOT and by.may("conversation:claim"),
        "reply": owns and by.may("conversation:reply"),
        "hand_back": owns and by.may("conversation:transfer"),
        "transfer": owns and by.may("conversation:transfer"),
        "close": owns and by.may("conversation:close"),
        "note": by.may("conversation:note"),
        "tag": by.may("conversation:note"),
        "draft": state is not State.CLOSED and by.may("conversation:draft"),
        "reveal": by.may("number:reveal"),
    }
    return frozenset(name for name, holds in allowed.items() if holds)


def _note_reading(session: Session, by: Officer, conversation_id: str) -> None:
    actor, subject = audit.staff(by.id), f"conversation:{conversation_id}"
    read = select(audit.AuditEntry.id).where(
        audit.AuditEntry.actor == actor,
        audit.AuditEntry.action == "conversation:read",
        audit.AuditEntry.subject == subject,
        audit.AuditEntry.at > now() - _READ_AGAIN,
    )
    if session.execute(read.limit(1)).first() is None:
        audit.record(session, actor, "conversation:read", subject)
