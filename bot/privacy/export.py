"""Everything that is stored about an applicant's thread, as JSON data."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations.cases import CASES, Case, cases_in
from bot.conversations.models import (
    Consent,
    Conversation,
    ConversationTag,
    Feedback,
    Handoff,
    LeftMessage,
    Message,
    Rating,
    ReturnCode,
    StaffNote,
    Turn,
)
from bot.conversations.text import EXPECTS
from bot.conversations.threads import address_of
from bot.notifications.models import MailAddress, Subscription
from bot.permits.models import LookupProof
from bot.privacy.erasure import count
from bot.redaction.hiding import HIDDEN, hidden
from bot.vault import VaultCounter, VaultEntry

# What an encrypted column says.
Reveal = Callable[[bytes], str]

# Names and numbers of the staff, and what our own machinery needs, say nothing about the applicant.
_OMITTED: Final = frozenset(
    {"staff_id", "owner_id", "wanted_id", "claimed_by", "answered_by", "thread_id", "conversation_id", "code_hash", "salt"}
)
_OF_APPLICANTS: Final = (("messages", Message), ("handoffs", Handoff), ("left_messages", LeftMessage), ("feedback", Feedback))
_MORE: Final = (
    ("ratings", Rating),
    ("consents", Consent),
    ("turns", Turn),
    ("lookup_proofs", LookupProof),
    ("subscriptions", Subscription),
    ("mail_addresses", MailAddress),
)
_OF_STAFF: Final = (("staff_notes", StaffNote), ("conversation_tags", ConversationTag))


# Where applicants write in words of their own, and so what proves an application to be theirs.
_WORDS: Final[Mapping[str, str]] = {"messages": "text", "left_messages": "text", "feedback": "comment", "ratings": "comment"}
# How they are reached.
_REACHED: Final[Mapping[str, Sequence[str]]] = {"left_messages": ("contact",), "mail_addresses": ("address",)}


def export_thread(session: Session, conversations: Sequence[Any], for_staff: bool, reveal: Reveal, proven: bool = True) -> dict[str, Any]:
    """`conversations` with every row that hangs on each, column by column, times as ISO 8601 in UTC.

    `copies` counts what is held once more, redacted or encrypted, and drops out by itself. `withheld` names the tables that
    are left out: what staff wrote for each other is given out by the office, after a look (`for_staff`). What is encrypted
    stands as `reveal` reads it. Unless the thread is `proven` to be the asker's, what an applicant typed comes without its numbers
    and dates, as in a window: they are the proof. Nor do the ways come in which the applicant is reached.
    """
    ids = [conversation.id for conversation in conversations]
    shown = (*_OF_APPLICANTS, *_MORE, *(_OF_STAFF if for_staff else ()))
    withheld = [] if for_staff else [name for name, model in _OF_STAFF if count(session, model, ids)]
    sender = address_of(conversations[0]).sender
    codes = session.execute(select(ReturnCode).where(ReturnCode.sender == sender)).scalars()
    read = _columns if proven else _Unproven(session, ids, reveal)
    return {
        "conversations": [
            {**_columns(each, reveal), **{name: _rows(session, model, each.id, reveal, read) for name, model in shown}}
            for each in conversations
        ],
        "return_codes": [_columns(code, reveal) for code in codes],
        "copies": {model.__tablename__: count(session, model, ids) for model in (VaultEntry, VaultCounter)},
        "withheld": withheld,
    }


def cases_shown(session: Session, conversation_ids: Sequence[str]) -> frozenset[Case]:
    """The applications that these conversations show."""
    payloads = session.execute(
        select(Message.payload).where(Message.conversation_id.in_(conversation_ids), Message.author != "applicant")
    ).scalars()
    return frozenset(case for payload in payloads for case in cases_in(payload))


def root_of(session: Session, conversation_id: str) -> str | None:
    """The thread of a conversation, or None when there is no such conversation."""
    found: str | None = session.execute(select(Conversation.thread_id).where(Conversation.id == conversation_id)).scalar_one_or_none()
    return found


def _rows(
    session: Session, model: Any, conversation_id: str, reveal: Reveal, read: Callable[[Any, Reveal], dict[str, Any]]
) -> list[dict[str, Any]]:
    keys = list(model.__table__.primary_key)
    order = [model.seq] if hasattr(model, "seq") else keys
    found = session.execute(select(model).where(model.conversation_id == conversation_id).order_by(*order)).scalars()
    return [read(row, reveal) for row in found]


class _Unproven:
    """Reads rows as `_columns` does, for somebody who may have found a device: without what proves, and without ways to reach anybody."""

    def __init__(self, session: Session, conversation_ids: Sequence[str], reveal: Reveal) -> None:
        self._session = session
        contacts = session.execute(select(LeftMessage.contact).where(LeftMessage.conversation_id.in_(conversation_ids))).scalars()
        mails = session.execute(select(MailAddress.address).where(MailAddress.conversation_id.in_(conversation_ids))).scalars()
        self._given = [each for each in (*contacts, *map(reveal, mails)) if each]

    def __call__(self, row: Any, reveal: Reveal) -> dict[str, Any]:
        values = _columns(row, reveal)
        column = _WORDS.get(row.__tablename__)
        if column and values[column] and values.get("author", "applicant") == "applicant":
            values[column] = hidden(values[column], self._asked(row))
        for name in _REACHED.get(row.__tablename__, ()):
            values[name] = HIDDEN if values[name] else values[name]
        return {name: self._without_contacts(value) for name, value in values.items()}

    def _asked(self, row: Any) -> str | None:
        """Which question was open when somebody typed what a row holds."""
        typed = self._session.get(Message, row.message_id) if isinstance(row, LeftMessage) else row
        asked: str | None = getattr(typed, "payload", {}).get(EXPECTS)
        return asked

    def _without_contacts(self, value: Any) -> Any:
        if isinstance(value, str):
            for each in self._given:
                value = _in_any_spelling(each).sub(HIDDEN, value)
            return value
        if isinstance(value, Mapping):
            return {name: self._without_contacts(each) for name, each in value.items()}
        return [self._without_contacts(each) for each in value] if isinstance(value, list) else value


def _in_any_spelling(contact: str) -> re.Pattern[str]:
    """Letters and figures of a contact, with or without marks and blanks between them."""
    return re.compile(r"[\W_]{0,3}".join(re.escape(character) for character in contact if character.isalnum()), re.IGNORECASE)


def _columns(row: Any, reveal: Reveal) -> dict[str, Any]:
    values = {column.name: getattr(row, column.name) for column in row.__table__.columns if column.name not in _OMITTED}
    if isinstance(row, Message):
        values["payload"] = {name: value for name, value in row.payload.items() if name not in (EXPECTS, CASES)}
    return {name: _plain(value, reveal) for name, value in values.items()}


def _plain(value: Any, reveal: Reveal) -> Any:
    if isinstance(value, bytes):
        return reveal(value)
    return value.isoformat() if isinstance(value, datetime) else value
