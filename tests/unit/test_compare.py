"""The arithmetic of `make compare`: shares, strangers, the sample, the table, and that its own learners learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.understanding import apart
from benchmarks.understanding.__main__ import main
from benchmarks.understanding.contrast import loss_and_slope
from benchmarks.understanding.figures import Found, by_language, declined, judge, lead, within
from benchmarks.understanding.gradient import batches
from benchmarks.understanding.learners import Contrasted, Kernel, Linear, Nearest
from benchmarks.understanding.questions import Batch, Example, Lesson, kept_sample, read_examples, sample
from benchmarks.understanding.rows import ROWS, Bench, measure
from benchmarks.understanding.table import BEGIN, COLUMNS, END, Cost, Line, markdown, plain, written
from bot.nlu.arrays import Floats, unit_rows
from bot.nlu.holdout import Question

TOPICS = ("fee", "out_of_scope", "tax")


class Plain:
    """Rows that are the vectors themselves."""

    def learn(self, batch: Batch) -> None:
        """Nothing."""

    def rows(self, batch: Batch) -> Floats:
        return batch.vectors.astype(np.float32)


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    """Two clouds for each of three topics, so that no straight line parts them."""
    dice = np.random.default_rng(0)
    labels = np.arange(240) % 3
    middles = unit_rows(dice.normal(0, 1, (6, 12)).astype(np.float32))
    vectors = unit_rows((middles[np.arange(240) % 6] + dice.normal(0, 0.05, (240, 12))).astype(np.float32))
    examples = tuple(Example(f"text {number}", TOPICS[label], "en") for number, label in enumerate(labels))
    return Lesson(TOPICS, examples, Batch([each.text for each in examples], vectors.astype(np.float16)), labels)


def test_the_wanted_column_is_looked_for_among_the_highest() -> None:
    scores = np.asarray([[3, 2, 1], [1, 2, 3], [0, 5, 4]], dtype=np.float32)
    assert within(scores, [0, 0, 2], 1).tolist() == [True, False, False]
    assert within(scores, [0, 0, 2], 2).tolist() == [True, False, True]
    assert within(scores, [-1, 0, 2], 3).tolist() == [False, True, True]


def test_the_lead_is_that_of_the_best_topic_over_something_else() -> None:
    scores = np.asarray([[1, 4, 3], [6, 2, 1]], dtype=np.float32)
    assert lead(scores, 1).tolist() == [-1, 4]


def test_strangers_are_declined_below_the_lead_that_loses_the_share_of_questions() -> None:
    known = np.arange(101, dtype=np.float32)
    strangers = np.asarray([-5, 2.9, 3.1, 50], dtype=np.float32)
    assert declined(known, strangers) == 0.5
    assert declined(known, strangers, in_error=0.0) == 0.25


def test_each_of_the_other_languages_counts_the_same() -> None:
    right = np.asarray([True, False, True, True, False, False])
    found = by_language(right, ["en", "en", "de", "fr", "fr", "fr"])
    assert found["en"] == 0.5 and "zh" not in found
    assert found["others"] == pytest.approx((1 + 1 / 3) / 2)


def test_strangers_are_no_questions() -> None:
    asked = {
        "holdout": [Question("a", "en", "short", "fee"), Question("b", "zh", "short", "tax"), Question("c", "en", "far", None)],
        "development": [Question("d", "en", "short", "tax"), Question("e", "en", "far", None)],
    }
    scores = {
        "holdout": np.asarray([[9, 0, 1], [5, 0, 4], [1, 8, 0]], dtype=np.float32),
        "development": np.asarray([[1, 0, 2], [0, 1, 0]], dtype=np.float32),
    }
    found = judge(scores, asked, TOPICS, 1)
    assert found.first == {"en": 1.0, "zh": 0.0}
    assert (found.three, found.strangers, found.development) == (1.0, 1.0, 1.0)


def test_the_sample_takes_the_first_of_each_topic_and_language() -> None:
    examples = [
        Example(f"{topic} {language} {number}", topic, language) for topic in "ab" for language in ("en", "zh") for number in (1, 2, 3)
    ]
    kept = sample(examples, 2)
    assert len(kept) == 8 and not any(each.text.endswith("3") for each in kept)
    assert sample([*examples, Example("a en 4", "a", "en")], 2) == kept


def test_the_sample_stays_when_examples_change(tmp_path: Path) -> None:
    first = kept_sample(tmp_path / "sample.json", [Example("费用？", "fee", "zh"), Example("tax", "tax", "en")], 1)
    assert kept_sample(tmp_path / "sample.json", [Example("other", "fee", "zh")], 1) == first


def test_examples_are_those_of_the_topics_each_once(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "topics"
    folder.mkdir(parents=True)
    (folder / "fee.yml").write_text("topic: fee\nquestions: {en: ['How  much?', 'HOW MUCH?'], zh: ['多少钱？']}\n", encoding="utf-8")
    assert read_examples(tmp_path) == [Example("How much?", "fee", "en"), Example("多少钱？", "fee", "zh")]


def test_an_epoch_sees_each_example_once() -> None:
    seen = list(batches(10, 4, 2, np.random.default_rng(0)))
    assert [len(each) for each in seen] == [4, 4, 2, 4, 4, 2]
    assert sorted(np.concatenate(seen[:3]).tolist()) == list(range(10))


def test_the_contrastive_slope_is_that_of_its_loss() -> None:
    dice = np.random.default_rng(1)
    vectors = unit_rows(dice.normal(0, 1, (7, 5)).astype(np.float32)).astype(np.float64)
    labels = np.asarray([0, 0, 0, 1, 1, 2, 0])
    _, slope = loss_and_slope(vectors, labels, temperature=0.5)
    step = 1e-5
    for row, column in ((0, 0), (3, 2), (5, 4)):
        more, less = vectors.copy(), vectors.copy()
        more[row, column] += step
        less[row, column] -= step
        measured = (loss_and_slope(more, labels, 0.5)[0] - loss_and_slope(less, labels, 0.5)[0]) / (2 * step)
        assert slope[row, column] == pytest.approx(measured, abs=1e-4)


def test_every_learner_finds_what_it_was_taught(lesson: Lesson) -> None:
    contrasted = Contrasted(Plain(), lesson)
    learnt = {
        "linear": Linear(Plain(), lesson, strength=1000.0),
        "kernel": Kernel(Plain(), lesson, features=256, epochs=60),
        "contrastive": contrasted,
        "nearest": Nearest(lesson),
    }
    for name, model in learnt.items():
        right = float((model.scores(lesson.batch).argmax(axis=1) == lesson.labels).mean())
        assert right > 0.9, (name, right)
        assert model.size() > 0
    assert float((contrasted.by_topic(lesson.batch).argmax(axis=1) == lesson.labels).mean()) > 0.9


def test_a_table_has_a_cell_for_each_column() -> None:
    found = Found({"en": 0.9, "others": 0.8}, three=0.95, strangers=0.6, development=0.7)
    full = Line("ours", found, Cost(12.34, 1.0, 30.0, 33.0))
    table = markdown([full, Line("other", missing="no Python")], "Measured today.")
    rows = [row for row in table.splitlines() if row.startswith("|")]
    assert {row.count("|") for row in rows} == {len(COLUMNS) + 1}
    assert "| ours | 90.0 | – | – | 80.0 | 95.0 | 70.0 | 60.0 | 12.3 | 1.0 | 30 | 33 | – |" in rows
    assert "other: no Python" in table and "other: no Python" in plain([full, Line("other", missing="no Python")])


def test_the_table_replaces_the_one_in_a_document() -> None:
    document = f"# Title\n\n{BEGIN}\nold\n{END}\n\nafter\n"
    assert written(document, "new\n") == f"# Title\n\n{BEGIN}\nnew\n{END}\n\nafter\n"
    assert written("", "new\n") == f"{BEGIN}\nnew\n{END}\n"


def test_what_cannot_be_had_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def none(folder: Path, name: str, report: object) -> Path:
        raise apart.Unavailable("packages could not be installed")

    monkeypatch.setattr("benchmarks.understanding.rows.environment", none)
    bench = Bench([Example("a", "fee", "en")], {}, tmp_path, 2, print)
    line = measure("e5", bench)
    assert (line.title, line.found, line.missing) == (ROWS["e5"].title, None, "packages could not be installed")


def test_vectors_of_another_encoder_are_kept_by_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[list[str]] = []

    def call(self: apart.OtherEncoder, action: str, texts: list[str], *more: Path) -> str:
        asked.append(list(texts))
        np.save(more[0], np.asarray([[len(text), 1] for text in texts], dtype=np.float32))
        return ""

    monkeypatch.setattr(apart.OtherEncoder, "_call", call)
    encoder = apart.OtherEncoder("any", tmp_path, tmp_path / "python")
    assert encoder.encode(["a", "bbb"]).tolist() == [[1, 1], [3, 1]]
    assert encoder.encode(["cc", "bbb", "bbb"]).tolist() == [[2, 1], [3, 1], [3, 1]]
    assert asked == [["a", "bbb"], ["cc"]]


def test_a_row_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--rows", "linear,nothing"])
    told = capsys.readouterr().err
    assert "nothing: no such row" in told and all(name in told for name in ROWS)


def test_every_environment_has_pinned_packages() -> None:
    for name in ("e5", "minilm", "rasa"):
        text = (Path(apart.__file__).parent / f"requirements-{name}.txt").read_text(encoding="utf-8")
        packages = [line for line in text.splitlines() if line and not line.startswith(("#", " "))]
        assert packages and all("==" in line for line in packages), name
