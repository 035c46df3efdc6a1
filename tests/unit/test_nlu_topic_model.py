"""Features, network, neighbours, and the model made of them."""

from __future__ import annotations

import numpy as np
import pytest

from bot.nlu.features import CharacterGrams, Features
from bot.nlu.nearest import largest
from bot.nlu.neighbours import Neighbours
from bot.nlu.network import DIMENSIONS, SENTENCE
from bot.nlu.opinion import Opinion
from bot.nlu.perceptron import fit
from bot.nlu.topic_model import Shape, TopicModel, dealt, train

_TEXTS = ["lost my card", "card lost", "卡丢了怎么补", "补卡", "how much is it", "多少钱"]
_SHAPE = Shape(hidden=32, epochs=5, networks=2, folds=4, gram_dimensions=64, gram_longest=3, gram_weight=0.7, neighbours=0.3)


def _blobs(topics: int, each: int, spread: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(0)
    labels = np.arange(topics * each) % topics
    middles = dice.normal(size=(topics, DIMENSIONS))
    return (middles[labels] + spread * dice.normal(size=(len(labels), DIMENSIONS))).astype(np.float16), labels


def test_similar_spellings_share_grams() -> None:
    grams = CharacterGrams(1024, 4)
    grams.learn(_TEXTS)
    first, typo, other = grams.rows(["extension of permit", "extention of permitt", "weather tomorrow"])
    assert first @ typo > 0.5 > first @ other
    assert np.isclose(np.linalg.norm(first), 1)


def test_what_is_learnt_from_words_is_what_a_message_shows() -> None:
    texts = [*_TEXTS, "工作许可 要 多久", "a permit  and a permit", "", " ", "x\ny\tz", "w" * 300]
    learnt, shown = CharacterGrams(64, 4), CharacterGrams(64, 4)
    counts = learnt.learn(texts)
    shown.rarity = learnt.rarity
    assert np.array_equal(learnt.weighed(counts), shown.rows(texts))


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("przedłużenie", "przedluzenie"),
        ("çalışma izni", "calisma izni"),
        ("الأوراق المطلوبة", "الاوراق المطلوبه"),
        ("ต่ออายุ", "ตออายุ"),
        ("été", "ete"),
    ],
)
def test_marks_that_people_leave_out_make_no_difference(written: str, typed: str) -> None:
    first, second = CharacterGrams(1024, 4).rows([written, typed])
    assert np.allclose(first, second)


def test_letters_that_only_look_marked_stay_apart() -> None:
    rows = CharacterGrams(1024, 4).rows(["がか", "かか", "각", "가ㄱ"])
    assert not np.allclose(rows[0], rows[1])
    assert not np.allclose(rows[2], rows[3])


def test_an_empty_text_has_an_empty_row() -> None:
    assert not CharacterGrams(64, 3).rows([""]).any()


def test_features_give_each_part_of_the_vector_the_same_say() -> None:
    vectors, _ = _blobs(3, 200)
    vectors[:, SENTENCE:] *= np.float16(20)
    features = Features(64, 3, 0.7)
    features.learn(["text"] * len(vectors), vectors)
    rows = features.rows(["text"] * len(vectors), vectors)
    sentence, rest = rows[:, :SENTENCE], rows[:, SENTENCE : 2 * SENTENCE]
    assert np.linalg.norm(sentence, axis=1).mean() == pytest.approx(np.linalg.norm(rest, axis=1).mean(), rel=0.05)


def test_the_network_finds_what_no_straight_line_parts_and_is_the_same_each_time() -> None:
    rows = np.random.default_rng(0).normal(size=(600, 2)).astype(np.float32) * 3
    labels = ((rows[:, 0] > 0) ^ (rows[:, 1] > 0)).astype(np.int64)
    first, second = (fit(rows, labels, 2, 64, 100) for _ in range(2))
    assert (first.scores(rows).argmax(axis=1) == labels).mean() > 0.9
    assert all(np.array_equal(first.arrays()[name], second.arrays()[name]) for name in first.arrays())


def test_the_network_learns_from_the_rows_it_is_given_only() -> None:
    rows = np.vstack([np.eye(2, dtype=np.float32) * 4] * 20)
    labels = np.tile([0, 1], 20)
    labels[20:] = 1 - labels[20:]
    assert list(fit(rows, labels, 2, 8, 50, among=np.arange(20)).scores(rows[:2]).argmax(axis=1)) == [0, 1]


