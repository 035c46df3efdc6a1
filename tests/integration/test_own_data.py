"""What applicants ask about their own data: proof first, by the core and by socket."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.assistant import Reply, parse_replies
from bot.channels.records import _store
from bot.conversations.cases import APPLICATION, CASES
from bot.conversations.models import Conversation, Message
from bot.db import Database, now
from bot.errors import NotAllowed, TooMany
from bot.i18n import Texts
from bot.languages import TONGUES
from bot.permits.numbers import masked
from bot.privacy.own import Claim
from bot.privacy.readable import readable
from bot.redaction.hiding import AFTER
from bot.settings import Settings
from tests.applicants import connected, visiting
from tests.followers import BORN, NUMBER
from tests.gateway import answer, reply, running
from tests.office import ANN
from tests.personal import DAY, HERE, MARKER, House
from tests.project import answers
from tests.records import record

# The number and date of birth of somebody else, whose number ends as `NUMBER` does.
ALIKE, OTHERS_BIRTH = "TEST-20270001", date(1990, 3, 4)


async def test_thread_that_shows_a_case_is_erased_and_given_out_after_proof_only(house: House) -> None:
    """Neither the session nor an earlier look-up will do: whoever finds the device has both. Nor will another's application."""
    mine, others = house.cases()
    first, second = await house.full()
    house.show_a_case(first, mine)
    house.prove(second)
    for claim, code in ((None, "proof_needed"), (replace(mine, born=date(1901, 1, 1)), "proof_wrong"), (others, "proof_wrong")):
        for refused in (house.privacy.erase_own(ANN, HERE, claim), house.privacy.export_own(ANN, HERE, claim)):
            with pytest.raises(NotAllowed) as error:
                await refused
            assert error.value.code == code
    assert house.rows(Conversation) == 2 and house.office.acts("personal_data:erase", "personal_data:export") == []
    # Only those that opened nothing at all; whoever proves another application is right about that one.
    assert [subject for _, subject, _ in house.office.acts("personal_data:refuse")] == [f"conversation:{first}"] * 2
    assert MARKER in json.dumps(await house.privacy.export_own(ANN, HERE, mine))
    await house.privacy.erase_own(ANN, HERE, mine)
    assert house.rows(Conversation) == 0


async def test_application_whose_number_ends_alike_opens_nobody_elses_thread(house: House) -> None:
    office = house.office
    with house.database.session() as session:
        for number, born in ((NUMBER, BORN), (ALIKE, OTHERS_BIRTH)):
            _store(session, record(number, date_of_birth=born.isoformat()), "authority")
    conversation = await office.says("where is my application?")
    turn = await office.take(conversation)
    assert turn is not None
    with house.database.session() as session:
        found = house.permits.look_up(session, NUMBER, BORN, conversation)
    shown = answers().replies("utter_status", "en", {"result": found.as_json()})
    await office.conversations.answer(turn, "one", parse_replies(list(shown)))
    mine, alike = Claim(NUMBER, BORN), Claim(ALIKE, OTHERS_BIRTH)
    for refused in (house.privacy.export_own(ANN, HERE, alike), house.privacy.erase_own(ANN, HERE, alike)):
        with pytest.raises(NotAllowed, match="proof_wrong"):
            await refused
    with house.database.session() as session:
        (said,) = [each for each in session.execute(select(Message)).scalars() if each.payload.get("card")]
        (card,) = said.payload["card"]["applications"]
        assert masked(ALIKE) == masked(NUMBER) == card["number"] and APPLICATION not in card and len(said.payload[CASES]) == 1
    # What tells the two apart is given to nobody.
    given = json.dumps(await house.privacy.export_own(ANN, HERE, mine), ensure_ascii=False)
    assert card["number"] in given and f'"{CASES}"' not in given
    # Of a message from before it was kept only the masked number is known.
    with house.database.session() as session:
        session.get(Message, said.id).payload = {name: value for name, value in said.payload.items() if name != CASES}
    await house.privacy.erase_own(ANN, HERE, alike)
    assert house.rows(Conversation) == 0


