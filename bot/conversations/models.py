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
    """One applicant's conversation; `sender` is a name inside the space of one `caller` of one `channel`.

    After a conversation is closed, the next one at the same address follows it: both have the same `thread_id`, the id of
    the first, and `ordinal` counts them. `sender` is the caller's only in the first.

    Attributes:
        owner_id: the member of staff who has it, exactly while the state is WITH_STAFF.
        station, wanted_id: the station, or the colleague, it waits for after a transfer.
        desk_step: what the next message of the applicant answers at the desk: `message` or `contact`, of a message that is
            being left.
        handed_back_at: since when the assistant has it again, after an officer or after a close, and has not been told yet what
            it did not hear.
        outcome: how it ended, a code.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("channel", "caller", "sender", name="uq_conversations_channel"),
        CheckConstraint("state IN ('BOT', 'QUEUED', 'WITH_STAFF', 'CLOSED')", name="state"),
        Index("ix_conversations_state_updated_at", "state", "updated_at"),
        Index("ix_conversations_thread_id_ordinal", "thread_id", "ordinal", unique=True),
        Index("ix_conversations_owner_id", "owner_id"),
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
    thread_id = Column(String(32))
    ordinal = Column(Integer, nullable=False, default=1, server_default="1")
    owner_id = Column(Integer)
    owner_since = Column(UtcDateTime)
    station = Column(String(40))
    wanted_id = Column(Integer)
    topic = Column(String(60))
    desk_step = Column(String(10))
    handed_back_at = Column(UtcDateTime)
    last_applicant_at = Column(UtcDateTime)
    last_staff_at = Column(UtcDateTime)
    idle_warned_at = Column(UtcDateTime)
    closed_at = Column(UtcDateTime)
    outcome = Column(String(20))
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
    # The member of staff who wrote it.
    staff_id = Column(Integer)
    created_at = Column(UtcDateTime, nullable=False, default=now)
    delivered_at = Column(UtcDateTime)


class Turn(Base):
    """The answer owed to one message of an applicant: waiting, taken by a worker until its lease ends, or done.

    Attributes:
        network: name of the network that the message came from, while the answer is owed; None where a limit on networks does not apply.
    """

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
    network = Column(String(80))


class Handoff(Base):
    """A request for a person: offered, then waiting in the queue, then claimed, or ended without that.

    Attributes:
        network: name of the network that it came from, while it waits.
        ended: why it is over: `claimed`, `left`, `message_left`, `not_served`, `closed`.
    """

    __tablename__ = "handoffs"
    __table_args__ = (
        Index("ix_handoffs_conversation_id", "conversation_id"),
        Index("ix_handoffs_closed_at", "closed_at"),
        Index("ix_handoffs_network", "network"),
    )

    id = Column(Integer, primary_key=True)
    conversation_id = _conversation_key()
    message_id = Column(String(32), nullable=False)
    reason = Column(String(60), nullable=False)
    within_hours = Column(Boolean)
    requested_at = Column(UtcDateTime, nullable=False, default=now)
    queued_at = Column(UtcDateTime)
    claimed_at = Column(UtcDateTime)
    claimed_by = Column(Integer)
    closed_at = Column(UtcDateTime)
    ended = Column(String(20))
    network = Column(String(80))


class LeftMessage(Base):
    """A message left for the staff: an open item with owner, due time and answer, beside the state of the conversation."""

    __tablename__ = "left_messages"
    __table_args__ = (
        CheckConstraint("contact_kind IN ('window', 'email', 'phone')", name="contact_kind"),
        Index("ix_left_messages_conversation_id", "conversation_id"),
        Index("ix_left_messages_answered_at", "answered_at"),
        {"sqlite_autoincrement": True},
    )

    id = Column(Integer, primary_key=True)
    conversation_id = _conversation_key()
    message_id = Column(String(32), nullable=False)
    text = Column(Text, nullable=False)
    language = Column(String(5), nullable=False)
    contact_kind = Column(String(8), nullable=False)
    contact = Column(String(200))
    reason = Column(String(60), nullable=False)
    station = Column(String(40))
    owner_id = Column(Integer)
    due_at = Column(UtcDateTime, nullable=False)
    created_at = Column(UtcDateTime, nullable=False, default=now)
    answer = Column(Text)
    answered_at = Column(UtcDateTime)
    answered_by = Column(Integer)


class StaffNote(Base):
    """A private note, or a reply that a trainee drafts for an officer; applicants never see either."""

    __tablename__ = "staff_notes"
    __table_args__ = (
        CheckConstraint("kind IN ('note', 'draft')", name="kind"),
        UniqueConstraint("conversation_id", "client_id", name="uq_staff_notes_conversation_client"),
    )

    id = Column(Integer, primary_key=True)
    conversation_id = _conversation_key()
    staff_id = Column(Integer, nullable=False)
    kind = Column(String(8), nullable=False)
    client_id = Column(String(100))
    text = Column(Text, nullable=False)
    created_at = Column(UtcDateTime, nullable=False, default=now)
    # The message that a draft became, or the moment it was set aside.
    used_as = Column(String(32))
    dismissed_at = Column(UtcDateTime)


class ConversationTag(Base):
    """A word that staff put on a conversation."""

    __tablename__ = "conversation_tags"

    conversation_id = Column(String(32), ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    tag = Column(String(40), primary_key=True)
    staff_id = Column(Integer, nullable=False)


class Feedback(Base):
    """Whether one answer helped, in the applicant's words if there are any."""

    __tablename__ = "feedback"
    __table_args__ = (Index("ix_feedback_conversation_id", "conversation_id"),)

    message_id = Column(String(32), ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    conversation_id = _conversation_key()
    helpful = Column(Boolean, nullable=False)
    comment = Column(Text)
    at = Column(UtcDateTime, nullable=False, default=now)


class Rating(Base):
    """How the applicant rates a conversation, from 1 to 5."""

    __tablename__ = "ratings"
    __table_args__ = (CheckConstraint("score BETWEEN 1 AND 5", name="score"),)

    conversation_id = Column(String(32), ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    score = Column(Integer, nullable=False)
    comment = Column(Text)
    at = Column(UtcDateTime, nullable=False, default=now)


class Consent(Base):
    """That the notice about personal data was said in a conversation, and when something personal was first given after it.

    Attributes:
        version: which text of the notice (see `consents.PrivacyNotice.version`).
        given_at: None while nothing was.
    """

    __tablename__ = "consents"

    conversation_id = Column(String(32), ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    version = Column(String(12), primary_key=True)
    language = Column(String(5), nullable=False)
    told_at = Column(UtcDateTime, nullable=False, default=now)
    given_at = Column(UtcDateTime)


class ReturnCode(Base):
    """A code with which an applicant goes on from another device, once; only a keyed hash of it is kept."""

    __tablename__ = "return_codes"
    __table_args__ = (UniqueConstraint("code_hash", name="uq_return_codes_code_hash"),)

    id = Column(Integer, primary_key=True)
    sender = Column(String(200), nullable=False)
    code_hash = Column(String(64), nullable=False)
    expires_at = Column(UtcDateTime, nullable=False)
    used_at = Column(UtcDateTime)
    created_at = Column(UtcDateTime, nullable=False, default=now)


class AssistantSwitch(Base):
    """The one row that says whether the bot answers, since when, and who of the staff or the operators wanted it so and why."""

    __tablename__ = "assistant_switch"

    id = Column(Integer, primary_key=True)
    is_on = Column(Boolean, nullable=False)
    since = Column(UtcDateTime)
    name = Column(String(80))
    reason = Column(String(200))
