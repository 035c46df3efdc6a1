"""What a look-up shows, for every stage and in both languages."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine

from bot.answers import Answers
from bot.languages import LANGUAGES, Language
from bot.permits.models import STAGES
from tests import project

pytestmark = pytest.mark.usefixtures("frozen")


@pytest.fixture
def frozen() -> Any:
    with time_machine.travel("2026-11-24T02:00:00+00:00", tick=False):
        yield


@pytest.fixture(scope="module")
def answers() -> Answers:
    return project.answers()


def application(stage: str, **changes: Any) -> dict[str, Any]:
    return {
        "number": "…008",
        "application_type": "extension",
        "category": "B",
        "stage": stage,
        "since": "2026-11-20T03:00:00+00:00",
        "history": [{"stage": "draft", "at": "2026-11-02T03:00:00+00:00"}, {"stage": stage, "at": "2026-11-20T03:00:00+00:00"}],
        "collect_at": None,
        "submitted_at": "2026-11-18T03:00:00+00:00",
        "accepted_at": "2026-11-20T03:00:00+00:00",
        "decided_at": "2026-11-23T03:00:00+00:00",
        "valid_until": None,
        **changes,
    }


def shown(answers: Answers, *applications: dict[str, Any], language: Language = "en") -> tuple[str, list[dict[str, Any]]]:
    reply = answers.replies("utter_status", language, {"result": {"outcome": "found", "applications": list(applications)}})[0]
    return reply["text"], reply["card"]["applications"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_says_what_it_means_and_who_acts(answers: Answers, stage: str, language: Language) -> None:
    text, (entry,) = shown(answers, application(stage), language=language)
    known = answers.catalogue.papers.stages[stage]
    assert all(part in text for part in (known.name[language], known.meaning[language], known.who_acts[language], known.todo[language]))
    assert entry["stage"] == stage and entry["who_acts"] == known.who_acts[language]


def test_a_decision_is_expected_seven_working_days_after_acceptance(answers: Answers) -> None:
    _, (entry,) = shown(answers, application("under_examination"))
    assert (entry["expected_by"], entry["exact"]) == ("2026-12-01", True)


def test_a_short_term_permit_has_its_own_limit(answers: Answers) -> None:
    _, (entry,) = shown(answers, application("accepted", application_type="short_term"))
    assert entry["expected_by"] == "2026-11-27"


def test_a_day_beyond_the_known_calendar_is_not_promised(answers: Answers) -> None:
    text, (entry,) = shown(answers, application("accepted", accepted_at="2026-12-28T03:00:00+00:00"))
    assert entry["exact"] is False and "not before" in text


def test_a_promise_that_is_over_names_the_phone(answers: Answers) -> None:
    text, _ = shown(answers, application("accepted", accepted_at="2026-10-20T03:00:00+00:00"))
    assert "has passed" in text and "0755-88121678" in text


def test_who_must_act_is_told_by_when(answers: Answers) -> None:
    _, (entered,) = shown(answers, application("entered"))
    assert entered["act_by"] == "2026-12-20"
    text, (open_now,) = shown(answers, application("extension_open", valid_until="2027-01-31"))
    assert open_now["act_by"] == "2027-01-01" and "2 Nov 2026" in text


def test_the_first_application_is_told_in_full_and_the_others_are_named(answers: Answers) -> None:
    text, entries = shown(answers, application("accepted"), application("in_force", number="…111"))
    assert "…111" in text and [entry["number"] for entry in entries] == ["…008", "…111"]


@pytest.mark.parametrize(("language", "collect", "electronic"), [("en", "collected", "electronic"), ("zh", "领取", "电子文书")])
def test_a_station_is_where_papers_and_answers_are_and_no_card_is_promised(
    answers: Answers, language: Language, collect: str, electronic: str
) -> None:
    station = answers.catalogue.stations.get("joint_counter")
    assert station is not None
    text, (entry,) = shown(answers, application("approved", collect_at="joint_counter"), language=language)
    [line] = [line for line in text.splitlines() if station.name[language] in line]
    assert collect in line and electronic in line and "Collect at" not in text and "领取地点" not in text
    assert entry["collect_at"] == "joint_counter"
    without, (bare,) = shown(answers, application("approved"), language=language)
    assert station.name[language] not in without and bare["collect_at"] is None


@pytest.mark.parametrize(("key", "phone"), [("guiyuan", "0755-25102948"), ("zhaoshang", "0755-88121678")])
def test_a_station_that_must_be_called_first_says_so(answers: Answers, key: str, phone: str) -> None:
    text, _ = shown(answers, application("approved", collect_at=key))
    assert f"Call {phone} before you go" in text
    hall, _ = shown(answers, application("approved", collect_at="civic_center"))
    assert "before you go" not in hall
