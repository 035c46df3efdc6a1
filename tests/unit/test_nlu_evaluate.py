"""The figures about a model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import DataError
from bot.nlu import evaluate
from bot.nlu.evaluate import BARS, MOST, below, calibration_error, fallen, figures, lines, newly_below, score
from bot.nlu.holdout import Outcome, Question, read_holdout


def _outcome(topic: str | None, ranking: tuple[str, ...], decision: str = "answer", language: str = "en") -> Outcome:
    answered = ranking[:1] if decision == "answer" else ()
    return Outcome(Question("?", language, "short", topic), ranking, 0.9, answered, decision, ranking[:3], 0.004)


_SOME = [
    _outcome("fee", ("fee", "tax")),
    _outcome("fee", ("tax", "fee")),
    _outcome("fee", ("tax", "fee"), "ask"),
    _outcome("fee", ("out_of_scope", "fee")),
    _outcome("sensitive", ("sensitive",)),
    _outcome(None, ("out_of_scope",)),
    _outcome(None, ("fee",)),
]


def test_figures_count_answers_questions_and_refusals() -> None:
    found = figures(_SOME)
    assert found["en outright"] == 0.4 and found["en asked"] == 0.2
    # One of five is asked back, and no more than a tenth of the questions may be.
    assert found["en right"] == pytest.approx(0.5)
    assert found["answered rightly"] == pytest.approx(0.667, abs=0.001)
    assert found["declined in error"] == 0.2
    assert found["strangers declined"] == 0.5 and found["strangers answered"] == 0.5
    assert found["sensitive recognised"] == 1.0 and found["others taken for sensitive"] == found["others suspected"] == 0.0


def test_sensitive_message_is_recognised_below_another_answer_too() -> None:
    beside, missed = _outcome("sensitive", ("fee",)), _outcome("sensitive", ("fee",))
    found = figures([*_SOME, replace(beside, suspected=True), missed, replace(_outcome("fee", ("fee",)), suspected=True)])
    assert (found["sensitive recognised"], found["sensitive outright"]) == (0.6667, 0.3333)
    assert found["others suspected"] == pytest.approx(1 / 7, abs=0.001)


def test_question_of_two_topics_is_right_when_one_of_them_is_asked_about() -> None:
    both = Outcome(Question("?", "en", "short", "tax"), ("fee", "tax"), 0.9, ("fee", "tax"), "answer", (), 0.004)
    assert both.right and not both.first


def test_asking_back_counts_in_full_up_to_a_tenth() -> None:
    asked = [_outcome("fee", ("tax", "fee"), "ask")]
    assert score([*asked, *[_outcome("fee", ("fee",))] * 9]) == pytest.approx(1.0)
    assert score([*asked * 5, *[_outcome("fee", ("fee",))] * 5]) == pytest.approx(0.6)


def test_figure_below_its_bar_is_named_with_both() -> None:
    missed = below(figures(_SOME))
    assert "en right: 0.500, must be 0.93" in missed and "declined in error: 0.200, may be 0.04" in missed
    assert not any(line.startswith("sensitive recognised") for line in missed)


def test_figure_that_has_fallen_is_named_with_both() -> None:
    found = figures(_SOME)
    assert fallen(found, {"en right": 0.505, "strangers declined": 0.6, "declined in error": 0.2}) == [
        "strangers declined: 0.500, was 0.600"
    ]
    assert fallen(found, {"declined in error": 0.1}) == ["declined in error: 0.200, was 0.100"]


def test_bar_that_was_missed_when_it_was_accepted_is_no_news() -> None:
    found = figures(_SOME)
    assert newly_below(found, {}) == below(found)
    assert not any(line.startswith("en right") for line in newly_below(found, {"en right": 0.49}))
    assert any(line.startswith("en right") for line in newly_below(found, {"en right": 0.95}))


def test_figure_on_its_bar_may_slip_by_what_another_machine_rounds() -> None:
    assert newly_below({"zh right": 0.927, "declined in error": 0.043}, {"zh right": 0.931, "declined in error": 0.03}) == []
    assert len(newly_below({"zh right": 0.919, "declined in error": 0.051}, {"zh right": 0.931, "declined in error": 0.03})) == 2


def test_every_language_of_the_encoder_has_a_bar() -> None:
    assert {"en right", "zh right", "mixed right", "ar right", "th right", "zh-TW right"} <= set(BARS) and "declined in error" in MOST


def test_figures_stand_beside_those_that_were_accepted() -> None:
    told = lines(_SOME, {"en right": 0.777})
    assert any(line.startswith("en ") and line.endswith("0.777") for line in told)
    assert "  2 x fee taken for tax" in told
    # The questions themselves are nobody's business here.
    assert not any("?" in line for line in told)


def test_calibration_compares_probability_and_frequency() -> None:
    assert calibration_error([0.95] * 4, [True] * 4) == pytest.approx(0.05)
    assert calibration_error([0.95] * 4 + [0.5] * 2, [False] * 4 + [True, False]) == pytest.approx(0.95 * 4 / 6)


def test_holdout_is_read_by_language_topic_and_style(tmp_path: Path) -> None:
    (tmp_path / "en.yml").write_text(
        "language: en\nquestions: {fee: [[short, how much]], out_of_scope: [[plain, hi there moon]]}\n", encoding="utf-8"
    )
    (tmp_path / "zh.yml").write_text("language: zh\nquestions: {}\nstrangers: [[chitchat, 天气]]\n", encoding="utf-8")
    (tmp_path / "other.yml").write_text("places: []\n", encoding="utf-8")
    assert read_holdout(tmp_path) == [
        Question("how much", "en", "short", "fee"),
        Question("hi there moon", "en", "plain", None),
        Question("天气", "zh", "chitchat", None),
    ]


@pytest.mark.parametrize(
    ("content", "entry"),
    [
        ("language: en\nquestions: [a]", "file"),
        ("language: en\nquestions: {fee: a}", "fee"),
        ("language: en\nquestions: {fee: [a]}", "fee"),
    ],
)
def test_wrong_holdout_is_named(tmp_path: Path, content: str, entry: str) -> None:
    (tmp_path / "en.yml").write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_holdout(tmp_path)
    assert caught.value.entry == entry


def test_missing_holdout_is_one_line_on_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main(["--holdout", str(tmp_path)]) == 1
    assert "holds no questions" in capsys.readouterr().err
