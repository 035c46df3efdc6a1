"""Deadlines: a rule and a date, in any order, and the result behind a token."""

from __future__ import annotations

from typing import Any

import pytest

from actions import deadline
from actions.follow_up import FollowUp
from bot.answers import Answers
from bot.answers.deadline_card import OFFERED
from bot.answers.frames import FRAMED
from bot.catalogue import Catalogue
from bot.languages import Language, Tongue
from tests.actions.conftest import Conversation, Outcome

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


@pytest.mark.parametrize(
    ("text", "rule", "day"),
    [
        ("I entered China on {} with a Z visa, when is the latest for the residence permit", "residence_permit", "2026-11-20"),
        ("my work permit expires on {}, when do I extend", "extension_window", "2027-11-20"),
    ],
)
def test_a_day_without_a_year_is_the_one_that_fits(conversation: Conversation, text: str, rule: str, day: str) -> None:
    said = conversation.hears(text.format(conversation.hides("DATE", "Nov 20")), "deadline").runs(RUN).said
    assert result(conversation, said) == (rule, day)


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
    assert conversation.slots["deadline_state"]["rule"] == rule


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
    assert conversation.slots["deadline_state"]["rule"] == rule


def test_a_day_in_another_question_is_not_the_one_to_count_from(conversation: Conversation) -> None:
    conversation.hears("until when can we file for the extension", "deadline").runs(RUN)
    assert conversation.hears("what's the weather today", "out_of_scope").runs(VALIDATE).responses == ["utter_form_not_understood"]
    assert conversation.slots["deadline_answer"] is None and "day" not in conversation.slots["deadline_state"]


@pytest.mark.parametrize(
    ("text", "language", "rule"),
    [
        ("deadline: my contract ends {}, when must i extend", "en", "extension_window"),
        ("my residence permit runs out on {}, until when must I renew it", "en", "residence_extension"),
        ("I moved on {}, by when do I report the change", "en", "accommodation"),
        ("合同{}到期，最晚什么时候续签", "zh", "extension_window"),
    ],
)
def test_what_is_wanted_outweighs_what_happens_on_the_day(conversation: Conversation, text: str, language: str, rule: str) -> None:
    text = text.format(conversation.hides("DATE", "2026-12-31"))
    assert result(conversation, conversation.hears(text, "deadline", language=language).runs(RUN).said) == (rule, "2026-12-31")


def worked_out(conversation: Conversation, rule: str, day: str) -> None:
    conversation.hears("work out a date", "deadline").runs(RUN)
    conversation.hears("", choice=f"deadline.rule={rule}").runs(VALIDATE)
    conversation.hears(conversation.hides("DATE", day)).runs(VALIDATE)
    assert result(conversation, conversation.runs(RUN).said) == (rule, day)


@pytest.mark.parametrize(
    ("text", "language", "written", "day"),
    [
        ("and what if it ends {}?", "en", "1 april", "2027-04-01"),
        ("permit until {}", "en", "2027-01-15", "2027-01-15"),
        ("{}", "en", "5 December", "2026-12-05"),
        ("and if my contract ends {} instead", "en", "31 Jan 2027", "2027-01-31"),
        ("那{}到期呢", "zh", "3月1日", "2027-03-01"),
        ("如果是{}呢？", "zh", "2027年2月3日", "2027-02-03"),
    ],
)
def test_another_day_is_worked_out_by_the_same_rule(conversation: Conversation, text: str, language: str, written: str, day: str) -> None:
    worked_out(conversation, "extension_window", "2026-12-31")
    text = text.format(conversation.hides("DATE", written))
    said = conversation.hears(text, "deadline", language=language).runs(RUN).said
    assert result(conversation, said) == ("extension_window", day)
    assert "2027" not in f"{conversation.events} {conversation.slots}"


