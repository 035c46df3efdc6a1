"""The papers an application may need: what each is, who gives it, in which form, and how people call it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from bot.catalogue.entries import PROVENANCE, Entry, read_entries
from bot.catalogue.facts import Text
from bot.catalogue.grounds import DATA, Grounds
from bot.catalogue.phrases import PhraseIndex

PROVIDERS: Final = frozenset({"applicant", "employer", "authority", "system"})
TEXT_FIELDS: Final = ("provided_by_text", "form", "authentication", "translation", "validity", "details", "common_return")
_FIELDS: Final = frozenset({"name", "aliases", "provided_by", "route", "until", *TEXT_FIELDS}) | PROVENANCE


@dataclass(frozen=True)
class Material:
    """One paper.

    Attributes:
        route: circumstances whose country decides how it is authenticated, the first known one counts.
        common_return: why it is often sent back; None when no source says.
        until: the day it was abolished; such a paper is known by name but never asked for.
    """

    id: str
    name: Text
    aliases: tuple[str, ...]
    provided_by: str
    provided_by_text: Text
    form: Text | None
    authentication: Text | None
    translation: Text | None
    validity: Text | None
    details: Text | None
    common_return: Text | None
    route: tuple[str, ...]
    certainty: str
    scope: str
    sources: tuple[str, ...]
    review_by: date
    until: date | None

    def withdrawn(self, today: date) -> bool:
        """Whether it is no longer asked for on `today`."""
        return self.until is not None and self.until <= today


class Materials(Mapping[str, Material]):
    """All materials by id, M01 first."""

    def __init__(self, materials: Mapping[str, Material]) -> None:
        self._materials = dict(materials)
        self._index = PhraseIndex({word: each.id for each in materials.values() for word in (*each.aliases, *each.name.values(), each.id)})

    def __getitem__(self, material_id: str) -> Material:
        return self._materials[material_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._materials)

    def __len__(self) -> int:
        return len(self._materials)

    def find(self, text: str) -> Material | None:
        """The material that `text` is about: the one named by the longest phrase, or None."""
        found = self._index.find(text)
        return self._materials[max(found, key=lambda each: each.end - each.start).value] if found else None

    @classmethod
    def load(cls, path: Path = DATA / "materials.yml", *, grounds: Grounds, routed: Collection[str]) -> Materials:
        """Read and check the file.

        Args:
            routed: the circumstances that name a country.

        Raises:
            DataError: naming file, entry and field.
        """
        materials: dict[str, Material] = {}
        owners: dict[str, str] = {}
        for material_id, raw in read_entries(path).items():
            entry = Entry(path.name, material_id, raw, _FIELDS, grounds)
            aliases = entry.phrases("aliases", needed=True)
            for word in aliases:
                if owners.setdefault(word.lower(), material_id) != material_id:
                    raise entry.error("aliases", f"{word!r} already names {owners[word.lower()]}")
            route = entry.words("route")
            for key in route:
                if key not in routed:
                    raise entry.error("route", f"{key!r} is not a circumstance that names a country")
            ground = entry.provenance()
            materials[material_id] = Material(
                id=material_id,
                name=entry.text("name"),
                aliases=aliases,
                provided_by=entry.one_of("provided_by", PROVIDERS),
                provided_by_text=entry.text("provided_by_text"),
                form=entry.optional_text("form"),
                authentication=entry.optional_text("authentication"),
                translation=entry.optional_text("translation"),
                validity=entry.optional_text("validity"),
                details=entry.optional_text("details"),
                common_return=entry.optional_text("common_return"),
                route=route,
                certainty=ground.certainty,
                scope=ground.scope,
                sources=ground.sources,
                review_by=ground.review_by,
                until=entry.day("until"),
            )
        return cls(materials)
