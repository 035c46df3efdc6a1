"""The stages of an application: what each means, who acts, and the words by which people see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from bot.catalogue.entries import PROVENANCE, Entry, read_entries
from bot.catalogue.facts import Text
from bot.catalogue.grounds import DATA, Grounds
from bot.catalogue.phrases import PhraseIndex

ACTORS: Final = frozenset({"applicant", "employer", "authority", "nobody"})
_FIELDS: Final = (
    frozenset({"number", "name", "seen_as", "usual", "actor", "who_acts", "limit", "meaning", "todo", "output"}) | PROVENANCE
)


@dataclass(frozen=True)
class Stage:
    """One state of an application.

    Attributes:
        number: its place in the usual order, as text ("5b").
        seen_as: words of portals and notices that mean it.
        usual: whether an application without trouble passes through it.
        output: the paper it ends with.
    """

    id: str
    number: str
    name: Text
    seen_as: tuple[str, ...]
    usual: bool
    actor: str
    who_acts: Text
    limit: Text | None
    meaning: Text
    todo: Text
    output: Text | None
    scope: str
    certainty: str
    sources: tuple[str, ...]
    review_by: date


class Stages(Mapping[str, Stage]):
    """All stages by id, in order."""

    def __init__(self, stages: Mapping[str, Stage]) -> None:
        self._stages = dict(stages)
        self._index = PhraseIndex({word: stage.id for stage in stages.values() for word in stage.seen_as})

    def __getitem__(self, stage_id: str) -> Stage:
        return self._stages[stage_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._stages)

    def __len__(self) -> int:
        return len(self._stages)

    def find(self, text: str) -> Stage | None:
        """The stage that the longest status word in `text` means, or None."""
        found = self._index.find(text)
        return self._stages[max(found, key=lambda each: each.end - each.start).value] if found else None

    @classmethod
    def load(cls, path: Path = DATA / "stages.yml", *, grounds: Grounds) -> Stages:
        """Read and check the file.

        Raises:
            DataError: naming file, entry and field.
        """
        stages: dict[str, Stage] = {}
        words: dict[str, str] = {}
        for stage_id, raw in read_entries(path).items():
            entry = Entry(path.name, stage_id, raw, _FIELDS, grounds)
            seen_as = entry.phrases("seen_as", needed=True)
            for word in seen_as:
                if words.setdefault(word, stage_id) != stage_id:
                    raise entry.error("seen_as", f"{word!r} already means {words[word]}")
            ground = entry.provenance()
            stages[stage_id] = Stage(
                id=stage_id,
                number=str(raw.get("number", "")),
                name=entry.text("name"),
                seen_as=seen_as,
                usual=entry.flag("usual"),
                actor=entry.one_of("actor", ACTORS),
                who_acts=entry.text("who_acts"),
                limit=entry.optional_text("limit"),
                meaning=entry.text("meaning"),
                todo=entry.text("todo"),
                output=entry.optional_text("output"),
                scope=ground.scope,
                certainty=ground.certainty,
                sources=ground.sources,
                review_by=ground.review_by,
            )
        return cls(stages)
