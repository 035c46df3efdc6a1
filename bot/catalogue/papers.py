"""Loading everything about papers together: each part needs names from another, so the order stands here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.catalogue.answer_words import AnswerWords
from bot.catalogue.applications import ApplicationTypes, Category, load_categories
from bot.catalogue.checklist import Checklists
from bot.catalogue.circumstances import Circumstances
from bot.catalogue.countries import Countries
from bot.catalogue.entries import read_entries
from bot.catalogue.facts import Facts, Text, read_text
from bot.catalogue.foreign_words import ForeignWords
from bot.catalogue.glossary import Glossary
from bot.catalogue.grounds import Grounds
from bot.catalogue.materials import Materials
from bot.catalogue.reading import Reader
from bot.catalogue.requirements import Requirements
from bot.catalogue.reviews import Review
from bot.catalogue.stages import Stages
from bot.data_file import read_yaml
from bot.errors import DataError


@dataclass(frozen=True)
class Papers:
    """What an application needs, who may apply for what, what its stages mean, and how people say all that."""

    materials: Materials
    application_types: ApplicationTypes
    categories: Mapping[str, Category]
    circumstances: Circumstances
    countries: Countries
    checklists: Checklists
    reader: Reader
    foreign: ForeignWords
    answer_words: AnswerWords
    stages: Stages
    glossary: Glossary
    reviews: tuple[Review, ...]

    @classmethod
    def load(cls, folder: Path, tags: Collection[str], facts: Facts | None = None) -> Papers:
        """Read and check every file about papers.

        Args:
            tags: the known source tags.
            facts: what texts take their figures from; those of the project when None.

        Raises:
            DataError: naming file, entry and field.
        """
        grounds = Grounds.of(tags, facts)
        countries = Countries.load(folder, grounds)
        types_path = folder / "application_types.yml"
        circumstances = Circumstances.load(
            folder / "circumstances.yml", grounds=grounds, types=tuple(read_entries(types_path)), countries=tuple(countries)
        )
        routed = [each.id for each in circumstances.values() if each.kind == "country"]
        materials = Materials.load(folder / "materials.yml", grounds=grounds, routed=routed)
        types = ApplicationTypes.load(types_path, grounds=grounds, materials=tuple(materials))
        categories = load_categories(folder / "categories.yml", grounds=grounds)
        domains = circumstances.domains(types.wire, tuple(countries))
        for each in types.values():
            for key, value in (pair for alternative in each.chosen_by for pair in alternative):
                if value not in domains.get(key, ()):
                    raise DataError(types_path.name, each.id, f"chosen_by.{key}", f"{value!r} is not a value of it")
        requirements = Requirements.load(folder, grounds=grounds, materials=tuple(materials), types=types.wire, domains=domains)
        stages = Stages.load(folder / "stages.yml", grounds=grounds)
        glossary = Glossary.load(folder / "glossary.yml", grounds=grounds)
        questions, labels = _questions(folder / "questions.yml")
        return cls(
            materials=materials,
            application_types=types,
            categories=categories,
            circumstances=circumstances,
            countries=countries,
            checklists=Checklists(
                materials=materials,
                types=types,
                categories=categories,
                circumstances=circumstances,
                countries=countries,
                requirements=requirements,
                questions=questions,
                labels=labels,
            ),
            reader=Reader.load(folder, types=types, categories=categories, circumstances=circumstances, countries=countries),
            foreign=ForeignWords.load(folder, countries=countries),
            answer_words=AnswerWords.load(folder),
            stages=stages,
            glossary=glossary,
            reviews=tuple(grounds.reviews),
        )


def _questions(path: Path) -> tuple[Mapping[str, Text], Mapping[str, Text]]:
    raw = read_yaml(path)
    read: dict[str, dict[str, Text]] = {}
    for section, needed in (("questions", ("application_type", "category")), ("labels", ("yes", "no"))):
        inner = raw.get(section) if isinstance(raw, Mapping) else None
        if not isinstance(inner, Mapping):
            raise DataError(path.name, section, "entry", "is missing")
        read[section] = {key: read_text(path.name, section, key, inner.get(key)) for key in needed}
    return read["questions"], read["labels"]
