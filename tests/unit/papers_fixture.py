"""The real data files, read once for the tests about papers."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

import bot.catalogue
from bot.catalogue.checklist import Checklist
from bot.catalogue.facts import load_sources
from bot.catalogue.grounds import Grounds
from bot.catalogue.papers import Papers
from bot.catalogue.profile import Profile

DATA: Final = Path(bot.catalogue.__file__).parent / "data"
TODAY: Final = date(2026, 11, 24)


@lru_cache(maxsize=1)
def tags() -> frozenset[str]:
    """All source tags."""
    return frozenset(load_sources(DATA / "sources.yml"))


@lru_cache(maxsize=1)
def papers() -> Papers:
    """Everything about papers."""
    return Papers.load(DATA, tags())


@lru_cache(maxsize=1)
def grounds() -> Grounds:
    """Sources and facts of the project."""
    return Grounds.of()


def checklist(application_type: str | None, category: str | None = None, today: date = TODAY, **circumstances: str) -> Checklist:
    """The list for a person described in short."""
    return papers().checklists.checklist(Profile(application_type, category, circumstances), today)


def needs(found: Checklist) -> dict[str, str]:
    """Material and answer of every line."""
    return {item.id: item.required for item in found.items}
