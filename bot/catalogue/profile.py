"""What is known about the person who asks; it travels as JSON between turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from bot.catalogue.conditions import UNKNOWN

TYPE: Final = "application_type"
CATEGORY: Final = "category"


@dataclass(frozen=True)
class Profile:
    """What is known about the person: type, category, circumstances. "unknown" stands for an answer of "don't know"."""

    application_type: str | None = None
    category: str | None = None
    circumstances: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "circumstances", MappingProxyType(dict(self.circumstances)))

    def context(self) -> dict[str, str]:
        """Everything known under one roof, type and category among it."""
        known = dict(self.circumstances)
        if self.application_type is not None:
            known[TYPE] = self.application_type
        if self.category is not None:
            known[CATEGORY] = self.category
        return known

    def answered(self, question: str, value: str) -> Profile:
        """This profile with one answer more; "unknown" is remembered, so that it is not asked again."""
        if question in (TYPE, CATEGORY):
            rest = {key: old for key, old in self.circumstances.items() if key != question}
            if value == UNKNOWN:
                return replace(self, **{question: None}, circumstances={**rest, question: UNKNOWN})
            return replace(self, **{question: value}, circumstances=rest)
        return replace(self, circumstances={**self.circumstances, question: value})

    def merged(self, newer: Profile) -> Profile:
        """This profile corrected by what `newer` knows."""
        merged = self
        for key, value in newer.context().items():
            merged = merged.answered(key, value)
        return merged

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {TYPE: self.application_type, CATEGORY: self.category, "circumstances": dict(self.circumstances)}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Profile:
        """From `to_dict`."""
        return cls(raw.get(TYPE), raw.get(CATEGORY), dict(raw.get("circumstances") or {}))
