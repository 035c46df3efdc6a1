"""The table of those who want to be told when an application enters another stage."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, UniqueConstraint, false

from bot.db import Base, UtcDateTime, now


class Subscription(Base):
    """A conversation that wants to be told when one application changes.

    Attributes:
        conversation_id: where it was asked for; what is told goes to the newest conversation of the same thread.
        applicant_id, application_id: what had been proved then. They are no foreign keys, because an import holds the rows of
            applications for minutes, and nobody who taps a button shall wait for it.
        told_stage, told_since: the last stage that was shown, and when it began.
        withdrawn: whether holder or date of birth changed, so that it must be proved anew.
        due_at: when somebody has to look: at once after a change, otherwise when it ends.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("conversation_id", "application_id", name="uq_subscriptions_conversation_id"),
        Index("ix_subscriptions_application_id", "application_id"),
        Index("ix_subscriptions_applicant_id", "applicant_id"),
        Index("ix_subscriptions_due_at", "due_at"),
    )

    id = Column(Integer, primary_key=True)
    conversation_id = Column(String(32), ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False)
    applicant_id = Column(Integer, nullable=False)
    application_id = Column(Integer, nullable=False)
    told_stage = Column(String(32), nullable=False)
    told_since = Column(UtcDateTime, nullable=False)
    withdrawn = Column(Boolean, nullable=False, default=False, server_default=false())
    due_at = Column(UtcDateTime, nullable=False)
    expires_at = Column(UtcDateTime, nullable=False)
    created_at = Column(UtcDateTime, nullable=False, default=now)
