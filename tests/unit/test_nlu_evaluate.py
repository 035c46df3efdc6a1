"""The figures about a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import DataError
from bot.nlu import evaluate
from bot.nlu.evaluate import Outcome, Question, calibration_error, lines, read_holdout


def _outcome(topic: str | None, ranking: tuple[str, ...], decision: str = "answer", confidence: float = 0.9) -> Outcome:
    intent = ranking[0] if decision == "answer" else "nlu_fallback"
    return Outcome(Question("?", "en", topic), ranking, confidence, intent, decision, ranking[:2], 0.004)


def test_figures_count_answers_questions_and_refusals() -> None:
    told = lines(
        [
            _outcome("fee", ("fee", "tax")),
            _outcome("fee", ("tax", "fee")),
            _outcome("fee", ("tax", "fee"), "ask"),
            _outcome("fee", ("out_of_scope", "fee")),
            _outcome("sensitive", ("sensitive",)),
            _outcome(None, ("out_of_scope",)),
            _outcome(None, ("fee",)),
        ]
    )
    assert "first topic right, en: 0.400" in told
    assert "among the first three: 1.000" in told
    assert "answered: 0.600, rightly 0.667" in told
    assert "asked back: 0.200, with the topic on offer 1.000" in told
    assert "declined: 0.200" in told
    assert "strangers declined: 0.500" in told
    assert "sensitive recognised: 1.000 of 1; suspected elsewhere: 0" in told
    assert "  2 x fee taken for tax" in told
    assert told[-1].startswith("milliseconds for a message: median 4.0")


def test_no_question_is_printed() -> None:
    assert not any("?" in line for line in lines([_outcome("fee", ("tax",))]))


def test_calibration_compares_probability_and_frequency() -> None:
    assert calibration_error([0.95] * 4, [True] * 4) == pytest.approx(0.05)
    assert calibration_error([0.95] * 4 + [0.5] * 2, [False] * 4 + [True, False]) == pytest.approx(0.95 * 4 / 6)


def test_the_holdout_is_read_by_language_and_topic(tmp_path: Path) -> None:
    file = tmp_path / "holdout.yml"
    file.write_text("en: {fee: [how much]}\nstrangers: {zh: [天气]}\n", encoding="utf-8")
    assert read_holdout(file) == [Question("how much", "en", "fee"), Question("天气", "zh", None)]


@pytest.mark.parametrize(("content", "field"), [("en: [a]", "topics"), ("en: {fee: a}", "fee")])
def test_a_wrong_holdout_is_named(tmp_path: Path, content: str, field: str) -> None:
    file = tmp_path / "holdout.yml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_holdout(file)
    assert (caught.value.entry, caught.value.field) == ("en", field)


def test_a_missing_file_is_one_line_on_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main(["--holdout", str(tmp_path / "none.yml")]) == 1
    assert "none.yml" in capsys.readouterr().err
