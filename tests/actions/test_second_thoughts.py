"""Answers that are refused, corrected, taken back or given before they are asked for."""

from __future__ import annotations

import pytest

from actions import materials, status
from actions.materials import AnswerOrList, AnswerOrMend
from actions.talk import Agree, Decline, HandleDoubt
from tests.actions.conftest import Conversation
from tests.actions.test_materials import asked, profile

RUN, VALIDATE, ASK = materials.ACTIONS


def listed(conversation: Conversation, first: str, language: str = "en") -> None:
    """The list is made with everything unknown that `first` does not say."""
    outcome = conversation.hears(first, "materials", language=language).runs(RUN)
    while conversation.slots.get("materials_answer") != "done" and "utter_checklist" not in outcome.responses:
        outcome = conversation.hears("", choice=f"materials.{asked(conversation)}=unknown").runs(VALIDATE)
        if conversation.slots["materials_answer"] == "done":
            outcome = conversation.runs(RUN)
    assert outcome.responses == ["utter_checklist"]
    conversation.loop = None


@pytest.mark.parametrize(
    ("text", "intent", "language"),
    [
        ("no quiero contestar", "nlu_fallback", "es"),
        ("prefiero no decir", "deny", "es"),
        ("不想回答", "feedback", "zh"),
        ("不方便说", "feedback", "zh"),
        ("kein Kommentar", "deny", "de"),
        ("I don't want to say", "deny", "en"),
        ("rather not", "deny", "en"),
        ("I won't tell you that", "nlu_fallback", "en"),
        ("no comment", "cancel", "en"),
        ("не хочу отвечать", "deny", "ru"),
        ("答えたくない", "deny", "ja"),
    ],
)
def test_who_would_rather_not_answer_leaves_the_question_open(conversation: Conversation, text: str, intent: str, language: str) -> None:
    conversation.hears("extension, category B", "materials").runs(RUN)
    for _ in range(2):
        question = asked(conversation)
        conversation.hears(text, intent, language=language).runs(VALIDATE)
        assert profile(conversation)[question] == "unknown"


def test_who_would_not_give_a_birth_date_is_told_that_nothing_can_be_shown(conversation: Conversation) -> None:
    run, validate, _ = status.ACTIONS
    number = conversation.hides("NUMBER", "DEMOA200008")
    conversation.hears(f"status of {number}", "application_status").runs(run)
    said = conversation.hears("I'd rather not say", "feedback").runs(validate).responses
    assert said == ["utter_birth_date_missing"]


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("yes I mean no", "en", "no"),
        ("no wait, yes", "en", "yes"),
        ("no, sorry, yes", "en", "yes"),
        ("是，不对，不是", "zh", "no"),
        ("不是，说错了，是", "zh", "yes"),
        ("ja, ich meine nein", "de", "no"),
        ("oui, pardon, non", "fr", "no"),
    ],
)
def test_the_last_word_counts(conversation: Conversation, text: str, language: str, value: str) -> None:
    conversation.hears("first permit from abroad, category B, English teacher from Japan", "materials").runs(RUN)
    question = asked(conversation)
    assert question == "teaching_qualification"
    conversation.hears(text, "deny", language=language).runs(VALIDATE)
    assert profile(conversation)[question] == value


@pytest.mark.parametrize("text", ["Germany, sorry, Austria", "Germany. No wait, I meant Austria"])
def test_the_last_country_counts(conversation: Conversation, text: str) -> None:
    conversation.hears("first permit from abroad, category B", "materials").runs(RUN)
    while asked(conversation) != "nationality":
        conversation.hears("I don't know").runs(VALIDATE)
    conversation.hears(text).runs(VALIDATE)
    assert profile(conversation)["nationality"] == "AT"


@pytest.mark.parametrize(
    ("text", "intent"), [("go back", "cancel"), ("previous question", "cancel"), ("上一题", "nlu_fallback"), ("zurück", "cancel")]
)
def test_the_last_answer_is_taken_back_and_asked_for_again(conversation: Conversation, text: str, intent: str) -> None:
    conversation.hears("first permit from abroad", "materials").runs(RUN)
    first = asked(conversation)
    before = profile(conversation)
    conversation.hears("category B", "category_criteria").runs(VALIDATE)
    second = asked(conversation)
    conversation.hears("I don't know").runs(VALIDATE)
    conversation.hears(text, intent).runs(VALIDATE)
    assert asked(conversation) == second and second not in profile(conversation)
    conversation.hears(text, intent).runs(VALIDATE)
    assert asked(conversation) == first and profile(conversation) == before


def test_without_an_answer_to_take_back_going_back_leaves_the_form(conversation: Conversation) -> None:
    conversation.hears("first permit from abroad", "materials").runs(RUN)
    assert conversation.hears("go back", "cancel").runs(VALIDATE).events == []


