"""Doubt, yes and no, cancelling, languages, chosen quick replies, and the way to a person."""

from __future__ import annotations

import pytest

from actions.person import AnswerSensitive, RequestPerson
from actions.talk import Agree, Cancel, Decline, HandleDoubt, SetLanguage, TakeChoice, wanted_tongue
from tests.actions.conftest import Conversation


def test_doubt_asks_back_with_the_likeliest_topics(conversation: Conversation) -> None:
    outcome = conversation.hears("the thing with the paper", candidates=("fee", "contract")).runs(HandleDoubt)
    assert outcome.said == [("utter_ask_back", {"candidates": ["fee", "contract"]})]


def test_doubt_without_topics_says_so(conversation: Conversation) -> None:
    assert conversation.hears("asdf qwer zxcv hjkl uiop").runs(HandleDoubt).responses == ["utter_not_understood"]


def test_what_is_not_our_business_is_declined_and_from_the_second_time_on_a_person_is_offered(conversation: Conversation) -> None:
    said = [conversation.hears("who won the cup last year", "out_of_scope").runs(HandleDoubt).responses for _ in range(3)]
    assert said == [["utter_out_of_scope"], ["utter_offer_person_outside"], ["utter_offer_person_outside"]]
    assert conversation.hears("yes", "affirm").runs(Agree).said == [("utter_handoff", {"reason": "offered"})]


def test_a_failure_after_something_that_was_declined_is_the_second_in_a_row(conversation: Conversation) -> None:
    conversation.hears("who won the cup last year", "out_of_scope").runs(HandleDoubt)
    assert conversation.hears("asdf qwer zxcv hjkl uiop").runs(HandleDoubt).responses == ["utter_offer_person"]


def test_the_second_failure_offers_a_person_and_yes_takes_the_offer(conversation: Conversation) -> None:
    conversation.hears("asdf qwer zxcv hjkl uiop").runs(HandleDoubt)
    assert conversation.hears("uiop hjkl zxcv qwer asdf").runs(HandleDoubt).responses == ["utter_offer_person"]
    assert conversation.hears("yes", "affirm").runs(Agree).said == [("utter_handoff", {"reason": "offered"})]


def test_the_offer_still_shows_what_may_be_meant(conversation: Conversation) -> None:
    conversation.hears("asdf qwer zxcv hjkl uiop").runs(HandleDoubt)
    outcome = conversation.hears("the thing with the paper again", candidates=("fee",)).runs(HandleDoubt)
    assert outcome.said == [("utter_offer_person", {"candidates": ["fee"]})]


def test_no_declines_the_person_who_was_offered(conversation: Conversation) -> None:
    conversation.hears("asdf qwer zxcv hjkl uiop").runs(HandleDoubt)
    conversation.hears("asdf qwer zxcv hjkl uiop").runs(HandleDoubt)
    assert conversation.hears("no", "deny").runs(Decline).responses == ["utter_deny"]
    assert conversation.hears("yes", "affirm").runs(Agree).responses == ["utter_affirm"]


def test_yes_to_nothing_hands_nobody_over(conversation: Conversation) -> None:
    assert conversation.hears("yes", "affirm").runs(Agree).responses == ["utter_affirm"]


@pytest.mark.parametrize(
    ("text", "candidates", "state"),
    [
        ("<NUMBER:1>", (), "status_state"),
        ("please look at <NUMBER:1> for me and tell me where it is", ("application_status",), "status_state"),
        ("when can I renew when it ends <DATE:1>, the extension I mean", ("extension", "deadline"), None),
        ("我是俄罗斯人想在深圳换工作 need what documents", ("materials", "change_employer"), "materials_state"),
    ],
)
def test_what_a_message_names_decides_when_the_classifier_does_not(
    conversation: Conversation, text: str, candidates: tuple[str, ...], state: str | None
) -> None:
    conversation.hides("NUMBER", "DEMO-A-1")
    conversation.hides("DATE", "2027-03-01")
    outcome = conversation.hears(text, candidates=candidates).runs(HandleDoubt)
    if state is None:
        assert outcome.responses == ["utter_private_deadline"]
    else:
        assert outcome.slots[state] and outcome.next_action == state.replace("_state", "_form")


def test_a_bare_place_is_answered_with_stations(conversation: Conversation) -> None:
    assert conversation.hears("福田口岸").runs(HandleDoubt).responses == ["utter_stations_near"]


def test_the_second_part_of_an_answer_is_shown(conversation: Conversation) -> None:
    assert conversation.hears("", choice="more.processing_time=show").runs(TakeChoice).responses == ["utter_more_processing_time"]


