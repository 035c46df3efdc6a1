"""The three questions of the mission and a person, and every form with every question in between."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests import project
from tests.dialogue.conftest import Case, Talk

FORMS: Mapping[str, tuple[str, str]] = {
    "materials": ("What documents do I need?", "materials"),
    "station": ("Where is the nearest station?", "station_nearest"),
    "status": ("What is the status of my application?", "application_status"),
    "deadline": ("Calculate a deadline for me", "deadline"),
}
# What ends every form.
ENDS = frozenset({"cancel", "handoff", "sensitive"})


def topics() -> dict[str, tuple[str, str]]:
    """Group and first English training question of every topic."""
    found = {}
    for topic in project.topics().values():
        found[topic["topic"]] = topic["group"], topic["questions"]["en"][0]
    return found


async def test_the_three_questions_and_a_person(talk: Talk, cases: dict[str, Case]) -> None:
    await talk.hears("Which documents do I need to extend my work permit?")
    while talk.replies[-1].card is None:
        await talk.chooses(next(payload for payload in talk.replies[-1].offers.values() if payload.endswith("=unknown")))
    assert talk.replies[-1].materials and talk.replies[-1].card["application_type"] == "extension"  # type: ignore[index]

    reply = await talk.hears("Where is the nearest station to Nanshan?")
    assert reply.stations and reply.sources

    case = cases["under_examination"]
    reply = await talk.hears(f"What is the status of my application {case.number}? I was born on {case.born.isoformat()}")
    assert reply.card is not None and reply.card["applications"][0]["stage"] == "under_examination"

    reply = await talk.hears("I want to talk to a person")
    assert reply.card is not None and reply.card["type"] == "handoff" and reply.card["phase"] == "offer" and reply.state == "BOT"


@pytest.mark.parametrize("form", FORMS)
async def test_every_question_inside_every_form(talk: Talk, form: str) -> None:
    opening, own = FORMS[form]
    problems = []
    for topic, (group, text) in topics().items():
        walk = Talk(talk.client, talk.address)
        question = await walk.hears(opening)
        replies = await walk.says(text)
        answered = topic in {replies[0].topic, *replies[0].candidates}
        asks_again = replies[-1].text == question.text
        if question.topic != own or not (answered or replies[-1].topic == own):
            problems.append(f"{topic}: {text!r} led to {[reply.topic for reply in replies]}")
        elif answered and topic in ENDS and asks_again:
            problems.append(f"{topic}: the form is still open")
        elif answered and topic not in ENDS and group != "flow" and not asks_again:
            problems.append(f"{topic}: the form has lost its question and says {replies[-1].text!r}")
    assert problems == []
