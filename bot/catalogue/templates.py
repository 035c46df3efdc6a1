"""Texts with placeholders: how a fact gets into a sentence, in answers and in the catalogue's own texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from bot.catalogue.facts import Facts
from bot.catalogue.formats import format_value
from bot.errors import DataError
from bot.languages import Language

PLACEHOLDER: Final = re.compile(r"\{(was:)?([a-z_0-9]+(?:\.[a-z_0-9]+)*)\}")
_LIST_NUMBER: Final = re.compile(r"^\s*\d+\.\s", re.MULTILINE)
_NAMED_BY_DIGIT: Final = re.compile(r"(?<![A-Za-z0-9])[A-Z]+-?\d(?!\d)")


@dataclass(frozen=True)
class Template:
    """A text with placeholders: `{area.key.value}`, `{area.key}`, `{was:…}` for withdrawn facts, `{param}`."""

    text: str
    facts: frozenset[str]

    @classmethod
    def parse(cls, file: str, entry: str, field_name: str, text: str, facts: Facts, today: date) -> Template:
        """Check every placeholder against the catalogue; a withdrawn fact needs `was:` and only it may have it."""
        used: set[str] = set()
        for was, name in PLACEHOLDER.findall(text):
            if "." not in name:
                continue
            fact_id, value = split(name)
            fact = facts.get(fact_id)
            if fact is None:
                raise DataError(file, entry, field_name, f"names the unknown fact {fact_id!r}")
            if value and value not in fact.values:
                raise DataError(file, entry, field_name, f"the fact {fact_id} has no value {value!r}")
            if bool(was) != fact.withdrawn(today):
                problem = "is withdrawn and can only be named with was:" if not was else "is not withdrawn"
                raise DataError(file, entry, field_name, f"the fact {fact_id} {problem}")
            used.add(fact_id)
        rest = PLACEHOLDER.sub("", text)
        if "{" in rest or "}" in rest:
            raise DataError(file, entry, field_name, "has a brace that is no placeholder")
        return cls(text.strip(), frozenset(used))

    def fill(self, facts: Facts, language: Language, params: Mapping[str, Any]) -> str:
        """The text with every placeholder filled; a missing parameter is a KeyError."""

        def value(match: re.Match[str]) -> str:
            name = match.group(2)
            if "." not in name:
                return format_value(params[name], language)
            fact_id, key = split(name)
            fact = facts[fact_id]
            return format_value(fact.values[key], language) if key else fact.statement[language]

        return PLACEHOLDER.sub(value, self.text)

    def stray_digits(self) -> list[str]:
        """Digits that come from no fact; list numbers and names such as S1 are allowed."""
        rest = PLACEHOLDER.sub("", _LIST_NUMBER.sub("", self.text))
        return re.findall(r"\d+", _NAMED_BY_DIGIT.sub("", rest))


def split(name: str) -> tuple[str, str]:
    """The id of the fact that `name` means, and the name of its value (empty: the whole statement)."""
    parts = name.split(".")
    return ".".join(parts[:2]), ".".join(parts[2:])
