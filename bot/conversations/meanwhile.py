"""What the assistant has not heard, for its next question: said while it did not have the conversation, or in the one before."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bot.catalogue.profile import Profile
from bot.catalogue.reading import Reader
from bot.conversations.known import newest, overheard, payloads, profile_in
from bot.conversations.models import Conversation, Message, Turn
from bot.conversations.obligations import TakenTurn
from bot.logs import place

log = logging.getLogger(__name__)

_MOST: Final = 30
_LONGEST: Final = 500
Redact = Callable[[Session, str, str, str | None], str]
_SILENCED: Final = "silenced"
# How many of the newest messages of earlier conversations are looked through for a checklist.
_LOOKED_THROUGH: Final = 200


def meanwhile(session: Session, turn: TakenTurn, redact: Redact, reader: Reader) -> tuple[Mapping[str, Any], ...]:
    """What applicant and staff said since the assistant had the conversation last, the oldest first; empty if it had it all along.

    Every entry has `id`, `author` and `text`, and `card` with what a card was about; an applicant's also `told`, a profile, if it
    says something that a checklist depends on. What was said to the desk is not among them.
    In a conversation that follows a closed one, the last checklist of the thread comes first, until the assistant has spoken.
    """
    if not turn.handed_back:
        return ()
    conversation = session.execute(select(Conversation).where(Conversation.id == turn.conversation_id)).scalar_one()
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
    before = [] if conversation.ordinal == 1 or _has_spoken(session, conversation.id) else _listed_before(session, conversation)
    messages = [*before, *(message for message in reversed(list(rows)) if not message.payload.get("left_message"))]
    known = profile_in(newest(payloads(session, conversation)) or {})
    entries = [entry for message in messages if (entry := _entry(session, conversation.id, message, redact)) is not None]
    return tuple(_told(entries, reader, known))


def _has_spoken(session: Session, conversation_id: str) -> bool:
    said = select(Message.id).where(Message.conversation_id == conversation_id, Message.author == "bot").limit(1)
    return session.execute(said).first() is not None


def _listed_before(session: Session, conversation: Any) -> list[Any]:
    """The newest message with a checklist in the earlier conversations of the thread, if there is one."""
    rows = session.execute(
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.thread_id == conversation.thread_id,
            Conversation.ordinal < conversation.ordinal,
            Message.author.in_(("bot", "staff")),
        )
        .order_by(Conversation.ordinal.desc(), Message.seq.desc())
        .limit(_LOOKED_THROUGH)
    ).scalars()
    found = next((message for message in rows if (message.payload.get("card") or {}).get("type") == "checklist"), None)
    return [] if found is None else [found]


def _told(entries: Sequence[dict[str, Any]], reader: Reader, known: Profile) -> Iterator[dict[str, Any]]:
    for entry in entries:
        said = overheard(reader, entry["text"], known) if entry["author"] == "applicant" else Profile()
        known = known.merged(said)
        yield {**entry, "told": said.to_dict()} if said.context() else entry


def _entry(session: Session, conversation_id: str, message: Any, redact: Redact) -> dict[str, Any] | None:
    try:
        with session.begin_nested():
            text = redact(session, conversation_id, message.text, None)
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
        return {"type": "checklist", "profile": profile_in({"card": card}).to_dict()}
    if card.get("type") == "station":
        return {"type": "station", "stations": [station["key"] for station in card.get("stations", ())]}
    return {"type": str(card.get("type"))}