def test_another_day_is_worked_out_where_the_classifier_would_ask_back(conversation: Conversation) -> None:
    worked_out(conversation, "change_report", "2026-11-20")
    turn = conversation.hears(conversation.hides("DATE", "2026-11-23"), candidates=("deadline", "fee")).turn()
    assert deadline.FLOW.claims(turn)
    assert not deadline.FLOW.claims(conversation.hears("and otherwise", candidates=("deadline", "fee")).turn())


def test_another_wish_with_another_day_is_another_rule(conversation: Conversation) -> None:
    worked_out(conversation, "extension_window", "2026-12-31")
    text = f"and when must it be cancelled if I leave on {conversation.hides('DATE', '2026-11-30')}"
    said = conversation.hears(text, "deadline").runs(RUN).said
    assert result(conversation, said) == ("cancellation_by_employer", "2026-11-30")


def test_a_new_calculation_without_a_day_asks_for_the_rule(conversation: Conversation) -> None:
    worked_out(conversation, "extension_window", "2026-12-31")
    conversation.hears("work out another date", "deadline").runs(RUN)
    assert conversation.runs(ASK).responses == ["utter_ask_deadline_rule"]


@pytest.mark.parametrize("answer", ["2027-01-15", "1 april"])
def test_a_day_given_while_the_rule_is_asked_is_kept(conversation: Conversation, answer: str) -> None:
    conversation.hears("work out a date", "deadline").runs(RUN)
    noted = conversation.hears(f"it is about {conversation.hides('DATE', answer)}", "deadline").runs(VALIDATE)
    assert noted.responses == ["utter_deadline_date_noted"]
    conversation.hears("", choice="deadline.rule=residence_extension").runs(VALIDATE)
    day = "2027-04-01" if answer == "1 april" else answer
    assert result(conversation, conversation.runs(RUN).said) == ("residence_extension", day)


def test_a_day_given_before_the_rule_is_kept(conversation: Conversation) -> None:
    begun = conversation.hears(f"what about {conversation.hides('DATE', '2027-01-15')}", "deadline").runs(RUN)
    assert begun.responses == ["utter_deadline_date_noted"]
    assert conversation.runs(ASK).responses == ["utter_ask_deadline_rule"]
    conversation.hears("renewal").runs(VALIDATE)
    assert result(conversation, conversation.runs(RUN).said) == ("extension_window", "2027-01-15")


def test_what_happens_on_the_day_that_was_asked_for_is_no_other_rule(conversation: Conversation) -> None:
    conversation.hears("work out a date", "deadline").runs(RUN)
    conversation.hears("", choice="deadline.rule=residence_extension").runs(VALIDATE)
    conversation.hears(f"{conversation.hides('DATE', '2027-03-01')}到期", "deadline", language="zh").runs(VALIDATE)
    assert result(conversation, conversation.runs(RUN).said) == ("residence_extension", "2027-03-01")


def asks_whether_too_late(conversation: Conversation) -> Outcome:
    conversation.hears("is it too late?", "follow_up").message["follow_up"] = "too_late"
    return conversation.runs(FollowUp)


@pytest.mark.parametrize(
    ("rule", "day", "said"),
    [
        ("extension_window", "2027-03-01", ["utter_private_deadline"]),
        ("extension_window", "2026-12-10", ["utter_private_deadline", "utter_late_extension"]),
        ("residence_extension", "2026-11-01", ["utter_private_deadline", "utter_overstay"]),
        ("medical", "2026-03-01", ["utter_private_deadline"]),
    ],
)
def test_whether_it_is_too_late_is_told_of_what_was_worked_out(conversation: Conversation, rule: str, day: str, said: list[str]) -> None:
    worked_out(conversation, rule, day)
    told = asks_whether_too_late(conversation)
    assert told.responses == said
    kept = conversation.finds(told.said[0][1]["private"])
    assert kept == {"response": "utter_deadline_standing", "params": {"rule": rule, "base_date": day}}


def test_whether_it_is_too_late_is_the_topic_before_anything_was_worked_out(conversation: Conversation) -> None:
    assert asks_whether_too_late(conversation).responses == ["utter_late_extension"]


