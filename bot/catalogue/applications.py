"""What one can apply for, and the three categories."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from bot.catalogue.entries import PROVENANCE, Entry, read_entries
from bot.catalogue.facts import SCOPES, Text
from bot.catalogue.grounds import DATA, Grounds

CATEGORIES: Final = ("A", "B", "C")
_TYPE_FIELDS: Final = PROVENANCE | {
    "wire",
    "priority",
    "chosen_by",
    "name",
    "label",
    "aliases",
    "who",
    "when",
    "limits",
    "result",
    "steps",
    "materials",
    "until",
}
_LIMIT_FIELDS: Final = frozenset({"text"}) | (PROVENANCE - {"review_by"})
_CATEGORY_FIELDS: Final = frozenset({"name", "label", "meaning", "aliases", "inferred_for"}) | PROVENANCE


@dataclass(frozen=True)
class Limit:
    """A time limit and for which city it is known."""

    text: Text
    scope: str
    certainty: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class ApplicationType:
    """One kind of application.

    Attributes:
        label: short, for a button.
        wire: whether it has a checklist.
        priority: the smaller wins where a sentence names two types.
        chosen_by: alternatives; the circumstances of one together mean this type.
        materials: for types without a checklist, the papers as far as known.
        until: the day the type was abolished.
    """

    id: str
    name: Text
    label: Text
    aliases: tuple[str, ...]
    wire: bool
    priority: int
    chosen_by: tuple[tuple[tuple[str, str], ...], ...]
    who: Text
    when: Text
    limits: tuple[Limit, ...]
    result: Text
    steps: tuple[Text, ...]
    materials: tuple[str, ...]
    scope: str
    certainty: str
    sources: tuple[str, ...]
    review_by: date
    until: date | None


@dataclass(frozen=True)
class Category:
    """A, B or C; `inferred_for` are the types whose list for it is inferred, not read in a source."""

    id: str
    name: Text
    label: Text
    meaning: Text
    aliases: tuple[str, ...]
    inferred_for: tuple[str, ...]
    scope: str
    certainty: str
    sources: tuple[str, ...]
    review_by: date


class ApplicationTypes(Mapping[str, ApplicationType]):
    """All application types by id; those with a checklist first, in the order to offer them."""

    def __init__(self, types: Mapping[str, ApplicationType]) -> None:
        self._types = dict(types)
        self.wire: tuple[str, ...] = tuple(each.id for each in types.values() if each.wire)

    def __getitem__(self, type_id: str) -> ApplicationType:
        return self._types[type_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)

    def chosen(self, known: Mapping[str, str]) -> str | None:
        """The type that the known circumstances mean, or None."""
        for each in self._types.values():
            if any(all(known.get(key) == value for key, value in alternative) for alternative in each.chosen_by):
                return each.id
        return None

    def one_short_of(self, known: Mapping[str, str]) -> str | None:
        """The circumstance that alone is missing to decide between types, or None."""
        for each in self._types.values():
            for alternative in each.chosen_by:
                missing = [key for key, _ in alternative if key not in known]
                others = [value == known[key] for key, value in alternative if key in known]
                if len(missing) == 1 and others and all(others):
                    return missing[0]
        return None

    @classmethod
    def load(cls, path: Path = DATA / "application_types.yml", *, grounds: Grounds, materials: Collection[str]) -> ApplicationTypes:
        """Read and check the file.

        Raises:
            DataError: naming file, entry and field.
        """
        types: dict[str, ApplicationType] = {}
        owners: dict[str, str] = {}
        for type_id, raw in read_entries(path).items():
            entry = Entry(path.name, type_id, raw, _TYPE_FIELDS, grounds, apart=("limits",))
            aliases = entry.phrases("aliases", needed=True)
            for word in aliases:
                if owners.setdefault(word.lower(), type_id) != type_id:
                    raise entry.error("aliases", f"{word!r} already names {owners[word.lower()]}")
            for material in entry.words("materials"):
                if material not in materials:
                    raise entry.error("materials", f"names the unknown material {material!r}")
            priority = raw.get("priority")
            if not isinstance(priority, int):
                raise entry.error("priority", "must be a whole number")
            chosen_by = raw.get("chosen_by") or []
            if not isinstance(chosen_by, list) or not all(isinstance(each, Mapping) for each in chosen_by):
                raise entry.error("chosen_by", "must be a list of mappings of circumstances to values")
            ground = entry.provenance()
            types[type_id] = ApplicationType(
                id=type_id,
                name=entry.text("name"),
                label=entry.text("label"),
                aliases=aliases,
                wire=entry.flag("wire"),
                priority=priority,
                chosen_by=tuple(tuple((str(key), str(value)) for key, value in each.items()) for each in chosen_by),
                who=entry.text("who"),
                when=entry.text("when"),
                limits=_limits(entry, grounds),
                result=entry.text("result"),
                steps=entry.texts("steps"),
                materials=entry.words("materials"),
                scope=ground.scope,
                certainty=ground.certainty,
                sources=ground.sources,
                review_by=ground.review_by,
                until=entry.day("until"),
            )
        return cls(types)


def _limits(entry: Entry, grounds: Grounds) -> tuple[Limit, ...]:
    limits: list[Any] = entry.raw.get("limits") or []
    read = []
    for place, raw in enumerate(limits):
        inner = Entry(entry.file, f"{entry.name}.limits[{place}]", raw, _LIMIT_FIELDS, grounds)
        read.append(Limit(inner.text("text"), inner.one_of("scope", SCOPES), inner.lowered(inner.certainty()), inner.sources()))
    return tuple(read)


def load_categories(path: Path = DATA / "categories.yml", *, grounds: Grounds) -> Mapping[str, Category]:
    """The categories A, B and C.

    Raises:
        DataError: naming file, entry and field.
    """
    categories = {}
    for category_id, raw in read_entries(path).items():
        entry = Entry(path.name, category_id, raw, _CATEGORY_FIELDS, grounds)
        if category_id not in CATEGORIES:
            raise entry.error("entry", "must be A, B or C")
        ground = entry.provenance()
        categories[category_id] = Category(
            id=category_id,
            name=entry.text("name"),
            label=entry.text("label"),
            meaning=entry.text("meaning"),
            aliases=entry.phrases("aliases", needed=True),
            inferred_for=entry.words("inferred_for"),
            scope=ground.scope,
            certainty=ground.certainty,
            sources=ground.sources,
            review_by=ground.review_by,
        )
    return categories
