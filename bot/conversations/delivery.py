"""What has reached the applicant, for channels whose clients do not say which message they have."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from bot.conversations.events import Stored
from bot.conversations.ledger import stored
from bot.conversations.models import Conversation, Message
from bot.conversations.threads import Address, find_newest, lock
from bot.db import now
from bot.errors import NotFound


def undelivered(session: Session, conversation_id: str, own: str | None, leave: Collection[str]) -> list[Stored]:
    """Messages of the thread that the caller has not got yet, which count as delivered from now on.

    Args:
        own: the message whose answers are returned in any case, for a call that is repeated.
        leave: messages whose answers other calls are waiting for.
    """
    thread_id = session.execute(select(Conversation.thread_id).where(Conversation.id == conversation_id)).scalar_one_or_none()
    if thread_id is None:
        raise NotFound("conversation_unknown")
    # One row for the whole thread keeps two calls from carrying off the same message.
    lock(session, thread_id)
    wanted = Message.delivered_at.is_(None)
    if own is not None:
        wanted = or_(wanted, Message.answers == own)
    rows = [row for row in _of_thread(session, thread_id, wanted) if row.answers == own or row.answers not in leave]
    for row in rows:
        row.delivered_at = row.delivered_at or now()
    return stored(session, rows)


def undelivered_at(session: Session, address: Address) -> list[Stored]:
    """Messages for the applicant at `address` that do not count as delivered yet."""
    newest = find_newest(session, address)
    return [] if newest is None else stored(session, _of_thread(session, newest.thread_id, Message.delivered_at.is_(None)))


def _of_thread(session: Session, thread_id: str, wanted: Any) -> list[Any]:
    return list(
        session.execute(
            select(Message)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(Conversation.thread_id == thread_id, Message.author != "applicant", wanted)
            .order_by(Conversation.ordinal, Message.seq)
        ).scalars()
    )


def mark_delivered(session: Session, message_ids: Collection[str]) -> None:
    """Have messages count as delivered."""
    session.execute(
        update(Message)
        .where(Message.id.in_(message_ids), Message.delivered_at.is_(None))
        .values(delivered_at=now())
        .execution_options(synchronize_session=False)
    )
