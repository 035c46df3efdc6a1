"""Before anything personal is asked for, applicants are told what becomes of it: once in a thread, and it is kept that they were."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from bot.assistant import Reply
from bot.conversations.models import Consent, Message
from bot.db import Database
from bot.languages import TONGUES
from bot.settings import Settings
from tests.gateway import answer, reply, running
from tests.office import ANN, NOTICE, Office


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def consents(office: Office) -> list[Any]:
    return office.read(lambda session: list(session.execute(select(Consent).order_by(Consent.told_at)).scalars()))


def said(office: Office, conversation_id: str) -> list[tuple[str | None, list[str]]]:
    """Of everything that was not said by the applicant: which notice it is, and what may be chosen."""
    rows = select(Message.payload).where(Message.conversation_id == conversation_id, Message.author != "applicant").order_by(Message.seq)
    payloads = office.read(lambda session: list(session.execute(rows).scalars()))
    return [(payload.get("notice"), [each["payload"] for each in payload.get("quick_replies", ())]) for payload in payloads]


async def say(office: Office, text: str, *replies: Reply) -> str:
    """The conversation in which the applicant said it and got these replies, or those of the desk."""
    conversation_id = await office.says(text)
    turn = await office.take(conversation_id)
    assert turn is not None
    if turn.desk:
        await office.conversations.at_desk(turn, "one")
    else:
        await office.conversations.answer(turn, "one", replies)
    return conversation_id


NUMBER = Reply("Which number?", "en", expects="number")
BORN = Reply("Born when?", "de", expects="birth_date")


async def test_notice_comes_before_the_first_question_once_in_a_thread(office: Office) -> None:
    conversation = await say(office, "where is it", NUMBER)
    assert said(office, conversation) == [("privacy", []), (None, ["/privacy", "/cancel"])]
    ((consent),) = consents(office)
    assert (consent.conversation_id, consent.version, consent.language, consent.given_at) == (conversation, NOTICE.version, "en", None)

    await say(office, "E12345678", BORN)
    assert said(office, conversation)[2:] == [(None, [])]
    given = consents(office)[0].given_at
    assert given is not None and given >= consent.told_at
    await office.conversations.end(ANN)
    later = await say(office, "and the other one", NUMBER)
    assert later != conversation and said(office, later) == [(None, [])]
    assert [each.given_at for each in consents(office)] == [given]


async def test_going_on_without_is_no_consent(office: Office) -> None:
    await say(office, "where is it", NUMBER)
    await say(office, "/cancel", Reply("Well then.", "en"))
    await say(office, "what does it cost", Reply("Nothing.", "en"))
    assert [each.given_at for each in consents(office)] == [None]


async def test_ordinary_questions_bring_no_notice(office: Office) -> None:
    conversation = await say(office, "what does it cost", Reply("Nothing.", "en"))
    assert said(office, conversation) == [(None, [])] and consents(office) == []


async def test_what_was_given_unasked_is_followed_by_the_notice(office: Office) -> None:
    """Number and date of birth in the first message: the result comes with the notice, and nothing says that it came before."""
    conversation = await say(office, "E12345678, born 3 May 1987", Reply("So it stands.", "en", card={"type": "status"}))
    assert said(office, conversation) == [("privacy", []), (None, [])]
    assert [each.given_at for each in consents(office)] == [None]


async def test_another_text_of_the_notice_is_told_again(office: Office) -> None:
    conversation = await say(office, "where is it", NUMBER)
    newer = replace(NOTICE, days=90)
    with office.database.session() as session:
        assert NOTICE.is_told(session, conversation) and not newer.is_told(session, conversation)


async def test_whoever_leaves_a_message_by_text_is_told_before_the_contact_is_asked_for(office: Office) -> None:
    conversation = await say(office, "desk:message")
    assert said(office, conversation)[0] == ("privacy", [])
    await say(office, "Please call me about my permit")
    assert [each.given_at for each in consents(office)] == [None]
    await say(office, "ann@example.org")
    assert consents(office)[0].given_at is not None
    assert [notice for notice, _ in said(office, conversation)].count("privacy") == 1


@pytest.mark.parametrize("shown", [True, False])
async def test_form_that_showed_the_notice_consents_and_another_is_told_after(office: Office, shown: bool) -> None:
    left = await office.conversations.leave_message(
        ANN, "Please write", "email", "ann@example.org", notice=NOTICE.version if shown else "older"
    )
    notices = [notice for notice, _ in said(office, left.message.conversation_id)]
    assert notices.count("privacy") == (0 if shown else 1)
    assert (consents(office)[0].given_at is not None) == shown


def test_notice_says_days_hotline_and_where_to_erase_in_every_language() -> None:
    for tongue in TONGUES:
        text = NOTICE.text(tongue)
        assert "180" in text and NOTICE.hotline in text and NOTICE.texts.part(tongue, "widget")["menu.data"] in text
        assert "{" not in text and all(choice["title"] for choice in NOTICE.choices(tongue))
    assert replace(NOTICE, days=90).version != NOTICE.version


async def test_plain_client_of_rest_is_told_in_its_language(settings: Settings) -> None:
    async def script(_message: dict[str, Any]) -> Any:
        return answer(reply("Номер?", language="ru", expects="number"))

    async with running(settings, script) as gateway:
        notice, question = await gateway.say("где моё заявление")
    assert notice["metadata"]["notice"] == "privacy" and "Мои данные" in notice["text"]
    assert [each["payload"] for each in question["quick_replies"]] == ["/privacy", "/cancel"]


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Any) -> Settings:
    return Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False)
