"""The stages of an application: what each means, who acts, and the words by which people see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bot.catalogue.entries import PROVENANCE, Entry, read_entries
from bot.catalogue.facts import Text
from bot.catalogue.grounds import DATA, Grounds
from bot.catalogue.phrases import PhraseIndex

ACTORS: Final = frozenset({"applicant", "employer", "authority", "nobody"})
BASES: Final = frozenset({"since", "submitted_at", "accepted_at", "decided_at", "valid_until"})
_FIELDS: Final = (
    frozenset({"number", "name", "seen_as", "usual", "actor", "who_acts", "limit", "meaning", "todo", "output", "counts"}) | PROVENANCE
)


@dataclass(frozen=True)
class Counting:
    """A deadline that runs while an application is in a stage.

    Attributes:
        rule: id of the deadline rule; `by_type` names another one for some application types.
        base: the day of the application it is counted from, one of `BASES`.
    """

    rule: str
    base: str
    by_type: Mapping[str, str]

    def rule_for(self, application_type: str) -> str:
        """The rule for an application of this type."""
        return self.by_type.get(application_type, self.rule)


@dataclass(frozen=True)
class Stage:
    """One state of an application.

    Attributes:
        number: its place in the usual order, as text ("5b").
        seen_as: words of portals and notices that mean it.
        usual: whether an application without trouble passes through it.
        output: the paper it ends with.
        counts: what runs meanwhile, or None.
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
    counts: Counting | None
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
                counts=_counting(entry, raw.get("counts")),
                scope=ground.scope,
                certainty=ground.certainty,
                sources=ground.sources,
                review_by=ground.review_by,
            )
        return cls(stages)


def _counting(entry: Entry, raw: Any) -> Counting | None:
    if raw is None:
        return None
    if not isinstance(raw, Mapping) or not isinstance(raw.get("rule"), str) or raw.get("base") not in BASES:
        raise entry.error("counts", f"needs a rule, and as base one of {', '.join(sorted(BASES))}")
    return Counting(raw["rule"], raw["base"], MappingProxyType(dict(raw.get("by_type") or {})))
