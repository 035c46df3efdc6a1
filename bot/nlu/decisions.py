"""When to answer, when to ask back and when to decline: fitted on examples the classifier has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from bot.nlu.arrays import Floats, Ints, softmax

Decision = Literal["answer", "ask", "decline"]

WRONG_ANSWER_COSTS: Final = 0.75
"""What a wrong answer takes away, measured in right answers. The examples crowd the borders between topics on purpose, so that
held-out ones are missed more often than what people ask; a higher price would ask back at every second question."""
HELPFUL_QUESTION: Final = 0.3
"""What asking back is worth when the topic is among the candidates, measured in right answers."""
STRANGERS_SHARE: Final = 0.1
"""Strangers expected for one message about a topic."""
DECLINED_IN_ERROR: Final = 0.04
"""Share of messages about a topic that may be declined as being about something else. What people ask is easier than held-out
examples, so that fewer are."""
URGENT_FROM: Final = 0.3
"""The probability from which a topic is answered that does more harm when it is missed than when it is suspected."""
_HELPFUL_CANDIDATES: Final = 3
_LOWEST, _HIGHEST = 0.15, 0.9
# A handful of easy examples would otherwise make the classifier sure of everything.
_COLDEST, _HOTTEST = 0.3, 5.0


@dataclass(frozen=True)
class Thresholds:
    """Fitted at training time and kept in the model.

    Attributes:
        temperature: divides the scores so that probabilities mean what they say.
        answer_from: the probability from which the first topic is answered.
        lead_from: by how much the first topic must be likelier than "something else"; with less of a lead not even asking
            back helps.
    """

    temperature: float = 1.0
    answer_from: float = 0.5
    lead_from: float = 0.15

    def probabilities(self, scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Calibrated probabilities of one or more rows of scores."""
        return np.asarray(softmax(scores / self.temperature), dtype=np.float32)

    def decide(self, topic: float, stranger: float = 0.0, urgent: bool = False) -> Decision:
        """What to do.

        Args:
            topic: the probability of the first topic that is not "something else".
            stranger: the probability of "something else".
            urgent: the first topic is one that must not be missed.
        """
        if topic - stranger < self.lead_from:
            return "decline"
        return "answer" if topic >= (min(self.answer_from, URGENT_FROM) if urgent else self.answer_from) else "ask"


def _temperature(scores: Floats, labels: Ints) -> float:
    everyone = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        probabilities = softmax(scores.astype(np.float64) / np.exp(log_temperature))
        return float(-np.log(np.maximum(probabilities[everyone, labels], 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(_COLDEST), np.log(_HOTTEST)), method="bounded").x))


def _answer_from(first: Floats, right: npt.NDArray[np.bool_], helped: npt.NDArray[np.bool_], strangers: Floats) -> float:
    grid = np.unique(np.round(np.concatenate([first, strangers, [_LOWEST, _HIGHEST]]), 3))
    grid = grid[(grid >= _LOWEST) & (grid <= _HIGHEST)]
    weight = STRANGERS_SHARE * len(first) / len(strangers) if len(strangers) else 0.0
    gains = [
        float(
            (right & (first >= at)).sum()
            - WRONG_ANSWER_COSTS * (~right & (first >= at)).sum()
            + HELPFUL_QUESTION * (helped & (first < at)).sum()
            - WRONG_ANSWER_COSTS * weight * (strangers >= at).sum()
        )
        for at in grid
    ]
    best = np.flatnonzero(np.asarray(gains) >= max(gains) - 1e-9)
    return float(grid[best[-1]])


def fit_thresholds(scores: Floats, labels: Ints, strangers_class: int | None) -> Thresholds:
    """Thresholds from out-of-fold scores.

    Args:
        scores: one row for each example, by a classifier that has not seen it.
        labels: the class of each example.
        strangers_class: the class whose examples are about no topic at all. They are judged as if the classifier did
            not know that class, because the strangers of tomorrow will be about other things.
    """
    temperature = _temperature(scores, labels)
    thresholds = Thresholds(temperature=temperature)
    known = np.ones(len(labels), dtype=bool) if strangers_class is None else labels != strangers_class
    probabilities = thresholds.probabilities(scores[known])
    first = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels[known]
    strangers = np.zeros(0, dtype=np.float32)
    if strangers_class is not None and (~known).any():
        masked = scores[~known].copy()
        masked[:, strangers_class] = -np.inf
        strangers = thresholds.probabilities(masked).max(axis=1)
    helped = (np.argsort(-probabilities, axis=1)[:, :_HELPFUL_CANDIDATES] == labels[known][:, None]).any(axis=1)
    answer_from = _answer_from(first, right, helped, strangers)
    others = probabilities.copy()
    stranger = np.zeros(len(others), dtype=np.float32)
    if strangers_class is not None:
        stranger = others[:, strangers_class].copy()
        others[:, strangers_class] = 0
    leads = others.max(axis=1) - stranger
    lead_from = float(np.quantile(leads, DECLINED_IN_ERROR)) if len(leads) else 0.0
    return Thresholds(temperature, answer_from, min(lead_from, answer_from))
