"""What has reached the applicant, for channels whose clients need not say which message they have."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, not_, or_, select, true, update
from sqlalchemy.orm import Session

from bot.conversations.events import Stored
from bot.conversations.ledger import stored
from bot.conversations.models import Conversation, Message
from bot.conversations.threads import Address, find_newest, find_root, lock
from bot.db import now
from bot.errors import NotFound

_MOST: Final = 500


@dataclass(frozen=True)
class HandedOut:
    """What one call is given.

    Attributes:
        fresh: the ids of those messages that had not been delivered before.
        at: since when they count as delivered by this call.
    """

    messages: Sequence[Stored]
    fresh: Collection[str]
    at: datetime


def hand_out(session: Session, address: Address, own: str | None, leave: Collection[str]) -> HandedOut:
    """Messages for the applicant at `address` that have not been delivered, which count as delivered from now on.

    Args:
        own: the message whose answers are returned in any case, for a call that is repeated.
        leave: messages whose answers other calls are waiting for.
    """
    thread_id, moment = _hold(session, address), now()
    if thread_id is None:
        return HandedOut((), (), moment)
    wanted = Message.delivered_at.is_(None)
    if own is not None:
        wanted = or_(wanted, Message.answers == own)
    rows = [row for row in _of_thread(session, thread_id, wanted) if row.answers == own or row.answers not in leave]
    fresh = [row.id for row in rows if row.delivered_at is None]
    for row in rows:
        # Also what was delivered before: a call that carries it off once more keeps the first from taking it back.
        row.delivered_at = moment
    return HandedOut(stored(session, rows), fresh, moment)


def take_back(session: Session, address: Address, handed: HandedOut) -> None:
    """Have what was handed out at `address` not count as delivered, because it did not reach the applicant.

    What had been delivered before does so still, and so does what another call has been given since.
    """
    if _hold(session, address) is not None:
        _set_delivered(session, and_(Message.id.in_(handed.fresh), Message.delivered_at == handed.at), None)


def received(session: Session, address: Address, newest: str) -> None:
    """Have everything for the applicant at `address` up to the message `newest` count as delivered; nothing, if it is empty.

    Raises:
        NotFound: there is no such message at `address`.
    """
    _receive(session, _hold(session, address), newest)


def said_after(session: Session, address: Address, newest: str) -> list[Stored]:
    """The oldest 500 messages for the applicant at `address` after the message `newest`, or of all, if that is empty.

    They are returned whether they count as delivered or not, and go on to do so or not. What is up to `newest` does from now on.

    Raises:
        NotFound: there is no such message at `address`.
    """
    thread_id = _hold(session, address)
    mark = _receive(session, thread_id, newest)
    if thread_id is None:
        return []
    return stored(session, _of_thread(session, thread_id, true() if mark is None else not_(_up_to(mark)), _MOST))


def _hold(session: Session, address: Address) -> str | None:
    """The thread at `address`, or None. One row of it is held, which keeps two calls from carrying off the same message."""
    thread_id = find_root(session, address)
    if thread_id is not None:
        lock(session, thread_id)
    return thread_id


def _receive(session: Session, thread_id: str | None, newest: str) -> Any:
    """Place and number of the message `newest`, up to which all counts as delivered; None if it is empty."""
    if not newest:
        return None
    found = select(Conversation.ordinal, Message.seq).join(Conversation, Conversation.id == Message.conversation_id)
    found = found.where(Message.id == newest, Conversation.thread_id == thread_id)
    mark = None if thread_id is None else session.execute(found).one_or_none()
    if mark is None:
        raise NotFound("message_unknown")
    of_thread = select(Message.id).join(Conversation, Conversation.id == Message.conversation_id).where(Conversation.thread_id == thread_id)
    waiting = of_thread.where(Message.author != "applicant", Message.delivered_at.is_(None), _up_to(mark))
    _set_delivered(session, Message.id.in_(waiting), now())
    return mark


def _up_to(mark: Any) -> Any:
    return or_(Conversation.ordinal < mark.ordinal, and_(Conversation.ordinal == mark.ordinal, Message.seq <= mark.seq))


def undelivered_at(session: Session, address: Address) -> list[Stored]:
    """Messages for the applicant at `address` that do not count as delivered yet."""
    newest = find_newest(session, address)
    return [] if newest is None else stored(session, _of_thread(session, newest.thread_id, Message.delivered_at.is_(None)))


def mark_delivered(session: Session, message_ids: Collection[str]) -> None:
    """Have messages count as delivered."""
    _set_delivered(session, and_(Message.id.in_(message_ids), Message.delivered_at.is_(None)), now())


def _set_delivered(session: Session, which: Any, moment: datetime | None) -> None:
    session.execute(update(Message).where(which).values(delivered_at=moment).execution_options(synchronize_session=False))


def _of_thread(session: Session, thread_id: str, wanted: Any, most: int | None = None) -> list[Any]:
    return list(
        session.execute(
            select(Message)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(Conversation.thread_id == thread_id, Message.author != "applicant", wanted)
            .order_by(Conversation.ordinal, Message.seq)
            .limit(most)
        ).scalars()
    )
