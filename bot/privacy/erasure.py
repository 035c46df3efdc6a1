"""Conversations taken out of the record with everything that hangs on them, as plain functions on one unit of work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot import audit_chain
from bot.audit import AuditEntry
from bot.conversations import ownership
from bot.conversations.events import Erased, TurnFinished
from bot.conversations.models import (
    Consent,
    Conversation,
    ConversationTag,
    Feedback,
    Handoff,
    LeftMessage,
    Message,
    Rating,
    ReturnCode,
    StaffNote,
    Turn,
)
from bot.conversations.publishing import Happened
from bot.conversations.threads import address_of
from bot.notifications.models import MailAddress, Subscription
from bot.permits.models import LookupProof
from bot.vault import VaultCounter, VaultEntry

# What hangs on a conversation by its `conversation_id`, so that what refers to another comes before it.
PARTS: Final[Sequence[Any]] = (
    Turn,
    Handoff,
    LeftMessage,
    StaffNote,
    ConversationTag,
    Feedback,
    Rating,
    Consent,
    Message,
    VaultEntry,
    VaultCounter,
    LookupProof,
    Subscription,
    MailAddress,
)
_ENDED: Final = "ended"
_LOST: Final = "lost"
# Databases limit how many values a statement may hold.
_AT_ONCE: Final = 500


def thread(session: Session, thread_id: str) -> list[Any]:
    """The conversations of a thread, the oldest first, held until the unit of work ends."""
    mine = select(Conversation).where(Conversation.thread_id == thread_id).order_by(Conversation.ordinal).with_for_update()
    held: list[Any] = []
    while True:
        found = list(session.execute(mine.execution_options(populate_existing=True)).scalars())
        # Whoever held the newest may have begun another one, which PostgreSQL does not show to a statement that waited.
        if len(found) == len(held):
            return found
        held = found


def erase_thread(session: Session, happened: Happened, conversations: Sequence[Any], actor: str) -> Counter[str]:
    """Close what is open of a thread, and drop all of it; returns how many rows of each table went.

    Whoever waits for an answer in it is told that none will come, and whoever shows it that it is gone.
    """
    ids = [conversation.id for conversation in conversations]
    address = address_of(conversations[0])
    for turn in session.execute(select(Turn).where(Turn.conversation_id.in_(ids), Turn.state != "done")).scalars():
        happened.append(TurnFinished(turn.conversation_id, address, turn.message_id, _LOST))
    for conversation_id in ids:
        happened += ownership.close(session, conversation_id, _ENDED, actor) or ()
    session.flush()
    gone = empty(session, ids, actor)
    gone[ReturnCode.__tablename__] = _drop(session, ReturnCode, ReturnCode.sender == address.sender)
    gone[Conversation.__tablename__] = _drop(session, Conversation, Conversation.id.in_(ids))
    session.expire_all()
    happened += [Erased(conversation_id, address) for conversation_id in ids]
    return +gone


def empty(session: Session, conversation_ids: Sequence[str], actor: str) -> Counter[str]:
    """Drop everything that hangs on conversations, and the words about them in the audit trail, but not their own rows.

    The audit trail keeps who did what when, without the detail. Returns how many rows of each table went or lost words.
    """
    gone: Counter[str] = Counter()
    for start in range(0, len(conversation_ids), _AT_ONCE):
        ids = conversation_ids[start : start + _AT_ONCE]
        left = session.execute(select(LeftMessage.id).where(LeftMessage.conversation_id.in_(ids))).scalars()
        for subject in [f"conversation:{each}" for each in ids] + [f"left_message:{each}" for each in left]:
            gone[AuditEntry.__tablename__] += audit_chain.erase(session, actor, subject)
        for model in PARTS:
            gone[model.__tablename__] += _drop(session, model, model.conversation_id.in_(ids))
    return gone


def count(session: Session, model: Any, conversation_ids: Collection[str]) -> int:
    """How many rows of one of `PARTS` hang on these conversations."""
    return int(session.execute(select(func.count()).select_from(model).where(model.conversation_id.in_(conversation_ids))).scalar_one())


def _drop(session: Session, model: Any, *conditions: Any) -> int:
    return int(session.execute(delete(model).where(*conditions).execution_options(synchronize_session=False)).rowcount)
