"""What applicants may ask about their own thread: how they prove that it is theirs, and what is kept of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import audit
from bot.attempts import Attempts
from bot.conversations.cases import Case
from bot.conversations.models import Consent, LeftMessage, Message
from bot.conversations.states import State
from bot.conversations.threads import Address
from bot.errors import NotAllowed
from bot.permits.service import Permits
from bot.privacy.erasure import count
from bot.privacy.export import cases_shown

_WINDOW: Final = timedelta(hours=1)
_ASKED_BY_ONE: Final = 10
_ASKED_FROM_ONE: Final = 60


@dataclass(frozen=True)
class Claim:
    """The number of an application or permit, and the date of birth that belongs to it."""

    number: str
    born: date


@dataclass(frozen=True)
class Kept:
    """What is kept of a thread, in figures.

    Attributes:
        waiting: messages left for the staff that have no answer yet.
        since: when it began.
        until: when it is dropped if nothing more happens; later while a person has it or a left message waits.
        shows_a_case: whether it shows how an application stands, so that giving out and erasing need a claim.
        with_staff: whether an officer has it, or it waits for one.
        told: when its applicant was told what becomes of the data, by the version of the notice.
        given: when they first gave some after that.
    """

    conversations: int
    messages: int
    left_messages: int
    waiting: int
    since: datetime
    until: datetime
    shows_a_case: bool
    with_staff: bool
    told: Mapping[str, datetime]
    given: datetime | None


def kept(session: Session, conversations: Sequence[Any], days: float) -> Kept:
    """What is kept of a thread, where conversations are kept for `days`."""
    ids = [conversation.id for conversation in conversations]
    waiting = select(func.count()).select_from(LeftMessage).where(LeftMessage.conversation_id.in_(ids), LeftMessage.answered_at.is_(None))
    consents = list(session.execute(select(Consent).where(Consent.conversation_id.in_(ids))).scalars())
    return Kept(
        conversations=len(ids),
        messages=count(session, Message, ids),
        left_messages=count(session, LeftMessage, ids),
        waiting=int(session.execute(waiting).scalar_one()),
        since=min(conversation.created_at for conversation in conversations),
        until=max(conversation.updated_at for conversation in conversations) + timedelta(days=days),
        shows_a_case=bool(cases_shown(session, ids)),
        with_staff=any(conversation.state in (State.QUEUED.value, State.WITH_STAFF.value) for conversation in conversations),
        told={each.version: each.told_at for each in sorted(consents, key=lambda each: each.told_at, reverse=True)},
        given=min((each.given_at for each in consents if each.given_at is not None), default=None),
    )


def count_asking(session: Session, attempts: Attempts, address: Address, caller: str) -> None:
    """Count that somebody wants a thread given out or erased; to be committed whatever comes of it.

    Raises:
        TooMany: it was wanted too often within an hour, for this thread or from this network.
    """
    attempts.spend(session, "own_data", address.sender, _ASKED_BY_ONE, _WINDOW)
    attempts.spend(session, "own_data_network", caller, _ASKED_FROM_ONE, _WINDOW)


def look_up(session: Session, permits: Permits, thread_id: str, claim: Claim, caller: str) -> frozenset[Case]:
    """The applications that a claim opens, none if it opens nothing; to be committed either way."""
    permits.came_from(session, thread_id, caller)
    result = permits.look_up(session, claim.number, claim.born, thread_id)
    if result.outcome != "found":
        audit.record(session, audit.APPLICANT, "personal_data:refuse", f"conversation:{thread_id}")
    return frozenset(Case(each.number, each.id) for each in result.applications)


def check(session: Session, conversations: Sequence[Any], proven: Collection[Case] | None) -> bool:
    """Pass whoever may have a thread, and say whether it is proven to be theirs.

    It passes when it shows no application, or one of those that were `proven`.

    Whoever finds a device has the session, and may have an application of their own, even one whose number ends alike.

    Raises:
        NotAllowed: `proof_needed` if nothing was claimed, `proof_wrong` if it was not right.
    """
    shown = cases_shown(session, [conversation.id for conversation in conversations])
    if shown and proven is None:
        raise NotAllowed("proof_needed")
    if shown and not any(_same(case, each) for case in shown for each in proven or ()):
        raise NotAllowed("proof_wrong")
    return bool(shown)


def _same(shown: Case, proven: Case) -> bool:
    return shown == proven if shown.application_id is not None else shown.number == proven.number
