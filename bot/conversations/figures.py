"""What the record says about the work that is waiting, for the figures of operators: counts and ages, and nothing of anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from bot.conversations.desk import Desk
from bot.conversations.models import Handoff, LeftMessage, Message, Turn


@dataclass(frozen=True)
class Figures:
    """What waits at one moment; ages in seconds, 0 where nothing waits."""

    owed: int
    owed_seconds: float
    queue: int
    queue_seconds: float
    officers: int
    left: int
    left_overdue: int


def figures(session: Session, desk: Desk) -> Figures:
    """What waits now."""
    moment = desk.clock()
    answers = select(func.count(), func.min(Message.created_at)).select_from(Turn).join(Message, Message.id == Turn.message_id)
    owed, oldest = session.execute(answers.where(Turn.state != "done")).one()
    waiting = Handoff.closed_at.is_(None) & Handoff.queued_at.is_not(None)
    queue, first = session.execute(select(func.count(), func.min(Handoff.queued_at)).where(waiting)).one()
    is_over = func.sum(case((LeftMessage.due_at < moment, 1), else_=0))
    left, overdue = session.execute(select(func.count(), is_over).where(LeftMessage.answered_at.is_(None))).one()
    officers = len(desk.presence.ready(session, desk.rules.reclaim_after_s))
    return Figures(owed, _age(moment, oldest), queue, _age(moment, first), officers, left, int(overdue or 0))


def _age(moment: datetime, since: datetime | None) -> float:
    return 0.0 if since is None else max(0.0, (moment - since).total_seconds())
