"""Messages that are left for the staff: kept as open items with a due time, beside the state of the conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations import consents, contacts, ledger, ownership, requests
from bot.conversations.contacts import ReplyTo
from bot.conversations.desk import Desk
from bot.conversations.events import Event, LeftMessagesChanged, telling
from bot.conversations.ledger import Draft, Receipt
from bot.conversations.models import LeftMessage, Message
from bot.conversations.states import State
from bot.conversations.threads import Address, find_newest, lock_open, tongue_spoken
from bot.db import now
from bot.languages import Tongue, as_tongue
from bot.spoken import tongue_of

LEFT: Final = "message_left"
SENSITIVE: Final = "sensitive"


def keep(
    session: Session, desk: Desk, conversation: Any, messages: Sequence[Any], reply_to: ReplyTo, reason: str, language: Tongue
) -> list[Event]:
    """Have `messages`, rows of one applicant, be one open item; whoever waited leaves the queue for it.

    The conversation is held by `lock`; a member of staff who has it owns the item.
    """
    moment = desk.clock()
    session.add(
        LeftMessage(
            conversation_id=conversation.id,
            message_id=messages[0].id,
            text="\n".join(message.text for message in messages),
            language=language,
            contact_kind=reply_to.kind,
            contact=reply_to.value,
            reason=reason,
            station=conversation.station,
            owner_id=conversation.owner_id,
            due_at=desk.due(moment).at,
            created_at=moment,
        )
    )
    if reply_to.value is not None:
        consents.give(session, conversation.id)
    for message in messages:
        message.payload = {**message.payload, "left_message": True}
    conversation.desk_step = None
    session.flush()
    events: list[Event] = [LeftMessagesChanged()]
    if conversation.state == State.QUEUED.value:
        events = [*(ownership.leave_queue(session, conversation.id, LEFT) or ()), *events]
        session.refresh(conversation)
        conversation.handed_back_at = moment
    elif conversation.state == State.BOT.value:
        ownership.end_handoff(session, conversation.id, LEFT)
        session.refresh(conversation)
    return events


def confirmation(desk: Desk, reply_to: ReplyTo, language: Tongue) -> Draft:
    """What the applicant is told: where and until when the answer comes."""
    due = desk.due_text(desk.clock(), language)
    return desk.line(f"kept_{reply_to.kind}", language, due=due, contact=reply_to.value or "")


def alert(session: Session, desk: Desk, conversation: Any, message_id: str, text: str, language: Tongue) -> list[Event]:
    """Have the staff told of a message that must not wait until somebody looks; once while that is open.

    It is due at once, or as soon as the desk opens.
    """
    known = select(LeftMessage.id).where(
        LeftMessage.conversation_id == conversation.id, LeftMessage.reason == SENSITIVE, LeftMessage.answered_at.is_(None)
    )
    if session.execute(known.limit(1)).first() is not None:
        return []
    situation = desk.situation(session)
    opens = situation.next_open if situation.within_hours is False else None
    session.add(
        LeftMessage(
            conversation_id=conversation.id,
            message_id=message_id,
            text=text,
            language=language,
            contact_kind="window",
            reason=SENSITIVE,
            # Whoever is there first reads it, whatever station the conversation was for.
            station=None,
            due_at=opens or situation.moment,
            created_at=situation.moment,
        )
    )
    session.flush()
    return [LeftMessagesChanged()]


def leave(
    session: Session,
    happened: list[Event],
    desk: Desk,
    address: Address,
    text: str,
    contact_kind: str,
    contact: str | None,
    client_id: str | None = None,
    language: Tongue | None = None,
    notice: Callable[[Any, Tongue], Sequence[Draft]] = lambda _conversation, _language: (),
) -> Receipt:
    """Leave a message in one step, from a form; sent twice with the same id it is one message.

    Args:
        text: as `text.clean` returns it.
        notice: what must still be said in the conversation before anything else.

    Raises:
        Invalid: the contact cannot be used; nothing is stored.
    """
    reply_to = contacts.check(contact_kind, contact)
    earlier = ledger.find_earlier(session, find_newest(session, address), client_id)
    if earlier is not None:
        return earlier
    conversation = lock_open(session, address)
    earlier = ledger.find_earlier(session, conversation, client_id)
    if earlier is not None:
        return earlier
    if language is not None:
        conversation.language = language
    otherwise = tongue_spoken(conversation)
    spoken = as_tongue(conversation.language) or tongue_of(text, otherwise)
    conversation.last_language, conversation.last_applicant_at, conversation.idle_warned_at = spoken, now(), None
    (message,) = ledger.append(session, conversation, [Draft("applicant", spoken, text, {"left_message": True})], client_id=client_id)
    row = session.get(Message, message.id)
    events = keep(session, desk, conversation, [row], reply_to, requests.reason_of(session, conversation.id), spoken)
    first = list(notice(conversation, spoken))
    conversation.demo_announced = conversation.demo_announced or bool(first)
    answers = ledger.append(
        session, conversation, [*first, confirmation(desk, reply_to, spoken), *desk.off(session, spoken)], answers=message.id
    )
    happened += [*telling([message, *answers]), *events]
    return Receipt(message, fresh=True, owed=False)
