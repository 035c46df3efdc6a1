"""The mechanism of forms, with a flow of two questions that knows nothing but its words."""

from __future__ import annotations

from typing import ClassVar

import pytest

from actions.forms import Flow, State, Step, flow_actions, forget
from actions.services import Services
from actions.turn import Turn
from tests.actions.conftest import Conversation


@pytest.fixture
def conversation(services: Services) -> Conversation:
    """A conversation; the mechanism needs nothing of the core but the words by which an answer is taken back."""
    return Conversation(services)


class Tea(Flow):
    """Asks for tea and then for a cup."""

    name: ClassVar[str] = "tea"
    action: ClassVar[str] = "action_make_tea"

    def begin(self, turn: Turn, before: State) -> Step:
        return self._step({**before, **self._read(turn)})

    def choose(self, turn: Turn, before: State) -> Step | None:
        assert turn.chosen is not None
        return self._step({**before, turn.chosen[1]: turn.chosen[2]})

    def take(self, turn: Turn, state: State) -> Step | None:
        if turn.chosen is not None:
            return self.choose(turn, state)
        if "bitter" in turn.text:
            return Step(state, missed=True, says=(("utter_not_bitter", {}),))
        found = self._read(turn)
        return self._step({**state, **found}) if found else None

    def ask(self, turn: Turn, state: State) -> None:
        turn.say("utter_ask_cup" if "tea" in state else "utter_ask_tea")

    def finish(self, turn: Turn, state: State) -> State:
        turn.say("utter_tea", **state)
        return {"tea": state["tea"]}

    @staticmethod
    def _read(turn: Turn) -> State:
        words = turn.text.split()
        return {kind: word for kind, known in (("tea", "green black"), ("cup", "big small")) for word in words if word in known.split()}

    @staticmethod
    def _step(state: State) -> Step:
        return Step(state, done={"tea", "cup"} <= set(state))


TEA = Tea()
RUN, VALIDATE, ASK = flow_actions(TEA)


def test_everything_in_one_message_is_answered_without_a_form(conversation: Conversation) -> None:
    outcome = conversation.hears("green tea in a big cup", "tea").runs(RUN)
    assert outcome.said == [("utter_tea", {"tea": "green", "cup": "big"})]
    assert outcome.next_action is None and outcome.ends_loop
    assert conversation.slots["tea_answer"] is None


def test_what_is_missing_is_asked_in_a_form(conversation: Conversation) -> None:
    outcome = conversation.hears("green please", "tea").runs(RUN)
    assert outcome.next_action == "tea_form" and outcome.said == []
    assert conversation.runs(ASK).responses == ["utter_ask_cup"]


def test_the_answer_finishes_the_form_and_what_is_worth_keeping_is_kept(conversation: Conversation) -> None:
    conversation.hears("green please", "tea").runs(RUN)
    assert conversation.hears("small").runs(VALIDATE).slots["tea_answer"] == "done"
    outcome = conversation.runs(RUN)
    assert outcome.said == [("utter_tea", {"tea": "green", "cup": "small"})]
    assert conversation.slots["tea_state"] == {"tea": "green"} and conversation.slots["tea_answer"] is None


def test_a_question_about_something_else_makes_the_form_reject(conversation: Conversation) -> None:
    conversation.hears("green please", "tea").runs(RUN)
    before = dict(conversation.slots)
    outcome = conversation.hears("what is the fee", "fee").runs(VALIDATE)
    assert outcome.events == [] and outcome.said == []
    assert conversation.slots == before


@pytest.mark.parametrize(("text", "intent"), [("well whatever", "feedback"), ("mumble", "sensitive")])
def test_a_topic_that_is_only_guessed_does_not_interrupt(conversation: Conversation, text: str, intent: str) -> None:
    conversation.hears("green please", "tea").runs(RUN)
    conversation.hears(text, intent).message["intent"]["confidence"] = 0.6
    assert conversation.runs(VALIDATE).responses == ["utter_form_not_understood"]


@pytest.mark.parametrize(("text", "intent"), [("is it expensive?", "fee"), ("stop", "cancel"), ("somebody real please", "handoff")])
def test_a_question_or_the_wish_to_stop_needs_no_more_certainty(conversation: Conversation, text: str, intent: str) -> None:
    conversation.hears("green please", "tea").runs(RUN)
    conversation.hears(text, intent).message["intent"]["confidence"] = 0.6
    assert conversation.runs(VALIDATE).events == []


def test_a_message_that_was_rejected_is_not_taken_when_the_form_asks_again(conversation: Conversation) -> None:
    conversation.hears("green please", "tea").runs(RUN)
    conversation.hears("gibberish")
    conversation.events.append({"event": "action_execution_rejected", "name": "tea_form"})
    assert conversation.runs(VALIDATE).events == []


