"""What was said: messages stored and read, as plain functions on one unit of work.

Whoever stores a message locks the row of its conversation first, so that numbers have no gaps, a message sent twice is stored
once, and whoever changes the state first wins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import bindparam, exists, insert, select
from sqlalchemy.orm import Session

from bot.conversations.cases import laid_aside
from bot.conversations.events import Stored
from bot.conversations.models import Conversation, Message, Turn
from bot.conversations.states import State
from bot.conversations.text import EXPECTS, is_desk, is_news, is_payload, opens_topic
from bot.conversations.threads import Address as Address
from bot.conversations.threads import address_of, lock_newest, lock_open, tongue_spoken
from bot.conversations.threads import lock as lock
from bot.conversations.threads import new_id as new_id
from bot.conversations.threads import open_newest as open_conversation
from bot.db import now
from bot.errors import NotFound
from bot.languages import DEFAULT, Tongue, as_tongue
from bot.redaction import split
from bot.spoken import tongue_of
from bot.staff.names import names

__all__ = ["Address", "Draft", "Receipt", "append", "lock", "new_id", "open_conversation"]

# A quick reply may be used while it is among this many of the newest messages that offered any.
_OFFERS_REMEMBERED = 40
# Stands between the number of an officer and the name their client gave a message; no applicant can send it.
_STAFFS = "\x1f"

# Statements of every turn are built once: to build one takes longer than to execute it.
_EARLIER: Final = (
    select(Message.id)
    .join(Conversation, Conversation.id == Message.conversation_id)
    .where(Conversation.thread_id == bindparam("thread"), Message.client_id == bindparam("name"), Message.author == "applicant")
    .limit(1)
)
_OFFERED: Final = (
    select(Message.payload["quick_replies"])
    .join(Conversation, Conversation.id == Message.conversation_id)
    .where(Conversation.thread_id == bindparam("thread"), Message.author != "applicant")
    .order_by(Conversation.ordinal.desc(), Message.seq.desc())
)
_OFFERED_LAST: Final = _OFFERED.limit(1)
_OFFERED_LATELY: Final = _OFFERED.limit(_OFFERS_REMEMBERED)
_SAID: Final = insert(Message.__table__)
_OWED: Final = insert(Turn.__table__)
_WAITING: Final[dict[str, Any]] = {"state": "waiting", "owner": None, "lease_until": None, "attempts": 0}
# From a table: to read columns of models takes twice as long.
_TURNS: Final = Turn.__table__.c
_OWING: Final = exists().where(_TURNS.conversation_id == bindparam("conversation"), _TURNS.state != "done")
_IS_OWED: Final = select(_OWING)
_IS_OWED_AND_EARLIER: Final = select(_OWING, _EARLIER.scalar_subquery())

# The title of a payload that opens a matter without having been offered, or None.
Opener = Callable[[str, Tongue], "str | None"]
# What a message is that must not wait for a person unanswered (self-harm, danger), or None.
Alarm = Callable[[str], "str | None"]
# Told that the assistant will most likely be asked something in a conversation, and then what, with the question that is open; says
# whether it wants to know.
Ahead = Callable[[str, "str | None", "str | None"], bool]


@dataclass(frozen=True)
class Receipt:
    """A message that is stored.

    Attributes:
        fresh: False when it had been stored by an earlier call with the same id of the client.
        owed: whether the assistant or the desk owes an answer to it.
        held: whether the turn that owes it is held already, by the one who was named.
    """

    message: Stored
    fresh: bool
    owed: bool = False
    held: bool = False


@dataclass(frozen=True)
class Holder:
    """Who holds turns, each for `lease_s` seconds."""

    name: str
    lease_s: float


@dataclass(frozen=True)
class Draft:
    """A message that is about to be stored."""

    author: str
    language: Tongue
    text: str
    payload: dict[str, Any] = field(default_factory=dict)


def state_of(session: Session, conversation_id: str) -> State:
    """Who has the conversation."""
    state = session.execute(select(Conversation.state).where(Conversation.id == conversation_id)).scalar_one_or_none()
    if state is None:
        raise NotFound("conversation_unknown")
    return State(state)


def store_applicants(
    session: Session,
    address: Address,
    text: str,
    client_id: str | None = None,
    language: Tongue | None = None,
    interface: Tongue | None = None,
    opener: Opener | None = None,
    alarm: Alarm | None = None,
    network: str | None = None,
    ahead: Ahead | None = None,
    holder: Holder | None = None,
) -> Receipt:
    """Store what an applicant says, and the turn that owes an answer unless a person has the conversation.

    Args:
        client_id: the client's own name for the message; a second message with the same name is the same message.
        language: a language the applicant chooses with this message.
        interface: the language of what they tap on, for a first message that shows none.
        opener: says which payloads count although they were not offered.
        alarm: says which messages must not wait unanswered; such a message carries `grave` in its payload.
        network: the network it comes from, where limits on networks apply to it.
        ahead: called, before anything is stored, once with a conversation in which the assistant will most likely be asked, and once
            more with the text.
        holder: holds the turn from the beginning, unless another answer is owed before it.
    """
    conversation = lock_newest(session, address)
    owing, earlier = _so_far(session, conversation, client_id)
    if earlier is None and (conversation is None or conversation.state == State.CLOSED.value):
        # Looked for before a successor is begun, because the conversation may have been closed between the two sendings; and
        # in the successor, because the other sending may have begun it.
        conversation = lock_open(session, address)
        owing, earlier = _so_far(session, conversation, client_id)
    if earlier is not None:
        # The question that was open when it was sent first need not be open now, by which it would be redacted.
        return earlier
    if ahead is not None and not owing and _wants(conversation, text, ahead):
        ahead(conversation.id, text, _open_question(conversation))
    if language is not None:
        conversation.language = language
    otherwise = tongue_spoken(conversation, interface or DEFAULT)
    choice, shown = _chosen(session, conversation, text, otherwise, opener)
    spoken = tongue_of(text, otherwise) if choice is None else otherwise
    conversation.last_language = as_tongue(conversation.language) or spoken
    conversation.last_applicant_at, conversation.idle_warned_at = now(), None
    grave = None if choice is not None or alarm is None else alarm(text)
    asked = None if choice is not None else _open_question(conversation)
    payload = {name: value for name, value in (("choice", choice), ("grave", grave), (EXPECTS, asked)) if value is not None}
    draft = Draft("applicant", conversation.last_language, shown, payload)
    (message,) = append(session, conversation, [draft], client_id=client_id)
    owed = _owes(conversation, choice, grave)
    if not owed:
        return Receipt(message, fresh=True)
    first = None if owing else holder
    turn = {"message_id": message.id, "conversation_id": conversation.id, "seq": message.seq, "network": network}
    session.execute(_OWED, {**turn, **(_WAITING if first is None else _held_by(first))})
    return Receipt(message, fresh=True, owed=True, held=first is not None)


def _held_by(holder: Holder) -> dict[str, Any]:
    return {"state": "taken", "owner": holder.name, "lease_until": now() + timedelta(seconds=holder.lease_s), "attempts": 1}


def _wants(conversation: Any, text: str, ahead: Ahead) -> bool:
    """Whether the assistant, which hears of the conversation, is to be told what it will be asked.

    No other answer is owed there: that one may ask for something first, and then the text is to be redacted as the answer to it. Not
    of a tap, nor where a person has the conversation, nor of what may be the end of a number, which the message before decides.
    """
    if conversation.state != State.BOT.value or conversation.desk_step is not None or is_payload(text):
        return False
    if split.may_end(text, _open_question(conversation)):
        return False
    return ahead(conversation.id, None, None)


def is_owed(session: Session, conversation_id: str) -> bool:
    """Whether an answer is owed in the conversation."""
    return bool(session.execute(_IS_OWED, {"conversation": conversation_id}).scalar_one())


def _owes(conversation: Any, choice: str | None, grave: str | None) -> bool:
    """Whether this message gets an answer that no person writes: from the bot, or from the desk about waiting and leaving."""
    if is_news(choice):
        return False
    if conversation.state == State.QUEUED.value:
        return is_desk(choice, waiting=True) or grave is not None or (choice is None and conversation.desk_step is not None)
    return bool(conversation.state == State.BOT.value)


def _open_question(conversation: Any) -> str | None:
    """What the assistant has asked for, until an officer speaks, whose questions are open then."""
    spoken, since = conversation.last_staff_at, conversation.owner_since
    if conversation.state == State.WITH_STAFF.value and spoken is not None and since is not None and spoken >= since:
        return None
    asked: str | None = conversation.expects
    return asked


def find_earlier(session: Session, conversation: Any, client_id: str | None) -> Receipt | None:
    """The message that an applicant's client sent under this name before, in any conversation of the thread."""
    return _so_far(session, conversation, client_id)[1]


