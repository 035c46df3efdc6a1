"""Who wants to be told of which application: asked for after proof, compared with the register, and when it is over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import and_, delete, desc, or_, select, update
from sqlalchemy.orm import Session, selectinload

from bot.notifications.models import Subscription
from bot.permits.models import Application, StageEntry
from bot.permits.results import ApplicationStatus, Proof, status_of

# Nobody has more applications at once.
MOST: Final = 20
_AT_ONCE: Final = 500
_SWEPT: Final = 5000

Look = Literal["changed", "last", "withdrawn", "expired"]
"""What is to be told of a subscription; after all but `changed` it has ended."""


def follow(
    session: Session, proof: Proof, conversation_id: str, conversations: Any, moment: datetime, lasts: timedelta
) -> list[ApplicationStatus]:
    """Have a conversation told of what it has proved and where something may still happen; how it stands with each of that now.

    Args:
        conversations: a query of the ids of its thread; what is followed there already is not told twice.
    """
    query = select(Application).where(Application.applicant_id == proof.applicant_id).options(selectinload(Application.history))
    if proof.application_id is not None:
        query = query.where(Application.id == proof.application_id)
    newest_first = query.order_by(desc(Application.stage_since)).limit(MOST).execution_options(populate_existing=True)
    open_ones = [each for each in session.execute(newest_first).scalars() if status_of(each).open]
    stop(session, conversations, [each.id for each in open_ones])
    until = moment + lasts
    session.add_all(
        Subscription(
            conversation_id=conversation_id,
            applicant_id=each.applicant_id,
            application_id=each.id,
            told_stage=each.stage,
            told_since=each.stage_since,
            due_at=until,
            expires_at=until,
            created_at=moment,
        )
        for each in open_ones
    )
    session.flush()
    return [status_of(each) for each in open_ones]


def stop(session: Session, conversations: Any, application_ids: Collection[int] | None = None) -> int:
    """Tell these conversations nothing more, of these applications or of any; how many subscriptions ended."""
    mine = [Subscription.conversation_id.in_(conversations)]
    if application_ids is not None:
        mine.append(Subscription.application_id.in_(application_ids))
    return int(session.execute(delete(Subscription).where(*mine).execution_options(synchronize_session=False)).rowcount)


def is_followed(session: Session, conversations: Any) -> bool:
    """Whether these conversations want to be told of anything."""
    return session.execute(select(Subscription.id).where(Subscription.conversation_id.in_(conversations)).limit(1)).first() is not None


def last_followed(session: Session, conversations: Any) -> str | None:
    """The one of these conversations in which it was last asked to be told; None when they want to be told of nothing."""
    mine = select(Subscription.conversation_id).where(Subscription.conversation_id.in_(conversations))
    found: str | None = session.execute(mine.order_by(desc(Subscription.expires_at), desc(Subscription.id)).limit(1)).scalar()
    return found


def mark(session: Session, application_ids: Collection[int], moment: datetime) -> None:
    """Have somebody look at once at what follows these applications."""
    _look_now(session, Subscription.application_id, application_ids, moment)


def withdraw(session: Session, applicant_ids: Collection[int], application_ids: Collection[int], moment: datetime) -> None:
    """Have what follows these people and applications end, because it was proved of somebody whose data has changed."""
    _look_now(session, Subscription.applicant_id, applicant_ids, moment, withdrawn=True)
    _look_now(session, Subscription.application_id, application_ids, moment, withdrawn=True)


def sweep(session: Session, moment: datetime) -> int:
    """Mark what is told of no longer as it stands in the register, however it came to that; how many subscriptions.

    It finds what no `mark` has reached: changes of an import that ran while somebody asked to be told, or whose process died.
    """
    differs = (
        select(Application.id)
        .where(
            Application.id == Subscription.application_id,
            or_(Application.applicant_id != Subscription.applicant_id, _is_news()),
        )
        .exists()
    )
    found = session.execute(
        select(Subscription.id).where(Subscription.due_at > moment, differs).limit(_SWEPT).with_for_update(skip_locked=True)
    ).scalars()
    ids = list(found)
    _look_now(session, Subscription.id, ids, moment)
    return len(ids)


def due(session: Session, moment: datetime) -> list[int]:
    """Ids of the subscriptions that have to be looked at, the oldest first, a limited number at once."""
    query = select(Subscription.id).where(Subscription.due_at <= moment).order_by(Subscription.due_at).limit(_AT_ONCE)
    return list(session.execute(query).scalars())


def put_off(session: Session, subscription_id: int, until: datetime) -> None:
    """Have a subscription that could not be told looked at later."""
    _look_now(session, Subscription.id, [subscription_id], until)


def look(session: Session, subscription_id: int, moment: datetime) -> tuple[Look, ApplicationStatus | None] | None:
    """What is to be told of a subscription that is due, noted as told by this unit of work; None when there is nothing.

    The status comes with `changed` and `last`. Nobody else looks at the same subscription until the unit of work ends, and
    who comes second finds nothing to tell.
    """
    held = select(Subscription).where(Subscription.id == subscription_id, Subscription.due_at <= moment)
    row = session.execute(held.with_for_update(skip_locked=True).execution_options(populate_existing=True)).scalar_one_or_none()
    if row is None:
        return None
    query = select(Application).where(Application.id == row.application_id).options(selectinload(Application.history))
    application = session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    if row.withdrawn or application is None or application.applicant_id != row.applicant_id:
        session.delete(row)
        return "withdrawn", None
    is_news = select(Application.id).where(Application.id == row.application_id, Subscription.id == row.id, _is_news())
    if session.execute(is_news).first() is not None:
        status = status_of(application)
        row.told_stage, row.told_since, row.due_at = application.stage, application.stage_since, row.expires_at
        if status.open:
            return "changed", status
        session.delete(row)
        return "last", status
    if row.expires_at <= moment:
        session.delete(row)
        return "expired", None
    row.due_at = row.expires_at
    return None


def _is_news() -> Any:
    """Another stage than the one that was told, or the same one entered again; a corrected moment is none."""
    left = and_(
        StageEntry.application_id == Application.id, StageEntry.at > Subscription.told_since, StageEntry.stage != Subscription.told_stage
    )
    again = and_(Application.stage_since > Subscription.told_since, select(StageEntry.id).where(left).exists())
    return or_(Application.stage != Subscription.told_stage, again)


def _look_now(session: Session, column: Any, values: Collection[int], moment: datetime, **more: Any) -> None:
    wanted: Sequence[int] = sorted(values)
    for start in range(0, len(wanted), _AT_ONCE):
        some = update(Subscription).where(column.in_(wanted[start : start + _AT_ONCE]))
        session.execute(some.values(due_at=moment, **more).execution_options(synchronize_session=False))
