"""What a client has missed: everything of a thread after the last number it has, and how the conversation stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from bot.conversations import opinions, requests
from bot.conversations.events import Stored
from bot.conversations.ledger import is_owed, stored
from bot.conversations.models import Conversation, Feedback, Message
from bot.conversations.ownership import owner_of, place_in_queue
from bot.conversations.states import State
from bot.conversations.threads import Address, find_newest
from bot.db import now
from bot.languages import Tongue, as_tongue
from bot.staff.names import StaffName

_MOST: Final = 500


@dataclass(frozen=True)
class Snapshot:
    """A thread as its applicant sees it; with no conversation yet, all is empty and the bot has the word.

    Attributes:
        conversation_id: the newest conversation, to which everything else but `messages` belongs.
        position: the place in the queue, while it waits there; `expected_wait_s` is None while nobody can tell.
        language: the one the applicant chose, or that of the last message.
        station: the key of the station that it waits for.
        messages: what the client does not have yet, in order.
        answer_owed: whether the assistant is about to answer.
        ratable: whether there is a conversation to rate that is not rated yet.
        feedback: what the applicant said of `messages`, by message.
        more: whether further messages follow; the next call starts at the last of these.
    """

    conversation_id: str | None = None
    state: State = State.BOT
    owner: StaffName | None = None
    position: int | None = None
    expected_wait_s: int | None = None
    language: Tongue | None = None
    station: str | None = None
    messages: Sequence[Stored] = ()
    answer_owed: bool = False
    ratable: bool = False
    feedback: Mapping[str, bool] = field(default_factory=dict)
    more: bool = False


@dataclass(frozen=True)
class Newest:
    """How far the newest conversation of a thread has come."""

    conversation_id: str
    last_seq: int
    state: State
    owner_id: int | None


def newest_of(session: Session, conversation_ids: Sequence[str]) -> dict[str, Newest]:
    """For each of these conversations, how the newest of its thread stands; those that are gone are left out."""
    found: dict[str, Newest] = {}
    newest = aliased(Conversation)
    for start in range(0, len(conversation_ids), _MOST):
        rows = session.execute(
            select(Conversation.id.label("asked"), newest.id, newest.last_seq, newest.state, newest.owner_id)
            .join(newest, newest.thread_id == Conversation.thread_id)
            .where(Conversation.id.in_(conversation_ids[start : start + _MOST]))
            .order_by(newest.ordinal)
        )
        found.update({row.asked: Newest(row.id, row.last_seq, State(row.state), row.owner_id) for row in rows})
    return found


def begun(session: Session, addresses: Collection[Address]) -> dict[Address, str]:
    """The first conversation at each of these addresses, where there is one."""
    found: dict[Address, str] = {}
    spaces = {(each.channel, each.caller) for each in addresses}
    for channel, caller in sorted(spaces):
        senders = sorted(each.sender for each in addresses if (each.channel, each.caller) == (channel, caller))
        for start in range(0, len(senders), _MOST):
            rows = session.execute(
                select(Conversation.sender, Conversation.id).where(
                    Conversation.channel == channel, Conversation.caller == caller, Conversation.sender.in_(senders[start : start + _MOST])
                )
            )
            found.update({Address(channel, caller, row.sender): row.id for row in rows})
    return found


def catch_up(session: Session, address: Address, conversation_id: str | None, after: int) -> Snapshot:
    """Everything after number `after` of one conversation at `address`, and of every later one; without a mark, the newest.

    A mark that does not lie in this thread, or beyond its end, counts as none: better shown twice than lost.
    """
    newest = find_newest(session, address)
    if newest is None:
        return Snapshot()
    rows, more = _after(session, newest.thread_id, _mark(session, newest.thread_id, conversation_id, after))
    position = place_in_queue(session, newest.id) if newest.state == State.QUEUED.value else None
    said = select(Feedback.message_id, Feedback.helpful).where(Feedback.message_id.in_([row.id for row in rows]))
    return Snapshot(
        conversation_id=newest.id,
        state=State(newest.state),
        owner=owner_of(session, newest),
        position=position,
        expected_wait_s=None if position is None else requests.expected_wait_s(session, position, now()),
        language=as_tongue(newest.language) or as_tongue(newest.last_language),
        station=newest.station,
        messages=stored(session, rows),
        answer_owed=is_owed(session, newest.id),
        ratable=opinions.unrated(session, newest.thread_id) is not None,
        feedback={row.message_id: row.helpful for row in session.execute(said)},
        more=more,
    )


def _mark(session: Session, thread_id: str, conversation_id: str | None, after: int) -> tuple[int, int] | None:
    """The mark as ordinal and number, or None when it is none of this thread."""
    if conversation_id is None or after < 0:
        return None
    marked = session.execute(
        select(Conversation.ordinal, Conversation.last_seq).where(Conversation.id == conversation_id, Conversation.thread_id == thread_id)
    ).one_or_none()
    return None if marked is None or after > marked.last_seq else (marked.ordinal, after)


def _after(session: Session, thread_id: str, mark: tuple[int, int] | None) -> tuple[list[Any], bool]:
    query = select(Message).join(Conversation, Conversation.id == Message.conversation_id).where(Conversation.thread_id == thread_id)
    if mark is None:
        newest_first = query.order_by(Conversation.ordinal.desc(), Message.seq.desc()).limit(_MOST)
        return list(session.execute(newest_first).scalars())[::-1], False
    ordinal, after = mark
    later = or_(Conversation.ordinal > ordinal, and_(Conversation.ordinal == ordinal, Message.seq > after))
    in_order = query.where(later).order_by(Conversation.ordinal, Message.seq).limit(_MOST + 1)
    rows = list(session.execute(in_order).scalars())
    return rows[:_MOST], len(rows) > _MOST
