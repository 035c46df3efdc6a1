"""Until when: a rule and a date become days that agree with the catalogue."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.answers.formats import format_date
from bot.catalogue import Catalogue
from bot.catalogue.calendar import local
from bot.db import now
from bot.languages import Language
from tests import midnight
from tests.dialogue.conftest import Reply, Talk

ASK = "Calculate a deadline for me"
SPRING = date(local(now()).year + 2, 3, 17)


def gives(reply: Reply, catalogue: Catalogue, rule: str, base: date, language: Language = "en") -> None:
    """The reply names every day that the rule gives, and says "not before" where the calendar is not known."""
    assert reply.topic == "deadline", reply.text
    answer = catalogue.deadlines.compute(rule, base, local(now()).date())
    assert answer.days
    for marked in answer.days:
        line = next(line for line in reply.text.splitlines() if line.startswith(f"- {marked.mark.text[language]}"))
        assert format_date(marked.day, language) in line
        assert ("not before" in line or "不早于" in line) is not marked.exact
    assert reply.sources


async def test_the_window_for_an_extension(talk: Talk, catalogue: Catalogue) -> None:
    await talk.hears(ASK)
    await talk.chooses("choose:deadline.rule=extension_window")
    gives(await talk.hears(SPRING.isoformat()), catalogue, "extension_window", SPRING)


async def test_a_decision_over_a_holiday_that_is_not_known_yet(talk: Talk, catalogue: Catalogue) -> None:
    base = catalogue.calendar.known_until - timedelta(days=3)
    await talk.hears(ASK)
    await talk.chooses("choose:deadline.rule=decision_due")
    reply = await talk.hears(f"{base:%Y-%m-%d}")
    gives(reply, catalogue, "decision_due", base)
    assert "not before" in reply.text and str(base.year + 1) in reply.text


async def test_rule_and_date_said_one_after_the_other(talk: Talk, catalogue: Catalogue) -> None:
    await talk.hears(ASK)
    await talk.hears("when the decision is due")
    gives(await talk.hears(f"{SPRING.year}/03/17"), catalogue, "decision_due", SPRING)


@pytest.mark.parametrize(("text", "ahead"), [("in 60 days", 60), ("3 days ago", -3)])
async def test_a_typed_label_and_a_day_named_by_its_distance(talk: Talk, catalogue: Catalogue, text: str, ahead: int) -> None:
    await midnight.passed()
    await talk.hears(ASK)
    await talk.hears(catalogue.deadlines.rule("decision_due").name["en"])
    gives(await talk.hears(text), catalogue, "decision_due", local(now()).date() + timedelta(days=ahead))


async def test_in_chinese(talk: Talk, catalogue: Catalogue) -> None:
    reply = await talk.hears(f"我的工作许可{SPRING.year}年3月17日到期，最早哪天可以申请延期？帮我推算一下日期")
    if reply.topic != "deadline":
        await talk.chooses("/deadline")
        await talk.chooses("choose:deadline.rule=extension_window")
        reply = await talk.hears(f"{SPRING.year}年3月17日")
    gives(reply, catalogue, "extension_window", SPRING, "zh")


async def test_a_relative_day(talk: Talk, catalogue: Catalogue) -> None:
    await midnight.passed()
    await talk.hears(ASK)
    await talk.chooses("choose:deadline.rule=change_report")
    gives(await talk.hears("yesterday"), catalogue, "change_report", local(now()).date() - timedelta(days=1))


@pytest.mark.parametrize(("answer", "base"), [("day first", date(SPRING.year, 2, 1)), ("month first", date(SPRING.year, 1, 2))])
async def test_an_ambiguous_date(talk: Talk, catalogue: Catalogue, answer: str, base: date) -> None:
    await talk.hears(ASK)
    await talk.chooses("choose:deadline.rule=extension_window")
    assert len((await talk.hears(f"01/02/{SPRING.year}")).offers) == 2
    gives(await talk.hears(answer), catalogue, "extension_window", base)


async def test_a_question_in_between(talk: Talk, catalogue: Catalogue) -> None:
    await talk.hears(ASK)
    question = await talk.chooses("choose:deadline.rule=extension_window")
    answer, again = await talk.says("How much is the fee?")
    assert answer.topic == "fee" and again.text == question.text
    gives(await talk.hears(SPRING.isoformat()), catalogue, "extension_window", SPRING)
