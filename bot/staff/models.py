"""The tables of staff: accounts, stations, invitations, sessions and signed agreements."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    true,
)

from bot.db import Base, UtcDateTime, now


def _account_key(**options: bool) -> Column:
    return Column(Integer, ForeignKey("staff_accounts.id", ondelete="CASCADE"), nullable=False, **options)


class StaffAccount(Base):
    """One person of the staff; accounts are disabled, never deleted, because the record names them.

    Attributes:
        password_hash: argon2id; empty until the first password is set through an invitation.
        totp_secret: encrypted; in force once `totp_on` is set.
        totp_last_step: the last time step that was used, so that a code works once.
        presence: what the person says of themselves; `seen_at` is when their console was last heard of.
    """

    __tablename__ = "staff_accounts"
    __table_args__ = (
        UniqueConstraint("login", name="uq_staff_accounts_login"),
        CheckConstraint("role IN ('trainee', 'officer', 'supervisor', 'administrator')", name="role"),
        CheckConstraint("presence IN ('ready', 'away', 'off')", name="presence"),
    )

    id = Column(Integer, primary_key=True)
    login = Column(String(64), nullable=False)
    display_name = Column(String(80), nullable=False)
    role = Column(String(16), nullable=False)
    language = Column(String(5), nullable=False, default="zh")
    active = Column(Boolean, nullable=False, default=True, server_default=true())
    password_hash = Column(String(200))
    password_changed_at = Column(UtcDateTime)
    totp_secret = Column(LargeBinary)
    totp_on = Column(Boolean, nullable=False, default=False, server_default=false())
    totp_last_step = Column(Integer)
    presence = Column(String(8), nullable=False, default="off")
    seen_at = Column(UtcDateTime)
    created_by = Column(Integer)
    created_at = Column(UtcDateTime, nullable=False, default=now)


class StaffStation(Base):
    """A station that an account works for, by its key in the catalogue."""

    __tablename__ = "staff_stations"

    account_id = _account_key(primary_key=True)
    station = Column(String(40), primary_key=True)


class StaffInvitation(Base):
    """A one-time link with which a person sets their password; only a hash of its token is kept."""

    __tablename__ = "staff_invitations"
    __table_args__ = (
        UniqueConstraint("token_hash", name="uq_staff_invitations_token_hash"),
        Index("ix_staff_invitations_account_id", "account_id"),
    )

    id = Column(Integer, primary_key=True)
    account_id = _account_key()
    token_hash = Column(String(64), nullable=False)
    expires_at = Column(UtcDateTime, nullable=False)
    used_at = Column(UtcDateTime)
    created_at = Column(UtcDateTime, nullable=False, default=now)


class StaffSession(Base):
    """A signed-in browser; only a hash of its token is kept.

    Attributes:
        network_hash: keyed hash of the network it was opened from: a network that an account is known to sign in from is not
            shut out by what strangers try elsewhere.
        described: browser and system in a few words, so that people recognise their own sessions.
    """

    __tablename__ = "staff_sessions"
    __table_args__ = (
        UniqueConstraint("token_hash", name="uq_staff_sessions_token_hash"),
        Index("ix_staff_sessions_account_id", "account_id"),
    )

    id = Column(String(32), primary_key=True)
    account_id = _account_key()
    token_hash = Column(String(64), nullable=False)
    network_hash = Column(String(64))
    described = Column(String(80), nullable=False, default="")
    created_at = Column(UtcDateTime, nullable=False, default=now)
    last_seen_at = Column(UtcDateTime, nullable=False, default=now)
    expires_at = Column(UtcDateTime, nullable=False)
    revoked_at = Column(UtcDateTime)


class StaffAgreement(Base):
    """The duty and privacy agreement as one person signed it: version, language and full text."""

    __tablename__ = "staff_agreements"
    __table_args__ = (UniqueConstraint("account_id", "version", name="uq_staff_agreements_account_version"),)

    id = Column(Integer, primary_key=True)
    account_id = _account_key()
    version = Column(String(20), nullable=False)
    language = Column(String(5), nullable=False)
    text = Column(Text, nullable=False)
    signed_at = Column(UtcDateTime, nullable=False, default=now)