def test_two_misses_in_a_row_offer_a_person_and_a_good_answer_forgives(conversation: Conversation) -> None:
    conversation.hears("green please", "tea").runs(RUN)
    assert conversation.hears("mumble").runs(VALIDATE).responses == ["utter_form_not_understood"]
    assert conversation.hears("mutter").runs(VALIDATE).responses == ["utter_form_offer_person"]
    assert conversation.hears("black").runs(VALIDATE).responses == []
    assert "misses" not in conversation.slots["tea_state"]
    assert conversation.hears("mumble").runs(VALIDATE).responses == ["utter_form_not_understood"]


def test_an_answer_that_cannot_be_used_says_why_and_counts_as_a_miss(conversation: Conversation) -> None:
    conversation.hears("green please", "tea").runs(RUN)
    assert conversation.hears("bitter").runs(VALIDATE).responses == ["utter_not_bitter"]
    assert conversation.hears("bitter").runs(VALIDATE).responses == ["utter_form_offer_person"]


@pytest.mark.parametrize("intent", ["affirm", "deny"])
def test_yes_and_no_that_answer_nothing_are_a_miss_and_no_topic(conversation: Conversation, intent: str) -> None:
    conversation.hears("green please", "tea").runs(RUN)
    assert conversation.hears("yes or no", intent).runs(VALIDATE).responses == ["utter_form_not_understood"]


def test_yes_to_the_person_that_the_form_offered_goes_to_the_rules(conversation: Conversation) -> None:
    conversation.hears("green please", "tea").runs(RUN)
    conversation.hears("mumble").runs(VALIDATE)
    conversation.hears("mutter").runs(VALIDATE)
    assert conversation.hears("yes", "affirm").runs(VALIDATE).events == []


def test_a_choice_of_another_flow_goes_to_the_rules(conversation: Conversation) -> None:
    conversation.hears("green please", "tea").runs(RUN)
    assert conversation.hears("", choice="more.fee=show").runs(VALIDATE).events == []


def test_a_choice_of_this_form_may_correct_an_earlier_answer(conversation: Conversation) -> None:
    conversation.hears("green please", "tea").runs(RUN)
    conversation.hears("", choice="tea.tea=black").runs(VALIDATE)
    assert conversation.slots["tea_state"]["tea"] == "black"


def test_an_answer_that_is_taken_back_is_as_if_it_had_not_been_given(conversation: Conversation) -> None:
    conversation.hears("some tea", "tea").runs(RUN)
    before = conversation.slots["tea_state"]
    conversation.hears("green").runs(VALIDATE)
    assert conversation.runs(ASK).responses == ["utter_ask_cup"]
    conversation.hears("mumble").runs(VALIDATE)
    assert conversation.hears("go back", "cancel").runs(VALIDATE).slots["tea_answer"] is None
    assert {**conversation.slots["tea_state"], "earlier": []} == {**before, "earlier": []}
    assert conversation.runs(ASK).responses == ["utter_ask_tea"]


def test_without_an_answer_there_is_nothing_to_take_back(conversation: Conversation) -> None:
    conversation.hears("some tea", "tea").runs(RUN)
    assert conversation.hears("go back", "cancel").runs(VALIDATE).events == []


def test_starting_again_while_the_form_is_open_keeps_what_is_known(conversation: Conversation) -> None:
    conversation.hears("green please", "tea").runs(RUN)
    outcome = conversation.hears("I want tea", "tea").runs(RUN)
    assert outcome.slots["tea_state"] == {"tea": "green"} and outcome.next_action == "tea_form"


def test_an_interrupted_form_is_resumed_when_the_other_has_finished(conversation: Conversation) -> None:
    conversation.opens("station_form")
    outcome = conversation.hears("green please", "tea").runs(RUN)
    assert outcome.slots["interrupted_form"] == "station_form"
    conversation.hears("big").runs(VALIDATE)
    outcome = conversation.runs(RUN)
    assert outcome.next_action == "station_form" and outcome.slots["interrupted_form"] is None


def test_an_answer_at_once_leaves_another_open_form_alone(conversation: Conversation) -> None:
    conversation.opens("station_form")
    outcome = conversation.hears("green big", "tea").runs(RUN)
    assert not outcome.ends_loop and outcome.next_action is None and conversation.loop == "station_form"


def test_forgetting_closes_the_form_and_clears_every_flow() -> None:
    slots = {event["name"]: event["value"] for event in forget(TEA) if event["event"] == "slot"}
    assert slots == {"requested_slot": None, "interrupted_form": None, "tea_state": None, "tea_answer": None}


def test_a_form_that_has_not_asked_yet_reads_nothing(conversation: Conversation) -> None:
    conversation.slots["tea_state"] = {"tea": "green"}
    conversation.loop = "tea_form"
    assert conversation.hears("big", "tea").runs(VALIDATE).slots == {"tea_state": {"tea": "green"}}
