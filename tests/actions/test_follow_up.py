"""What refers to what was said before, answered."""

from __future__ import annotations

import pytest

from actions.asked import AnswerSeveral
from actions.follow_up import FollowUp
from tests.actions.conftest import Conversation


def asks_two(conversation: Conversation, first: str, second: str) -> None:
    """The applicant asked two things in one message, and both were answered."""
    conversation.hears("two questions", "several")
    conversation.message["parts"] = [{"topic": first, "text": "one"}, {"topic": second, "text": "two"}]
    assert conversation.runs(AnswerSeveral).responses == [f"utter_{first}", f"utter_{second}"]


def points(conversation: Conversation, kind: str) -> list[str]:
    """What the assistant says when the applicant points at something by its number."""
    conversation.hears("the one", "follow_up")
    conversation.message["follow_up"] = kind
    return conversation.runs(FollowUp).responses


@pytest.mark.parametrize(("kind", "topic"), [("1", "fee"), ("2", "tax"), ("last", "tax")])
def test_a_number_after_two_answers_means_one_of_them(conversation: Conversation, kind: str, topic: str) -> None:
    asks_two(conversation, "fee", "tax")
    assert points(conversation, kind) in ([f"utter_more_{topic}"], [f"utter_{topic}"])


def test_a_number_beyond_the_answers_is_not_guessed(conversation: Conversation) -> None:
    asks_two(conversation, "fee", "tax")
    assert points(conversation, "3") == ["utter_not_understood"]


def test_a_number_after_one_answer_means_none_of_earlier_ones(conversation: Conversation) -> None:
    asks_two(conversation, "fee", "tax")
    points(conversation, "2")
    assert points(conversation, "2") == ["utter_not_understood"]