def _so_far(session: Session, conversation: Any, client_id: str | None) -> tuple[bool, Receipt | None]:
    """Whether an answer is owed in the conversation, and what `find_earlier` finds; both are asked in every turn, so at once."""
    if conversation is None:
        return False, None
    asked = {"conversation": conversation.id, "thread": conversation.thread_id, "name": client_id}
    owing, earlier = session.execute(_IS_OWED_AND_EARLIER, asked).one()
    if earlier is None:
        return owing, None
    (message,) = stored(session, [session.get(Message, earlier)])
    return owing, Receipt(message, fresh=False, owed=session.get(Turn, earlier) is not None)


def _chosen(session: Session, conversation: Any, text: str, language: Tongue, opener: Opener | None) -> tuple[str | None, str]:
    """The choice that a text stands for, if any, and what the applicant is seen to say.

    A choice counts if it was offered in the thread, or opens a matter. What is offered last, except a topic, may also be typed
    as it is read, in whatever tongue that is, so that a client without quick replies has the same choices.
    """
    asked = _OFFERED_LATELY if is_payload(text) else _OFFERED_LAST
    recent = session.execute(asked, {"thread": conversation.thread_id}).scalars()
    offers = [offered or () for offered in recent]
    if is_payload(text):
        for offer in (offer for offered in offers for offer in offered):
            if offer["payload"] == text:
                return text, str(offer["title"])
        title = None if opener is None else opener(text, language)
        return (None, text) if title is None else (text, title)
    for offer in offers[0] if offers else ():
        if not opens_topic(offer["payload"]) and _same(offer["title"], text):
            return str(offer["payload"]), text
    return None, text