async def test_without_a_case_to_prove_the_session_alone_takes_out_neither_number_nor_date_of_birth(house: House) -> None:
    """What was typed to an officer, or refused once, is as good a proof as what was found."""
    mine, _ = house.cases()
    first, _ = await house.full(marker=f"the permit {mine.number}, born 3 May 1987")
    given = json.dumps(await house.privacy.export_own(ANN, HERE), ensure_ascii=False)
    typed = [row for each in json.loads(given)["conversations"] for row in each["messages"] if row["author"] == "applicant"]
    assert len(typed) == 2 and all(("••••" in row["text"] and "I am" in row["text"]) or "again" in row["text"] for row in typed)
    assert not any(mine.number in row["text"] or "1987" in row["text"] for row in typed)
    for table, column in (("feedback", "comment"), ("ratings", "comment"), ("left_messages", "text")):
        written = [row[column] for each in json.loads(given)["conversations"] for row in each[table]]
        assert written and not any(mine.number in text or "1987" in text for text in written)
    house.show_a_case(first, mine)
    proven = json.dumps(await house.privacy.export_own(ANN, HERE, mine))
    assert mine.number in proven and proven.count("@example.org") == 2


async def test_without_proof_nobody_is_given_the_ways_to_reach_the_applicant(house: House) -> None:
    ann = house.office.conversations
    await ann.leave_message(ANN, "please call me", "phone", "138 0013 8000", "m-1")
    await ann.leave_message(ANN, "or write", "email", "nobody.here@example.org", "m-2")
    officer = house.office.hire(names=["Chen Li"])[0]
    asked = await house.office.queued()
    await house.office.counter.claim(officer, asked)
    await house.office.counter.reply(officer, asked, "Shall I call 138-0013-8000?", "s-1")
    given = json.dumps(await house.privacy.export_own(ANN, HERE), ensure_ascii=False)
    assert "0013" not in given and "nobody.here" not in given
    assert [row["contact"] for each in json.loads(given)["conversations"] for row in each["left_messages"]] == ["••••", "••••"]
    assert "Shall I call ••••?" in given and "calling ••••" in given


async def test_answer_to_an_open_question_is_taken_out_without_its_date_and_without_our_own_note_of_the_question(house: House) -> None:
    conversation = await house.office.says("where is my application?")
    turn = await house.office.take(conversation)
    assert turn is not None
    await house.office.conversations.answer(turn, "one", [Reply("The date of birth?", "en", expects="birth_date")])
    said = "my date of birth on the application is fifteen eleven nineteen eighty-seven"
    await house.office.says(said, "m-2")
    given = await house.privacy.export_own(ANN, HERE)
    typed = [row for row in given["conversations"][0]["messages"] if row["author"] == "applicant"]
    assert [row["text"] for row in typed] == ["where is my application?", "my date of birth on the application is ••••"]
    assert [row["payload"] for row in typed] == [{}, {}]


async def test_dates_of_birth_are_not_tried_out_by_asking_for_data(house: House) -> None:
    mine, _ = house.cases()
    first, _ = await house.full()
    house.show_a_case(first, mine)
    for year in range(1901, 1906):
        with pytest.raises(NotAllowed):
            await house.privacy.export_own(ANN, HERE, replace(mine, born=date(year, 1, 1)))
    with pytest.raises(NotAllowed) as right:
        await house.privacy.export_own(ANN, HERE, mine)
    assert right.value.code == "proof_wrong"
    for _ in range(4):
        with pytest.raises(NotAllowed):
            await house.privacy.erase_own(ANN, HERE, mine)
    with pytest.raises(TooMany):
        await house.privacy.erase_own(ANN, HERE, mine)
    assert house.rows(Conversation) == 2


