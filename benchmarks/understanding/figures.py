"""The arithmetic of the comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.understanding.questions import DEVELOPMENT, HOLDOUT
from bot.nlu.arrays import Floats
from bot.nlu.holdout import Question

IN_ERROR: Final = 0.03
"""The share of questions about topics that may be declined while strangers are counted."""
AMONG: Final = 3
_SINGLE: Final = ("en", "zh", "mixed")


@dataclass(frozen=True)
class Found:
    """What the row of a classifier says about its understanding; shares from 0 to 1.

    Attributes:
        first: by `en`, `zh`, `mixed` and `others` (the mean of the other languages): the topic of the question ranks first.
        three: it is among the first three; all questions of the hold-out.
        strangers: declined when `IN_ERROR` of the questions are.
        development: first right in the other set of questions.
    """

    first: Mapping[str, float]
    three: float
    strangers: float
    development: float


def within(scores: Floats, wanted: Sequence[int], count: int) -> npt.NDArray[np.bool_]:
    """For each row whether the wanted column is among the `count` highest."""
    best = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    return np.asarray((best == np.asarray(wanted)[:, None]).any(axis=1))


def lead(scores: Floats, stranger: int) -> Floats:
    """How far the best topic is ahead of "something else"; with logarithms the order of its share in the two together."""
    topics = np.delete(scores, stranger, axis=1)
    return np.asarray(topics.max(axis=1) - scores[:, stranger], dtype=np.float32)


def declined(known: Floats, strangers: Floats, in_error: float = IN_ERROR) -> float:
    """The share of strangers that fall below the lead under which `in_error` of the known questions fall."""
    return float((strangers < np.quantile(known, in_error)).mean())


def by_language(right: npt.NDArray[np.bool_], languages: Sequence[str]) -> dict[str, float]:
    """The share for each single language, and under `others` the mean of the rest, each language counting the same."""
    spoken = np.asarray(languages)
    shares = {str(language): float(right[spoken == language].mean()) for language in np.unique(spoken)}
    rest = [share for language, share in shares.items() if language not in _SINGLE]
    found = {language: shares[language] for language in _SINGLE if language in shares}
    return {**found, "others": float(np.mean(rest))} if rest else found


def judge(scores: Mapping[str, Floats], questions: Mapping[str, Sequence[Question]], topics: Sequence[str], stranger: int) -> Found:
    """Figures of a classifier from its scores for the questions of each folder."""
    firsts: dict[str, npt.NDArray[np.bool_]] = {}
    columns = {topic: number for number, topic in enumerate(topics)}
    asked = questions[HOLDOUT]
    known = np.asarray([each.topic is not None for each in asked])
    wanted = [columns.get(str(each.topic), -1) for each in asked if each.topic is not None]
    mine = scores[HOLDOUT][known]
    leads = lead(scores[HOLDOUT], stranger)
    for name, listed in questions.items():
        kept = [at for at, each in enumerate(listed) if each.topic is not None]
        firsts[name] = within(scores[name][kept], [columns.get(str(listed[at].topic), -1) for at in kept], 1)
    return Found(
        first=by_language(firsts[HOLDOUT], [each.language for each in asked if each.topic is not None]),
        three=float(within(mine, wanted, AMONG).mean()),
        strangers=declined(leads[known], leads[~known]),
        development=float(firsts[DEVELOPMENT].mean()),
    )