@pytest.mark.parametrize(
    ("text", "language", "rule"),
    [
        ("Meine Arbeitserlaubnis läuft am {} ab, wann muss ich verlängern?", "de", "extension_window"),
        ("居留許可は{}に切れます。いつ更新しますか", "ja", "residence_extension"),
        ("Я уволился {}", "ru", "cancellation_by_employer"),
    ],
)
def test_rule_and_date_in_one_message_in_other_tongues(conversation: Conversation, text: str, language: str, rule: str) -> None:
    text = text.format(conversation.hides("DATE", "2027-03-15"))
    assert result(conversation, conversation.hears(text, "deadline", language=language).runs(RUN).said) == (rule, "2027-03-15")


@pytest.mark.parametrize("tongue", [*FRAMED, "zh-TW"])
def test_every_choice_may_be_typed_as_it_is_read(conversation: Conversation, answers: Answers, tongue: Tongue) -> None:
    [offer] = answers.replies("utter_ask_deadline_rule", tongue)
    for reply in offer["quick_replies"]:
        conversation.slots = {"deadline_state": {"date": conversation.hides("DATE", "2027-03-15")}}
        conversation.opens("deadline_form")
        conversation.hears(reply["title"], "materials", language=tongue).runs(VALIDATE)
        assert reply["payload"] == f"choose:deadline.rule={conversation.slots['deadline_state']['rule']}"


def test_the_order_may_be_typed_as_it_is_read(conversation: Conversation) -> None:
    conversation.hears(f"verlängern, läuft ab {conversation.hides('DATE', '01/02/2027')}", "deadline", language="de").runs(RUN)
    conversation.hears("Zuerst der Tag", language="de").runs(VALIDATE)
    assert result(conversation, conversation.runs(RUN).said) == ("extension_window", "2027-02-01")


@pytest.mark.parametrize("dated", [True, False])
def test_what_the_date_is_for_is_asked_in_other_words_and_then_a_person_is_offered(conversation: Conversation, dated: bool) -> None:
    def says() -> str:
        return f"Wann ist es so weit, {conversation.hides('DATE', '2027-03-15')}?" if dated else "Wann ist es so weit?"

    begun = conversation.hears(says(), "deadline", language="de").runs(RUN)
    assert begun.responses == (["utter_deadline_date_noted"] if dated else [])
    assert conversation.runs(ASK).responses == ["utter_ask_deadline_rule"]
    assert conversation.hears(says(), "deadline", language="de").runs(VALIDATE).responses == []
    assert conversation.runs(ASK).responses == ["utter_ask_deadline_rule_again"]
    assert conversation.hears(says(), "deadline", language="de").runs(VALIDATE).responses == ["utter_form_offer_person"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I'd rather not say", "en"),
        ("I don't know", "en"),
        ("weiß ich nicht", "de"),
        ("不知道", "zh"),
        ("不想說", "zh-TW"),
        ("わかりません", "ja"),
        ("je ne sais pas", "fr"),
        ("не знаю", "ru"),
        ("لا أعرف", "ar"),
        ("모르겠어요", "ko"),
        ("ไม่ทราบ", "th"),
    ],
)
def test_who_gives_no_date_is_told_the_rule(conversation: Conversation, answers: Answers, text: str, language: str) -> None:
    for state, rules in (({"rule": "medical"}, ["medical"]), ({}, list(OFFERED))):
        conversation.slots = {"deadline_state": state}
        conversation.opens("deadline_form")
        conversation.hears(text, "deny", language=language).runs(VALIDATE)
        assert conversation.slots["deadline_answer"] == "done"
        assert conversation.runs(RUN).said == [("utter_deadline_untold", {"rules": rules})]
    [reply] = answers.replies("utter_deadline_untold", "en", {"rules": ["medical"]})
    assert answers.catalogue.deadlines.rule("medical").text["en"] in reply["text"] and reply["sources"]