def test_a_missed_answer_is_none_to_take_back(conversation: Conversation) -> None:
    conversation.hears("first permit from abroad", "materials").runs(RUN)
    first = asked(conversation)
    conversation.hears("category B", "category_criteria").runs(VALIDATE)
    conversation.hears("blue elephants").runs(VALIDATE)
    conversation.hears("back", "cancel").runs(VALIDATE)
    assert asked(conversation) == first and "category" not in profile(conversation)


def test_a_number_is_taken_back_too(conversation: Conversation) -> None:
    run, validate, ask = status.ACTIONS
    conversation.hears("how far is my application", "application_status").runs(run)
    conversation.hears(conversation.hides("NUMBER", "DEMOA200008")).runs(validate)
    assert conversation.runs(ask).responses == ["utter_ask_birth_date"]
    conversation.hears("go back", "cancel").runs(validate)
    assert conversation.runs(ask).responses == ["utter_ask_number"]


def test_a_finished_list_keeps_no_answers_to_take_back(conversation: Conversation) -> None:
    listed(conversation, "extension for an Indian of category B")
    assert set(conversation.slots["materials_state"]) == {"profile"}


@pytest.mark.parametrize(
    ("text", "action", "intent", "country"),
    [
        ("actually I am from Pakistan", HandleDoubt, "nlu_fallback", "PK"),
        ("不对，我是南非人", Decline, "deny", "ZA"),
        ("no, sorry, I am Kenyan", Decline, "deny", "KE"),
        ("yes, but I am from Pakistan", Agree, "affirm", "PK"),
        ("I am from Brazil", HandleDoubt, "nlu_fallback", "BR"),
        ("actually my passport is from Ghana", AnswerOrMend, "passport_change", "GH"),
    ],
)
def test_a_correction_after_the_list_makes_it_anew(conversation: Conversation, text: str, action: type, intent: str, country: str) -> None:
    listed(conversation, "first permit for an Indian, category B, now abroad")
    known = profile(conversation)
    conversation.hears(text, intent).runs(action)
    assert profile(conversation) == {**known, "nationality": country}


def test_a_kind_of_application_that_is_corrected_keeps_the_person(conversation: Conversation) -> None:
    listed(conversation, "first permit for an Indian, category B, now abroad")
    conversation.hears("sorry, I meant an extension", "extension").runs(AnswerOrList)
    assert profile(conversation)["application_type"] == "extension" and profile(conversation)["nationality"] == "IN"


@pytest.mark.parametrize("text", ["my passport changed actually", "不对，护照也换了"])
def test_a_passport_that_changed_is_part_of_the_extension(conversation: Conversation, text: str) -> None:
    listed(conversation, "extension for an Indian, nothing changed, category B")
    conversation.hears(text, "passport_change").runs(AnswerOrMend)
    assert profile(conversation)["application_type"] == "extension" and profile(conversation)["change"] == "passport"


@pytest.mark.parametrize("text", ["my passport changed, I got a new one", "换了新护照"])
def test_a_change_that_is_asked_for_leaves_an_extension_one(conversation: Conversation, text: str) -> None:
    conversation.hears("extension, category B", "materials").runs(RUN)
    assert asked(conversation) == "change"
    conversation.hears(text, "passport_change").runs(VALIDATE)
    assert profile(conversation)["application_type"] == "extension" and profile(conversation)["change"] == "passport"


@pytest.mark.parametrize("text", ["no, thanks", "不对", "actually how long does it take?", "sorry, I did not get that"])
def test_what_corrects_nothing_leaves_the_list_alone(conversation: Conversation, text: str) -> None:
    listed(conversation, "first permit for an Indian, category B, now abroad")
    assert conversation.hears(text, "deny").runs(Decline).responses == ["utter_deny"]


def test_a_list_that_is_no_longer_the_last_answer_is_not_mended(conversation: Conversation) -> None:
    listed(conversation, "first permit for an Indian, category B, now abroad")
    conversation.hears("thanks", "thanks")
    conversation.events.append({"event": "bot", "metadata": {"utter_action": "utter_thanks"}})
    assert conversation.hears("no, I am from Pakistan", "deny").runs(Decline).responses == ["utter_deny"]


def test_a_question_about_passports_after_the_list_is_answered(conversation: Conversation) -> None:
    listed(conversation, "extension for an Indian, nothing changed, category B")
    said = conversation.hears("what if my passport changed?", "passport_change").runs(AnswerOrMend).responses
    assert said == ["utter_passport_change"]


@pytest.mark.parametrize("text", ["B", "b.", "category B", "B类"])
def test_a_category_is_kept_before_it_is_asked_for(conversation: Conversation, text: str) -> None:
    conversation.hears("which papers", "materials").runs(RUN)
    assert asked(conversation) == "application_type"
    assert conversation.hears(text).runs(VALIDATE).responses == ["utter_noted"]
    assert profile(conversation) == {"category": "B"} and asked(conversation) == "application_type"
