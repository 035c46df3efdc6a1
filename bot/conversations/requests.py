"""Requests for a person beside the moves: the offer that comes before one, and how long waiting takes."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations.models import Handoff
from bot.conversations.ownership import open_handoff

# An expectation rests on this many of the newest claims, if they are no older than this, and on no fewer than these.
_CLAIMS: Final = 20
_CLAIMS_OF: Final = timedelta(days=7)
_FEWEST_CLAIMS: Final = 3
ASKED: Final = "asked"


def offer(session: Session, conversation_id: str, message_id: str, reason: str, within_hours: bool | None, moment: datetime) -> None:
    """Note that a person was offered and why; an offer that is still open is renewed, a request that waits is left alone."""
    request = open_handoff(session, conversation_id)
    if request is None:
        request = Handoff(conversation_id=conversation_id)
        session.add(request)
    if request.queued_at is None:
        request.message_id, request.reason, request.within_hours = message_id, reason, within_hours
        request.requested_at = moment
    session.flush()


def newest(session: Session, conversation_id: str) -> Any:
    """The last request of this conversation, open or over, or None."""
    return session.execute(
        select(Handoff).where(Handoff.conversation_id == conversation_id).order_by(Handoff.id.desc()).limit(1)
    ).scalar_one_or_none()


def reason_of(session: Session, conversation_id: str) -> str:
    """Why a person is asked for in this conversation now."""
    request = open_handoff(session, conversation_id)
    return ASKED if request is None else str(request.reason)


def expected_wait_s(session: Session, position: int, moment: datetime) -> int | None:
    """How long somebody at this place may expect to wait, from the newest claims; None while they tell nothing."""
    rows = session.execute(
        select(Handoff.queued_at, Handoff.claimed_at)
        .where(Handoff.claimed_at > moment - _CLAIMS_OF, Handoff.claimed_at <= moment, Handoff.queued_at.is_not(None))
        .order_by(Handoff.claimed_at.desc(), Handoff.id.desc())
        .limit(_CLAIMS)
    ).all()
    if len(rows) < _FEWEST_CLAIMS:
        return None
    waits = [max(0.0, (claimed - queued).total_seconds()) for queued, claimed in rows]
    return round(median(waits) * position)
