"""Official terms in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from bot.catalogue.entries import PROVENANCE, Entry, read_entries, read_phrases
from bot.catalogue.facts import Text
from bot.catalogue.grounds import DATA, Grounds
from bot.catalogue.phrases import PhraseIndex

_FIELDS: Final = frozenset({"en", "zh", "also"}) | PROVENANCE


@dataclass(frozen=True)
class Term:
    """An official term, its English, and other words for it."""

    id: str
    name: Text
    also: tuple[str, ...]
    scope: str
    certainty: str
    sources: tuple[str, ...]
    review_by: date


class Glossary(Mapping[str, Term]):
    """All terms by id."""

    def __init__(self, terms: Mapping[str, Term]) -> None:
        self._terms = dict(terms)
        self._index = PhraseIndex({word: term.id for term in terms.values() for word in (*term.name.values(), *term.also)})

    def __getitem__(self, term_id: str) -> Term:
        return self._terms[term_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._terms)

    def __len__(self) -> int:
        return len(self._terms)

    def find(self, text: str) -> Term | None:
        """The term that the longest word in `text` names, or None."""
        found = self._index.find(text)
        return self._terms[max(found, key=lambda each: each.end - each.start).value] if found else None

    @classmethod
    def load(cls, path: Path = DATA / "glossary.yml", *, grounds: Grounds) -> Glossary:
        """Read and check the file.

        Raises:
            DataError: naming file, entry and field.
        """
        terms: dict[str, Term] = {}
        for term_id, raw in read_entries(path).items():
            entry = Entry(path.name, term_id, raw, _FIELDS, grounds)
            name: Text = {"en": str(raw.get("en") or ""), "zh": str(raw.get("zh") or "")}
            for language, word in name.items():
                if not word:
                    raise entry.error(language, "is missing or empty")
            also = read_phrases(path.name, term_id, "also", raw.get("also"))
            ground = entry.provenance()
            terms[term_id] = Term(term_id, name, also, ground.scope, ground.certainty, ground.sources, ground.review_by)
        return cls(terms)
