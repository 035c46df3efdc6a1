"""What a card adds to a response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.catalogue.facts import Fact, Source


@dataclass(frozen=True)
class Part:
    """What a card builder adds to a response.

    Attributes:
        card: the typed card of the wire, or None when only the text changes.
        params: texts for the response's placeholders.
        facts, sources: what the card rests on.
        unconfirmed: short labels of what is not certain.
        quick_replies: choices as `(title, payload)`.
        all_sources: whether the text names every source instead of the first few.
    """

    card: dict[str, Any] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    sources: tuple[Source, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    quick_replies: tuple[tuple[str, str], ...] = ()
    all_sources: bool = False
