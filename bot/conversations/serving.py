"""What officers do with conversations, as functions on one unit of work: taking, speaking, passing on, ending.

Each move is one conditional UPDATE of `ownership`; here it gets its permission, the notice to whoever came second, and the
line with which the desk tells the applicant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from sqlalchemy.orm import Session

from bot import audit
from bot.assistant import Reply
from bot.conversations import ledger, notes, overview, ownership
from bot.conversations.events import ConversationChanged, Event, MessageStored
from bot.conversations.ledger import Draft, Receipt
from bot.conversations.states import Move, State
from bot.conversations.threads import lock, tongue_spoken
from bot.db import now
from bot.errors import Conflict, Invalid
from bot.languages import Tongue
from bot.staff import officers
from bot.staff.models import StaffAccount
from bot.staff.names import names
from bot.staff.officers import Officer


class Lines(Protocol):
    """What is said to an applicant about a move; the texts are the desk's."""

    def line(self, code: str, language: Tongue, /, **params: Any) -> Draft:
        """The message for `claimed`, `joined`, `handed_back`, `transferred` or `closed`."""

    def off(self, session: Session, language: Tongue) -> list[Draft]:
        """What corrects a line that sends people back to the assistant while it is switched off."""


def take(session: Session, happened: list[Event], lines: Lines, by: Officer, conversation_id: str, what: Move) -> None:
    """`Move.CLAIM` or `Move.JOIN`; taking what one has already changes nothing.

    Raises:
        Conflict: `already_claimed` by somebody else, whose `name` is given; `state_changed` when it cannot be taken this way.
    """
    overview.seen(session, by, conversation_id)
    move = ownership.claim if what is Move.CLAIM else ownership.join
    events = move(session, conversation_id, by.id)
    conversation = lock(session, conversation_id)
    if events is not None:
        me = names(session, [by.id])[by.id]
        code = "claimed" if what is Move.CLAIM else "joined"
        happened += [*events, *_say(session, lines, conversation, code, name=me.name, station=me.station)]
    elif conversation.state != State.WITH_STAFF.value:
        raise Conflict("state_changed", state=conversation.state)
    elif conversation.owner_id != by.id:
        raise Conflict("already_claimed", name=_owner_name(session, conversation))


def hand_back(session: Session, happened: list[Event], lines: Lines, by: Officer, conversation_id: str) -> None:
    """Give it back to the bot."""
    conversation = owned(session, by, conversation_id)
    happened += _moved(ownership.hand_back(session, conversation_id, by.id))
    happened += _say(session, lines, conversation, "handed_back")
    off = ledger.append(session, conversation, lines.off(session, tongue_spoken(conversation)))
    happened += [MessageStored(message) for message in off]


def transfer(
    session: Session,
    happened: list[Event],
    lines: Lines,
    by: Officer,
    conversation_id: str,
    to_staff: int | None,
    to_station: str | None,
    note: str | None,
) -> None:
    """Put it back into the queue for a colleague, a station or whoever is free.

    Raises:
        Invalid: the colleague cannot take conversations.
    """
    conversation = owned(session, by, conversation_id)
    name = None if to_staff is None else _colleague(session, by, to_staff)
    if note is not None:
        notes.write(session, by.id, conversation_id, "note", note, ledger.new_id())
        happened.append(ConversationChanged(conversation_id))
    actor = audit.staff(by.id)
    moved = ownership.requeue(session, conversation_id, Move.TRANSFER, by.id, actor, station=to_station, wanted_id=to_staff)
    happened += _moved(moved)
    happened += _say(session, lines, conversation, "transferred", name=name, station=to_station)


def close(session: Session, happened: list[Event], lines: Lines, by: Officer, conversation_id: str, outcome: str) -> None:
    """End it, after a last line to the applicant."""
    conversation = owned(session, by, conversation_id)
    happened += _say(session, lines, conversation, "closed")
    happened += _moved(ownership.close(session, conversation_id, outcome, audit.staff(by.id), by.id))


def speak(
    session: Session,
    happened: list[Event],
    by: Officer,
    conversation_id: str,
    client_id: str,
    drafts: Callable[[Any], Sequence[Draft]],
) -> Receipt:
    """Say something to the applicant, once for each id of the client; the receipt is that of the first message."""
    lock(session, conversation_id)
    earlier = ledger.find_staffs(session, conversation_id, by.id, client_id)
    if earlier is not None:
        # What was said is said, whoever has the conversation now.
        return earlier
    conversation = owned(session, by, conversation_id)
    named = ledger.staffs_client_id(by.id, client_id)
    stored = ledger.append(session, conversation, drafts(conversation), named, staff_id=by.id)
    conversation.last_staff_at, conversation.idle_warned_at = now(), None
    happened += [MessageStored(message) for message in stored]
    for message in stored:
        audit.record(session, audit.staff(by.id), "conversation:reply", f"conversation:{conversation_id}", message=message.id)
    return Receipt(stored[0], fresh=True)


def owned(session: Session, by: Officer, conversation_id: str) -> Any:
    """The row of a conversation that this officer has, held until the unit of work ends.

    Raises:
        Conflict: `conversation_lost`, with the `name` of whoever has it now.
    """
    conversation = lock(session, conversation_id)
    if conversation.state != State.WITH_STAFF.value or conversation.owner_id != by.id:
        raise Conflict("conversation_lost", name=_owner_name(session, conversation))
    return conversation


def as_staffs(reply: Reply) -> Draft:
    """A reply as the bot makes it, for an officer to send."""
    payload = {
        "topic": reply.topic,
        "sources": [{"title": source.title, "url": source.url, "date": source.date} for source in reply.sources],
        "source_line": reply.source_line,
        "quick_replies": [{"title": offer.title, "payload": offer.payload} for offer in reply.quick_replies],
        "card": None if reply.card is None else dict(reply.card),
    }
    return Draft("staff", reply.language, reply.text, payload)


def _say(session: Session, lines: Lines, conversation: Any, code: str, **params: Any) -> list[Event]:
    language = tongue_spoken(conversation)
    return [MessageStored(message) for message in ledger.append(session, conversation, [lines.line(code, language, **params)])]


def _moved(events: list[Event] | None) -> list[Event]:
    """The events of a move that the lock has made sure of."""
    if events is None:
        raise Conflict("conversation_lost", name=None)
    return events


def _owner_name(session: Session, conversation: Any) -> str | None:
    owner = ownership.owner_of(session, conversation)
    return None if owner is None else owner.name


def _colleague(session: Session, by: Officer, staff_id: int) -> str:
    found = officers.find(session, StaffAccount.id == staff_id, StaffAccount.active)
    if not found or staff_id == by.id or not found[0].may("conversation:claim"):
        raise Invalid("transfer_target")
    return found[0].name
