"""The answers owed to applicants, as functions on one unit of work: who may give one, until when, and how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from bot.conversations.events import Stored
from bot.conversations.ledger import Draft, append, lock, move, state_of
from bot.conversations.models import Conversation, Handoff, Message, Turn
from bot.conversations.states import Move, State
from bot.db import now
from bot.languages import DEFAULT, Language, as_language


@dataclass(frozen=True)
class TakenTurn:
    """A turn that this worker may answer until its lease ends.

    Attributes:
        left_queue: whether taking it took the conversation out of the queue.
    """

    message_id: str
    conversation_id: str
    channel: str
    text: str
    language: Language
    choice: str | None
    expects: str | None
    attempts: int
    left_queue: bool = False


@dataclass(frozen=True)
class Answer:
    """All that ends a turn: what is said and what changes with it."""

    outcome: str
    drafts: Sequence[Draft]
    expects: str | None = None
    set_language: Language | None = None
    handoff: str | None = None
    within_hours: bool | None = None


def _may_be_taken(moment: datetime) -> Any:
    return or_(Turn.state == "waiting", and_(Turn.state == "taken", Turn.lease_until < moment))


def take_turn(session: Session, conversation_id: str, owner: str, lease_s: float) -> TakenTurn | None:
    """The oldest turn of the conversation that is not done, now this worker's; None when there is none or another has it.

    Turns of a conversation that a person has meanwhile are ended without asking the assistant. One that was written while
    the request for a person was being made takes the conversation out of the queue, as if it had been written after it.
    """
    moment = now()
    oldest = session.execute(
        select(Turn.message_id).where(Turn.conversation_id == conversation_id, Turn.state != "done").order_by(Turn.seq).limit(1)
    ).scalar_one_or_none()
    if oldest is None:
        return None
    taken = session.execute(
        update(Turn)
        .where(Turn.message_id == oldest, _may_be_taken(moment))
        .values(state="taken", owner=owner, lease_until=moment + timedelta(seconds=lease_s), attempts=Turn.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:
        return None
    left_queue = move(session, conversation_id, Move.LEAVE_QUEUE)
    if state_of(session, conversation_id) is not State.BOT:
        session.execute(
            update(Turn)
            .where(_mine(oldest, owner))
            .values(state="done", lease_until=None, outcome="silenced")
            .execution_options(synchronize_session=False)
        )
        return take_turn(session, conversation_id, owner, lease_s)
    message, attempts, conversation = session.execute(
        select(Message, Turn.attempts, Conversation)
        .join(Turn, Turn.message_id == Message.id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.id == oldest)
    ).one()
    return TakenTurn(
        message_id=message.id, conversation_id=conversation_id, channel=conversation.channel, text=message.text,
        language=as_language(message.language) or DEFAULT, choice=message.payload.get("choice"),
        expects=conversation.expects, attempts=attempts, left_queue=left_queue,
    )


def _mine(message_id: str, owner: str) -> Any:
    return and_(Turn.message_id == message_id, Turn.state == "taken", Turn.owner == owner)


def renew_turn(session: Session, message_id: str, owner: str, lease_s: float) -> bool:
    """Hold a turn for longer; False when it has gone to another worker."""
    renewed = session.execute(
        update(Turn)
        .where(_mine(message_id, owner))
        .values(lease_until=now() + timedelta(seconds=lease_s))
        .execution_options(synchronize_session=False)
    )
    return bool(renewed.rowcount == 1)


def finish_turn(session: Session, turn: TakenTurn, owner: str, answer: Answer) -> list[Stored] | None:
    """Store the answer and end the turn; None when another worker has it, empty when the bot has no longer the word."""
    conversation = lock(session, turn.conversation_id)
    silenced = conversation.state != State.BOT.value
    ended = session.execute(
        update(Turn)
        .where(_mine(turn.message_id, owner))
        .values(state="done", lease_until=None, outcome="silenced" if silenced else answer.outcome)
        .execution_options(synchronize_session=False)
    )
    if ended.rowcount != 1:
        return None
    if silenced:
        return []
    if answer.handoff is not None:
        _request_person(session, turn, answer)
        session.refresh(conversation)
    conversation.expects = answer.expects
    conversation.demo_announced = conversation.demo_announced or any(draft.payload.get("notice") for draft in answer.drafts)
    if answer.set_language is not None:
        conversation.language = conversation.last_language = answer.set_language
    return append(session, conversation, answer.drafts, answers=turn.message_id)


def _request_person(session: Session, turn: TakenTurn, answer: Answer) -> None:
    move(session, turn.conversation_id, Move.REQUEST)
    if open_handoff(session, turn.conversation_id) is None:
        session.add(
            Handoff(
                conversation_id=turn.conversation_id, message_id=turn.message_id, reason=answer.handoff,
                within_hours=answer.within_hours,
            )
        )


def open_handoff(session: Session, conversation_id: str) -> Any:
    """The request for a person that is still open in this conversation, or None."""
    return session.execute(
        select(Handoff)
        .where(Handoff.conversation_id == conversation_id, Handoff.closed_at.is_(None))
        .order_by(Handoff.id)
        .limit(1)
    ).scalar_one_or_none()


def place_in_queue(session: Session, conversation_id: str) -> int:
    """The place, counted from 1, that a request for a person has or would get among the open ones."""
    mine = open_handoff(session, conversation_id)
    before = [Handoff.closed_at.is_(None)] + ([] if mine is None else [Handoff.id < mine.id])
    return int(session.execute(select(func.count()).select_from(Handoff).where(*before)).scalar_one()) + 1


def is_done(session: Session, message_id: str) -> bool:
    """Whether no answer is owed to this message any more."""
    state = session.execute(select(Turn.state).where(Turn.message_id == message_id)).scalar_one_or_none()
    return state in (None, "done")


def is_owed(session: Session, conversation_id: str) -> bool:
    """Whether an answer is owed in the conversation."""
    waiting = select(Turn.message_id).where(Turn.conversation_id == conversation_id, Turn.state != "done").limit(1)
    return session.execute(waiting).first() is not None


def owed(session: Session) -> list[str]:
    """Conversations with a turn that nobody is working on."""
    return list(
        session.execute(select(Turn.conversation_id).where(_may_be_taken(now())).distinct().limit(1000)).scalars()
    )


def release_turns(session: Session, owner: str) -> None:
    """Give back the turns of a worker that ends in good order, so that the next one need not wait for their leases."""
    session.execute(
        update(Turn)
        .where(Turn.state == "taken", Turn.owner == owner)
        .values(state="waiting", owner=None, lease_until=None, attempts=Turn.attempts - 1)
        .execution_options(synchronize_session=False)
    )
