"""Whole situations told in one message: what is read, what is still asked, and whether the list is the one a clerk would hand out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from bot.catalogue import Catalogue
from bot.catalogue.conditions import UNKNOWN
from bot.catalogue.papers import Papers
from bot.catalogue.profile import Profile
from bot.data_file import read_yaml
from bot.settings import ROOT

_TODAY = date(2026, 11, 24)
_FILE = ROOT / "tests" / "dialogue" / "holdout" / "situations.yml"
_SHARE = 0.95
_MOST_QUESTIONS = 12


@dataclass(frozen=True)
class _Heard:
    """What became of a situation: the profile read from it, that after the answers, and the answers that were not understood."""

    read: Profile
    profile: Profile
    unread: tuple[str, ...]


def _hear(catalogue: Catalogue, said: str, knows: Mapping[str, str]) -> _Heard:
    papers = catalogue.papers
    read = profile = papers.reader.read_profile(said)
    unread: list[str] = []
    for _ in range(_MOST_QUESTIONS):
        question = papers.checklists.next_question(profile, _TODAY)
        if question is None:
            return _Heard(read, profile, tuple(unread))
        answer = knows.get(question.id)
        answered = _answered(papers, profile, question.id, answer) if answer is not None else profile
        if answer is not None and answered == profile:
            unread.append(f"{question.id}: {answer!r}")
        profile = answered if answered != profile else profile.answered(question.id, UNKNOWN)
    raise AssertionError(f"asked without end after {said!r}")


def _answered(papers: Papers, profile: Profile, question: str, answer: str) -> Profile:
    """What is known after an answer; people may say more than was asked, as in the flow."""
    new = papers.reader.read_profile(answer, profile, question)
    value = papers.reader.read_answer(question, answer, profile)
    if value is not None and question not in new.context():
        new = new.answered(question, value)
    return profile.merged(new)


def _faults(catalogue: Catalogue, case: Mapping[str, Any]) -> list[str]:
    heard = _hear(catalogue, case["says"], case.get("knows") or {})
    found = catalogue.papers.checklists.checklist(heard.profile, _TODAY)
    context = heard.read.context()
    faults = [f"not understood {each}" for each in heard.unread]
    states = case.get("states") or {}
    faults += [f"{key} read as {context.get(key)}, not {value}" for key, value in states.items() if context.get(key) != value]
    stop = found.outcome.code if found.outcome is not None and found.outcome.kind == "stop" else None
    if stop != case.get("stop"):
        faults.append(f"outcome {stop}, not {case.get('stop')}")
    if stop is not None or "stop" in case:
        return faults
    ids = {item.id for item in found.items}
    if found.application_type != case["type"]:
        faults.append(f"type {found.application_type}, not {case['type']}")
    if case["category"] is not None and found.category != case["category"]:
        faults.append(f"category {found.category}, not {case['category']}")
    faults += [f"{each} is missing" for each in case["needs"] if each not in ids]
    faults += [f"{each} is not needed" for each in case["not"] if each in ids]
    return faults


def test_the_list_is_the_one_that_a_clerk_would_hand_out(catalogue: Catalogue, capsys: pytest.CaptureFixture[str]) -> None:
    cases: dict[str, list[Mapping[str, Any]]] = read_yaml(_FILE)
    assert [(language, len(listed) >= least) for (language, listed), least in zip(cases.items(), (60, 45, 15), strict=True)] == [
        ("en", True), ("zh", True), ("mixed", True),
    ]  # fmt: skip
    told = [(case, _faults(catalogue, case)) for listed in cases.values() for case in listed]
    wrong = [f"{case['says']}: {'; '.join(faults)}" for case, faults in told if faults]
    right = 1 - len(wrong) / len(told)
    with capsys.disabled():
        print(f"\n{len(told)} situations, {right:.1%} right", *wrong, sep="\n  ")
    assert right >= _SHARE, wrong


def test_what_is_asked_is_never_what_was_said(catalogue: Catalogue) -> None:
    for listed in read_yaml(_FILE).values():
        for case in listed:
            read = catalogue.papers.reader.read_profile(case["says"])
            question = catalogue.papers.checklists.next_question(read, _TODAY)
            assert question is None or question.id not in read.context(), case["says"]
            assert not re.search(r"\b(?:\d{6,}|[A-Z]\d{7,})\b", case["says"])
