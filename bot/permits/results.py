"""What a look-up gives back: plain frozen data that can travel through the vault as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from bot.permits.models import CLOSED_STAGES, SETTLED_STAGES, Application
from bot.permits.numbers import masked

Outcome = Literal["found", "refused"]


@dataclass(frozen=True)
class StageChange:
    """A stage that was entered, and when."""

    stage: str
    at: datetime


@dataclass(frozen=True)
class ApplicationStatus:
    """One application as its owner may see it.

    Attributes:
        id: of the register, to tell this application from every other; None in a result from before it was kept.
        number: masked.
        since: when the present stage began.
        history: every stage entered, oldest first.
        collect_at: key of the station where the result is collected, or None.
        submitted_at, accepted_at, decided_at: what due dates are counted from.
        valid_until: last day of the permit that came of it, or None.
    """

    id: int | None
    number: str
    application_type: str
    category: str | None
    stage: str
    since: datetime
    history: tuple[StageChange, ...]
    collect_at: str | None
    submitted_at: datetime | None
    accepted_at: datetime | None
    decided_at: datetime | None
    valid_until: date | None

    @property
    def rank(self) -> int:
        """0 while something is still to happen, 1 for a permit in force, 2 when it is over."""
        return 2 if self.stage in CLOSED_STAGES else 1 if self.stage in SETTLED_STAGES else 0

    @property
    def open(self) -> bool:
        """Whether something is still to happen."""
        return self.rank == 0


@dataclass(frozen=True)
class Proof:
    """What a conversation has proved to be its own; `application_id` is None when it proved the permit number."""

    applicant_id: int
    application_id: int | None
    until: datetime


@dataclass(frozen=True)
class LookupResult:
    """`found` with the applications, the open one first, or `refused` with nothing that tells why."""

    outcome: Outcome
    applications: tuple[ApplicationStatus, ...] = ()
    proof_until: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """The result as JSON data; `from_json` is its inverse."""
        return {
            "outcome": self.outcome,
            "proof_until": _text(self.proof_until),
            "applications": [
                {
                    "id": each.id,
                    "number": each.number,
                    "application_type": each.application_type,
                    "category": each.category,
                    "stage": each.stage,
                    "since": _text(each.since),
                    "history": [{"stage": change.stage, "at": _text(change.at)} for change in each.history],
                    "collect_at": each.collect_at,
                    "submitted_at": _text(each.submitted_at),
                    "accepted_at": _text(each.accepted_at),
                    "decided_at": _text(each.decided_at),
                    "valid_until": _text(each.valid_until),
                }
                for each in self.applications
            ],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> LookupResult:
        """The result that `as_json` wrote."""
        return cls(
            outcome=data["outcome"],
            proof_until=_moment(data["proof_until"]),
            applications=tuple(
                ApplicationStatus(
                    id=each.get("id"),
                    number=each["number"],
                    application_type=each["application_type"],
                    category=each["category"],
                    stage=each["stage"],
                    since=datetime.fromisoformat(each["since"]),
                    history=tuple(StageChange(change["stage"], datetime.fromisoformat(change["at"])) for change in each["history"]),
                    collect_at=each["collect_at"],
                    submitted_at=_moment(each["submitted_at"]),
                    accepted_at=_moment(each["accepted_at"]),
                    decided_at=_moment(each["decided_at"]),
                    valid_until=date.fromisoformat(each["valid_until"]) if each["valid_until"] else None,
                )
                for each in data["applications"]
            ),
        )


REFUSED: Final[LookupResult] = LookupResult("refused")


def status_of(application: Application) -> ApplicationStatus:
    """The stored application as its owner may see it."""
    return ApplicationStatus(
        id=application.id,
        number=masked(application.acceptance_number),
        application_type=application.application_type,
        category=application.category,
        stage=application.stage,
        since=application.stage_since,
        history=tuple(StageChange(entry.stage, entry.at) for entry in application.history),
        collect_at=application.station,
        submitted_at=application.submitted_at,
        accepted_at=application.accepted_at,
        decided_at=application.decided_at,
        valid_until=application.valid_until,
    )


def _text(value: date | datetime | None) -> str | None:
    return value.isoformat() if value is not None else None


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
