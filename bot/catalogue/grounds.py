"""What the entries of the data files rest on: sources and facts, and how a fact gets into their texts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bot.catalogue.facts import Fact, Facts, Text, load_sources
from bot.catalogue.reviews import Review
from bot.catalogue.templates import PLACEHOLDER, Template, split
from bot.errors import DataError
from bot.languages import LANGUAGES

DATA: Final = Path(__file__).parent / "data"


class _Left(dict[str, str]):
    """Leaves a placeholder that no fact fills as it stands, for whoever fills it later."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


_LEFT: Final = _Left()


@dataclass(frozen=True)
class Grounds:
    """Sources and facts while files are read.

    Attributes:
        tags: the known source tags.
        today: decides which facts are withdrawn.
        reviews: grows by every entry that says when it must be looked at again.
    """

    tags: Collection[str]
    facts: Facts
    today: date
    reviews: list[Review] = field(default_factory=list)

    @classmethod
    def of(cls, tags: Collection[str] | None = None, facts: Facts | None = None) -> Grounds:
        """The grounds of today; what is left out is read from the project's own data.

        Raises:
            DataError: naming file, entry and field.
        """
        if tags is None or facts is None:
            project = _of_project()
            tags = project.tags if tags is None else tags
            facts = project.facts if facts is None else facts
        return cls(tags, facts, date.today())

    def fill(self, file: str, entry: str, field_name: str, text: Text) -> Text:
        """`text` with the values of facts in it; every language must rest on the same facts.

        Raises:
            DataError: for an unknown fact or value, a withdrawn fact without `was:`, and languages that differ.
        """
        if not any("{" in each for each in text.values()):
            return text
        templates = {
            language: Template.parse(file, entry, f"{field_name}.{language}", text[language], self.facts, self.today)
            for language in LANGUAGES
        }
        named = {template.facts for template in templates.values()}
        if len(named) > 1:
            odd = ", ".join(sorted(frozenset.union(*named) - frozenset.intersection(*named)))
            raise DataError(file, entry, field_name, f"only one language names {odd}")
        return MappingProxyType({language: template.fill(self.facts, language, _LEFT) for language, template in templates.items()})

    def value(self, file: str, entry: str, field_name: str, name: str) -> Any:
        """The value that `area.key.value` names.

        Raises:
            DataError: there is none, or the fact is withdrawn.
        """
        fact_id, key = split(name)
        fact = self.facts.get(fact_id)
        if fact is None or key not in fact.values:
            raise DataError(file, entry, field_name, f"{name!r} is not the value of a fact")
        if fact.withdrawn(self.today):
            raise DataError(file, entry, field_name, f"the fact {fact_id} is withdrawn")
        return fact.values[key]

    def named_in(self, raw: Any) -> Iterator[Fact]:
        """The facts whose placeholders stand in `raw`, at any depth, in the order of the text."""
        if isinstance(raw, str):
            if "{" in raw:
                for _, name in PLACEHOLDER.findall(raw):
                    fact = self.facts.get(split(name)[0])
                    if fact is not None:
                        yield fact
        elif isinstance(raw, Mapping):
            for value in raw.values():
                yield from self.named_in(value)
        elif isinstance(raw, list):
            for value in raw:
                yield from self.named_in(value)


@lru_cache(maxsize=1)
def _of_project() -> Grounds:
    """The project's own sources and facts; read once, for loading one file alone."""
    sources = load_sources(DATA / "sources.yml")
    return Grounds(sources, Facts.load(DATA / "facts", sources), date.today())
