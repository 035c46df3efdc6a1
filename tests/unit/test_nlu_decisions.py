"""Temperature and thresholds from held-out scores."""

from __future__ import annotations

import numpy as np
import pytest

from bot.nlu.arrays import softmax
from bot.nlu.decisions import ASKED_BACK, ASKED_BACK_CROWDED, DECLINED_IN_ERROR, Thresholds, fit_thresholds


def _scores(labels: np.ndarray, classes: int, strength: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(len(labels), classes))
    noise[np.arange(len(labels)), labels] += strength
    return noise.astype(np.float32)


def test_decisions_follow_the_thresholds() -> None:
    thresholds = Thresholds(temperature=1.0, answer_from=0.6, topic_share=0.0)
    assert [thresholds.decide(confidence) for confidence in (0.9, 0.6, 0.59, 0.1, 0.09)] == ["answer", "answer", "ask", "ask", "decline"]


def test_what_has_too_little_of_a_topic_is_declined() -> None:
    thresholds = Thresholds(answer_from=0.5, topic_share=0.7)
    assert [thresholds.decide(0.55, stranger) for stranger in (0.1, 0.23, 0.24, 0.45)] == ["answer", "answer", "decline", "decline"]


def test_what_is_hardly_anything_else_is_not_declined() -> None:
    thresholds = Thresholds(answer_from=0.5, topic_share=0.95)
    assert [thresholds.decide(topic, 0.1) for topic in (0.8, 0.7)] == ["answer", "decline"]


def test_between_two_topics_something_else_is_not_the_question() -> None:
    thresholds = Thresholds(answer_from=0.6, topic_share=0.95)
    assert [thresholds.decide(0.5, 0.05, second=second) for second in (0.1, 0.4)] == ["decline", "ask"]


def test_what_is_urgent_is_answered_sooner_and_never_declined_for_a_stranger() -> None:
    thresholds = Thresholds(answer_from=0.6, topic_share=0.7)
    assert (thresholds.decide(0.4), thresholds.decide(0.4, urgent=True), thresholds.decide(0.2, urgent=True)) == ("ask", "answer", "ask")
    assert thresholds.decide(0.4, 0.5) == "decline" and thresholds.decide(0.4, 0.5, urgent=True) == "answer"


def test_language_has_a_threshold_of_its_own() -> None:
    thresholds = Thresholds(answer_from=0.6, by_tongue={"tr": (0.3, 0.5)})
    assert [thresholds.decide(0.4, tongue=tongue) for tongue in ("en", "tr")] == ["ask", "answer"]


def test_temperature_undoes_overconfidence() -> None:
    honest = np.random.default_rng(2).normal(size=(4000, 5)).astype(np.float32)
    labels = np.array([np.random.default_rng(i).choice(5, p=row) for i, row in enumerate(softmax(honest.astype(np.float64)))])
    assert abs(fit_thresholds(honest * 3, labels, None).temperature - 3) < 0.4


def test_every_language_asks_back_about_equally_often() -> None:
    labels = np.tile(np.arange(6), 100)
    strength = np.where(np.arange(600) < 300, 2.5, 1.8)
    tongues = ["en"] * 300 + ["tr"] * 300
    scores = _scores(labels, 6, strength, seed=5)
    thresholds = fit_thresholds(scores, labels, None, tongues)
    assert thresholds.sure_from("tr") < thresholds.sure_from("en")
    asked = [thresholds.decide(float(row.max()), tongue=tongue) == "ask" for row, tongue in zip(thresholds.probabilities(scores), tongues)]
    for half in (asked[:300], asked[300:]):
        # Fifty examples for each topic are a crowd.
        assert np.mean(half) == pytest.approx(ASKED_BACK_CROWDED, abs=0.02)
    labels = np.tile(np.arange(24), 9)
    scores = _scores(labels, 24, np.full(216, 2.5), seed=5)
    sparse = fit_thresholds(scores, labels, None, ["en"] * 216)
    few = [sparse.decide(float(row.max()), tongue="en") == "ask" for row in sparse.probabilities(scores)]
    assert np.mean(few) == pytest.approx(ASKED_BACK, abs=0.02)


def test_language_with_few_examples_has_no_threshold_of_its_own() -> None:
    labels = np.tile(np.arange(6), 50)
    assert fit_thresholds(_scores(labels, 6, np.full(300, 3.0), seed=5), labels, None, ["en"] * 250 + ["th"] * 50).by_tongue.keys() == {
        "en"
    }


def test_few_real_questions_are_declined_and_most_strangers_are() -> None:
    known = np.repeat(np.arange(4), 100)
    scores = _scores(known, 5, np.full(400, 4.0), seed=6)
    strangers = _scores(np.full(100, 4), 5, np.full(100, 4.0), seed=7)
    thresholds = fit_thresholds(np.vstack([scores, strangers]), np.concatenate([known, np.full(100, 4)]), 4)

    def declined(rows: np.ndarray) -> float:
        probabilities = thresholds.probabilities(rows)
        return float(np.mean([thresholds.decide(float(row[:4].max()), float(row[4])) == "decline" for row in probabilities]))

    assert declined(scores) <= DECLINED_IN_ERROR + 0.01
    assert declined(strangers) > 0.9


def test_thresholds_come_back_from_their_arrays() -> None:
    thresholds = Thresholds(1.5, 0.4, 0.6, {"en": (0.4, 0.9), "tr": (0.25, 0.8)})
    restored = Thresholds.restored(thresholds.arrays())
    assert restored == thresholds
