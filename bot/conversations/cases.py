"""Which applications a message shows: exactly, for whoever has to compare them, and beside the card, which everybody is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

CASES: Final = "cases"
"""In the payload of a message with a status card: the ids of its applications, in the order of the card."""
# In an application of a card that is not stored yet.
APPLICATION: Final = "application_id"


class Case(NamedTuple):
    """An application by its masked number; `application_id` is None where a message does not hold it, as older ones do not."""

    number: str
    application_id: int | None


def laid_aside(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A payload as it is stored, with the ids of its applications beside the card instead of in it; one that is so already stays so."""
    if not _applications(payload):
        return {name: value for name, value in payload.items() if name != CASES}
    ids = [each.get(APPLICATION, case.application_id) for each, case in zip(_applications(payload), cases_in(payload), strict=True)]
    shown = [{name: value for name, value in each.items() if name != APPLICATION} for each in _applications(payload)]
    return {**payload, "card": {**payload["card"], "applications": shown}, CASES: ids}


def cases_in(payload: Mapping[str, Any]) -> list[Case]:
    """The applications that a stored payload shows; of ids that do not fit the card nobody knows whose they are."""
    shown, ids = _applications(payload), payload.get(CASES)
    if not isinstance(ids, list) or len(ids) != len(shown):
        ids = [None] * len(shown)
    return [Case(str(each.get("number")), application_id) for each, application_id in zip(shown, ids, strict=True)]


def _applications(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    card = payload.get("card") or {}
    return list(card.get("applications", ())) if card.get("type") == "status" else []
