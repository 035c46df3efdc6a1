"""When to answer, when to ask back and when to decline: fitted on examples the classifier has not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from bot.nlu.arrays import Floats, Ints, softmax

Decision = Literal["answer", "ask", "decline"]

ASKED_BACK: Final = 0.18
"""Share of held-out examples of a language that are asked back, so that of what people ask one in ten is. Every language has a
threshold of its own, because probabilities are lower where there are fewer examples, and nobody should be asked back for the language
they speak."""
ASKED_BACK_CROWDED: Final = 0.255
"""The same where many examples crowd the borders between topics on purpose, and are harder than what people ask."""
_CROWDED_FROM: Final = 12
"""Judged examples for each topic."""
DECLINED_IN_ERROR: Final = 0.08
"""Share of held-out examples of topics that may be declined as being about something else. What people ask is easier than they are,
so that fewer are."""
URGENT_FROM: Final = 0.25
"""The probability from which a topic is answered that does more harm when it is missed than when it is suspected."""
CERTAIN_FROM: Final = 0.8
"""What is so likely is not declined for sounding a little like something else."""
SUSPECTED_FROM: Final = 0.1
"""The probability from which an answer about something else says, below it, where help is."""
STRANGE_FROM: Final = 0.18
"""The part of the second topic's probability that "something else" needs, for the message to be declined."""
NOTHING_BELOW: Final = 0.1
"""A first topic that is less likely says nothing at all."""
_ENOUGH: Final = 200
_LOWEST, _HIGHEST = 0.15, 0.9
# A handful of easy examples would otherwise make the classifier sure of everything.
_COLDEST, _HOTTEST = 0.3, 5.0


@dataclass(frozen=True)
class Thresholds:
    """Fitted at training time and kept in the model.

    Attributes:
        temperature: divides the scores so that probabilities mean what they say.
        answer_from: the probability from which the first topic is answered.
        topic_share: the first topic must have this share of what it and "something else" have together; with less not even
            asking back helps.
        by_tongue: both for single languages.
    """

    temperature: float = 1.0
    answer_from: float = 0.5
    topic_share: float = 0.5
    by_tongue: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def probabilities(self, scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Calibrated probabilities of one or more rows of scores."""
        return np.asarray(softmax(scores / self.temperature), dtype=np.float32)

    def sure_from(self, tongue: str) -> float:
        """The probability from which the first topic is answered in a language."""
        return self._of(tongue)[0]

    def _of(self, tongue: str) -> tuple[float, float]:
        return self.by_tongue.get(tongue, (self.answer_from, self.topic_share))

    def decide(self, topic: float, stranger: float = 0.0, tongue: str = "", urgent: bool = False, second: float = 0.0) -> Decision:
        """What to do.

        Args:
            topic: the probability of the first topic that is not "something else".
            stranger: the probability of "something else".
            tongue: the language of the message.
            urgent: the first topic is one that must not be missed.
            second: the probability of the second topic; between two of ours "something else" is not the question.
        """
        sure, share = self._of(tongue)
        if urgent and topic >= min(sure, URGENT_FROM):
            return "answer"
        strange = stranger >= STRANGE_FROM * second and topic < min(CERTAIN_FROM, share * (topic + stranger))
        if topic < NOTHING_BELOW or strange:
            return "decline"
        return "answer" if topic >= sure else "ask"

    def arrays(self) -> dict[str, Any]:
        """What `restored` needs."""
        return {
            "thresholds": np.asarray([self.temperature, self.answer_from, self.topic_share], dtype=np.float64),
            "tongues": np.asarray(list(self.by_tongue), dtype=np.str_),
            "by_tongue": np.asarray(list(self.by_tongue.values()), dtype=np.float64).reshape(-1, 2),
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, Any]) -> Thresholds:
        """The thresholds whose `arrays` these are."""
        by_tongue = {str(tongue): (float(sure), float(share)) for tongue, (sure, share) in zip(arrays["tongues"], arrays["by_tongue"])}
        temperature, answer_from, topic_share = (float(value) for value in arrays["thresholds"])
        return cls(temperature, answer_from, topic_share, MappingProxyType(by_tongue))


def _temperature(scores: Floats, labels: Ints) -> float:
    everyone = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        probabilities = softmax(scores.astype(np.float64) / np.exp(log_temperature))
        return float(-np.log(np.maximum(probabilities[everyone, labels], 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(_COLDEST), np.log(_HOTTEST)), method="bounded").x))


def fit_thresholds(scores: Floats, labels: Ints, strangers_class: int | None, tongues: Sequence[str] = ()) -> Thresholds:
    """Thresholds from out-of-fold scores.

    Args:
        scores: one row for each example, by a classifier that has not seen it.
        labels: the class of each example.
        strangers_class: the class whose examples are about no topic at all.
        tongues: the language of each example.
    """
    temperature = _temperature(scores, labels)
    probabilities = Thresholds(temperature=temperature).probabilities(scores)
    known = np.ones(len(labels), dtype=bool) if strangers_class is None else labels != strangers_class
    stranger = np.zeros(len(labels), dtype=np.float32)
    if strangers_class is not None:
        stranger = probabilities[:, strangers_class].copy()
        probabilities[:, strangers_class] = 0
    topic = probabilities.max(axis=1)

    def sure_from(among: npt.NDArray[np.bool_]) -> float:
        crowded = among.sum() >= _CROWDED_FROM * len(np.unique(labels[known]))
        return float(np.clip(np.quantile(topic[among], ASKED_BACK_CROWDED if crowded else ASKED_BACK), _LOWEST, _HIGHEST))

    language = np.asarray(tongues) if len(tongues) else np.full(len(labels), "")
    mine = {str(tongue): known & (language == tongue) for tongue in np.unique(language[known])}
    shares = topic / np.maximum(topic + stranger, 1e-9)

    def share(among: npt.NDArray[np.bool_]) -> float:
        return float(np.quantile(shares[among], DECLINED_IN_ERROR)) if strangers_class is not None else 0.0

    topic_share = share(known)
    # Where examples crowd the borders they sound more like strangers; nobody is declined sooner than on the whole for their language.
    by_tongue = {
        tongue: (sure_from(among), min(share(among), topic_share)) for tongue, among in mine.items() if tongue and among.sum() >= _ENOUGH
    }
    return Thresholds(temperature, sure_from(known), topic_share, MappingProxyType(by_tongue))
