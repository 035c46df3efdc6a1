"""Which sources an answer shows, and how it says what is not certain."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.answers import Answers
from bot.answers.cited import Citations
from bot.catalogue.facts import Source
from bot.catalogue.profile import Profile
from bot.languages import LANGUAGES, Language
from tests import project

REPORTED = "Reported, not confirmed by an authority"


@pytest.fixture(scope="module")
def answers() -> Answers:
    return project.answers()


def asks_for_values(answers: Answers, name: str) -> bool:
    """Whether the response cannot be given by itself."""
    response = answers.response(name)
    placeholders = re.findall(r"\{(?:was:)?([a-z_.0-9]+)\}", response.texts["en"].text)
    return response.card is not None or any("." not in placeholder for placeholder in placeholders)


def source(title: str, day: str | None, *, authority: bool = True, scope: str = "NAT") -> Source:
    return Source(title, {"en": title, "zh": title}, f"https://{title}.example" if authority else None, day, authority, scope)


def titles(answers: Answers, *claims: list[Source]) -> list[str]:
    return [entry["title"] for entry in Citations(answers.text, "en").shown(claims)]


def test_sources_stand_in_the_order_of_the_claims(answers: Answers) -> None:
    assert titles(answers, [source("a", "2019")], [source("b", "2026", scope="SZ")], [source("a", "2019")]) == ["a", "b"]


def test_within_one_claim_shenzhen_comes_first_and_then_the_newest(answers: Answers) -> None:
    claim = [source("old", "2019"), source("new", "2025"), source("elsewhere", "2026", scope="BJ"), source("here", "2018", scope="SZ")]
    assert titles(answers, claim) == ["here", "new", "old", "elsewhere"]


def test_a_claim_that_an_authority_backs_is_not_called_reported(answers: Answers) -> None:
    assert titles(answers, [source("blog", "2026", authority=False), source("law", "2017")]) == ["law"]


def test_what_is_only_reported_has_the_date_of_its_own_claim(answers: Answers) -> None:
    blogs = [[source(name, day, authority=False)] for name, day in (("a", "2019"), ("b", "2026"), ("c", None), ("d", "2019"))]
    citations = Citations(answers.text, "en")
    shown = citations.shown([[source("law", "2026"), source("news", "2026-10", authority=False)], *blogs])
    assert shown[1:] == [{"title": REPORTED, "url": None, "date": day} for day in ("2019", "2026", None)]
    assert citations.line(shown, 3) == f"Source: law (2026); {REPORTED} (2019, 2026, undated)"


def test_what_is_only_reported_is_always_named(answers: Answers) -> None:
    citations = Citations(answers.text, "en")
    official = [[source(name, "2024")] for name in "abcd"]
    line = citations.line(citations.shown([*official, [source("blog", "2019", authority=False)]]), 3)
    assert line == f"Source: a (2024); b (2024); {REPORTED} (2019)"


def test_a_phone_number_lends_no_sources_to_what_is_reported(answers: Answers) -> None:
    for name in sorted(answers.names):
        response = answers.response(name)
        facts = [*response.texts["en"].facts, *response.based_on]
        told = [answers.catalogue.facts[fact] for fact in facts if not fact.startswith("phones.")]
        if asks_for_values(answers, name) or response.topic == "hotline" or not told or not response.sources:
            continue
        shown = {entry["title"] for entry in answers.replies(name, "en")[0]["sources"]}
        own = {each.title["en"] for fact in told for each in fact.sources if each.authority}
        assert shown <= own | {REPORTED}, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_caveat_says_what_kind_of_doubt_it_is(answers: Answers, language: Language) -> None:
    starts = {"reported": ("Reported, not confirmed:", "仅见于转述，未经确认："), "elsewhere": ("Known from elsewhere,", "外地做法，")}
    for name in sorted(answers.names):
        response = answers.response(name)
        if asks_for_values(answers, name):
            continue
        text = answers.replies(name, language)[0]["text"]
        facts = [answers.catalogue.facts[fact] for fact in {*response.texts[language].facts, *response.based_on}]
        home = [fact for fact in facts if fact.scope in ("SZ", "NAT")]
        assert (starts["reported"][language == "zh"] in text) == any(fact.certainty == "low" for fact in home), name
        assert (starts["elsewhere"][language == "zh"] in text) == (len(home) < len(facts)), name


def checklist(answers: Answers, language: Language, kind: str, category: str | None = None, **known: str) -> dict[str, Any]:
    return answers.replies("utter_checklist", language, {"profile": Profile(kind, category, known).to_dict()})[0]


def test_a_checklist_doubts_what_is_said_of_a_paper_and_not_the_paper(answers: Answers) -> None:
    text = checklist(answers, "en", "extension", "B")["text"]
    assert "not confirmed for Shenzhen: details of “Extension form”" in text


def test_what_may_overturn_the_plan_stands_before_the_list(answers: Answers) -> None:
    for reply, warning in (
        (checklist(answers, "en", "extension", "B", age_60="yes"), "Shenzhen refuses B and C renewals"),
        (checklist(answers, "en", "new_abroad", "B", basis="language_teacher", teaches_mother_tongue="no"), "If it is not yours"),
        (checklist(answers, "en", "new_in_china", "B", visa_kind="visa_free_mutual"), "mutual visa exemption"),
    ):
        text = reply["text"]
        assert text.index(warning) < text.index("- **") < text.index("The counter's word is final")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_has_a_gap_where_something_is_left_out(answers: Answers, language: Language) -> None:
    replies = [checklist(answers, language, "extension", None, nationality="HK"), checklist(answers, language, "extension", "B")]
    replies += answers.replies("utter_deadline_days", language, {"rule": "medical", "base_date": "2026-11-01"})
    assert not [reply["text"] for reply in replies if "\n\n\n" in reply["text"]]


def test_a_list_leaves_out_that_there_is_nothing_to_do_and_the_card_keeps_it(answers: Answers) -> None:
    reply = checklist(answers, "en", "new_abroad", "B")
    assert "Authentication: Not needed. " not in reply["text"] and "Translation: Not needed. " not in reply["text"]
    passport = next(item for item in reply["card"]["items"] if item["id"] == "M07")
    assert passport["translation"] == "Not needed."
