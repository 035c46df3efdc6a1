"""The record of conversations: every read and write, as plain functions on one unit of work.

A function that changes a conversation locks its row first, so that numbers have no gaps, a message sent twice is stored
once, and whoever changes the state first wins.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.conversations.events import Stored
from bot.conversations.models import Conversation, Message, Turn
from bot.conversations.states import MOVES, Move, State
from bot.conversations.text import is_payload
from bot.db import now
from bot.errors import Conflict, NotFound
from bot.languages import DEFAULT, Language, as_language, detect

# A quick reply may be used while it is among this many of the bot's newest messages.
_OFFERS_REMEMBERED = 40


@dataclass(frozen=True)
class Address:
    """Where an applicant writes from: `sender` is a name inside the space of `caller`."""

    channel: str
    caller: str
    sender: str


@dataclass(frozen=True)
class Receipt:
    """A message that is stored.

    Attributes:
        fresh: False when it had been stored by an earlier call with the same id of the client.
        owed: whether the assistant owes an answer to it.
        left_queue: whether writing it took the conversation out of the queue.
    """

    message: Stored
    fresh: bool
    owed: bool
    left_queue: bool = False


@dataclass(frozen=True)
class Draft:
    """A message that is about to be stored."""

    author: str
    language: Language
    text: str
    payload: dict[str, Any] = field(default_factory=dict)


def new_id() -> str:
    """A name of 128 random bits."""
    return secrets.token_urlsafe(16)


def open_conversation(session: Session, address: Address) -> str:
    """The id of the conversation at `address`, which is begun if there is none."""
    found = _find(session, address)
    if found is None:
        try:
            with session.begin_nested():
                session.execute(
                    insert(Conversation).values(
                        id=new_id(), channel=address.channel, caller=address.caller, sender=address.sender
                    )
                )
        except IntegrityError:
            # Another call began the same conversation at this moment; the next line finds it.
            pass
        found = _find(session, address)
    assert found is not None
    return found


def _find(session: Session, address: Address) -> str | None:
    found: str | None = session.execute(
        select(Conversation.id).where(
            Conversation.channel == address.channel,
            Conversation.caller == address.caller,
            Conversation.sender == address.sender,
        )
    ).scalar_one_or_none()
    return found


def lock(session: Session, conversation_id: str) -> Any:
    """The conversation's row, held until the unit of work ends.

    Raises:
        NotFound: there is none.
    """
    conversation = session.execute(
        select(Conversation).where(Conversation.id == conversation_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if conversation is None:
        raise NotFound("conversation_unknown")
    return conversation


def move(session: Session, conversation_id: str, what: Move) -> bool:
    """Change who has the conversation; False when its present state does not allow that."""
    allowed, target = MOVES[what]
    session.flush()
    changed = session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id, Conversation.state.in_([state.value for state in allowed]))
        .values(state=target.value, updated_at=now())
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    return bool(changed.rowcount == 1)


def state_of(session: Session, conversation_id: str) -> State:
    """Who has the conversation."""
    state = session.execute(select(Conversation.state).where(Conversation.id == conversation_id)).scalar_one_or_none()
    if state is None:
        raise NotFound("conversation_unknown")
    return State(state)


def store_applicants(
    session: Session, conversation_id: str, text: str, client_id: str | None = None, language: Language | None = None
) -> Receipt:
    """Store what an applicant says, and the turn that owes an answer unless a person has the conversation.

    Args:
        client_id: the client's own name for the message; a second message with the same name is the same message.
        language: a language the applicant chooses with this message.

    Raises:
        Conflict: the conversation is closed.
    """
    conversation = lock(session, conversation_id)
    if client_id is not None:
        earlier = session.execute(
            select(Message).where(Message.conversation_id == conversation_id, Message.client_id == client_id)
        ).scalar_one_or_none()
        if earlier is not None:
            owed = session.get(Turn, earlier.id) is not None
            return Receipt(_stored(earlier, State(conversation.state)), fresh=False, owed=owed)
    if conversation.state == State.CLOSED.value:
        raise Conflict("conversation_closed")
    # Nobody must be stuck in the queue: whoever writes on is answered by the assistant, and the request stays open.
    left_queue = conversation.state == State.QUEUED.value and move(session, conversation_id, Move.LEAVE_QUEUE)
    if language is not None:
        conversation.language = language
    otherwise = as_language(conversation.last_language) or DEFAULT
    title = _offered(session, conversation_id, text) if is_payload(text) else None
    spoken = otherwise if title is not None else detect(text, otherwise)
    conversation.last_language = as_language(conversation.language) or spoken
    payload = {} if title is None else {"choice": text}
    draft = Draft("applicant", conversation.last_language, text if title is None else title, payload)
    (message,) = append(session, conversation, [draft], client_id=client_id)
    owed = conversation.state == State.BOT.value
    if owed:
        session.add(Turn(message_id=message.id, conversation_id=conversation_id, seq=message.seq))
    return Receipt(message, fresh=True, owed=owed, left_queue=left_queue)


def _offered(session: Session, conversation_id: str, payload: str) -> str | None:
    recent = session.execute(
        select(Message.payload)
        .where(Message.conversation_id == conversation_id, Message.author != "applicant")
        .order_by(Message.seq.desc())
        .limit(_OFFERS_REMEMBERED)
    ).scalars()
    for stored in recent:
        for offer in stored.get("quick_replies", ()):
            if offer["payload"] == payload:
                return str(offer["title"])
    return None


def append(
    session: Session, conversation: Any, drafts: Sequence[Draft], client_id: str | None = None, answers: str | None = None
) -> list[Stored]:
    """Store messages under the next numbers of a conversation that is held by `lock`."""
    session.flush()
    session.execute(
        update(Conversation)
        .where(Conversation.id == conversation.id)
        .values(last_seq=Conversation.last_seq + len(drafts), updated_at=now())
        .execution_options(synchronize_session=False)
    )
    session.refresh(conversation)
    first = conversation.last_seq - len(drafts) + 1
    messages = [
        Message(
            id=new_id(), conversation_id=conversation.id, seq=seq, author=draft.author, client_id=client_id, answers=answers,
            language=draft.language, text=draft.text, payload=draft.payload, created_at=now(),
        )
        for seq, draft in enumerate(drafts, first)
    ]
    session.add_all(messages)
    session.flush()
    return [_stored(message, State(conversation.state)) for message in messages]


def _stored(message: Any, state: State) -> Stored:
    return Stored(
        id=message.id, conversation_id=message.conversation_id, seq=message.seq, author=message.author,
        language=as_language(message.language) or DEFAULT, text=message.text, payload=message.payload,
        created_at=message.created_at, answers=message.answers, state=state,
    )


def undelivered(session: Session, conversation_id: str, own: str | None, leave: Collection[str]) -> list[Stored]:
    """Messages that the caller has not got yet, which count as delivered from now on.

    Args:
        own: the message whose answers are returned in any case, for a call that is repeated.
        leave: messages whose answers other calls are waiting for.
    """
    conversation = lock(session, conversation_id)
    wanted = Message.delivered_at.is_(None)
    if own is not None:
        wanted = or_(wanted, Message.answers == own)
    rows = session.execute(
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.author != "applicant", wanted)
        .order_by(Message.seq)
    ).scalars()
    mine = [row for row in rows if row.answers == own or row.answers not in leave]
    for row in mine:
        row.delivered_at = row.delivered_at or now()
    return [_stored(row, State(conversation.state)) for row in mine]


def demo_announced(session: Session, conversation_id: str) -> bool:
    """Whether the applicant has been told that this is a demonstration."""
    return bool(session.execute(select(Conversation.demo_announced).where(Conversation.id == conversation_id)).scalar_one())


def check(session: Session) -> None:
    """Raise unless the database answers and knows the tables of conversations."""
    session.execute(select(Conversation.id).limit(1)).first()
