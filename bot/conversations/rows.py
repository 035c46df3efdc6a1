"""Conversations as rows: what a glance at one among others needs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.conversations.models import ConversationTag, Handoff, Message
from bot.conversations.requests import ASKED
from bot.conversations.states import State
from bot.conversations.text import Typed
from bot.conversations.threads import tongue_spoken
from bot.languages import Tongue
from bot.staff.names import StaffName, names

_FIRST_LINE: Final = 200
# How many of the newest messages are looked through for one that was typed and not tapped.
_LOOKED_THROUGH: Final = 12


@dataclass(frozen=True)
class Row:
    """One conversation among others.

    Attributes:
        reason: why a person is, or was last, asked for; None when nobody was.
        first_line: the beginning of the newest message that the applicant typed; rather one that does not only ask for a person.
        waiting_since: when the applicant asked for a person, while nobody has it; as with the place, a transfer begins nothing anew.
        unread: messages of the applicant since the last of the staff, while an officer has it.
        wanted: the colleague it waits for.
        applicant: four characters that tell applicants apart.
        ordinal: which conversation of this applicant it is, from 1.
    """

    id: str
    state: State
    owner: StaffName | None
    language: Tongue
    topic: str | None
    station: str | None
    reason: str | None
    first_line: Typed
    waiting_since: datetime | None
    last_message_at: datetime | None
    unread: int
    tags: tuple[str, ...]
    wanted: StaffName | None
    applicant: str
    channel: str
    ordinal: int
    created_at: datetime


def applicant_code(thread_id: str) -> str:
    """Four characters that tell an applicant from others, and nothing else."""
    return hashlib.sha256(thread_id.encode()).hexdigest()[:4].upper()


def rows(session: Session, conversations: Sequence[Any]) -> list[Row]:
    """These conversations as rows, in the same order."""
    ids = [conversation.id for conversation in conversations]
    if not ids:
        return []
    staff = names(session, [each.owner_id for each in conversations] + [each.wanted_id for each in conversations])
    newest = _newest(session, ids)
    lines, unread, asked, tags = _lines(session, ids), _unread(session, ids), _asked(session, ids), _tags(session, ids)
    return [
        Row(
            id=each.id,
            state=State(each.state),
            owner=staff.get(each.owner_id),
            language=tongue_spoken(each),
            topic=each.topic,
            station=each.station,
            reason=asked[each.id].reason if each.id in asked else None,
            first_line=lines.get(each.id, Typed("")),
            waiting_since=asked[each.id].requested_at if each.state == State.QUEUED.value and each.id in asked else None,
            last_message_at=newest.get(each.id),
            unread=unread.get(each.id, 0) if each.state == State.WITH_STAFF.value else 0,
            tags=tuple(tags.get(each.id, ())),
            wanted=staff.get(each.wanted_id),
            applicant=applicant_code(each.thread_id),
            channel=each.channel,
            ordinal=each.ordinal,
            created_at=each.created_at,
        )
        for each in conversations
    ]


def _newest(session: Session, ids: Sequence[str]) -> dict[str, datetime]:
    """When the newest message of each came."""
    newest = select(Message.conversation_id, func.max(Message.created_at)).where(Message.conversation_id.in_(ids))
    return {row[0]: row[1] for row in session.execute(newest.group_by(Message.conversation_id))}


def _lines(session: Session, ids: Sequence[str]) -> dict[str, Typed]:
    """The beginning of what each applicant typed last."""
    number = func.row_number().over(partition_by=Message.conversation_id, order_by=Message.seq.desc()).label("number")
    numbered = (
        select(Message.id, Message.conversation_id, Message.text, Message.payload, Message.seq, number)
        .where(Message.conversation_id.in_(ids), Message.author == "applicant")
        .subquery()
    )
    query = select(numbered).where(numbered.c.number <= _LOOKED_THROUGH).order_by(numbered.c.seq.desc())
    found = session.execute(query).all()
    requests = _requests(session, ids)
    typed: dict[str, Typed] = {}
    requested: dict[str, Typed] = {}
    tapped: dict[str, Typed] = {}
    for row in found:
        lines = tapped if row.payload.get("choice") else requested if row.id in requests else typed
        lines.setdefault(row.conversation_id, Typed.of(row.text.split("\n", 1)[0][:_FIRST_LINE], row.payload))
    return {**tapped, **requested, **typed}


def _requests(session: Session, ids: Sequence[str]) -> set[str]:
    """The messages in which applicants did nothing but ask for a person, which tells nobody what they want to know."""
    offers = select(Message.answers, Message.payload).where(Message.conversation_id.in_(ids), Message.author == "system")
    return {row.answers for row in session.execute(offers) if row.payload.get("offer") == ASKED}


def _unread(session: Session, ids: Sequence[str]) -> dict[str, int]:
    """How many messages each applicant has written since the last of the staff."""
    last = (
        select(Message.conversation_id, func.max(Message.seq).label("seq"))
        .where(Message.conversation_id.in_(ids), Message.author == "staff")
        .group_by(Message.conversation_id)
        .subquery()
    )
    since = (
        select(Message.conversation_id, func.count())
        .outerjoin(last, last.c.conversation_id == Message.conversation_id)
        .where(Message.conversation_id.in_(ids), Message.author == "applicant", Message.seq > func.coalesce(last.c.seq, 0))
        .group_by(Message.conversation_id)
    )
    return {row[0]: row[1] for row in session.execute(since)}


def _asked(session: Session, ids: Sequence[str]) -> dict[str, Any]:
    """The newest request for a person of each."""
    requests = session.execute(select(Handoff).where(Handoff.conversation_id.in_(ids)).order_by(Handoff.id)).scalars()
    return {request.conversation_id: request for request in requests}


def _tags(session: Session, ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    tags = select(ConversationTag.conversation_id, ConversationTag.tag).where(ConversationTag.conversation_id.in_(ids))
    for conversation_id, tag in session.execute(tags.order_by(ConversationTag.tag)):
        found.setdefault(conversation_id, []).append(tag)
    return found
