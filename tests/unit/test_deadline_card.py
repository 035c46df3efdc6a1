"""Whether it is too late, as applicants read it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.answers import Answers
from bot.answers.formats import format_date
from bot.catalogue.calendar import local
from bot.db import now
from bot.languages import Language
from tests import project


@pytest.fixture(scope="module")
def answers() -> Answers:
    return project.answers()


@pytest.mark.parametrize(
    ("rule", "ahead", "en", "zh"),
    [
        ("extension_window", 200, "No, it is not too late", "不晚"),
        ("extension_window", 60, "No, it is not too late", "不晚"),
        ("extension_window", 10, "Yes, the last day was", "已经晚了"),
        ("extension_window", -5, "Yes, this period was over", "已经晚了"),
        ("medical", -300, "Yes, this period was over", "已经晚了"),
        ("residence_permit", -60, "Yes, the last day was", "已经晚了"),
        ("decision_due", -1, "No, the time for this is still running", "不晚"),
        ("decision_due", -90, "The expected day was", "预计日期为"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_says_whether_the_day_has_passed_and_which_it_is(
    answers: Answers, language: Language, rule: str, ahead: int, en: str, zh: str
) -> None:
    today = local(now()).date()
    base = today + timedelta(days=ahead)
    found = answers.catalogue.deadlines.compute(rule, base, today)
    day = found.last_day or found.due
    assert day is not None
    [reply] = answers.replies("utter_deadline_standing", language, {"rule": rule, "base_date": base.isoformat()})
    assert {"en": en, "zh": zh}[language] in reply["text"]
    assert format_date(day, language) in reply["text"]
    assert found.rule.text[language] in reply["text"]
    assert reply["sources"]


def test_what_can_be_done_is_a_topic_that_is_known(answers: Answers) -> None:
    for rule in answers.catalogue.deadlines.rules():
        assert rule.missed is None or f"utter_{rule.missed}" in answers.names
