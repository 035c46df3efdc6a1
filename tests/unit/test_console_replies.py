"""Ready-made replies: their figures come from facts, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.catalogue import Catalogue
from bot.console.replies import OF_THE_OFFICER, load
from bot.errors import DataError
from bot.languages import LANGUAGES
from tests import project


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return project.catalogue()


def test_every_reply_is_ready_in_both_languages(catalogue: Catalogue) -> None:
    replies = load(catalogue.facts)
    assert len(replies) >= 25
    for reply in replies:
        for language in LANGUAGES:
            text = reply.text[language]
            left = {part.split("}")[0] for part in text.split("{")[1:]}
            assert text and reply.title[language] and left <= OF_THE_OFFICER
            assert "!" not in text and "！" not in text


def test_figures_are_those_of_the_facts(catalogue: Catalogue) -> None:
    number = catalogue.facts["phones.work_permit"].values["number"]
    unsure = next(reply for reply in load(catalogue.facts) if reply.shortcut == "unsure")
    assert all(number in unsure.text[language] for language in LANGUAGES)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("{shortcut: Bad!, title: {en: a, zh: a}, text: {en: a, zh: a}}", "shortcut"),
        ("{shortcut: one, title: {en: a}, text: {en: a, zh: a}}", "title"),
        ('{shortcut: one, title: {en: a, zh: a}, text: {en: "within 7 days", zh: a}}', "text"),
        ('{shortcut: one, title: {en: a, zh: a}, text: {en: "{time.promised.days}", zh: a}}', "text"),
        ('{shortcut: one, title: {en: a, zh: a}, text: {en: "{nobody}", zh: "{nobody}"}}', "text"),
        ('{shortcut: one, title: {en: a, zh: a}, text: {en: "{no.such}", zh: "{no.such}"}}', "text"),
        ("{shortcut: one, title: {en: a, zh: a}, text: {en: a, zh: a}, based_on: [outcome.remedies]}", "based_on"),
        ("{shortcut: one, title: {en: a, zh: a}, text: {en: a, zh: a}, more: b}", "entry"),
    ],
)
def test_a_reply_that_cannot_be_stood_for_is_refused(catalogue: Catalogue, tmp_path: Path, entry: str, problem: str) -> None:
    path = tmp_path / "replies.yml"
    path.write_text(f"- {entry}\n", encoding="utf-8")
    with pytest.raises(DataError) as refused:
        load(catalogue.facts, path)
    assert refused.value.field.startswith(problem)


def test_a_shortcut_stands_once(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "replies.yml"
    path.write_text("- {shortcut: one, title: {en: a, zh: a}, text: {en: a, zh: a}}\n" * 2, encoding="utf-8")
    with pytest.raises(DataError):
        load(catalogue.facts, path)
