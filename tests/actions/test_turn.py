"""What an action knows about the message it answers."""

from __future__ import annotations

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Turn


def turn(text: str = "", *, intent: str | None = "fee", metadata: dict[str, object] | None = None, earlier: tuple[str, ...] = ()) -> Turn:
    """A message after others, each of which was answered with one response."""
    events: list[dict[str, object]] = []
    for response in earlier:
        events += [{"event": "user"}, {"event": "bot", "metadata": {"template": response}}]
    message = {"text": text, "intent": {"name": intent}, "metadata": metadata or {}}
    tracker = Tracker("somebody", {}, message, [*events, {"event": "user"}], False, None, {}, None)
    return Turn(tracker, CollectingDispatcher())


def test_an_unknown_language_is_english() -> None:
    assert turn(metadata={"language": "fr"}).language == "en"
    assert turn(metadata={"language": "zh-CN"}).language == "zh"


def test_a_chosen_quick_reply_has_no_text() -> None:
    chosen = turn("/choose", intent="choose", metadata={"choice": "status.order=day_first"})
    assert chosen.text == "" and not chosen.sure
    assert chosen.chosen == ("status", "order", "day_first")
    assert chosen.choice("status.order") == "day_first" and chosen.choice("deadline.order") is None


@pytest.mark.parametrize("choice", [None, "", "nonsense", "a=b", "a.b"])
def test_what_is_no_choice_is_none(choice: str | None) -> None:
    assert turn(metadata={"choice": choice}).chosen is None


@pytest.mark.parametrize("text", ["how long does it take", "B类是什么？", "要多久", "Is it free?", "能不能快一点"])
def test_questions_are_recognised(text: str) -> None:
    assert turn(text).asks


@pytest.mark.parametrize("text", ["extension", "我在国外", "I am in Dubai", "<DATE:1>"])
def test_statements_are_no_questions(text: str) -> None:
    assert not turn(text).asks


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize("text", ["I don't have it", "dont know my number", "我没有编号", "忘了", "I can’t find it"])
def test_saying_that_something_is_missing_is_recognised(text: str) -> None:
    assert turn(text).lacks


@pytest.mark.usefixtures("services")
def test_words_of_another_tongue_are_read_in_english() -> None:
    assert turn("habe ich nicht", metadata={"language": "de"}).lacks


@pytest.mark.parametrize(("text", "short"), [("福田口岸", True), ("Shenzhen Bay Port", True), ("<NUMBER:1>", True), ("", False)])
def test_names_are_short(text: str, short: bool) -> None:
    assert turn(text).short is short


def test_a_sentence_is_not_short() -> None:
    assert not turn("my uncle lives in Nanshan with his dog").short
    assert not turn("我叔叔住在南山区已经很多年了").short


def test_failures_are_counted_only_while_they_follow_each_other() -> None:
    assert turn().failures == 1
    assert turn(earlier=("utter_not_understood",)).failures == 2
    assert turn(earlier=("utter_not_understood", "utter_fee")).failures == 1
    assert turn(earlier=("utter_fee", "utter_ask_back", "utter_not_understood")).failures == 3


def test_a_person_counts_as_offered_only_in_the_last_answer() -> None:
    assert turn(earlier=("utter_offer_person",)).person_offered
    assert turn(earlier=("utter_form_offer_person",)).person_offered
    assert not turn(earlier=("utter_offer_person", "utter_fee")).person_offered
    assert not turn().person_offered
