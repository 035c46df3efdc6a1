"""The tables of conversations: the lasting record of what was said, and of the answers that are still owed."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
)

from bot.conversations.states import State
from bot.db import Base, UtcDateTime, now


def _conversation_key() -> Column:
    return Column(String(32), ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False)


class Conversation(Base):
    """One applicant's conversation; `sender` is a name inside the space of one `caller` of one `channel`."""

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("channel", "caller", "sender", name="uq_conversations_channel"),
        CheckConstraint("state IN ('BOT', 'QUEUED', 'WITH_STAFF', 'CLOSED')", name="state"),
    )

    id = Column(String(32), primary_key=True)
    channel = Column(String(20), nullable=False)
    caller = Column(String(120), nullable=False)
    sender = Column(String(200), nullable=False)
    state = Column(String(12), nullable=False, default=State.BOT.value)
    # The language the applicant chose; empty while answers follow the language of each message.
    language = Column(String(5))
    last_language = Column(String(5))
    last_seq = Column(Integer, nullable=False, default=0)
    # The kind of value the bot has just asked for, so that the next message can be redacted.
    expects = Column(String(60))
    demo_announced = Column(Boolean, nullable=False, default=False, server_default=false())
    created_at = Column(UtcDateTime, nullable=False, default=now)
    updated_at = Column(UtcDateTime, nullable=False, default=now, onupdate=now)


class Message(Base):
    """One message; `seq` counts from 1 in its conversation without gaps, `answers` names the message it replies to."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq", name="uq_messages_conversation_seq"),
        UniqueConstraint("conversation_id", "client_id", name="uq_messages_conversation_client"),
        CheckConstraint("author IN ('applicant', 'bot', 'staff', 'system')", name="author"),
        Index("ix_messages_answers", "answers"),
    )

    id = Column(String(32), primary_key=True)
    conversation_id = _conversation_key()
    seq = Column(Integer, nullable=False)
    author = Column(String(10), nullable=False)
    client_id = Column(String(100))
    answers = Column(String(32))
    language = Column(String(5), nullable=False)
    text = Column(Text, nullable=False)
    payload = Column(JSON, nullable=False, default=dict)
    created_at = Column(UtcDateTime, nullable=False, default=now)
    delivered_at = Column(UtcDateTime)


class Turn(Base):
    """The answer owed to one message of an applicant: waiting, taken by a worker until its lease ends, or done."""

    __tablename__ = "turns"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'taken', 'done')", name="state"),
        Index("ix_turns_conversation_id_seq", "conversation_id", "seq"),
        Index("ix_turns_state", "state"),
    )

    message_id = Column(String(32), ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    conversation_id = _conversation_key()
    seq = Column(Integer, nullable=False)
    state = Column(String(8), nullable=False, default="waiting")
    owner = Column(String(120))
    lease_until = Column(UtcDateTime)
    attempts = Column(Integer, nullable=False, default=0)
    outcome = Column(String(20))


class Handoff(Base):
    """A request for a person; open until somebody answers it, also when the applicant goes on with the assistant."""

    __tablename__ = "handoffs"
    __table_args__ = (Index("ix_handoffs_conversation_id", "conversation_id"),)

    id = Column(Integer, primary_key=True)
    conversation_id = _conversation_key()
    message_id = Column(String(32), nullable=False)
    reason = Column(String(60), nullable=False)
    within_hours = Column(Boolean)
    requested_at = Column(UtcDateTime, nullable=False, default=now)
    closed_at = Column(UtcDateTime)
