"""The classifier that the assistant uses, as `config.yml` sets it; without phrases of danger and follow-ups, which are lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any, Final

import numpy as np

from benchmarks.understanding.questions import Batch, Lesson
from bot.data_file import read_mapping
from bot.nlu import topic_model
from bot.nlu.arrays import Floats, softmax
from bot.nlu.classifier import SENSITIVE, STRANGERS, TopicClassifier
from bot.nlu.decisions import fit_thresholds
from bot.nlu.encodings import encode
from bot.nlu.parts import parts_of, read_together
from bot.nlu.text import normalise
from bot.nlu.topic_model import Shape
from bot.settings import ROOT

_NAME: Final = "bot.nlu.classifier.TopicClassifier"
_LEAST: Final = 1e-9


@lru_cache(maxsize=1)
def settings() -> dict[str, Any]:
    """What the classifier is set to."""
    pipeline = read_mapping(ROOT / "config.yml")["pipeline"]
    return {**TopicClassifier.get_default_config(), **next(each for each in pipeline if each["name"] == _NAME)}


def shape() -> Shape:
    """The shape of the model."""
    return Shape(**{field.name: settings()[field.name] for field in fields(Shape)})


class Shipped:
    """Networks and neighbours over the whole message; `together` reads its sentences too."""

    def __init__(self, lesson: Lesson) -> None:
        batch = lesson.batch
        self._model, judged = topic_model.train(
            list(batch.texts), batch.vectors, lesson.labels, len(lesson.topics), shape(), int(settings()["judged"])
        )
        self._temperature = fit_thresholds(judged.scores, lesson.labels[judged.examples], lesson.stranger).temperature
        aside = {*settings()["not_offered"]} - {STRANGERS, SENSITIVE}
        self._talk = [number for number, topic in enumerate(lesson.topics) if topic in aside]
        self._strangers = [] if lesson.stranger is None else [lesson.stranger]

    def scores(self, batch: Batch) -> Floats:
        """One row for each message."""
        return self._model.scores(list(batch.texts), batch.vectors)

    def _probabilities(self, scores: Floats) -> Floats:
        return np.asarray(softmax(scores / self._temperature), dtype=np.float32)

    def together(self, whole: Batch, typed: Sequence[str]) -> Floats:
        """As `scores`, but messages of several sentences are read in parts as well."""
        found = self._probabilities(self.scores(whole))
        for number, text in enumerate(typed):
            parts = parts_of(text)
            if parts:
                same = [normalise(part) for part in parts]
                each = self._probabilities(self._model.scores(same, encode(same), len(same)))
                found[number] = read_together(found[number], each, parts, self._talk, self._strangers)
        return np.asarray(np.log(np.maximum(found, _LEAST)), dtype=np.float32)

    def size(self) -> int:
        """Bytes that are kept."""
        return sum(array.nbytes for array in self._model.arrays().values())
