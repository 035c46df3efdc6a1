"""What a card adds to a response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from bot.catalogue.facts import HOME_SCOPES, Fact, Source

DoubtKind = Literal["reported", "unknown", "elsewhere"]
# Quick replies under one message are never more than this.
MAX_CHOICES: Final = 6
DOUBTS: Final[tuple[DoubtKind, ...]] = ("reported", "unknown", "elsewhere")


def doubt_of(certainty: str, scope: str) -> DoubtKind | None:
    """Why a claim may not be said of Shenzhen without a caveat; None when it may."""
    if scope not in HOME_SCOPES:
        return "elsewhere"
    if certainty == "unknown":
        return "unknown"
    return "reported" if certainty == "low" else None


@dataclass(frozen=True)
class Part:
    """What a card builder adds to a response.

    Attributes:
        card: the typed card of the wire, or None when only the text changes.
        params: texts for the response's placeholders.
        facts: what the card quotes.
        claims: the sources of each further thing that is said, in the order in which it is said.
        sources: those of one more thing that is said.
        unconfirmed: short labels of what is not certain, with the kind of doubt.
        quick_replies: choices as `(title, payload)`.
        named_replies: choices as `(name of the response that is their title, payload)`.
        profile: what is known of the person so far, where the response asks for more; as `Profile.to_dict`.
        offers: reason code that is kept for a person, should the applicant ask for one after this.
        all_sources: whether the text names every source instead of the first few.
    """

    card: dict[str, Any] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    claims: tuple[tuple[Source, ...], ...] = ()
    sources: tuple[Source, ...] = ()
    unconfirmed: tuple[tuple[DoubtKind, str], ...] = ()
    quick_replies: tuple[tuple[str, str], ...] = ()
    named_replies: tuple[tuple[str, str], ...] = ()
    profile: Mapping[str, Any] | None = None
    offers: str | None = None
    all_sources: bool = False
