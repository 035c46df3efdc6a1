"""Left messages as staff work through them: listed, taken by one, answered once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from bot import audit
from bot.conversations.events import Event, LeftMessagesChanged, telling
from bot.conversations.ledger import Draft, Receipt, append, find_staffs, staffs_client_id
from bot.conversations.models import Conversation, LeftMessage, Message
from bot.conversations.overview import given, visible
from bot.conversations.rows import applicant_code
from bot.conversations.text import Typed
from bot.conversations.threads import address_of, lock, lock_open
from bot.db import now
from bot.errors import Conflict, NotAllowed, NotFound
from bot.languages import DEFAULT, Tongue, as_tongue
from bot.spoken import tongue_of
from bot.staff.models import StaffAccount
from bot.staff.names import StaffName, names
from bot.staff.officers import Officer
from bot.staff.roles import roles_with

_MOST: Final = 200
_ANSWER: Final = "left_message:answer"


@dataclass(frozen=True)
class Item:
    """A message that somebody left.

    Attributes:
        contact_kind: `window`, `email` or `phone`; `contact` is as the applicant gave it.
        applicant: four characters that tell applicants apart.
        given: what the applicant wrote anywhere, of answered items only, for what the answer repeats of it.
    """

    id: int
    conversation_id: str
    text: Typed
    language: Tongue
    contact_kind: str
    contact: str | None
    reason: str
    station: str | None
    owner: StaffName | None
    due_at: datetime
    created_at: datetime
    answer: str | None
    answered_at: datetime | None
    answered_by: StaffName | None
    applicant: str
    given: Sequence[Typed] = ()


def items(session: Session, by: Officer, open_only: bool) -> list[Item]:
    """The messages this officer may see: the open ones as they fall due, then the answered ones, the newest first."""
    by.require("conversation:read")
    query = (
        select(LeftMessage, Conversation.thread_id, Message.payload)
        .join(Conversation, Conversation.id == LeftMessage.conversation_id)
        .outerjoin(Message, Message.id == LeftMessage.message_id)
        .where(_for(by))
        .order_by(LeftMessage.answered_at.is_not(None), LeftMessage.answered_at.desc(), LeftMessage.due_at, LeftMessage.id)
        .limit(_MOST)
    )
    if open_only:
        query = query.where(LeftMessage.answered_at.is_(None))
    found = session.execute(query).all()
    words = given(session, {thread_id for row, thread_id, _ in found if row.answer is not None})
    staff = names(session, [row.owner_id for row, _, _ in found] + [row.answered_by for row, _, _ in found])
    return [
        Item(
            id=row.id,
            conversation_id=row.conversation_id,
            text=Typed.of(row.text, payload),
            language=as_tongue(row.language) or DEFAULT,
            contact_kind=row.contact_kind,
            contact=row.contact,
            reason=row.reason,
            station=row.station,
            owner=staff.get(row.owner_id),
            due_at=row.due_at,
            created_at=row.created_at,
            answer=row.answer,
            answered_at=row.answered_at,
            answered_by=staff.get(row.answered_by),
            applicant=applicant_code(thread_id),
            given=() if row.answer is None else words.get(thread_id, ()),
        )
        for row, thread_id, payload in found
    ]


def _for(by: Officer) -> Any:
    if not by.stations or by.may("conversation:read_all"):
        return LeftMessage.id.is_not(None)
    own = or_(LeftMessage.station.is_(None), LeftMessage.station.in_(by.stations), LeftMessage.owner_id == by.id)
    return or_(own, Conversation.owner_id == by.id) & visible(by)


def find(session: Session, by: Officer, item_id: int) -> Any:
    """The row of a left message that this officer may see.

    Raises:
        NotFound: there is none.
        NotAllowed: it is for another station.
    """
    row = session.get(LeftMessage, item_id, populate_existing=True)
    if row is None:
        raise NotFound("left_message_unknown")
    allowed = (
        select(LeftMessage.id).join(Conversation, Conversation.id == LeftMessage.conversation_id).where(LeftMessage.id == item_id, _for(by))
    )
    if session.execute(allowed).first() is None:
        raise NotAllowed("other_station", permission="conversation:read_all")
    return row


def take(session: Session, by: Officer, item_id: int) -> list[Event]:
    """Make it this officer's to answer; taking one's own again changes nothing.

    Who cannot answer any more keeps nothing from being answered, and who oversees all takes over from anybody.

    Raises:
        Conflict: `already_claimed` by somebody else, or `left_message_answered`.
    """
    by.require(_ANSWER)
    find(session, by, item_id)
    answering = select(StaffAccount.id).where(StaffAccount.active, StaffAccount.role.in_(roles_with(_ANSWER)))
    free = or_(LeftMessage.owner_id.is_(None), LeftMessage.owner_id.not_in(answering))
    if by.may("conversation:read_all"):
        free = or_(free, LeftMessage.owner_id != by.id)
    taken = session.execute(
        update(LeftMessage)
        .where(LeftMessage.id == item_id, LeftMessage.answered_at.is_(None), free)
        .values(owner_id=by.id)
        .execution_options(synchronize_session=False)
    )
    row = find(session, by, item_id)
    if taken.rowcount == 1:
        audit.record(session, audit.staff(by.id), "left_message:take", f"left_message:{item_id}")
        return [LeftMessagesChanged()]
    if row.answered_at is not None:
        raise Conflict("left_message_answered")
    if row.owner_id != by.id:
        raise Conflict("already_claimed", name=_name(session, row.owner_id))
    return []


def answer(session: Session, by: Officer, item_id: int, text: str, client_id: str) -> tuple[Receipt, list[Event]]:
    """Answer a left message, once: the answer is kept with it and appears in the applicant's window.

    After a closed conversation the answer begins the next one, which the bot has.

    Raises:
        Conflict: `already_claimed` by somebody else, or `left_message_answered`.
    """
    by.require(_ANSWER)
    item = find(session, by, item_id)
    earlier = find_staffs(session, item.conversation_id, by.id, client_id)
    if earlier is not None:
        return earlier, []
    conversation = lock_open(session, address_of(lock(session, item.conversation_id)))
    earlier = find_staffs(session, item.conversation_id, by.id, client_id)
    if earlier is not None:
        return earlier, []
    answered = session.execute(
        update(LeftMessage)
        .where(
            LeftMessage.id == item_id,
            LeftMessage.answered_at.is_(None),
            or_(LeftMessage.owner_id.is_(None), LeftMessage.owner_id == by.id),
        )
        .values(owner_id=by.id, answer=text, answered_at=now(), answered_by=by.id)
        .execution_options(synchronize_session=False)
    )
    if answered.rowcount != 1:
        item = find(session, by, item_id)
        if item.answered_at is not None:
            raise Conflict("left_message_answered")
        raise Conflict("already_claimed", name=_name(session, item.owner_id))
    otherwise = as_tongue(item.language) or DEFAULT
    draft = Draft("staff", tongue_of(text, otherwise), text, {"left_message_answer": item_id})
    (message,) = append(session, conversation, [draft], staffs_client_id(by.id, client_id), answers=item.message_id, staff_id=by.id)
    conversation.last_staff_at = now()
    audit.record(session, audit.staff(by.id), _ANSWER, f"left_message:{item_id}", message=message.id)
    return Receipt(message, fresh=True), [*telling([message]), LeftMessagesChanged()]


def _name(session: Session, staff_id: int | None) -> str | None:
    owner = names(session, [staff_id]).get(staff_id or 0)
    return None if owner is None else owner.name