def test_neighbours_speak_for_the_topic_of_the_nearest_examples() -> None:
    vectors, labels = _blobs(4, 30, spread=0.5)
    shares = Neighbours.of(vectors, labels, 4).shares(vectors)
    assert np.allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert (shares.argmax(axis=1) == labels).all()


def test_examples_of_the_same_group_are_not_asked() -> None:
    vectors, labels = _blobs(2, 30, spread=0.2)
    shares = Neighbours.of(vectors, labels, 2).shares_of_others(np.arange(len(labels)), labels)
    assert (shares.argmax(axis=1) != labels).all()


def test_neighbours_work_when_there_are_hardly_any_examples() -> None:
    vectors, labels = _blobs(2, 1)
    assert np.isfinite(Neighbours.of(vectors, labels, 2).shares(vectors)).all()


@pytest.mark.parametrize("columns", [5, 700, 1024, 1999])
def test_the_largest_of_a_row_are_found_wherever_they_stand(columns: int) -> None:
    rows = np.random.default_rng(1).normal(size=(40, columns)).astype(np.float32)
    rows[0, -5:] += 9
    found = np.take_along_axis(rows, largest(rows, 5), axis=1)
    assert np.array_equal(np.sort(found, axis=1), np.sort(rows, axis=1)[:, -5:])


def test_every_fold_has_every_topic() -> None:
    labels = np.repeat([0, 1, 2], [9, 10, 4])
    fold = dealt(labels, 3)
    assert all(set(labels[fold == number]) == {0, 1, 2} for number in range(3))


def test_held_out_scores_do_not_know_their_own_label() -> None:
    dice = np.random.default_rng(0)
    labels = dice.integers(0, 4, size=200)
    noise = dice.normal(size=(200, DIMENSIONS)).astype(np.float16)
    texts = ["text"] * 200
    model, judged = train(texts, noise, labels, 4, _SHAPE, most_judged=200)
    assert (model.scores(texts, noise).argmax(axis=1) == labels).mean() > 0.6
    assert (judged.scores.argmax(axis=1) == labels[judged.examples]).mean() < 0.45


def test_a_restored_model_gives_the_same_scores() -> None:
    vectors, labels = _blobs(3, 40)
    texts = [f"topic {label}" for label in labels]
    model, judged = train(texts, vectors, labels, 3, _SHAPE, most_judged=20)
    assert 10 <= len(judged.examples) <= 20 and (np.diff(judged.examples) > 0).all()
    arrays = model.arrays()
    assert all(array.dtype != object for array in arrays.values())
    restored = TopicModel.restored(_SHAPE, arrays, 3)
    assert np.allclose(restored.scores(texts, vectors), model.scores(texts, vectors), atol=0.05)


@pytest.mark.parametrize("count", [1, 2, 9])
def test_compiled_networks_say_what_the_networks_say(count: int) -> None:
    vectors, labels = _blobs(3, 40)
    texts = [f"topic {label} of {number}" for number, label in enumerate(labels)]
    model, _ = train(texts, vectors, labels, 3, _SHAPE, most_judged=20)
    compiled = Opinion(model.features, model.networks)
    said = compiled.of(model.features.grams(texts[:count]), vectors[:count])
    assert said.shape == (count, 3) and np.allclose(said, model._opinion(texts[:count], vectors[:count]), atol=1e-5)
    alone = compiled.of(model.features.grams(texts[:1]), vectors[:1])
    assert np.allclose(alone[0], said[0], atol=1e-5)
    assert not np.allclose(said[0], Opinion(model.features, model.networks[:1]).of(model.features.grams(texts[:1]), vectors[:1]), atol=1e-3)


def test_sentences_of_a_message_are_scored_without_the_examples_and_leave_the_message_as_it_is() -> None:
    vectors, labels = _blobs(3, 40)
    texts = [f"topic {label}" for label in labels]
    model, _ = train(texts, vectors, labels, 3, _SHAPE, most_judged=20)
    alone, together = model.scores(texts[:1], vectors[:1]), model.scores(texts[:3], vectors[:3], parts=2)
    assert np.allclose(alone[0], together[0], atol=1e-4)
    opinion = model._opinion(texts[1:3], vectors[1:3])
    assert np.allclose(together[1:], model.shape.mixed(opinion, opinion, model.offsets), atol=1e-4)
    assert np.allclose(together[1:], model.scores(texts[1:3], vectors[1:3], parts=2), atol=1e-4)
