"""What a conversation knows of the person for whom a checklist is made; in the catalogue's own words only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.catalogue.country_roles import NATIONALITY
from bot.catalogue.phrases import asks
from bot.catalogue.profile import Profile
from bot.catalogue.reading import Reader
from bot.conversations.models import Conversation, Message

_READ: Final = 200
# How many things a question must say of the person to be more than a question about one of them.
_NAMED: Final = 2


def profile_in(payload: Mapping[str, Any]) -> Profile:
    """The person that a message was made for: its checklist, or its question on the way to one; empty for any other message."""
    card = payload.get("card") or {}
    if card.get("type") == "checklist":
        return Profile.from_dict(card.get("profile") or card)
    return Profile.from_dict(payload.get("profile") or {})


def newest(found: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The first of these payloads that knows anything of the person."""
    return next((each for each in found if profile_in(each).context()), None)


def payloads(session: Session, conversation: Any) -> list[Mapping[str, Any]]:
    """What stands beside the newest messages of assistant and staff, also of the conversations before; the newest first."""
    found = session.execute(
        select(Message.payload)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.thread_id == conversation.thread_id,
            Conversation.ordinal <= conversation.ordinal,
            Message.author != "applicant",
        )
        .order_by(Conversation.ordinal.desc(), Message.seq.desc())
        .limit(_READ)
    ).scalars()
    return list(found)


def overheard(reader: Reader, text: str, known: Profile) -> Profile:
    """What somebody says of themselves to an officer, without what the officer may have asked them for.

    A question that names one thing is about that thing, and a bare name answers something that is not known here.
    """
    said = reader.read_profile(text, known)
    if asks(text) and len(said.context()) < _NAMED:
        return Profile()
    if said.context().keys() == {NATIONALITY} and NATIONALITY not in known.circumstances:
        return reader.read_profile(text, known.answered(NATIONALITY, said.circumstances[NATIONALITY]))
    return said