def _same(title: str, typed: str) -> bool:
    return "".join(title.split()).casefold() == "".join(typed.split()).casefold()


def append(
    session: Session,
    conversation: Any,
    drafts: Sequence[Draft],
    client_id: str | None = None,
    answers: str | None = None,
    staff_id: int | None = None,
) -> list[Stored]:
    """Store messages under the next numbers of a conversation that is held by `lock`; `client_id` names the first."""
    if not drafts:
        return []
    first = conversation.last_seq + 1
    conversation.last_seq, conversation.updated_at = conversation.last_seq + len(drafts), now()
    messages = [
        {
            "id": new_id(),
            "conversation_id": conversation.id,
            "seq": seq,
            "author": draft.author,
            "client_id": client_id if seq == first else None,
            "answers": answers,
            "language": draft.language,
            "text": draft.text,
            "payload": laid_aside(draft.payload),
            "created_at": conversation.updated_at,
            "staff_id": staff_id if draft.author == "staff" else None,
        }
        for seq, draft in enumerate(drafts, first)
    ]
    session.execute(_SAID, messages)
    return _as_stored(session, [SimpleNamespace(**message) for message in messages], {conversation.id: conversation})


def find_staffs(session: Session, conversation_id: str, staff_id: int, client_id: str) -> Receipt | None:
    """The message that an officer's client sent under this name before, in any conversation of the thread."""
    thread = select(Conversation.thread_id).where(Conversation.id == conversation_id).scalar_subquery()
    message = session.execute(
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.thread_id == thread, Message.client_id == staffs_client_id(staff_id, client_id))
        .limit(1)
    ).scalar_one_or_none()
    return None if message is None else Receipt(stored(session, [message])[0], fresh=False)


def staffs_client_id(staff_id: int, client_id: str) -> str:
    """The name of an officer's message in the record, which cannot meet one that an applicant's client gave."""
    return f"{staff_id}{_STAFFS}{client_id}"


def stored(session: Session, messages: Iterable[Any]) -> list[Stored]:
    """Rows of messages as the record shows them."""
    messages = list(messages)
    wanted = {message.conversation_id for message in messages}
    found = session.execute(select(Conversation).where(Conversation.id.in_(wanted))).scalars() if wanted else ()
    return _as_stored(session, messages, {conversation.id: conversation for conversation in found})


def _as_stored(session: Session, messages: Sequence[Any], conversations: Mapping[str, Any]) -> list[Stored]:
    staff = names(session, (message.staff_id for message in messages))
    return [
        Stored(
            id=message.id,
            conversation_id=message.conversation_id,
            address=address_of(conversations[message.conversation_id]),
            seq=message.seq,
            author=message.author,
            staff=staff.get(message.staff_id),
            language=as_tongue(message.language) or DEFAULT,
            text=message.text,
            payload=message.payload,
            created_at=message.created_at,
            answers=message.answers,
            state=State(conversations[message.conversation_id].state),
            client_id=None if message.client_id is None else message.client_id.rpartition(_STAFFS)[2],
        )
        for message in messages
    ]


def demo_announced(session: Session, conversation_id: str) -> bool:
    """Whether the applicant has been told that this is a demonstration."""
    return bool(session.get(Conversation, conversation_id).demo_announced)
