"""Threads: the conversations at one address, one after the other, of which only the newest can be open."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.conversations.models import Conversation
from bot.conversations.states import State
from bot.db import now
from bot.errors import NotFound
from bot.languages import DEFAULT, Tongue, as_tongue

# Stands between the caller's name for an applicant and the ordinal of a later conversation; no caller can send it.
_MARK: Final = "\x1f"


@dataclass(frozen=True)
class Address:
    """Where an applicant writes from: `sender` is a name inside the space of `caller`."""

    channel: str
    caller: str
    sender: str


# Statements of every turn are built once: to build one takes longer than to execute it.
_BY_ID: Final = select(Conversation).where(Conversation.id == bindparam("id")).with_for_update().execution_options(populate_existing=True)
_ROOT: Final = select(Conversation.id).where(
    Conversation.channel == bindparam("channel"), Conversation.caller == bindparam("caller"), Conversation.sender == bindparam("sender")
)
_NEWEST: Final = (
    select(Conversation).where(Conversation.thread_id == _ROOT.scalar_subquery()).order_by(Conversation.ordinal.desc()).limit(1)
)
_NEWEST_HELD: Final = _NEWEST.with_for_update().execution_options(populate_existing=True)


def new_id() -> str:
    """A name of 128 random bits."""
    return secrets.token_urlsafe(16)


def address_of(conversation: Any) -> Address:
    """The applicant's own address, the same for every conversation of a thread."""
    return Address(conversation.channel, conversation.caller, conversation.sender.partition(_MARK)[0])


def tongue_spoken(conversation: Any, otherwise: Tongue = DEFAULT) -> Tongue:
    """The language to speak in: the one the applicant chose, else that of the last message, else `otherwise`."""
    return as_tongue(conversation.language) or as_tongue(conversation.last_language) or otherwise


def lock(session: Session, conversation_id: str) -> Any:
    """The conversation's row, held until the unit of work ends.

    Raises:
        NotFound: there is none.
    """
    conversation = session.execute(_BY_ID, {"id": conversation_id}).scalar_one_or_none()
    if conversation is None:
        raise NotFound("conversation_unknown")
    return conversation


def find_root(session: Session, address: Address) -> str | None:
    """The id of the first conversation at `address`, which is the id of its thread; None when there is none."""
    found: str | None = session.execute(_ROOT, _named(address)).scalar_one_or_none()
    return found


def _named(address: Address) -> dict[str, str]:
    return {"channel": address.channel, "caller": address.caller, "sender": address.sender}


def find_newest(session: Session, address: Address) -> Any:
    """The row of the newest conversation at `address`, or None."""
    return session.execute(_NEWEST, _named(address)).scalar_one_or_none()


def lock_newest(session: Session, address: Address) -> Any:
    """The row of the newest conversation at `address`, held until the unit of work ends, or None.

    One that is closed may have got a successor while its row was waited for.
    """
    return session.execute(_NEWEST_HELD, _named(address)).scalar_one_or_none()


def open_newest(session: Session, address: Address) -> str:
    """The id of the newest conversation at `address`, open or not; the first is begun if there is none."""
    found = find_newest(session, address)
    if found is None:
        first = new_id()
        _begin(session, id=first, thread_id=first, ordinal=1, channel=address.channel, caller=address.caller, sender=address.sender)
        found = find_newest(session, address)
    assert found is not None
    return str(found.id)


def lock_open(session: Session, address: Address) -> Any:
    """The row of the open conversation at `address`, held until the unit of work ends; begun if there is none.

    After a closed conversation its successor is begun, which knows the language and what has been announced.
    """
    while True:
        conversation = lock_newest(session, address)
        if conversation is None:
            # There was none, or it was erased after it was found; the address begins anew.
            open_newest(session, address)
            continue
        if conversation.state != State.CLOSED.value:
            return conversation
        # Whoever held the row before may have begun the next one.
        if find_newest(session, address).id == conversation.id:
            _succeed(session, conversation)


def _succeed(session: Session, closed: Any) -> None:
    ordinal = closed.ordinal + 1
    _begin(
        session,
        id=new_id(),
        thread_id=closed.thread_id,
        ordinal=ordinal,
        channel=closed.channel,
        caller=closed.caller,
        sender=f"{address_of(closed).sender}{_MARK}{ordinal}",
        language=closed.language,
        last_language=closed.last_language,
        demo_announced=closed.demo_announced,
        # The assistant has not been told yet what stands in the conversation before.
        handed_back_at=now(),
    )


def _begin(session: Session, **values: Any) -> None:
    try:
        with session.begin_nested():
            session.execute(insert(Conversation).values(**values))
    except IntegrityError:
        # Another call began the same conversation at this moment; whoever looks finds it now.
        pass
