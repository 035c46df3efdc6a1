"""Temperature and thresholds from held-out scores."""

from __future__ import annotations

import numpy as np

from bot.nlu.arrays import softmax
from bot.nlu.decisions import Thresholds, _answer_from, fit_thresholds


def _scores(labels: np.ndarray, classes: int, strength: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(len(labels), classes))
    noise[np.arange(len(labels)), labels] += strength
    return noise.astype(np.float32)


def test_decisions_follow_the_two_thresholds() -> None:
    thresholds = Thresholds(temperature=1.0, answer_from=0.6, lead_from=0.2)
    assert [thresholds.decide(confidence) for confidence in (0.9, 0.6, 0.59, 0.2, 0.19)] == ["answer", "answer", "ask", "ask", "decline"]


def test_what_hardly_leads_over_something_else_is_declined() -> None:
    thresholds = Thresholds(answer_from=0.5, lead_from=0.2)
    assert [thresholds.decide(0.55, stranger) for stranger in (0.1, 0.34, 0.36, 0.45)] == ["answer", "answer", "decline", "decline"]


def test_what_is_urgent_is_answered_sooner() -> None:
    thresholds = Thresholds(answer_from=0.6, lead_from=0.1)
    assert (thresholds.decide(0.4), thresholds.decide(0.4, urgent=True), thresholds.decide(0.2, urgent=True)) == ("ask", "answer", "ask")


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
    assert 0 <= thresholds.lead_from <= thresholds.answer_from <= 0.9


def test_few_real_questions_are_declined_and_most_strangers_are() -> None:
    known = np.repeat(np.arange(4), 100)
    scores = _scores(known, 5, np.full(400, 4.0), seed=6)
    strangers = _scores(np.full(100, 4), 5, np.full(100, 4.0), seed=7)
    thresholds = fit_thresholds(np.vstack([scores, strangers]), np.concatenate([known, np.full(100, 4)]), 4)

    def declined(rows: np.ndarray) -> float:
        probabilities = thresholds.probabilities(rows)
        return float(np.mean([thresholds.decide(float(row[:4].max()), float(row[4])) == "decline" for row in probabilities]))

    assert declined(scores) <= 0.041
    assert declined(strangers) > 0.9
