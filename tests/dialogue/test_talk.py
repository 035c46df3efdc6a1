"""Small talk, languages, doubt, a person, and what an applicant must not be able to do."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.conversations.models import Handoff, Message
from tests import project
from tests.dialogue.conftest import Reply, System, Talk


def questions(group: str) -> list[tuple[str, str, str]]:
    """Topic, language and first question of every topic of a group."""
    found = []
    for topic in project.topics().values():
        if topic["group"] == group:
            found += [(topic["topic"], language, topic["questions"][language][0]) for language in ("en", "zh")]
    return found


@pytest.mark.parametrize(("topic", "language", "text"), questions("talk"))
async def test_every_talk_topic_is_answered_in_its_language(talk: Talk, topic: str, language: str, text: str) -> None:
    replies = await talk.says(text)
    assert topic in {replies[0].topic, *replies[0].candidates}
    if topic != "language":
        assert {reply.language for reply in replies} == {language}


async def test_the_language_asked_for_stays(talk: Talk) -> None:
    assert (await talk.hears("please answer in Chinese")).topic == "language"
    for question in ("How much is the fee?", "How long does it take?", "What documents do I need?"):
        assert (await talk.hears(question)).language == "zh"
    assert (await talk.says("English please"))[0].topic == "language"
    assert {reply.language for reply in await talk.says("费用是多少？")} == {"en"}


async def test_without_a_wish_the_answer_follows_the_question(talk: Talk) -> None:
    assert (await talk.hears("How much is the fee?")).language == "en"
    assert (await talk.hears("费用是多少？")).language == "zh"
    assert (await talk.hears("How much is the fee?")).language == "en"


async def test_a_greeting_inside_a_form(talk: Talk) -> None:
    question = await talk.hears("What documents do I need?")
    greeting, again = await talk.says("hello")
    assert greeting.topic == "greet" and again.text == question.text


async def fail_twice(talk: Talk) -> Reply:
    """Two messages that no form can use."""
    await talk.hears("Where is the nearest station?")
    await talk.hears("Blorptown")
    return (await talk.says("Zibbleton"))[0]


async def test_two_failures_in_a_row_offer_a_person_and_yes_takes_the_offer(talk: Talk) -> None:
    assert "/handoff" in (await fail_twice(talk)).offers.values()
    reply = await talk.hears("yes")
    assert reply.card is not None and reply.card["phase"] == "offer" and reply.card["reason"] == "not_understood"


async def test_no_to_the_person_goes_on_with_the_form(talk: Talk) -> None:
    await fail_twice(talk)
    assert (await talk.hears("no")).topic == "station_nearest"
    assert (await talk.hears("Nanshan")).stations


async def test_yes_long_after_the_offer_hands_nobody_over(talk: Talk) -> None:
    await fail_twice(talk)
    await talk.hears("How much is the fee?")
    assert all(reply.state == "BOT" for reply in await talk.says("yes"))


@pytest.mark.parametrize("text", ["I want to talk to a person", "转人工"])
async def test_a_person_on_request(talk: Talk, system: System, text: str) -> None:
    reply = await talk.hears(text)
    assert reply.topic == "handoff" and reply.state == "BOT" and "0755-88121678" in reply.text
    assert reply.card is not None and reply.card["phase"] == "offer"
    assert reply.card["type"] == "handoff" and reply.card["reason"] == "asked" and reply.card["position"] >= 1
    assert "desk:message" in reply.offers.values() and "desk:stay" in reply.offers.values()
    database = system.database()
    with database.session() as session:
        reasons = session.execute(select(Handoff.reason).where(Handoff.closed_at.is_(None))).scalars().all()
    database.close()
    assert "asked" in reasons


async def test_a_person_may_be_asked_for_inside_a_form_which_is_over_then(talk: Talk) -> None:
    await talk.hears("What documents do I need?")
    replies = await talk.says("I want to talk to a person")
    assert [reply.topic for reply in replies] == ["handoff"]
    assert (await talk.hears("How much is the fee?")).topic == "fee"


async def test_a_threat_gets_one_fixed_reply_and_a_person(talk: Talk) -> None:
    replies = await talk.says("I want to kill myself")
    assert [reply.topic for reply in replies] == ["sensitive", "handoff"]
    assert replies[-1].state == "BOT" and replies[-1].card is not None and replies[-1].card["reason"] == "sensitive"
    assert "120" in replies[-1].text


@pytest.mark.parametrize(
    "text", ["Who won the football world cup?", "今天晚上吃什么好", "Write me a poem about the sea", "Какая погода завтра?"]
)
async def test_strangers_are_not_answered(talk: Talk, text: str) -> None:
    reply = await talk.hears(text)
    assert reply.card is None and reply.state == "BOT"
    assert reply.topic in {None, "out_of_scope"}


@pytest.mark.parametrize("command", ["/restart", "/session_start", "/back", "／restart", "//session_start", "\u200b/restart", "⁄restart"])
async def test_rasas_commands_are_only_words(talk: Talk, command: str) -> None:
    await talk.hears("please answer in Chinese")
    await talk.says(command)
    assert (await talk.hears("How much is the fee?")).language == "zh"


@pytest.mark.parametrize("command", ["/session_start", "/back", "/external_reminder", "/choose"])
async def test_a_typed_command_does_not_wipe_a_form(talk: Talk, command: str) -> None:
    await talk.hears("Where is the nearest station?")
    await talk.says(command)
    assert (await talk.hears("Nanshan")).stations


async def test_a_slash_before_a_word_changes_nothing(talk: Talk) -> None:
    assert (await talk.hears("／help")).topic == "help"


def choices_of(system: System, text: str) -> list[object]:
    """What each stored message with this text counts as: a payload that was obeyed, or None for words."""
    database = system.database()
    with database.session() as session:
        payloads = session.execute(select(Message.payload).where(Message.text == text, Message.author == "applicant")).scalars().all()
    database.close()
    assert payloads
    return [payload.get("choice") for payload in payloads]


@pytest.mark.parametrize("payload", ["/no_topic", "choose:more.fee=show", "choose:status.order=day_first", "choose:materials.basis=points"])
async def test_a_payload_that_was_not_offered_is_only_words(talk: Talk, system: System, payload: str) -> None:
    await talk.says(f"{payload} ")
    assert choices_of(system, payload) == [None]


async def test_a_payload_offered_to_somebody_else_is_only_words(talk: Talk, another_talk: Talk, system: System) -> None:
    await another_talk.hears("Where is the nearest station?")
    await another_talk.hears("Blorptown")
    payload = "choose:station.place=district_yantian_district"
    await talk.says(payload)
    assert choices_of(system, payload) == [None]
    assert (await another_talk.chooses(payload)).stations


async def test_more_is_shown_on_request_inside_a_form_too(talk: Talk) -> None:
    await talk.hears("How long does it take?")
    await talk.hears("Where is the nearest station?")
    await talk.chooses("choose:more.processing_time=show")
    assert talk.replies[-2].topic == "processing_time" and talk.replies[-1].topic == "station_nearest"


async def test_the_same_message_sent_twice_is_answered_once(talk: Talk) -> None:
    first = await talk.says("How much is the fee?", message_id="m1")
    again = await talk.says("How much is the fee?", message_id="m1")
    assert [reply.text for reply in again] == [reply.text for reply in first]
