"""The audit trail: who saw and changed what, written in the unit of work that does it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Column, Index, Integer, String
from sqlalchemy.orm import Session

from bot.db import Base, UtcDateTime, now

APPLICANT = "applicant"
SYSTEM = "system"


class AuditEntry(Base):
    """One act. `actor` is `staff:<id>`, `applicant` or `system`; `subject` is `<kind>:<id>`, as in `conversation:…`."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_subject", "subject"), Index("ix_audit_entries_actor", "actor"))

    id = Column(Integer, primary_key=True)
    at = Column(UtcDateTime, nullable=False, default=now)
    actor = Column(String(40), nullable=False)
    action = Column(String(60), nullable=False)
    subject = Column(String(80), nullable=False)
    detail = Column(JSON, nullable=False, default=dict)


def staff(account_id: int) -> str:
    """The name of an account as an actor."""
    return f"staff:{account_id}"


def record(session: Session, actor: str, action: str, subject: str, **detail: Any) -> None:
    """Write one act, in the form `resource:verb`; it is kept exactly if the unit of work is."""
    session.add(AuditEntry(at=now(), actor=actor, action=action, subject=subject, detail=detail))
