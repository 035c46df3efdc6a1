"""The status look-up: which applications a number and a date of birth open, and how often one may try."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Integer, bindparam, delete, func, null, select, type_coerce, union_all, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, selectinload

from bot import db
from bot.permits.models import Applicant, Application, LookupAttempt, LookupNetwork, LookupProof, LookupSubject
from bot.permits.numbers import normalise
from bot.permits.results import REFUSED, ApplicationStatus, LookupResult, Proof, status_of

WINDOW: Final[timedelta] = timedelta(hours=1)
DAY: Final[timedelta] = timedelta(days=1)
PROOF_LASTS: Final[timedelta] = timedelta(minutes=10)
MOST_CANDIDATES: Final[int] = 4
# At five an hour, a year of birth dates of a number would be tried in three days; at four such hours a day it takes eighteen.
HOURS_A_DAY: Final[int] = 4

# A number finds at most one permit and one application; the decoys keep the comparisons equally many.
_MOST_MATCHES: Final[int] = 2
_NOBODY: Final[int] = 0
_NO_DATE: Final[date] = date(1, 1, 1)

_NETWORKS: Final = LookupNetwork.__table__
# A statement of every turn is built once: to build it takes longer than to execute it.
_FROM_THERE_AGAIN: Final = (
    update(_NETWORKS)
    .where(_NETWORKS.c.conversation_hash == bindparam("conversation"), _NETWORKS.c.network_hash == bindparam("network"))
    .values(at=bindparam("moment"))
)


class Permits:
    """Status look-ups with proof and limits.

    One unit of work holds one look-up, and must be committed whatever the outcome: the attempt is part of it.

    Args:
        key: secret that turns conversations and numbers into hashes; the same for every process.
        clock: gives the present moment.
        attempts: dates that may be tried in vain per conversation, and per number, within `WINDOW`; per number, four times as
            many within a `DAY`.
        of_network: the same per network, over all its conversations and numbers.
    """

    def __init__(self, key: bytes, clock: Callable[[], datetime] = db.now, attempts: int = 5, of_network: int = 60) -> None:
        self._key = key
        self._clock = clock
        self._attempts = attempts
        self._of_network = of_network

    def came_from(self, session: Session, conversation: str, network: str, now: datetime | None = None) -> None:
        """Have the look-ups that a conversation fails from now on count for `network`, a name without an address in it.

        Look-ups of a conversation of which this is not told count for no network.
        """
        row = {
            "conversation_hash": self._hash("conversation", conversation),
            "network_hash": self._hash("network", network),
            "at": now or self._clock(),
        }
        # Mostly it is the one of the message before.
        again = {"conversation": row["conversation_hash"], "network": row["network_hash"], "moment": row["at"]}
        if session.execute(_FROM_THERE_AGAIN, again).rowcount == 0:
            _upsert(session, LookupNetwork, [row])

    def look_up(
        self,
        session: Session,
        number: str,
        date_of_birth: date | Sequence[date],
        conversation: str,
        now: datetime | None = None,
    ) -> LookupResult:
        """The applications behind `number` when the date of birth is theirs, the open one first.

        An application number opens that application, a permit number all of its holder. Several candidate dates count
        as several guesses. No such number, another date and too many attempts give the same `refused` after the same work.
        """
        moment = now or self._clock()
        candidates = [date_of_birth] if isinstance(date_of_birth, date) else list(date_of_birth)
        if not 1 <= len(candidates) <= MOST_CANDIDATES:
            raise ValueError(f"between 1 and {MOST_CANDIDATES} dates can be tried at once, not {len(candidates)}")
        plain = normalise(number)
        conversation_hash = self._hash("conversation", conversation)
        number_hash = self._hash("number", plain)

        network_hash = session.execute(
            select(LookupNetwork.network_hash).where(LookupNetwork.conversation_hash == conversation_hash)
        ).scalar_one_or_none()

        self._take_turns(session, [each for each in (conversation_hash, number_hash, network_hash) if each is not None], moment)
        left = self._left(session, conversation_hash, number_hash, network_hash, moment)
        matches = list(session.execute(_matches(plain)))
        matches += [(_NOBODY, _NO_DATE, None)] * (_MOST_MATCHES - len(matches))
        allowed = len(candidates) <= left
        applicant_id, application_id = _NOBODY, None
        for owner, born, application in matches:
            # Every candidate is compared with every match, so that the time does not tell which one was right.
            same = [hmac.compare_digest(self._hash("date", born), self._hash("date", tried)) for tried in candidates]
            if any(same) and owner != _NOBODY and allowed:
                applicant_id, application_id = owner, application
        proven = applicant_id != _NOBODY
        applications = self._statuses(session, applicant_id, application_id)
        session.add(
            LookupAttempt(
                conversation_hash=conversation_hash,
                number_hash=number_hash,
                network_hash=network_hash,
                at=moment,
                guesses=len(candidates) if allowed and not proven else 0,
            )
        )
        session.flush()
        if not proven:
            return REFUSED
        until = moment + PROOF_LASTS
        _upsert(
            session,
            LookupProof,
            [
                {
                    "conversation_id": conversation,
                    "applicant_id": applicant_id,
                    "application_id": application_id,
                    "until": until,
                }
            ],
        )
        return LookupResult("found", applications, until)

    def proof(self, session: Session, conversation: str, now: datetime | None = None) -> Proof | None:
        """What the conversation has proved to be its own within the last ten minutes, or None."""
        row = session.execute(
            select(LookupProof.applicant_id, LookupProof.application_id, LookupProof.until).where(
                LookupProof.conversation_id == conversation, LookupProof.until > (now or self._clock())
            )
        ).one_or_none()
        return None if row is None else Proof(row.applicant_id, row.application_id, row.until)

    def look_again(self, session: Session, conversation: str, now: datetime | None = None) -> LookupResult | None:
        """The applications the conversation has already proved to be its own, or None when it must prove it first."""
        proof = self.proof(session, conversation, now)
        if proof is None:
            return None
        applications = self._statuses(session, proof.applicant_id, proof.application_id)
        return LookupResult("found", applications, proof.until)

    def forget(self, session: Session, conversation: str) -> None:
        """Drop the proof of a conversation: it ended, or somebody else now sits there."""
        session.execute(delete(LookupProof).where(LookupProof.conversation_id == conversation))

    def purge(self, session: Session, now: datetime | None = None) -> None:
        """Drop attempts and proofs that no longer count."""
        moment = now or self._clock()
        session.execute(delete(LookupAttempt).where(LookupAttempt.at <= moment - DAY))
        session.execute(delete(LookupNetwork).where(LookupNetwork.at <= moment - WINDOW))
        session.execute(delete(LookupSubject).where(LookupSubject.at <= moment - WINDOW))
        session.execute(delete(LookupProof).where(LookupProof.until <= moment))

    def _hash(self, kind: str, value: object) -> str:
        return hmac.new(self._key, f"{kind}\0{value}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    @staticmethod
    def _take_turns(session: Session, subjects: Sequence[str], now: datetime) -> None:
        # The row locks are held until commit; sorted, so that two attempts never wait for each other.
        _upsert(session, LookupSubject, [{"subject": subject, "at": now} for subject in sorted(subjects)])

    def _left(self, session: Session, conversation_hash: str, number_hash: str, network_hash: str | None, now: datetime) -> int:
        def spent(mine: Any, within: timedelta) -> Any:
            guesses = func.coalesce(func.sum(LookupAttempt.guesses), 0)
            return select(guesses).where(mine, LookupAttempt.at > now - within).scalar_subquery()

        of_number = LookupAttempt.number_hash == number_hash
        of_network = LookupAttempt.network_hash == (network_hash or "")
        counts = select(
            spent(LookupAttempt.conversation_hash == conversation_hash, WINDOW),
            spent(of_number, WINDOW),
            spent(of_number, DAY),
            spent(of_network, WINDOW),
            spent(of_network, DAY),
        )
        conversation, number, number_day, network, network_day = session.execute(counts).one()
        return min(
            self._attempts - max(conversation, number),
            self._attempts * HOURS_A_DAY - number_day,
            self._of_network - network,
            self._of_network * HOURS_A_DAY - network_day,
        )

    @staticmethod
    def _statuses(session: Session, applicant_id: int, application_id: int | None) -> tuple[ApplicationStatus, ...]:
        statement = (
            select(Application)
            .where(Application.applicant_id == applicant_id)
            .options(selectinload(Application.history))
            .execution_options(populate_existing=True)
        )
        if application_id is not None:
            statement = statement.where(Application.id == application_id)
        statuses = [status_of(each) for each in session.execute(statement).scalars()]
        return tuple(sorted(statuses, key=lambda status: (status.rank, -status.since.timestamp(), status.number)))


def _matches(number: str) -> Any:
    by_permit = select(Applicant.id, Applicant.date_of_birth, type_coerce(null(), Integer).label("application_id")).where(
        Applicant.permit_number_normalised == number
    )
    by_application = (
        select(Applicant.id, Applicant.date_of_birth, Application.id)
        .join(Application, Application.applicant_id == Applicant.id)
        .where(Application.acceptance_number_normalised == number)
    )
    return union_all(by_permit, by_application)


def _upsert(session: Session, model: Any, rows: list[dict[str, Any]]) -> None:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(model).values(rows)
    keys = [column.name for column in model.__table__.primary_key]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))
