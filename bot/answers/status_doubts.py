"""Where a status is a matter for a person: a refusal, a delay, or entries that do not fit together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from bot.catalogue.calendar import local
from bot.catalogue.deadlines import DeadlineAnswer
from bot.db import now
from bot.languages import Language

if TYPE_CHECKING:
    from bot.answers import Answers

REFUSED: Final = "status_refused"
CONTRADICTORY: Final = "status_contradictory"
_REFUSALS: Final = frozenset({"not_accepted", "not_approved", "revoked"})
_VALID: Final = frozenset({"in_force", "extension_open"})


def doubt(application: Mapping[str, Any], running: DeadlineAnswer | None) -> str | None:
    """Why a person should look at an application, as a reason code; None when nothing calls for one."""
    if application["stage"] in _REFUSALS:
        return REFUSED
    late = running is not None and running.exact and running.due is not None and running.state in ("late", "passed")
    return CONTRADICTORY if late or contradicts(application) else None


def contradicts(application: Mapping[str, Any]) -> bool:
    """Whether the entries of an application do not fit together."""
    moments = [datetime.fromisoformat(step["at"]) for step in application["history"]]
    last = application["history"][-1]["stage"] if moments else application["stage"]
    outlived = (
        application["stage"] in _VALID
        and application["valid_until"] is not None
        and date.fromisoformat(application["valid_until"]) < local(now()).date()
    )
    return outlived or moments != sorted(moments) or last != application["stage"]


def line(answers: Answers, application: Mapping[str, Any], reason: str | None, language: Language) -> list[str]:
    """What is said about that, as lines of the status."""
    if reason is None:
        return []
    name = "utter_status_contradiction" if reason == CONTRADICTORY and contradicts(application) else "utter_status_person"
    return [answers.text(name, language)]
