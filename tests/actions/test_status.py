"""The status look-up: number, proof, result, and nothing of them outside the vault."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from actions import status
from actions.status import ExplainStage
from actions.talk import HandleDoubt
from bot.permits.models import Applicant, Application, StageEntry
from tests.actions.conftest import Clock, Conversation

RUN, VALIDATE, ASK = status.ACTIONS
NUMBER, BORN = "DEMO-A-700001", "4 March 1990"
SINCE = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def application(conversation: Conversation) -> None:
    """One application of somebody born on 4 March 1990."""
    assert conversation.services is not None
    with conversation.services.database.session() as session:
        holder = Applicant(given_name="Freja", family_name="Kjær", nationality="DK", date_of_birth=date(1990, 3, 4), source="demo")
        session.add(
            Application(
                applicant=holder,
                acceptance_number=NUMBER,
                application_type="new_abroad",
                category="B",
                stage="submitted",
                stage_since=SINCE,
                submitted_at=SINCE,
                source="demo",
                history=[StageEntry(stage="submitted", at=SINCE)],
            )
        )


def ask(conversation: Conversation, number: str = NUMBER, born: str = BORN, intent: str = "application_status") -> list[str]:
    """The responses to a message with both."""
    text = f"{conversation.hides('NUMBER', number)} born {conversation.hides('DATE', born)}"
    return conversation.hears(text, intent).runs(RUN).responses


def test_number_and_date_in_one_message_are_answered_at_once(conversation: Conversation) -> None:
    text = f"{conversation.hides('NUMBER', NUMBER)} {conversation.hides('DATE', BORN)}"
    [(response, params)] = conversation.hears(text, "application_status").runs(RUN).said
    assert response == "utter_private_status" and set(params) == {"private"}
    result = conversation.finds(params["private"])
    assert result["params"]["result"]["applications"][0]["stage"] == "submitted"


def test_nothing_personal_is_in_events_and_slots(conversation: Conversation) -> None:
    ask(conversation)
    kept = f"{conversation.events} {conversation.slots}"
    assert NUMBER not in kept and "1990" not in kept and "Freja" not in kept


def test_number_then_date(conversation: Conversation) -> None:
    conversation.hears("where is my application", "application_status").runs(RUN)
    assert conversation.runs(ASK).responses == ["utter_ask_number"]
    conversation.hears(conversation.hides("NUMBER", " demo a ７００００１")).runs(VALIDATE)
    assert conversation.runs(ASK).responses == ["utter_ask_birth_date"]
    conversation.hears(conversation.hides("DATE", "一九九〇年三月四日"), language="zh").runs(VALIDATE)
    assert conversation.runs(RUN).responses == ["utter_private_status"]


def test_date_before_number(conversation: Conversation) -> None:
    conversation.hears(f"born {conversation.hides('DATE', BORN)}", "application_status").runs(RUN)
    assert conversation.runs(ASK).responses == ["utter_ask_number"]


@pytest.mark.parametrize(("answer", "found"), [("the day", True), ("day first", True), ("日在前", True), ("month first", False)])
def test_an_ambiguous_date_is_asked_back(conversation: Conversation, answer: str, found: bool) -> None:
    assert ask(conversation, born="04/03/1990") == []
    assert conversation.runs(ASK).responses == ["utter_ask_date_order"]
    conversation.hears(answer).runs(VALIDATE)
    assert conversation.runs(RUN).responses == ["utter_private_status" if found else "utter_status_refused"]


@pytest.mark.parametrize(("born", "asks_back"), [("04 03 1990", True), ("15 11 1987", False), ("1 1 1990", False)])
def test_only_a_date_with_blanks_that_may_be_two_days_is_asked_back(conversation: Conversation, born: str, asks_back: bool) -> None:
    assert ask(conversation, born=born) == ([] if asks_back else ["utter_status_refused"])
    if asks_back:
        assert conversation.runs(ASK).responses == ["utter_ask_date_order"]


def test_the_order_may_be_chosen(conversation: Conversation) -> None:
    ask(conversation, born="04/03/1990")
    conversation.hears("", choice="status.order=day_first").runs(VALIDATE)
    assert conversation.runs(RUN).responses == ["utter_private_status"]


def test_wrong_date_unknown_number_and_too_many_attempts_are_told_alike(conversation: Conversation) -> None:
    said = {tuple(ask(conversation, born=f"{day} May 1991")) for day in (1, 2)}
    said.add(tuple(ask(conversation, number="DEMO-A-799999")))
    said.add(tuple(ask(conversation, born="3 May 1991")))
    said.add(tuple(ask(conversation)))
    assert said == {("utter_status_refused",)}


@pytest.mark.parametrize("intent", [None, "out_of_scope"])
def test_after_a_refusal_the_right_date_alone_goes_on(conversation: Conversation, intent: str | None) -> None:
    assert ask(conversation, born="4 March 1991") == ["utter_status_refused"]
    outcome = conversation.hears(conversation.hides("DATE", BORN), intent).runs(HandleDoubt)
    assert outcome.responses == ["utter_private_status"]
    assert conversation.slots["status_state"] is None


def test_trying_again_after_a_refusal_asks_for_the_date_and_takes_another_number(conversation: Conversation) -> None:
    ask(conversation, number="DEMO-A-799999")
    assert conversation.hears("try again", "application_status").runs(RUN).next_action == "status_form"
    assert conversation.runs(ASK).responses == ["utter_ask_birth_date_again"]
    conversation.hears(conversation.hides("NUMBER", NUMBER)).runs(VALIDATE)
    assert conversation.runs(ASK).responses == ["utter_ask_birth_date"]
    conversation.hears(conversation.hides("DATE", BORN)).runs(VALIDATE)
    assert conversation.runs(RUN).responses == ["utter_private_status"]


def test_the_same_number_given_once_more_is_taken(conversation: Conversation) -> None:
    ask(conversation, born="4 March 1991")
    conversation.hears("try again", "application_status").runs(RUN)
    assert conversation.hears(conversation.hides("NUMBER", NUMBER)).runs(VALIDATE).responses == []


def test_attempts_after_a_refusal_are_limited_too(conversation: Conversation) -> None:
    said = {tuple(ask(conversation, born="4 March 1991"))}
    for born in ("5 March 1991", "6 March 1991", BORN):
        said.add(tuple(conversation.hears(conversation.hides("DATE", born)).runs(HandleDoubt).responses))
    assert said == {("utter_status_refused",)}


def test_what_was_refused_is_forgotten_with_the_vault(conversation: Conversation, clock: Clock) -> None:
    ask(conversation, born="4 March 1991")
    clock.forward(minutes=20)
    conversation.hears(conversation.hides("DATE", BORN))
    assert not status.FLOW.claims(conversation.turn())
    conversation.hears("try again", "application_status").runs(RUN)
    assert conversation.runs(ASK).responses == ["utter_ask_number"]


def test_a_date_alone_is_not_claimed_without_a_refusal(conversation: Conversation) -> None:
    assert not status.FLOW.claims(conversation.hears(conversation.hides("DATE", BORN)).turn())
    ask(conversation)
    assert not status.FLOW.claims(conversation.hears(conversation.hides("DATE", BORN)).turn())


@pytest.mark.parametrize(
    ("answer", "found"), [("4 March", True), ("March 4", True), ("4 March 1990", True), ("3月4日", True), ("3 April", False)]
)
def test_naming_one_of_two_days_decides_which_is_meant(conversation: Conversation, answer: str, found: bool) -> None:
    ask(conversation, born="04/03/1990")
    conversation.hears(conversation.hides("DATE", answer)).runs(VALIDATE)
    assert conversation.runs(RUN).responses == ["utter_private_status" if found else "utter_status_refused"]


def test_proof_is_remembered_and_lapses(conversation: Conversation, clock: Clock) -> None:
    ask(conversation)
    assert conversation.hears("and now?", "application_status").runs(RUN).responses == ["utter_private_status"]
    clock.forward(minutes=11)
    assert conversation.hears("and now?", "application_status").runs(RUN).next_action == "status_form"


def test_proof_belongs_to_one_conversation(conversation: Conversation, services: object) -> None:
    ask(conversation)
    other = Conversation(conversation.services)
    assert other.hears("and now?", "application_status").runs(RUN).next_action == "status_form"


def test_tokens_of_another_conversation_open_nothing(conversation: Conversation) -> None:
    other = Conversation(conversation.services)
    number, born = conversation.hides("NUMBER", NUMBER), conversation.hides("DATE", BORN)
    other.hears(f"{number} {born}", "application_status").runs(RUN)
    assert other.runs(ASK).responses == ["utter_ask_birth_date"]


def test_asking_again_in_the_middle_keeps_the_number(conversation: Conversation) -> None:
    conversation.hears(conversation.hides("NUMBER", NUMBER), "application_status").runs(RUN)
    conversation.hears("what is my status?", "application_status").runs(RUN)
    assert conversation.runs(ASK).responses == ["utter_ask_birth_date"]


@pytest.mark.parametrize(("text", "intent"), [("I don't have it", "deny"), ("没有编号", "nlu_fallback"), ("忘了", "cancel")])
def test_without_a_number_it_says_how_to_go_on(conversation: Conversation, text: str, intent: str) -> None:
    conversation.hears("status please", "application_status").runs(RUN)
    assert conversation.hears(text, intent).runs(VALIDATE).responses == ["utter_number_missing"]


def test_without_a_birth_date_it_says_why_it_is_needed(conversation: Conversation) -> None:
    conversation.hears(conversation.hides("NUMBER", NUMBER), "application_status").runs(RUN)
    assert conversation.hears("I don't remember").runs(VALIDATE).responses == ["utter_birth_date_missing"]


def test_a_date_that_cannot_be_is_asked_again(conversation: Conversation) -> None:
    conversation.hears(conversation.hides("NUMBER", NUMBER), "application_status").runs(RUN)
    assert conversation.hears(conversation.hides("DATE", "31/02/1990")).runs(VALIDATE).responses == ["utter_date_not_read"]
    assert conversation.runs(ASK).responses == ["utter_ask_birth_date"]


def test_a_result_that_came_too_late_is_said_to_be_gone(conversation: Conversation, clock: Clock) -> None:
    number, born = conversation.hides("NUMBER", NUMBER), conversation.hides("DATE", BORN)
    conversation.slots |= {"status_state": {"number": number, "date": born}, "status_answer": "done"}
    clock.forward(hours=3)
    assert conversation.hears("x").runs(RUN).responses == ["utter_status_expired"]


def test_an_action_repeated_for_the_same_message_gives_the_same_result(conversation: Conversation) -> None:
    text = f"{conversation.hides('NUMBER', NUMBER)} {conversation.hides('DATE', BORN)}"
    first, second = (Conversation(conversation.services, name=conversation.name) for _ in range(2))
    assert first.hears(text, "application_status").runs(RUN).said == second.hears(text, "application_status").runs(RUN).said


def test_a_question_in_between_is_left_to_the_rules(conversation: Conversation) -> None:
    conversation.hears("status please", "application_status").runs(RUN)
    assert conversation.hears("how much is it", "fee").runs(VALIDATE).events == []


def test_a_word_of_the_process_is_explained_or_all_of_them(conversation: Conversation) -> None:
    outcome = conversation.hears("what does returned to supplement mean", "status_meaning").runs(ExplainStage)
    assert outcome.said == [("utter_stage", {"stage": "returned"})]
    assert conversation.hears("what do these words mean", "status_meaning").runs(ExplainStage).responses == ["utter_stages"]


def test_a_late_answer_is_not_late_within_the_vaults_life(conversation: Conversation, clock: Clock) -> None:
    conversation.hears(conversation.hides("NUMBER", NUMBER), "application_status").runs(RUN)
    clock.moment += timedelta(minutes=5)
    conversation.hears(conversation.hides("DATE", BORN)).runs(VALIDATE)
    assert conversation.runs(RUN).responses == ["utter_private_status"]
