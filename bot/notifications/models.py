"""Who wants to be told when an application enters another stage, where else than in the window, and the e-mails that wait."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint, false

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


class MailAddress(Base):
    """Where else a thread wants to hear that there is news.

    Attributes:
        conversation_id: the one of the thread in which it was last asked to be told.
        address: encrypted.
        salt: random, the key under which the links of its mails are signed; it leaves the database in no other form.
        confirmed_at: when whoever reads the mailbox confirmed it; until then it gets the mail that asks for that, and no other.
    """

    __tablename__ = "mail_addresses"
    __table_args__ = (UniqueConstraint("conversation_id", name="uq_mail_addresses_conversation_id"),)

    id = Column(Integer, primary_key=True)
    conversation_id = Column(String(32), ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False)
    address = Column(LargeBinary, nullable=False)
    salt = Column(String(32), nullable=False)
    language = Column(String(5), nullable=False)
    confirmed_at = Column(UtcDateTime)
    created_at = Column(UtcDateTime, nullable=False, default=now)


class Mail(Base):
    """An e-mail that waits to be sent; it is gone once the server has taken it.

    Attributes:
        kind: `confirm` or `news`.
        due_at: when it may be taken: moved on by whoever takes it, and further after each failure.
        message_id: random, from when it is first taken, so that it is the same message when it is sent again.
    """

    __tablename__ = "mails"
    __table_args__ = (
        UniqueConstraint("address_id", "kind", name="uq_mails_address_id"),
        Index("ix_mails_due_at", "due_at"),
    )

    id = Column(Integer, primary_key=True)
    address_id = Column(Integer, ForeignKey("mail_addresses.id", ondelete="CASCADE"), nullable=False)
    kind = Column(String(8), nullable=False)
    attempts = Column(Integer, nullable=False, default=0)
    message_id = Column(String(32))
    due_at = Column(UtcDateTime, nullable=False)
    created_at = Column(UtcDateTime, nullable=False, default=now)
