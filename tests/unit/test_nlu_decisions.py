"""Temperature and thresholds from held-out scores."""

from __future__ import annotations

import numpy as np

from bot.nlu.decisions import Thresholds, _answer_from, fit_thresholds
from bot.nlu.linear import softmax


def _scores(labels: np.ndarray, classes: int, strength: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(len(labels), classes))
    noise[np.arange(len(labels)), labels] += strength
    return noise.astype(np.float32)


def test_decisions_follow_the_two_thresholds() -> None:
    thresholds = Thresholds(temperature=1.0, answer_from=0.6, decline_below=0.2)
    assert [thresholds.decide(confidence) for confidence in (0.9, 0.6, 0.59, 0.2, 0.19)] == ["answer", "answer", "ask", "ask", "decline"]


def test_the_temperature_undoes_overconfidence() -> None:
    labels = np.random.default_rng(1).integers(0, 5, size=4000)
    honest = np.random.default_rng(2).normal(size=(4000, 5)).astype(np.float32)
    labels = np.array([np.random.default_rng(i).choice(5, p=row) for i, row in enumerate(softmax(honest.astype(np.float64)))])
    assert abs(fit_thresholds(honest * 3, labels, None).temperature - 3) < 0.4


def test_strangers_raise_the_threshold_for_answers() -> None:
    dice = np.random.default_rng(3)
    first = dice.uniform(0.2, 1.0, size=500).astype(np.float32)
    right = dice.uniform(size=500) < first
    helped = np.ones(500, dtype=bool)
    sure_strangers = np.full(2000, 0.7, dtype=np.float32)
    alone = _answer_from(first, right, helped, np.zeros(0, dtype=np.float32))
    assert alone < 0.7 < _answer_from(first, right, helped, sure_strangers)


def test_declining_needs_less_certainty_than_answering() -> None:
    labels = np.repeat(np.arange(6), 50)
    thresholds = fit_thresholds(_scores(labels, 6, np.full(300, 2.0), seed=5), labels, None)
    assert 0 <= thresholds.decline_below <= thresholds.answer_from <= 0.9


def test_a_stranger_is_believed_sooner_than_a_topic() -> None:
    thresholds = Thresholds(answer_from=0.6, decline_below=0.2, strangers_from=0.3)
    assert (thresholds.decide(0.4), thresholds.decide(0.4, stranger=True)) == ("ask", "answer")


def test_few_real_questions_are_taken_for_strangers() -> None:
    known = np.repeat(np.arange(4), 100)
    scores = _scores(known, 5, np.full(400, 2.0), seed=6)
    strangers = _scores(np.full(100, 4), 5, np.full(100, 2.0), seed=7)
    thresholds = fit_thresholds(np.vstack([scores, strangers]), np.concatenate([known, np.full(100, 4)]), 4)
    probabilities = thresholds.probabilities(scores)
    mistaken = (probabilities.argmax(axis=1) == 4) & (probabilities.max(axis=1) >= thresholds.strangers_from)
    assert mistaken.mean() <= 0.03
