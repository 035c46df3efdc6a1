"""Who has a conversation: every move from one to another, each one conditional UPDATE whose row count decides.

A move returns what happened, for the caller to have published after the commit, or None when the present state does not
allow it. It keeps the requests for a person in step, ends the turns that the bot has not begun, and is written to the audit
trail. What the applicant is told about it is the desk's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from bot import audit
from bot.conversations.events import Event, QueueChanged, StateChanged, TurnFinished
from bot.conversations.models import Conversation, Handoff, Turn
from bot.conversations.states import MOVES, Move, State
from bot.conversations.threads import address_of
from bot.db import now
from bot.staff.names import StaffName, names

# The reason of a request that nobody made.
JOINED: Final = "joined"

_NOBODY: Mapping[str, Any] = {"owner_id": None, "owner_since": None}
_HERE: Mapping[str, Any] = {"station": None, "wanted_id": None, "desk_step": None, "idle_warned_at": None}


def request(
    session: Session,
    conversation_id: str,
    message_id: str,
    reason: str,
    within_hours: bool | None = None,
    station: str | None = None,
    actor: str = audit.APPLICANT,
    network: str | None = None,
) -> list[Event] | None:
    """BOT → QUEUED; an offer that is open becomes the request, otherwise one is made."""
    moment, values = now(), {"station": station, "wanted_id": None, "desk_step": None}
    events = _move(session, conversation_id, Move.REQUEST, actor, values)
    if events is None:
        return None
    asked = open_handoff(session, conversation_id)
    if asked is None:
        asked = Handoff(conversation_id=conversation_id, message_id=message_id, reason=reason, within_hours=within_hours)
        session.add(asked)
    asked.requested_at, asked.queued_at, asked.network = moment, moment, network
    session.flush()
    return events


def leave_queue(session: Session, conversation_id: str, ended: str, actor: str = audit.APPLICANT) -> list[Event] | None:
    """QUEUED → BOT; `ended` says why the request is over, as in `Handoff.ended`."""
    values = {"station": None, "wanted_id": None, "handed_back_at": now()}
    events = _move(session, conversation_id, Move.LEAVE_QUEUE, actor, values, ended=ended)
    if events is not None:
        end_handoff(session, conversation_id, ended)
    return events


def claim(session: Session, conversation_id: str, staff_id: int) -> list[Event] | None:
    """QUEUED → WITH_STAFF; of several who try, exactly one gets it."""
    return _take(session, conversation_id, Move.CLAIM, staff_id)


def join(session: Session, conversation_id: str, staff_id: int) -> list[Event] | None:
    """BOT → WITH_STAFF: an officer comes in who was not asked for."""
    return _take(session, conversation_id, Move.JOIN, staff_id)


def _take(session: Session, conversation_id: str, what: Move, staff_id: int) -> list[Event] | None:
    moment = now()
    values = {**_HERE, "owner_id": staff_id, "owner_since": moment, "handed_back_at": None}
    events = _move(session, conversation_id, what, audit.staff(staff_id), values)
    if events is None:
        return None
    asked = open_handoff(session, conversation_id)
    if asked is None:
        asked = Handoff(conversation_id=conversation_id, message_id="", reason=JOINED, requested_at=moment)
        session.add(asked)
    asked.claimed_at, asked.claimed_by, asked.closed_at, asked.ended, asked.network = moment, staff_id, moment, "claimed", None
    return events


def requeue(
    session: Session,
    conversation_id: str,
    what: Move,
    owner_id: int,
    actor: str,
    station: str | None = None,
    wanted_id: int | None = None,
) -> list[Event] | None:
    """WITH_STAFF of `owner_id` → QUEUED, by `Move.TRANSFER` or `Move.RECLAIM`, before all who asked later than this applicant."""
    values = {**_NOBODY, "station": station, "wanted_id": wanted_id, "idle_warned_at": None}
    events = _move(session, conversation_id, what, actor, values, owner_id, station=station, wanted=wanted_id)
    if events is None:
        return None
    last = session.execute(
        select(Handoff).where(Handoff.conversation_id == conversation_id).order_by(Handoff.id.desc()).limit(1)
    ).scalar_one()
    # The time of the first request keeps the place; the time in the queue counts anew.
    session.add(
        Handoff(
            conversation_id=conversation_id,
            message_id=last.message_id,
            reason=last.reason,
            within_hours=last.within_hours,
            requested_at=last.requested_at,
            queued_at=now(),
        )
    )
    return events


def hand_back(session: Session, conversation_id: str, owner_id: int) -> list[Event] | None:
    """WITH_STAFF of `owner_id` → BOT; the assistant is told with the next question what was said meanwhile."""
    values = {**_NOBODY, "handed_back_at": now(), "idle_warned_at": None}
    return _move(session, conversation_id, Move.HAND_BACK, audit.staff(owner_id), values, owner_id)


def close(session: Session, conversation_id: str, outcome: str, actor: str, owner_id: int | None = None) -> list[Event] | None:
    """Any state → CLOSED; with `owner_id`, only while that officer has it."""
    values = {**_NOBODY, **_HERE, "closed_at": now(), "outcome": outcome, "expects": None}
    events = _move(session, conversation_id, Move.CLOSE, actor, values, owner_id, outcome=outcome)
    if events is not None:
        end_handoff(session, conversation_id, "closed")
    return events


def _move(
    session: Session,
    conversation_id: str,
    what: Move,
    actor: str,
    values: Mapping[str, Any],
    owner_id: int | None = None,
    **detail: Any,
) -> list[Event] | None:
    allowed, target = MOVES[what]
    conditions = [Conversation.id == conversation_id, Conversation.state.in_([state.value for state in allowed])]
    if owner_id is not None:
        conditions += [Conversation.state == State.WITH_STAFF.value, Conversation.owner_id == owner_id]
    session.flush()
    changed = session.execute(
        update(Conversation)
        .where(*conditions)
        .values(state=target.value, updated_at=now(), **values)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:
        return None
    conversation = session.get(Conversation, conversation_id, populate_existing=True)
    audit.record(session, actor, f"conversation:{what.value}", f"conversation:{conversation_id}", **detail)
    events: list[Event] = [state_changed(session, conversation)]
    if target in (State.WITH_STAFF, State.CLOSED):
        events += _silence(session, conversation)
    # A move between the bot and an officer changes who is free, and with it the wait.
    return [*events, QueueChanged()]


def _silence(session: Session, conversation: Any) -> list[Event]:
    """End the turns that nobody has begun; one that is being answered is marked, and ends unheard even after a hand-back."""
    waiting = and_(Turn.conversation_id == conversation.id, Turn.state == "waiting")
    begun = and_(Turn.conversation_id == conversation.id, Turn.state == "taken")
    ended = list(session.execute(select(Turn.message_id).where(waiting).order_by(Turn.seq)).scalars())
    session.execute(
        update(Turn).where(waiting).values(state="done", outcome="silenced", network=None).execution_options(synchronize_session=False)
    )
    session.execute(update(Turn).where(begun).values(outcome="silenced").execution_options(synchronize_session=False))
    address = address_of(conversation)
    return [TurnFinished(conversation.id, address, message_id, "silenced") for message_id in ended]


def state_changed(session: Session, conversation: Any) -> StateChanged:
    """The event that tells who has a conversation now."""
    return StateChanged(conversation.id, address_of(conversation), State(conversation.state), owner_of(session, conversation))


def owner_of(session: Session, conversation: Any) -> StaffName | None:
    """The officer who has a conversation, exactly while it is with staff."""
    return names(session, [conversation.owner_id]).get(conversation.owner_id)


def open_handoff(session: Session, conversation_id: str) -> Any:
    """The request for a person, or its offer, that is still open in this conversation, or None."""
    return session.execute(
        select(Handoff).where(Handoff.conversation_id == conversation_id, Handoff.closed_at.is_(None)).order_by(Handoff.id).limit(1)
    ).scalar_one_or_none()


def end_handoff(session: Session, conversation_id: str, ended: str) -> None:
    """The request, or its offer, is over without a claim."""
    asked = open_handoff(session, conversation_id)
    if asked is not None:
        asked.closed_at, asked.ended, asked.network = now(), ended, None
        session.flush()


def waiting_from(session: Session, network: str) -> int:
    """How many applicants of a network wait for a person."""
    waiting = and_(Handoff.network == network, Handoff.closed_at.is_(None), Handoff.queued_at.is_not(None))
    return int(session.execute(select(func.count()).select_from(Handoff).where(waiting)).scalar_one())


def place_in_queue(session: Session, conversation_id: str) -> int:
    """The place in the queue, counted from 1, that a conversation has or would get."""
    waiting = and_(Handoff.closed_at.is_(None), Handoff.queued_at.is_not(None))
    query = select(func.count()).select_from(Handoff).where(waiting)
    mine = open_handoff(session, conversation_id)
    if mine is not None and mine.queued_at is not None:
        earlier = and_(Handoff.requested_at == mine.requested_at, Handoff.id < mine.id)
        query = query.where(or_(Handoff.requested_at < mine.requested_at, earlier))
    return int(session.execute(query).scalar_one()) + 1
