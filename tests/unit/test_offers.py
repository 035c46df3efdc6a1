"""Why a person is offered: the reason that stands on an answer until somebody asks for a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from bot.answers import MAX_CHOICES, Answers
from bot.db import now
from bot.languages import LANGUAGES, Language
from tests import project

PERSON = "/handoff"


@pytest.fixture(autouse=True)
def in_a_year_whose_calendar_is_known() -> Iterator[None]:
    with time_machine.travel("2026-11-24T02:00:00+00:00", tick=False):
        yield


@pytest.fixture(scope="module")
def answers() -> Answers:
    return project.answers()


def application(stage: str = "under_examination", days: int = 2, **changed: Any) -> dict[str, Any]:
    since = (now() - timedelta(days=days)).isoformat()
    return {
        "number": "SZ****01",
        "application_type": "extension",
        "category": "B",
        "stage": stage,
        "since": since,
        "history": [{"stage": stage, "at": since}],
        "collect_at": None,
        "submitted_at": None,
        "accepted_at": since,
        "decided_at": None,
        "valid_until": None,
        **changed,
    }


def status(answers: Answers, application: dict[str, Any], language: Language = "en") -> dict[str, Any]:
    (reply,) = answers.replies("utter_status", language, {"result": {"applications": [application]}})
    return reply


def offered(reply: dict[str, Any]) -> bool:
    return PERSON in [each["payload"] for each in reply["quick_replies"]]


@pytest.mark.parametrize("stage", ["not_approved", "not_accepted", "revoked"])
def test_a_refusal_offers_a_person(answers: Answers, stage: str) -> None:
    reply = status(answers, application(stage))
    assert reply["offer"] == "status_refused" and offered(reply) and "An officer" in reply["text"]


def test_an_application_on_its_way_offers_nobody_in_particular(answers: Answers) -> None:
    assert status(answers, application())["offer"] is None


def test_a_day_that_has_passed_without_a_decision_offers_a_person(answers: Answers) -> None:
    reply = status(answers, application(days=90))
    assert reply["offer"] == "status_contradictory" and offered(reply)


@pytest.mark.parametrize("language", LANGUAGES)
def test_entries_that_do_not_fit_together_are_said_to_be_so(answers: Answers, language: Language) -> None:
    earlier, later = (now() - timedelta(days=5)).isoformat(), (now() - timedelta(days=1)).isoformat()
    odd = [
        application("in_force", valid_until=(now() - timedelta(days=3)).date().isoformat()),
        application(history=[{"stage": "accepted", "at": later}, {"stage": "under_examination", "at": earlier}]),
        application(history=[{"stage": "accepted", "at": earlier}]),
    ]
    for each in odd:
        reply = status(answers, each, language)
        assert reply["offer"] == "status_contradictory" and offered(reply)
        assert answers.text("utter_status_contradiction", language) in reply["text"]


def test_an_answer_that_rests_on_what_is_not_known_offers_a_person(answers: Answers) -> None:
    reply = answers.replies("utter_appointment", "en")[0]
    assert reply["offer"] == "not_known" and offered(reply)
    assert answers.replies("utter_fee", "en")[0]["offer"] is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("utter_offer_person", "not_understood"),
        ("utter_form_offer_person", "not_understood"),
        ("utter_offer_person_outside", "not_known"),
        ("utter_not_understood", "not_understood"),
        ("utter_status_refused", "status_refused"),
        ("utter_checklist_type_unknown", "not_known"),
        ("utter_refused_application", "status_refused"),
    ],
)
def test_what_the_assistant_gave_up_on_is_kept_with_the_offer(answers: Answers, name: str, reason: str) -> None:
    reply = answers.replies(name, "en", {"candidates": ()})[0]
    assert reply["offer"] == reason and offered(reply) and len(reply["quick_replies"]) <= MAX_CHOICES


def test_every_reason_that_is_named_is_a_code(answers: Answers) -> None:
    known = {"asked", "offered", "not_understood", "sensitive", "status_refused", "status_contradictory", "not_known"}
    named = {answers.response(name).offers for name in answers.names} | {answers.response(name).handoff for name in answers.names}
    assert named - {None} <= known