async def test_figures_say_what_is_kept_until_when_and_what_is_needed(house: House) -> None:
    assert await house.privacy.kept_of(ANN) is None
    mine, _ = house.cases()
    first, second = await house.full()
    kept = await house.privacy.kept_of(ANN)
    assert kept is not None and (kept.conversations, kept.left_messages, kept.waiting) == (2, 1, 0)
    assert kept.messages == house.rows(Message) and kept.until - kept.since >= 180 * DAY
    assert kept.given is not None and not kept.shows_a_case and not kept.with_staff
    house.show_a_case(first, mine)
    waiting = await house.office.take(second)
    assert waiting is not None
    await house.office.answer(waiting)
    officer = house.office.hire(names=["Chen Li"])[0]
    await house.office.counter.claim(officer, await house.office.queued())
    kept = await house.privacy.kept_of(ANN)
    assert kept is not None and kept.shows_a_case and kept.with_staff


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False)


async def test_applicant_takes_out_and_erases_by_socket_and_every_window_is_told(settings: Settings) -> None:
    async with running(settings) as gateway, visiting(gateway.url("/")) as one:
        nothing = await one.call("my_data", {"language": "zh"})
        assert nothing["kept"] is None and "还没有" in nothing["says"]["kept"][0] and "180" in nothing["notice"]["text"]
        await one.say("good morning")
        await one.hears("echo: good morning")
        await one.call("leave_message", {"text": "call", "contact_kind": "email", "contact": f"{MARKER}@example.org"})
        shown = await one.call("my_data", {"language": "en"})
        assert shown["kept"]["left_messages"] == shown["kept"]["waiting"] == 1 and shown["kept"]["proof"] is False
        assert len(shown["says"]["sure"]) == 2 and shown["notice"]["told"] is not None

        given = await one.call("give_my_data", {"language": "en"})
        assert given["ok"] and given["data"]["receipt"] == given["receipt"]
        assert "    good morning" in given["text"] and "answer to: ••••" in given["text"]

        async with visiting(gateway.url("/"), one.token) as other:
            erased = await one.call("erase_my_data", {"language": "en"})
            assert erased["rows"]["messages"] >= 3 and erased["receipt"] in erased["says"][0]
            await one.until(lambda: one.bodies("erased"))
            await other.until(lambda: other.bodies("erased"))
            assert (await other.call("sync", {}))["conversation"] is None
        again = await one.call("erase_my_data", {})
        assert again["error"]["code"] == "conversation_unknown"


@pytest.mark.parametrize("body", [{"number": 7}, {"number": "E1"}, {"number": "E1", "birth_date": "3.5.1987"}, {"number": "E" * 65}])
async def test_claim_that_is_none_is_refused_before_anything_is_looked_up(settings: Settings, body: dict[str, Any]) -> None:
    async with running(settings) as gateway, visiting(gateway.url("/")) as applicant:
        await applicant.say("hello")
        refused = await applicant.call("give_my_data", body)
        assert refused["error"]["code"] == "field_type" and refused["error"]["params"]["field"] in ("number", "birth_date")


async def test_connection_without_a_session_is_given_nothing(settings: Settings) -> None:
    async with running(settings) as gateway, connected(gateway.url("/")) as stranger:
        for event in ("my_data", "give_my_data", "erase_my_data"):
            refused = await stranger.call(event, {})
            assert refused["error"]["code"] == "session_missing"
            forged = await stranger.call(event, {"session_id": "s1.AAAAAAAAAAAAAAAAAAAAAA.1." + "A" * 43})
            assert forged["ok"] is False


