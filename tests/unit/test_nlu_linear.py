"""The classifier itself."""

from __future__ import annotations

import numpy as np

from bot.nlu.linear import CharacterGrams, fit, out_of_fold_scores, softmax

_TEXTS = ["lost my card", "card lost", "卡丢了怎么补", "补卡", "how much is it", "多少钱"]


def test_similar_spellings_share_grams() -> None:
    grams = CharacterGrams(1024, 4)
    grams.learn(_TEXTS)
    first, typo, other = grams.rows(["extension of permit", "extention of permitt", "weather tomorrow"])
    assert first @ typo > 0.5 > first @ other
    assert np.isclose(np.linalg.norm(first), 1)


def test_an_empty_text_has_an_empty_row() -> None:
    assert not CharacterGrams(64, 3).rows([""]).any()


def test_the_fit_finds_separable_classes_and_is_the_same_each_time() -> None:
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 40)
    features = (np.eye(3)[labels] * 3 + random.normal(size=(120, 3))).astype(np.float32)
    first, second = (fit(features, labels, 3, 10.0, 50) for _ in range(2))
    assert (first.scores(features).argmax(axis=1) == labels).mean() > 0.9
    assert np.array_equal(first.weights, second.weights)


def test_held_out_scores_do_not_know_their_own_label() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 4, size=200)
    noise = random.normal(size=(200, 50)).astype(np.float32)
    assert (fit(noise, labels, 4, 1000.0, 200).scores(noise).argmax(axis=1) == labels).mean() > 0.6
    assert (out_of_fold_scores(noise, labels, 4, 1000.0, 200, 4).argmax(axis=1) == labels).mean() < 0.45


def test_probabilities_add_up() -> None:
    assert np.allclose(softmax(np.array([[1000.0, 0.0], [-np.inf, 1.0]])).sum(axis=1), 1)
