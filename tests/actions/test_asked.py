"""Several questions in one message."""

from __future__ import annotations

from actions.asked import AnswerSeveral
from tests.actions.conftest import Conversation


def parts(*asked: tuple[str, str]) -> list[dict[str, str]]:
    """The parts of a message: topic and text of each."""
    return [{"topic": topic, "text": text} for topic, text in asked]


def test_what_one_question_leaves_open_is_taken_from_the_rest_of_the_message(conversation: Conversation) -> None:
    statement, question = "My permit ends in 60 days.", "When is the last day to extend it?"
    conversation.hears(f"{statement} {question}", "several")
    conversation.message["parts"] = parts(("extension", statement), ("deadline", question))
    assert conversation.runs(AnswerSeveral).responses == ["utter_extension", "utter_private_deadline"]


def test_a_place_in_one_question_is_not_taken_for_that_of_another(conversation: Conversation) -> None:
    statement, question = "My degree is from Hong Kong, is an apostille enough?", "Where is the nearest window?"
    conversation.hears(f"{statement} {question}", "several")
    conversation.message["parts"] = parts(("degree_authentication", statement), ("station_nearest", question))
    outcome = conversation.runs(AnswerSeveral)
    assert outcome.responses == ["utter_degree_authentication"] and outcome.next_action == "station_form"
    assert not conversation.slots["station_state"]
