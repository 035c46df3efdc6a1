"""The keeper: looks after conversations that nobody moves, every few seconds, in every gateway.

It warns and closes when an applicant has gone silent, takes conversations back from officers who are gone, opens to everybody
what waits for a station where nobody is, and dissolves a queue that nobody can serve. Several keepers may run at once: each
act is one conditional change whose row count decides, or a look under the conversation's lock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from bot import audit
from bot.conversations import ledger, ownership, threads
from bot.conversations.desk import Desk, Situation
from bot.conversations.events import LeftMessagesChanged, MessageStored, QueueChanged
from bot.conversations.ledger import Draft
from bot.conversations.models import Conversation, Handoff, LeftMessage
from bot.conversations.publishing import Happened, Record
from bot.conversations.states import Move, State
from bot.conversations.threads import tongue_spoken
from bot.logs import place
from bot.staff.officers import Officer

log = logging.getLogger(__name__)

EVERY_S: Final = 5.0
IDLE: Final = "idle"
NOT_SERVED: Final = "not_served"
_MOST: Final = 200


@dataclass(frozen=True)
class Patience:
    """How long is waited.

    Attributes:
        warning_s: silence of an applicant to whom an officer wrote last, before the warning.
        close_s: more silence after it, before the close.
    """

    warning_s: float = 600.0
    close_s: float = 300.0


class Keeper:
    """The keeper of one gateway process."""

    def __init__(self, record: Record, desk: Desk, patience: Patience = Patience()) -> None:
        self._record, self._desk, self._patience = record, desk, patience
        self._alone_since: datetime | None = None
        self._seen: object = None

    async def round(self) -> None:
        """Look once at everything; what cannot be done now is tried again in the next round."""
        for look in (self._reclaim, self._widen, self._dissolve, self._warn, self._close):
            try:
                for conversation_id, act in await self._record.run(look):
                    await self._do(conversation_id, act)
            except Exception as error:
                log.error("keeper failed: %s", place(error))
        try:
            await self._record.run(self._tell)
        except Exception as error:
            log.error("keeper failed: %s", place(error))

    async def _do(self, conversation_id: str, act: _Act) -> None:
        def work(session: Session, happened: Happened) -> None:
            act(session, happened, threads.lock(session, conversation_id))

        try:
            await self._record.run(work)
        except Exception as error:
            # One conversation that cannot be looked after must not keep the others from it.
            log.error("keeper failed: %s", place(error))

    # Officers who are gone.

    def _reclaim(self, session: Session, _happened: Happened) -> Sequence[tuple[str, _Act]]:
        gone = self._desk.presence.lost(session, self._desk.rules.reclaim_after_s)
        rows = session.execute(
            select(Conversation.id, Conversation.owner_id).where(Conversation.state == State.WITH_STAFF.value).limit(_MOST)
        ).all()
        return [(row.id, self._reclaiming(row.owner_id)) for row in rows if row.owner_id in gone]

    def _reclaiming(self, owner_id: int) -> _Act:
        def act(session: Session, happened: Happened, conversation: Any) -> None:
            # Whoever was gone a moment ago may be back.
            if owner_id not in self._desk.presence.lost(session, self._desk.rules.reclaim_after_s):
                return
            events = ownership.requeue(session, conversation.id, Move.RECLAIM, owner_id, audit.SYSTEM, station=conversation.station)
            if events is None:
                return
            happened += events
            language = tongue_spoken(conversation)
            if self._desk.situation(session).can_wait:
                _say(session, happened, conversation, self._desk.line("reclaimed", language))
            else:
                self._give_up(session, happened, conversation, self._desk.line("reclaimed_nobody", language))

        return act

    # What waits for a station of which nobody is there.

    def _widen(self, session: Session, _happened: Happened) -> Sequence[tuple[str, _Act]]:
        since = self._desk.clock() - timedelta(seconds=self._desk.rules.reclaim_after_s)
        waiting = and_(Handoff.conversation_id == Conversation.id, Handoff.closed_at.is_(None), Handoff.queued_at <= since)
        rows = session.execute(
            select(Conversation.id)
            .join(Handoff, waiting)
            .where(Conversation.state == State.QUEUED.value, Conversation.station.is_not(None))
            .limit(_MOST)
        ).scalars()
        return [(conversation_id, self._widening) for conversation_id in rows]

    def _widening(self, session: Session, happened: Happened, conversation: Any) -> None:
        """Open a conversation that was passed on to a station to everybody, if there is somebody, but nobody of that station."""
        ready = self._desk.presence.ready(session, self._desk.rules.reclaim_after_s)
        station, wanted = conversation.station, conversation.wanted_id
        if conversation.state != State.QUEUED.value or station is None or not ready:
            return
        if any(_serves(officer, station, wanted) for officer in ready):
            return
        conversation.station = None
        subject = f"conversation:{conversation.id}"
        audit.record(session, audit.SYSTEM, "conversation:widen", subject, station=station)
        happened.append(QueueChanged())

    # A queue that nobody can serve.

    def _dissolve(self, session: Session, _happened: Happened) -> Sequence[tuple[str, _Act]]:
        situation = self._desk.situation(session)
        if not self._is_over(situation):
            return ()
        waiting = select(Conversation.id).where(Conversation.state == State.QUEUED.value).order_by(Conversation.updated_at).limit(_MOST)
        return [(conversation_id, self._dissolving) for conversation_id in session.execute(waiting).scalars()]

    def _is_over(self, situation: Situation) -> bool:
        """Whether the desk has closed, or nobody has been ready for as long as an officer may be out of sight."""
        if situation.can_wait:
            self._alone_since = None
            return False
        if situation.within_hours is False:
            return True
        self._alone_since = self._alone_since or situation.moment
        return situation.moment - self._alone_since >= timedelta(seconds=self._desk.rules.reclaim_after_s)

    def _dissolving(self, session: Session, happened: Happened, conversation: Any) -> None:
        situation = self._desk.situation(session)
        if conversation.state != State.QUEUED.value or situation.can_wait:
            return
        code = "not_served_closed" if situation.within_hours is False else "not_served_nobody"
        self._give_up(session, happened, conversation, self._desk.line(code, tongue_spoken(conversation), next_open=situation.next_open))

    def _give_up(self, session: Session, happened: Happened, conversation: Any, told: Draft) -> None:
        step = conversation.desk_step
        events = ownership.leave_queue(session, conversation.id, NOT_SERVED, audit.SYSTEM)
        if events is None:
            return
        happened += events
        session.refresh(conversation)
        conversation.handed_back_at, conversation.desk_step = self._desk.clock(), step
        for draft in (told, *self._desk.off(session, tongue_spoken(conversation))):
            _say(session, happened, conversation, draft)

    # Applicants who have gone silent.

    def _silent(self, moment: datetime) -> Any:
        """Conversations in which an officer wrote last, longer ago than the warning takes."""
        heard = func.coalesce(Conversation.last_applicant_at, Conversation.created_at)
        return (
            Conversation.state == State.WITH_STAFF.value,
            Conversation.last_staff_at.is_not(None),
            Conversation.last_staff_at >= heard,
            Conversation.last_staff_at >= Conversation.owner_since,
            Conversation.last_staff_at <= moment - timedelta(seconds=self._patience.warning_s),
        )

    def _warn(self, session: Session, _happened: Happened) -> Sequence[tuple[str, _Act]]:
        moment = self._desk.clock()
        found = session.execute(select(Conversation.id).where(*self._silent(moment), _not_warned()).limit(_MOST)).scalars()
        return [(conversation_id, self._warning) for conversation_id in found]

    def _warning(self, session: Session, happened: Happened, conversation: Any) -> None:
        moment = self._desk.clock()
        if not _holds(session, conversation.id, *self._silent(moment), _not_warned()):
            return
        conversation.idle_warned_at = moment
        minutes = max(1, round(self._patience.close_s / 60))
        _say(session, happened, conversation, self._desk.line("idle_warning", tongue_spoken(conversation), minutes=minutes))

    def _expired(self, moment: datetime) -> Any:
        return (*self._silent(moment), ~_not_warned(), Conversation.idle_warned_at <= moment - timedelta(seconds=self._patience.close_s))

    def _close(self, session: Session, _happened: Happened) -> Sequence[tuple[str, _Act]]:
        found = session.execute(select(Conversation.id).where(*self._expired(self._desk.clock())).limit(_MOST)).scalars()
        return [(conversation_id, self._closing) for conversation_id in found]

    def _closing(self, session: Session, happened: Happened, conversation: Any) -> None:
        if not _holds(session, conversation.id, *self._expired(self._desk.clock())):
            return
        # What is said last is said before the close, after which nothing is.
        _say(session, happened, conversation, self._desk.line("idle_closed", tongue_spoken(conversation)))
        happened += ownership.close(session, conversation.id, IDLE, audit.SYSTEM, conversation.owner_id) or ()

    # What another gateway committed and could not tell.

    def _tell(self, session: Session, happened: Happened) -> None:
        queue = session.execute(
            select(Conversation.id, Conversation.state, Conversation.owner_id, Conversation.last_seq)
            .where(Conversation.state.in_((State.QUEUED.value, State.WITH_STAFF.value)))
            .order_by(Conversation.id)
        ).all()
        left = session.execute(
            select(func.count(), func.count(LeftMessage.answered_at), func.count(LeftMessage.owner_id)).select_from(LeftMessage)
        ).one()
        seen = ([tuple(row) for row in queue], tuple(left))
        if seen != self._seen:
            happened += [QueueChanged(), LeftMessagesChanged()]
        self._seen = seen


_Act = Callable[[Session, Happened, Any], None]


def _serves(officer: Officer, station: str, wanted: int | None) -> bool:
    """Whether an officer sees what waits for this station."""
    return not officer.stations or station in officer.stations or officer.id == wanted or officer.may("conversation:read_all")


def _not_warned() -> Any:
    return Conversation.idle_warned_at.is_(None) | (Conversation.idle_warned_at < Conversation.last_staff_at)


def _holds(session: Session, conversation_id: str, *conditions: Any) -> bool:
    """Whether the conditions hold for a conversation that is held by `lock`."""
    return session.execute(select(Conversation.id).where(Conversation.id == conversation_id, *conditions)).first() is not None


def _say(session: Session, happened: Happened, conversation: Any, draft: Draft) -> None:
    happened += [MessageStored(message) for message in ledger.append(session, conversation, [draft])]
