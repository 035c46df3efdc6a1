"""What was said while the assistant did not have the conversation, for its next question: without personal data."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bot.conversations.models import Conversation, Message, Turn
from bot.conversations.obligations import TakenTurn
from bot.logs import place

log = logging.getLogger(__name__)

_MOST: Final = 30
_LONGEST: Final = 500
_SILENCED: Final = "silenced"


def meanwhile(session: Session, turn: TakenTurn, redact: Callable[[Session, str, str, str | None], str]) -> tuple[Mapping[str, Any], ...]:
    """What applicant and staff said since the assistant had the conversation last, the oldest first; empty if it had it all along.

    Every entry has `id`, `author` and `text`, and `card` with what a card was about. What was said to the desk is not among them.
    """
    handed_back = session.execute(select(Conversation.handed_back_at).where(Conversation.id == turn.conversation_id)).scalar_one()
    if handed_back is None:
        return ()
    here = Message.conversation_id == turn.conversation_id
    asked = select(Message.seq).where(Message.id == turn.message_id).scalar_subquery()
    heard = select(func.coalesce(func.max(Message.seq), 0)).where(here, Message.author == "bot", Message.seq < asked).scalar_subquery()
    unheard = or_(Turn.message_id.is_(None), Turn.outcome == _SILENCED)
    rows = session.execute(
        select(Message)
        .outerjoin(Turn, Turn.message_id == Message.id)
        .where(here, Message.seq > heard, Message.seq < asked, Message.author.in_(("applicant", "staff")), unheard)
        .order_by(Message.seq.desc())
        .limit(_MOST)
    ).scalars()
    said = []
    for message in rows:
        entry = None if message.payload.get("left_message") else _entry(session, message, redact)
        if entry is not None:
            said.append(entry)
    return tuple(reversed(said))


def _entry(session: Session, message: Any, redact: Callable[[Session, str, str, str | None], str]) -> dict[str, Any] | None:
    try:
        with session.begin_nested():
            text = redact(session, message.conversation_id, message.text, None)
    except Exception as error:
        # Text that may hold personal data must not travel on.
        log.error("redaction failed: %s", place(error))
        return None
    entry: dict[str, Any] = {"id": message.id, "author": message.author, "text": text[:_LONGEST]}
    card = _about(message.payload.get("card"))
    return entry if card is None else {**entry, "card": card}


def _about(card: Any) -> dict[str, Any] | None:
    """What a card was about, without what it says of a person."""
    if not isinstance(card, Mapping):
        return None
    if card.get("type") == "checklist":
        profile = card.get("profile") or {"application_type": card.get("application_type"), "category": card.get("category")}
        return {"type": "checklist", "profile": dict(profile)}
    if card.get("type") == "station":
        return {"type": "station", "stations": [station["key"] for station in card.get("stations", ())]}
    return {"type": str(card.get("type"))}
