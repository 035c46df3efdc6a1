"""What the tracker learns of what was said while a person had the conversation."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from actions.turn import Turn
from bot.nlu.meanwhile import learn
from bot.settings import ROOT

PROFILE = {"application_type": "extension", "category": "B", "circumstances": {}}


@pytest.fixture(scope="module")
def domain() -> Domain:
    return Domain.load(str(ROOT / "domain.yml"))


@pytest.fixture
def tracker(domain: Domain) -> DialogueStateTracker:
    """A conversation in which the assistant asks for a number, and before that for what the list depends on."""
    made = DialogueStateTracker("ann", domain.slots)
    for event in (
        SessionStarted(),
        ActionExecuted("action_listen"),
        UserUttered("where is my application", {"name": "application_status"}),
        BotUttered("Please give the number.", metadata={"template": "utter_ask_number"}),
        ActiveLoop("status_form"),
        SlotSet("requested_slot", "status_answer"),
        SlotSet("status_state", {"number": "<NUMBER:1>"}),
        SlotSet("materials_state", {"profile": {"application_type": "new_abroad"}, "asked": "category"}),
        ActionExecuted("action_listen"),
    ):
        made.update(event, domain)
    return made


def staff(text: str, number: str = "m7", **card: Any) -> dict[str, Any]:
    return {"id": number, "author": "staff", "text": text, **({"card": card} if card else {})}


def said(tracker: DialogueStateTracker) -> list[tuple[str | None, Any]]:
    return [(event.text, event.metadata.get("author")) for event in tracker.events if isinstance(event, BotUttered)]


def test_what_was_said_stands_in_the_tracker_with_its_author(tracker: DialogueStateTracker, domain: Domain) -> None:
    learn(tracker, domain, [{"id": "m6", "author": "applicant", "text": "it is urgent"}, staff("Come on Monday.")])
    assert said(tracker)[-2:] == [("it is urgent", "applicant"), ("Come on Monday.", "staff")]
    again = DialogueStateTracker.from_dict("ann", tracker.as_dialogue().as_dict()["events"], domain.slots)
    assert said(again) == said(tracker)


def test_after_an_officer_no_question_is_open_and_the_person_of_the_list_is_still_known(
    tracker: DialogueStateTracker, domain: Domain
) -> None:
    learn(tracker, domain, [staff("Come on Monday.")])
    assert tracker.active_loop_name is None and tracker.get_slot("requested_slot") is None
    assert tracker.get_slot("status_state") is None
    assert tracker.get_slot("materials_state") == {"profile": {"application_type": "new_abroad"}, "unfinished": True}


def test_without_an_officer_the_open_question_stays_open(tracker: DialogueStateTracker, domain: Domain) -> None:
    learn(tracker, domain, [{"id": "m6", "author": "applicant", "text": "is anybody there"}])
    assert tracker.active_loop_name == "status_form" and tracker.get_slot("status_state") == {"number": "<NUMBER:1>"}


def test_the_checklist_that_an_officer_sent_is_the_one_that_is_known(tracker: DialogueStateTracker, domain: Domain) -> None:
    learn(
        tracker, domain, [staff("Your list", type="checklist", profile=PROFILE), staff("And the hall", "m8", type="station", stations=[])]
    )
    assert tracker.get_slot("materials_state") == {"profile": PROFILE}


def test_the_list_of_the_conversation_before_is_known_and_ends_no_question(tracker: DialogueStateTracker, domain: Domain) -> None:
    learn(tracker, domain, [{"id": "m2", "author": "bot", "text": "Your list", "card": {"type": "checklist", "profile": PROFILE}}])
    assert tracker.get_slot("materials_state") == {"profile": PROFILE} and tracker.active_loop_name == "status_form"


def applicant(text: str, number: str, application_type: str | None = None, **circumstances: str) -> dict[str, Any]:
    told = {"application_type": application_type, "category": None, "circumstances": circumstances}
    return {"id": number, "author": "applicant", "text": text, "told": told}


def test_what_the_applicant_told_an_officer_is_added_to_what_is_known(tracker: DialogueStateTracker, domain: Domain) -> None:
    learn(
        tracker,
        domain,
        [applicant("I am from Germany", "m5", nationality="DE"), staff("Fine."), applicant("I am here", "m8", place="in_china")],
    )
    state = tracker.get_slot("materials_state")
    assert state["unfinished"] is True and state["overheard"] == ["nationality", "place"]
    assert state["profile"] == {
        "application_type": "new_abroad",
        "category": None,
        "circumstances": {"nationality": "DE", "place": "in_china"},
    }


def test_what_is_told_before_the_officers_list_is_in_that_list_and_what_comes_after_corrects_it(
    tracker: DialogueStateTracker, domain: Domain
) -> None:
    card = staff("Your list", "m6", type="checklist", profile=PROFILE)
    learn(tracker, domain, [applicant("I am from Germany", "m5", nationality="DE"), card])
    assert tracker.get_slot("materials_state") == {"profile": PROFILE}
    learn(tracker, domain, [applicant("I am from France", "m7", nationality="FR")])
    state = tracker.get_slot("materials_state")
    assert state["overheard"] == ["nationality"] and state["profile"] == {**PROFILE, "circumstances": {"nationality": "FR"}}


def test_another_application_told_to_an_officer_starts_anew(tracker: DialogueStateTracker, domain: Domain) -> None:
    learn(tracker, domain, [applicant("I want to extend", "m5", "extension"), staff("Fine.")])
    assert tracker.get_slot("materials_state")["profile"] == {"application_type": "extension", "category": None, "circumstances": {}}


def test_what_is_told_while_nobody_spoke_leaves_the_open_question_open(tracker: DialogueStateTracker, domain: Domain) -> None:
    learn(tracker, domain, [applicant("I am from Germany", "m5", nationality="DE")])
    state = tracker.get_slot("materials_state")
    assert state["asked"] == "category" and state["profile"]["circumstances"] == {"nationality": "DE"}


def test_a_turn_that_is_taken_up_again_teaches_nothing_twice(tracker: DialogueStateTracker, domain: Domain) -> None:
    learn(tracker, domain, [staff("Come on Monday.")])
    length = len(tracker.events)
    learn(tracker, domain, [staff("Come on Monday.")])
    assert len(tracker.events) == length


@pytest.mark.parametrize("odd", [None, "text", 5, [], [5, None], {"author": "staff"}])
def test_what_is_no_list_of_entries_changes_nothing(tracker: DialogueStateTracker, domain: Domain, odd: Any) -> None:
    length = len(tracker.events)
    learn(tracker, domain, odd)
    assert len(tracker.events) == length


def test_an_offer_from_before_an_officer_spoke_is_over(tracker: DialogueStateTracker, domain: Domain) -> None:
    tracker.update(UserUttered("asdf", {"name": "nlu_fallback"}), domain)
    tracker.update(BotUttered("A person?", metadata={"template": "utter_offer_person"}), domain)
    learn(tracker, domain, [staff("Come on Monday.")])
    tracker.update(UserUttered("yes", {"name": "affirm"}), domain)
    events = [event.as_dict() for event in tracker.events]

    class Seen:
        latest_message: dict[str, Any] = {}

    Seen.events = events  # type: ignore[attr-defined]
    turn = Turn(Seen(), None)  # type: ignore[arg-type]
    assert not turn.person_offered and turn.failures == 1
