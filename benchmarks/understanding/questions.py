"""What every classifier learns from and is asked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bot.data_file import read_mapping
from bot.nlu.arrays import Floats, Halves, Ints
from bot.nlu.classifier import STRANGERS
from bot.nlu.encodings import Run, encode_for_training
from bot.nlu.holdout import Question, read_holdout
from bot.nlu.text import normalise
from bot.nlu.training_data import QUESTION_LANGUAGES

HOLDOUT: Final = "holdout"
DEVELOPMENT: Final = "development"
Encode = Callable[[Sequence[str]], Floats]


@dataclass(frozen=True)
class Example:
    """A sentence of `data/topics`, as somebody wrote it."""

    text: str
    topic: str
    language: str


@dataclass(frozen=True)
class Batch:
    """Messages as a classifier may see them.

    Attributes:
        texts: normalised.
        vectors: rows of our encoder, inner layers included.
        other: rows of another encoder, where a classifier uses one.
    """

    texts: Sequence[str]
    vectors: Halves
    other: Floats | None = None

    @classmethod
    def of(cls, texts: Sequence[str], run: Run, other: Encode | None = None) -> Batch:
        """Normalise and encode `texts`."""
        same = [normalise(text) for text in texts]
        return cls(same, encode_for_training(same, run), None if other is None else other(same))


@dataclass(frozen=True, eq=False)
class Lesson:
    """What a classifier is trained on; `labels` are positions in `topics`."""

    topics: tuple[str, ...]
    examples: tuple[Example, ...]
    batch: Batch
    labels: Ints

    @classmethod
    def of(cls, examples: Sequence[Example], run: Run, other: Encode | None = None) -> Lesson:
        """Encode the examples."""
        topics = tuple(sorted({each.topic for each in examples}))
        labels = np.asarray([topics.index(each.topic) for each in examples], dtype=np.int64)
        return cls(topics, tuple(examples), Batch.of([each.text for each in examples], run, other), labels)

    @property
    def stranger(self) -> int:
        """The column of what belongs to no topic."""
        return self.topics.index(STRANGERS)


def read_examples(root: Path) -> list[Example]:
    """The examples of every topic; the same sentence counts once."""
    found: dict[str, Example] = {}
    for file in sorted((root / "data" / "topics").glob("*.yml")):
        content = read_mapping(file)
        for language in QUESTION_LANGUAGES:
            for text in content["questions"].get(language, ()):
                flat = " ".join(text.split())
                found.setdefault(flat.casefold(), Example(flat, content["topic"], language))
    return list(found.values())


def sample(examples: Iterable[Example], count: int) -> list[Example]:
    """The first `count` examples of each topic in each language; others may be added behind them."""
    seen: Counter[tuple[str, str]] = Counter()
    kept = []
    for each in examples:
        seen[each.topic, each.language] += 1
        if seen[each.topic, each.language] <= count:
            kept.append(each)
    return kept


def kept_sample(file: Path, examples: Iterable[Example], count: int) -> list[Example]:
    """The sample in `file`, or a new one that is put there: what takes long to train need not be trained anew for each new example."""
    if not file.exists():
        rows = [[each.text, each.topic, each.language] for each in sample(examples, count)]
        file.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return [Example(*row) for row in json.loads(file.read_text(encoding="utf-8"))]


def read_questions(root: Path) -> dict[str, list[Question]]:
    """The questions that are asked, by the folder they come from."""
    return {name: read_holdout(root / "tests" / "dialogue" / name) for name in (HOLDOUT, DEVELOPMENT)}
