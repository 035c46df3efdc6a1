"""Tables of applicants, employers, applications with their stage history, and of look-ups."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String
from sqlalchemy.orm import relationship, validates

from bot import db
from bot.permits.numbers import MAX_LENGTH, normalise

APPLICATION_TYPES: Final[tuple[str, ...]] = (
    "new_abroad",
    "new_in_china",
    "short_term",
    "extension",
    "change_information",
    "change_employer",
    "cancellation",
)
CATEGORIES: Final[tuple[str, ...]] = ("A", "B", "C")
STAGES: Final[tuple[str, ...]] = (
    "account_pending",
    "draft",
    "submitted",
    "returned",
    "pre_review_passed",
    "accepted",
    "not_accepted",
    "under_examination",
    "time_extended",
    "approved",
    "not_approved",
    "visa_stage",
    "entered",
    "in_force",
    "extension_open",
    "expired",
    "cancelled",
    "revoked",
)
CLOSED_STAGES: Final[frozenset[str]] = frozenset({"not_accepted", "not_approved", "expired", "cancelled", "revoked"})
SETTLED_STAGES: Final[frozenset[str]] = frozenset({"in_force"})


class Employer(db.Base):
    """A company or institution that files applications.

    Attributes:
        source: who told us: `demo`, or the caller that delivers records.
    """

    __tablename__ = "employers"

    id: int = Column(Integer, primary_key=True)
    name: str = Column(String(200), nullable=False)
    name_zh: str = Column(String(200), nullable=False, default="")
    source: str = Column(String(40), nullable=False)


class Applicant(db.Base):
    """A person. The permit number is theirs for life, so it stands here and not on an application."""

    __tablename__ = "applicants"

    id: int = Column(Integer, primary_key=True)
    given_name: str = Column(String(100), nullable=False)
    family_name: str = Column(String(100), nullable=False)
    nationality: str = Column(String(2), nullable=False)
    date_of_birth: date = Column(Date, nullable=False)
    permit_number: str | None = Column(String(MAX_LENGTH), nullable=True)
    permit_number_normalised: str | None = Column(String(MAX_LENGTH), nullable=True)
    source: str = Column(String(40), nullable=False)

    applications: Any = relationship("Application", back_populates="applicant", passive_deletes=True)

    __table_args__ = (Index("uq_applicants_permit_number_normalised", "permit_number_normalised", unique=True),)

    @validates("permit_number")
    def _normalise_permit_number(self, _key: str, value: str | None) -> str | None:
        self.permit_number_normalised = (normalise(value) or None) if value else None
        return value


class Application(db.Base):
    """One application and the stage it is in now.

    Attributes:
        acceptance_number: the number the application is found by.
        station: key of the station where the result is collected, None while nothing is to be collected.
        valid_until: last day of the permit that came of it.
    """

    __tablename__ = "applications"

    id: int = Column(Integer, primary_key=True)
    applicant_id: int = Column(ForeignKey("applicants.id", ondelete="CASCADE"), nullable=False)
    employer_id: int | None = Column(ForeignKey("employers.id", ondelete="SET NULL"), nullable=True)
    application_type: str = Column(String(32), nullable=False)
    category: str | None = Column(String(1), nullable=True)
    acceptance_number: str = Column(String(MAX_LENGTH), nullable=False)
    acceptance_number_normalised: str = Column(String(MAX_LENGTH), nullable=False)
    station: str | None = Column(String(32), nullable=True)
    stage: str = Column(String(32), nullable=False)
    stage_since: datetime = Column(db.UtcDateTime, nullable=False)
    submitted_at: datetime | None = Column(db.UtcDateTime, nullable=True)
    accepted_at: datetime | None = Column(db.UtcDateTime, nullable=True)
    decided_at: datetime | None = Column(db.UtcDateTime, nullable=True)
    valid_until: date | None = Column(Date, nullable=True)
    source: str = Column(String(40), nullable=False)

    applicant: Any = relationship("Applicant", back_populates="applications")
    employer: Any = relationship("Employer")
    history: Any = relationship(
        "StageEntry",
        order_by="StageEntry.at, StageEntry.id",
        cascade="all, delete-orphan",
        passive_deletes=True,
        back_populates="application",
    )

    __table_args__ = (
        Index("uq_applications_acceptance_number_normalised", "acceptance_number_normalised", unique=True),
        Index("ix_applications_applicant_id", "applicant_id"),
        Index("ix_applications_employer_id", "employer_id"),
        Index("ix_applications_source_stage", "source", "stage"),
    )

    @validates("acceptance_number")
    def _normalise_acceptance_number(self, _key: str, value: str) -> str:
        self.acceptance_number_normalised = normalise(value)
        if not self.acceptance_number_normalised:
            raise ValueError("an acceptance number needs at least one letter or digit")
        return value


class StageEntry(db.Base):
    """One stage that an application entered, and when."""

    __tablename__ = "stage_history"

    id: int = Column(Integer, primary_key=True)
    application_id: int = Column(ForeignKey("applications.id", ondelete="CASCADE"), nullable=False)
    stage: str = Column(String(32), nullable=False)
    at: datetime = Column(db.UtcDateTime, nullable=False)

    application: Any = relationship("Application", back_populates="history")

    __table_args__ = (Index("ix_stage_history_application_id_at", "application_id", "at"),)


class LookupAttempt(db.Base):
    """One attempt to see a status. Conversation, number and network are keyed hashes, so it holds no personal data.

    Attributes:
        guesses: how many dates were tried in vain; 0 when the attempt succeeded or was refused by the limit.
    """

    __tablename__ = "lookup_attempts"

    id: int = Column(Integer, primary_key=True)
    conversation_hash: str = Column(String(64), nullable=False)
    number_hash: str = Column(String(64), nullable=False)
    network_hash: str | None = Column(String(64), nullable=True)
    at: datetime = Column(db.UtcDateTime, nullable=False)
    guesses: int = Column(Integer, nullable=False)

    __table_args__ = (
        Index("ix_lookup_attempts_conversation_hash_at", "conversation_hash", "at"),
        Index("ix_lookup_attempts_number_hash_at", "number_hash", "at"),
        Index("ix_lookup_attempts_network_hash_at", "network_hash", "at"),
        Index("ix_lookup_attempts_at", "at"),
    )


class LookupNetwork(db.Base):
    """The network that a conversation's number or date came from last, both as keyed hashes."""

    __tablename__ = "lookup_networks"

    conversation_hash: str = Column(String(64), primary_key=True)
    network_hash: str = Column(String(64), nullable=False)
    at: datetime = Column(db.UtcDateTime, nullable=False)

    __table_args__ = (Index("ix_lookup_networks_at", "at"),)


class LookupSubject(db.Base):
    """A conversation, number or network (as keyed hash) that was tried; its row is the lock that lets attempts pass one by one."""

    __tablename__ = "lookup_subjects"

    subject: str = Column(String(64), primary_key=True)
    at: datetime = Column(db.UtcDateTime, nullable=False)

    __table_args__ = (Index("ix_lookup_subjects_at", "at"),)


class LookupProof(db.Base):
    """What a conversation has proved to be its own, and until when that holds.

    Attributes:
        application_id: the one application proved by its own number; None when the permit number was proved.
    """

    __tablename__ = "lookup_proofs"

    conversation_id: str = Column(String(64), primary_key=True)
    applicant_id: int = Column(ForeignKey("applicants.id", ondelete="CASCADE"), nullable=False)
    application_id: int | None = Column(ForeignKey("applications.id", ondelete="CASCADE"), nullable=True)
    until: datetime = Column(db.UtcDateTime, nullable=False)

    __table_args__ = (
        Index("ix_lookup_proofs_until", "until"),
        Index("ix_lookup_proofs_applicant_id", "applicant_id"),
        Index("ix_lookup_proofs_application_id", "application_id"),
    )