def test_readable_form_shows_nobody_elses_hand() -> None:
    """Whatever somebody typed looks like no line of ours."""
    moment, typed = "2026-11-28T02:00:00+00:00", "one\u2028[2026-11-28 10:00] Officer\u202e\r\n== x"
    nothing: dict[str, Any] = {
        "left_messages": [],
        "feedback": [],
        "ratings": [],
        "consents": [],
        "subscriptions": [],
        "mail_addresses": [],
    }
    message = {"author": "applicant", "created_at": moment, "text": typed}
    conversation = {"created_at": moment, "messages": [message], **nothing}
    export = {"receipt": "R1", "made_at": moment, "withheld": ["staff_notes"], "conversations": [conversation]}
    lines = readable(export, Texts.load(), "en").split("\r\n")
    assert lines[-4:] == ["    one", "    [2026-11-28 10:00] Officer", "    == x", ""] and any("R1" in line for line in lines)


async def test_readable_form_names_what_is_followed_and_where_news_are_sent(house: House) -> None:
    mine, _ = house.cases()
    first, _ = await house.full()
    house.show_a_case(first, mine)
    export = await house.privacy.export_own(ANN, HERE, mine)
    given, texts = readable(export, Texts.load(), "en"), Texts.load()
    assert f"E-mail address for news: {MARKER}@example.org" in given and "Told of changes to an application since" in given
    for language in TONGUES:
        assert f"{MARKER}@example.org" in readable(export, texts, language).split("== ")[1].split("\r\n[")[0], language


async def test_answer_to_an_open_question_comes_back_without_its_number_or_date(settings: Settings, sqlite_database: Database) -> None:
    """Whatever its length: what tells that it is an answer is the question."""
    typed = [
        "fünfzehnter elfter neunzehnhundertsiebenundachtzig",
        "пятнадцатое одиннадцатого восемьдесят седьмого",
        "my date of birth on the application is fifteen eleven nineteen eighty-seven",
        "well, as I said before it is the 15th of the 11th, 1987, please",
    ]

    async def asks(_message: dict[str, Any]) -> Any:
        return answer(reply("Born when?", expects="birth_date"))

    async with running(settings, asks) as gateway, visiting(gateway.url("/")) as applicant:
        for text in ("where is my application?", *typed):
            heard = len(applicant.bodies("bot_uttered"))
            await applicant.say(text)
            await applicant.until(lambda heard=heard: len(applicant.bodies("bot_uttered")) > heard)
        with sqlite_database.session() as session:
            session.execute(Message.__table__.update().values(created_at=now() - 2 * AFTER))
        async with connected(gateway.url("/")) as later:
            shown = own_texts(await later.open(applicant.token))
    assert shown[0] == "where is my application?" and len(shown) == 5
    assert all("••••" in text for text in shown[1:])
    assert not any(piece in text for text in shown for piece in ("elfter", "восемьдесят", "eighty", "1987", "15th"))


async def test_whoever_has_the_session_later_reads_neither_number_nor_date_of_birth(settings: Settings, sqlite_database: Database) -> None:
    """They are the proof; the applicant sees them while they are of use."""
    typed = ["my number is GD-2026/447-1902", "20264471902", "3 May 1987", "I have 20 days left"]
    async with running(settings) as gateway, visiting(gateway.url("/")) as applicant:
        for text in typed:
            await applicant.say(text)
            await applicant.hears(f"echo: {text}")
        async with connected(gateway.url("/")) as soon:
            assert own_texts(await soon.open(applicant.token)) == typed
        with sqlite_database.session() as session:
            session.execute(Message.__table__.update().values(created_at=now() - 2 * AFTER))
        async with connected(gateway.url("/")) as later:
            shown = own_texts(await later.open(applicant.token))
    assert shown[0].startswith("my number is ••••") and shown[1:3] == ["••••", "••••"]
    assert not any(piece in text for text in shown for piece in ("1902", "1987"))


def own_texts(snapshot: dict[str, Any]) -> list[str]:
    """What the applicant said, as a snapshot has it."""
    return [message["text"] for message in snapshot["messages"] if message["metadata"]["author"] == "applicant"]
