"""What staff write for each other: private notes, replies that a trainee drafts, and tags. Applicants see none of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, distinct, select, update
from sqlalchemy.orm import Session

from bot import audit
from bot.conversations.ledger import staffs_client_id
from bot.conversations.models import ConversationTag, StaffNote
from bot.conversations.text import clean_name
from bot.conversations.threads import lock
from bot.db import now
from bot.errors import Conflict, Invalid, NotFound
from bot.staff.names import StaffName, names

LONGEST_TAG: Final = 40


@dataclass(frozen=True)
class Note:
    """A note or a draft, by whom and when."""

    id: int
    by: StaffName | None
    text: str
    at: datetime


def notes_of(session: Session, conversation_id: str, kind: str) -> list[Note]:
    """The notes of a conversation, or the drafts that wait for somebody to use them, in order."""
    found = session.execute(
        select(StaffNote)
        .where(
            StaffNote.conversation_id == conversation_id,
            StaffNote.kind == kind,
            StaffNote.used_as.is_(None),
            StaffNote.dismissed_at.is_(None),
        )
        .order_by(StaffNote.id)
    ).scalars()
    return _notes(session, list(found))


def _notes(session: Session, rows: Sequence[Any]) -> list[Note]:
    staff = names(session, (row.staff_id for row in rows))
    return [Note(row.id, staff.get(row.staff_id), row.text, row.created_at) for row in rows]


def write(session: Session, staff_id: int, conversation_id: str, kind: str, text: str, client_id: str) -> tuple[Note, bool]:
    """Keep a note or a draft, and whether it is new: written twice with the same id of the client, it is one."""
    lock(session, conversation_id)
    named = staffs_client_id(staff_id, client_id)
    row = session.execute(
        select(StaffNote).where(StaffNote.conversation_id == conversation_id, StaffNote.client_id == named)
    ).scalar_one_or_none()
    fresh = row is None
    if row is None:
        row = StaffNote(conversation_id=conversation_id, staff_id=staff_id, kind=kind, client_id=named, text=text, created_at=now())
        session.add(row)
        session.flush()
        audit.record(session, audit.staff(staff_id), f"conversation:{kind}", f"conversation:{conversation_id}", id=row.id)
    return _notes(session, [row])[0], fresh


def find_draft(session: Session, draft_id: int, conversation_id: str | None = None) -> Any:
    """The row of a draft, settled or not; of this conversation if one is named.

    Raises:
        NotFound: there is none.
    """
    row = session.execute(
        select(StaffNote).where(StaffNote.id == draft_id, StaffNote.kind == "draft").execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None or conversation_id not in (None, row.conversation_id):
        raise NotFound("note_unknown")
    return row


def settle_draft(session: Session, draft_id: int, message_id: str | None = None) -> None:
    """A draft became a message, or is set aside.

    Raises:
        Conflict: either happened before.
    """
    values = {"dismissed_at": now()} if message_id is None else {"used_as": message_id}
    settled = session.execute(
        update(StaffNote)
        .where(StaffNote.id == draft_id, StaffNote.used_as.is_(None), StaffNote.dismissed_at.is_(None))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if settled.rowcount != 1:
        raise Conflict("draft_settled")


def put_tag(session: Session, staff_id: int, conversation_id: str, tag: str) -> bool:
    """Put a tag on a conversation; False when it is there already."""
    tag = _tag(tag)
    lock(session, conversation_id)
    if session.get(ConversationTag, (conversation_id, tag)) is not None:
        return False
    session.add(ConversationTag(conversation_id=conversation_id, tag=tag, staff_id=staff_id))
    audit.record(session, audit.staff(staff_id), "conversation:tag", f"conversation:{conversation_id}", tag=tag)
    return True


def take_tag(session: Session, staff_id: int, conversation_id: str, tag: str) -> bool:
    """Take a tag off a conversation; False when it is not there."""
    taken = session.execute(
        delete(ConversationTag)
        .where(ConversationTag.conversation_id == conversation_id, ConversationTag.tag == _tag(tag))
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount:
        audit.record(session, audit.staff(staff_id), "conversation:untag", f"conversation:{conversation_id}", tag=tag)
    return bool(taken.rowcount)


def tags_used(session: Session) -> list[str]:
    """Every tag that stands on a conversation, sorted."""
    return list(session.execute(select(distinct(ConversationTag.tag)).order_by(ConversationTag.tag)).scalars())


def _tag(tag: str) -> str:
    tag = " ".join(tag.split())
    try:
        return clean_name(tag, "tag", LONGEST_TAG)
    except Invalid:
        raise Invalid("tag_unusable", limit=LONGEST_TAG) from None