def test_a_choice_made_after_its_flow_has_ended_starts_it_again(conversation: Conversation) -> None:
    place = "district_nanshan_district"
    assert conversation.hears("", choice=f"station.place={place}").runs(TakeChoice).said == [
        ("utter_stations_near", {"place": place, "matter": None})
    ]
    assert conversation.hears("", choice="deadline.rule=decision_due").runs(TakeChoice).next_action == "deadline_form"


@pytest.mark.parametrize("choice", ["status.order=day_first", "station.place=nowhere", "more.nothing=show", "deadline.rule=none", "x.y=z"])
def test_a_choice_that_means_nothing_any_more_is_too_late(conversation: Conversation, choice: str) -> None:
    assert conversation.hears("", choice=choice).runs(TakeChoice).responses == ["utter_choice_too_late"]


@pytest.mark.parametrize(
    ("action", "responses"),
    [(Cancel, ["utter_cancel"]), (RequestPerson, ["utter_handoff"]), (AnswerSensitive, ["utter_sensitive", "utter_handoff"])],
)
def test_cancelling_and_a_person_end_every_form(conversation: Conversation, action: type, responses: list[str]) -> None:
    conversation.slots["status_state"] = {"number": "<NUMBER:1>"}
    conversation.opens("status_form")
    outcome = conversation.hears("enough").runs(action)
    assert outcome.responses == responses and outcome.ends_loop
    assert conversation.slots["status_state"] is None and conversation.slots["requested_slot"] is None


def test_a_hand_off_names_its_reason(conversation: Conversation) -> None:
    assert conversation.hears("a person", "handoff").runs(RequestPerson).said == [("utter_handoff", {"reason": "asked"})]
    assert conversation.hears("help me", "sensitive").runs(AnswerSensitive).said[-1] == ("utter_handoff", {"reason": "sensitive"})


@pytest.mark.parametrize("kind", ["self_harm", "danger", "threat", "bribe", "abuse"])
def test_a_sensitive_matter_is_answered_by_its_kind(conversation: Conversation, kind: str) -> None:
    conversation.hears("something grave", "sensitive").message["safety"] = kind
    outcome = conversation.runs(AnswerSensitive)
    calm = {"calm": True} if kind in ("self_harm", "danger") else {}
    assert outcome.said == [(f"utter_sensitive_{kind}", {}), ("utter_handoff", {"reason": "sensitive", **calm})]


def test_a_sensitive_matter_of_no_known_kind_gets_the_general_reply(conversation: Conversation) -> None:
    conversation.hears("something grave", "sensitive").message["safety"] = "of a newer list"
    assert conversation.runs(AnswerSensitive).responses == ["utter_sensitive", "utter_handoff"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("please answer in Chinese", "zh"),
        ("English please", "en"),
        ("能说英文吗", "en"),
        ("请用中文", "zh"),
        ("I don't speak Chinese", "en"),
        ("我看不懂英文", "zh"),
        ("not in English, in Chinese", "zh"),
        ("do you speak Russian", "ru"),
        ("auf Deutsch bitte", "de"),
        ("请用繁體中文", "zh-TW"),
        ("traditional Chinese please", "zh-TW"),
        ("po polsku proszę", "pl"),
        ("lieber auf Chinesisch", "zh"),
        ("Können Sie Türkisch?", "tr"),
        ("日本語でお願いします", "ja"),
        ("по-русски можно?", "ru"),
        ("which languages are there", None),
    ],
)
def test_the_language_asked_for_is_found(text: str, language: str | None) -> None:
    assert wanted_tongue(text) == language


def test_the_language_is_set_with_the_answer(conversation: Conversation) -> None:
    assert conversation.hears("请用中文", "language").runs(SetLanguage).said == [("utter_language_zh", {"set_language": "zh"})]
    assert conversation.hears("which languages", "language").runs(SetLanguage).responses == ["utter_language"]


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [("sv", "de", "Schwedisch"), ("ms", "it", "indonesiano / malese"), ("hu", "en", {"en": "Hungarian", "zh": "匈牙利语"})],
)
def test_a_language_that_is_not_understood_is_named_in_that_of_the_conversation(
    conversation: Conversation, code: str, language: str, name: object
) -> None:
    conversation.hears("…", "language", language=language).message["metadata"]["foreign"] = code
    ((response, params),) = conversation.runs(SetLanguage).said
    assert response == "utter_language_unknown" and params["name"] == name
