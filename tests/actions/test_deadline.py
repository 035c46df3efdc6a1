"""Deadlines: a rule and a date, in any order, and the result behind a token."""

from __future__ import annotations

from typing import Any

import pytest

from actions import deadline
from bot.catalogue import Catalogue
from bot.languages import Language
from tests.actions.conftest import Conversation

RUN, VALIDATE, ASK = deadline.ACTIONS


def result(conversation: Conversation, said: list[tuple[str, dict[str, Any]]]) -> tuple[str, str]:
    """Rule and base date behind the answer."""
    [(response, params)] = said
    assert response == "utter_private_deadline"
    kept = conversation.finds(params["private"])
    assert kept["response"] == "utter_deadline_days"
    return kept["params"]["rule"], kept["params"]["base_date"]


def test_rule_and_date_in_one_message(conversation: Conversation) -> None:
    text = f"my permit expires on {conversation.hides('DATE', '2027-03-01')}, when do I extend"
    said = conversation.hears(text, "deadline").runs(RUN).said
    assert result(conversation, said) == ("extension_window", "2027-03-01")
    assert "2027" not in f"{conversation.events} {conversation.slots}"


def test_the_rule_is_asked_and_then_the_date(conversation: Conversation) -> None:
    conversation.hears("work out a date", "deadline").runs(RUN)
    assert conversation.runs(ASK).responses == ["utter_ask_deadline_rule"]
    conversation.hears("", choice="deadline.rule=decision_due").runs(VALIDATE)
    assert conversation.runs(ASK).said == [("utter_ask_deadline_date", {"rule": "decision_due"})]
    conversation.hears(conversation.hides("DATE", "28 Dec 2026")).runs(VALIDATE)
    assert result(conversation, conversation.runs(RUN).said) == ("decision_due", "2026-12-28")


def test_the_rule_may_be_said(conversation: Conversation) -> None:
    conversation.hears("work out a date", "deadline").runs(RUN)
    conversation.hears("extension", "extension").runs(VALIDATE)
    assert conversation.slots["deadline_state"]["rule"] == "extension_window"


@pytest.mark.parametrize("intent", [None, "status_meaning", "processing_time", "cancellation", "residence_permit"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "rule", ["extension_window", "decision_due", "change_report", "cancellation_by_employer", "residence_permit", "residence_extension"]
)
def test_the_label_of_an_offered_rule_may_be_typed(
    conversation: Conversation, catalogue: Catalogue, rule: str, language: Language, intent: str | None
) -> None:
    conversation.hears("work out a date", "deadline").runs(RUN)
    conversation.hears(catalogue.deadlines.rule(rule).name[language], intent, language=language).runs(VALIDATE)
    assert conversation.slots["deadline_state"] == {"rule": rule}


def test_the_wish_to_stop_is_no_rule(conversation: Conversation) -> None:
    conversation.hears("work out a date", "deadline").runs(RUN)
    assert conversation.hears("cancel", "cancel").runs(VALIDATE).events == []


@pytest.mark.parametrize(
    ("text", "language", "day"),
    [
        ("in 60 days", "en", "2027-01-23"),
        ("3 days ago", "en", "2026-11-21"),
        ("last Friday", "en", "2026-11-20"),
        ("next Monday", "en", "2026-11-30"),
        ("下个月15号", "zh", "2026-12-15"),
        ("on the 15th of next month I think", "en", "2026-12-15"),
        ("三天前", "zh", "2026-11-21"),
        ("60天后", "zh", "2027-01-23"),
    ],
)
def test_a_day_may_be_named_by_its_distance(conversation: Conversation, text: str, language: str, day: str) -> None:
    conversation.slots["deadline_state"] = {"rule": "extension_window"}
    conversation.opens("deadline_form")
    conversation.hears(text, "greet", language=language).runs(VALIDATE)
    assert result(conversation, conversation.runs(RUN).said) == ("extension_window", day)


@pytest.mark.parametrize(("answer", "day"), [("1 February", "2027-02-01"), ("2 January 2027", "2027-01-02")])
def test_naming_one_of_two_days_decides_which_is_meant(conversation: Conversation, answer: str, day: str) -> None:
    conversation.hears(f"extension, permit ends {conversation.hides('DATE', '01/02/2027')}", "deadline").runs(RUN)
    conversation.hears(conversation.hides("DATE", answer)).runs(VALIDATE)
    assert result(conversation, conversation.runs(RUN).said) == ("extension_window", day)


@pytest.mark.parametrize(
    ("word", "language", "day"), [("tomorrow", "en", "2026-11-25"), ("昨天", "zh", "2026-11-23"), ("today", "en", "2026-11-24")]
)
def test_a_relative_day_is_a_date_whatever_the_classifier_hears(conversation: Conversation, word: str, language: str, day: str) -> None:
    conversation.slots["deadline_state"] = {"rule": "extension_window"}
    conversation.opens("deadline_form")
    conversation.hears(word, "goodbye", language=language).runs(VALIDATE)
    assert result(conversation, conversation.runs(RUN).said) == ("extension_window", day)


def test_an_ambiguous_date_is_asked_back_and_answered_in_words(conversation: Conversation) -> None:
    conversation.hears(f"extension, permit ends {conversation.hides('DATE', '01/02/2027')}", "deadline").runs(RUN)
    assert conversation.runs(ASK).responses == ["utter_ask_deadline_order"]
    conversation.hears("day first").runs(VALIDATE)
    assert result(conversation, conversation.runs(RUN).said) == ("extension_window", "2027-02-01")


def test_a_question_in_between_is_left_to_the_rules(conversation: Conversation) -> None:
    conversation.hears("work out a date", "deadline").runs(RUN)
    assert conversation.hears("how much is the fee", "fee").runs(VALIDATE).events == []


def test_what_is_no_date_is_asked_again(conversation: Conversation) -> None:
    conversation.slots["deadline_state"] = {"rule": "extension_window"}
    conversation.opens("deadline_form")
    outcome = conversation.hears(conversation.hides("DATE", "31/02/2027")).runs(VALIDATE)
    assert outcome.responses == ["utter_deadline_date_not_read"]
    assert conversation.runs(ASK).responses == ["utter_ask_deadline_date"]


def test_a_date_that_is_gone_is_asked_for_again(conversation: Conversation, clock: Any) -> None:
    conversation.slots |= {
        "deadline_state": {"rule": "extension_window", "date": conversation.hides("DATE", "2027-03-01")},
        "deadline_answer": "done",
    }
    clock.forward(hours=3)
    assert conversation.hears("x").runs(RUN).responses == ["utter_status_expired"]


@pytest.mark.parametrize("rule", ["extension_window", "decision_due", "change_report", "residence_permit"])
def test_every_offered_rule_is_known(conversation: Conversation, rule: str) -> None:
    conversation.hears("work out a date", "deadline").runs(RUN)
    conversation.hears("", choice=f"deadline.rule={rule}").runs(VALIDATE)
    assert conversation.slots["deadline_state"] == {"rule": rule}


def test_a_day_in_another_question_is_not_the_one_to_count_from(conversation: Conversation) -> None:
    conversation.hears("until when can we file for the extension", "deadline").runs(RUN)
    assert conversation.hears("what's the weather today", "out_of_scope").runs(VALIDATE).responses == ["utter_form_not_understood"]
    assert conversation.slots["deadline_answer"] is None and "day" not in conversation.slots["deadline_state"]
