"""Numbers of applicants: masked wherever staff look, however they are spelt, until somebody says why."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from typing import Any

import pytest

from bot.app import DATABASE
from bot.db import Database
from tests.applicants import connected
from tests.console import Member, fresh_id, line, member, queued, taken
from tests.gateway import Gateway, answer, reply

NUMBER = "202612345678"
PASSPORT = "E12345678"
MOBILE = "13812345678"
EMAIL = "jane.doe@example.com"
BIRTH = "12 May 1990"
SECRETS = (NUMBER, PASSPORT, MOBILE, "janedoe", "12MAY1990", "19900512", "1990年5月12日")
TOLD = f"my number is {NUMBER}, passport {PASSPORT}, born {BIRTH}, call {MOBILE} or write to {EMAIL}"
SPELT = (
    f"so 2026-1234 5678, e 123 456 78, +86 138 1234 5678, ２０２６１２３４５６７８, {BIRTH.upper()}, "
    f"1990-05-12, 1990年5月12日 and {EMAIL.upper()}"
)


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database


def shown(*seen: Any) -> list[str]:
    """The secrets that stand in what is seen, in whatever spelling."""
    text = unicodedata.normalize("NFKC", json.dumps(seen, ensure_ascii=False)).upper()
    plain = "".join(character for character in text if character.isalnum())
    return [secret for secret in SECRETS if secret.upper() in plain]


async def test_numbers_are_masked_until_somebody_says_why_and_that_is_kept(
    gateway: Gateway, officer: Member, trainee: Member, database: Database
) -> None:
    number = "202612345678"
    conversation_id = await queued(gateway, officer, "ann", f"my number is {number}")
    path = f"conversations/{conversation_id}"
    for person in (officer, trainee):
        view = await person.get(path)
        assert number not in str(view) and number not in str(await person.get("board"))
        assert number not in str(await person.get("conversations"))
    masked = [message for message in view["messages"] if message["masked"]]
    assert [message["metadata"]["author"] for message in masked] == ["applicant", "bot"]
    assert masked[0]["text"] == "my number is ••••5678" and masked[1]["text"] == "echo: my number is ••••5678"
    message_id = masked[0]["metadata"]["id"]
    assert (await officer.refused(f"messages/{message_id}/reveal", reason=" a "))[1] == "reason_missing"
    assert (await trainee.refused(f"messages/{message_id}/reveal", reason="to check it"))[1] == "not_permitted"
    assert await officer.post(f"messages/{message_id}/reveal", reason="to check it") == {"text": f"my number is {number}"}
    async with member(gateway, database, "boss", "supervisor") as supervisor:
        (entry,) = (await supervisor.get("audit?action=number:reveal"))["entries"]
        assert entry["who"]["name"] == "Wang Li" and entry["detail"]["reason"] == "to check it"
        assert entry["subject"] == f"conversation:{conversation_id}" and number not in str(entry)


async def test_searching_for_figures_needs_the_right_to_see_them_and_is_kept(
    gateway: Gateway, officer: Member, trainee: Member, database: Database
) -> None:
    conversation_id = await queued(gateway, officer, "ann", "my number is 202612345678")
    assert (await trainee.refused("conversations/search", q="20261"))[1] == "not_permitted"
    assert [row["id"] for row in (await officer.post("conversations/search", q="20261"))["rows"]] == [conversation_id]
    assert [row["id"] for row in (await trainee.post("conversations/search", q="NUMBER", state="QUEUED"))["rows"]] == [conversation_id]
    assert (await trainee.post("conversations/search", q="nothing like it"))["rows"] == []
    async with member(gateway, database, "boss", "supervisor") as supervisor:
        assert len((await supervisor.get("audit?action=number:search"))["entries"]) == 1


async def test_markup_comes_back_as_the_text_it_is(gateway: Gateway, officer: Member, database: Database) -> None:
    evil = "<img src=x onerror=alert(1)> & </script> {{7*7}}"
    conversation_id = await taken(gateway, officer, "ann", evil)
    await officer.post(f"conversations/{conversation_id}/note", text=evil, client_id="n")
    await officer.post(f"conversations/{conversation_id}/tags", add=["<b>tag</b>"])
    view = await officer.get(f"conversations/{conversation_id}")
    assert view["messages"][0]["text"] == evil and view["notes"][0]["text"] == evil and view["conversation"]["tags"] == ["<b>tag</b>"]
    async with officer.client.get(gateway.url(f"/console/api/conversations/{conversation_id}")) as response:
        assert response.content_type == "application/json" and response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "no-store"


async def everything(person: Member, *conversation_ids: str) -> list[Any]:
    """All that somebody gets to see, wherever they may look."""
    seen = []
    paths = ["board", "conversations", "left_messages?open=0", "choices", "audit", "audit.csv"]
    for path in (*paths, *(f"conversations/{each}" for each in conversation_ids)):
        status, body = await person.call("GET", path)
        assert status in (200, 403), (path, body)
        seen.append(body)
    return seen


async def test_nothing_that_staff_get_to_see_holds_a_secret(
    gateway: Gateway, officer: Member, trainee: Member, supervisor: Member, database: Database
) -> None:
    conversation_id = await queued(gateway, officer, "ann", TOLD)
    path = f"conversations/{conversation_id}"
    async with line(officer) as live, line(trainee) as watching:
        heard = [await each.ask("watch", conversation_id=conversation_id, after=0) for each in (live, watching)]
        await officer.post(f"{path}/claim")
        await gateway.say(TOLD)
        await officer.say(conversation_id, SPELT)
        await trainee.post(f"{path}/draft", text=SPELT, client_id="d")
        await trainee.post(f"{path}/note", text=SPELT, client_id="n")
        message_id = (await officer.get(path))["messages"][0]["metadata"]["id"]
        await officer.post(f"messages/{message_id}/reveal", reason=f"to compare with {NUMBER} of {EMAIL}")
        await officer.post(f"{path}/transfer", note=SPELT)
        await live.until("state", state="QUEUED")
        await watching.until("state", state="QUEUED")
        assert heard[0]["messages"] and not shown(heard, live.heard, watching.heard)
        assert {name for name, _ in live.heard} >= {"message", "state", "conversation_changed"}
    async with member(gateway, database, "chief", "administrator") as administrator:
        for person in (officer, trainee, supervisor, administrator):
            assert not shown(await everything(person, conversation_id)), person.login
    # It was there to be seen, and the view shows where something is left out.
    view = await officer.get(path)
    assert [each["masked"] for each in view["messages"] if each["metadata"]["author"] == "staff"] == [True]
    assert view["notes"][0]["masked"] and view["drafts"][0]["masked"]


async def test_next_conversation_of_the_same_applicant_shows_none_of_it_either(gateway: Gateway, officer: Member) -> None:
    first = await taken(gateway, officer, "ann", TOLD)
    await officer.post(f"conversations/{first}/close", outcome="solved")
    second = await taken(gateway, officer)
    async with line(officer) as live:
        heard = await live.ask("watch", conversation_id=second, after=0)
        await officer.say(second, SPELT)
        await officer.post(f"conversations/{second}/note", text=SPELT, client_id="n")
        await live.messages_until("staff")
        assert not shown(heard, live.heard)
    view = await officer.get(f"conversations/{second}")
    assert second != first and not shown(view) and view["messages"][-1]["masked"]


async def test_contact_of_a_form_is_masked_where_it_is_confirmed_and_repeated(
    gateway: Gateway, officer: Member, supervisor: Member
) -> None:
    async with connected(gateway.url("/")) as applicant:
        await applicant.open()
        for kind, contact in (("phone", MOBILE), ("email", EMAIL)):
            form = {"text": "please answer", "contact_kind": kind, "contact": contact, "message_id": f"form-{kind}"}
            assert (await applicant.call("leave_message", form))["ok"]
        conversation_id = (await officer.get("left_messages"))[0]["conversation_id"]
        await officer.post(f"conversations/{conversation_id}/join")
        async with line(officer) as live:
            heard = await live.ask("watch", conversation_id=conversation_id, after=0)
            form = {"text": "and again", "contact_kind": "phone", "contact": "13987654321", "message_id": "form-live"}
            assert (await applicant.call("leave_message", form))["ok"]
            await officer.say(conversation_id, f"I call {MOBILE} and 139 8765 4321, and write to {EMAIL}")
            told = await live.messages_until("staff")
            assert not shown(heard, told) and "13987654321" not in "".join(filter(str.isalnum, str(told)))
        for item in await officer.get("left_messages"):
            await officer.post(f"left_messages/{item['id']}/answer", text=f"Called {MOBILE}, wrote to {EMAIL}", client_id=fresh_id())
        assert not shown(await everything(officer, conversation_id), await everything(supervisor, conversation_id))
        confirmed = [each for each in (await officer.get(f"conversations/{conversation_id}"))["messages"] if each["metadata"].get("desk")]
        assert any(each["masked"] for each in confirmed)


async def test_opinions_and_ratings_of_applicants_are_masked(gateway: Gateway, officer: Member) -> None:
    async with connected(gateway.url("/")) as applicant:
        await applicant.open()
        await applicant.say("hello", "m-1")
        answer = await applicant.until(lambda: next((each for each in applicant.bodies("bot_uttered")), None))
        opinion = {"message_id": answer["metadata"]["id"], "helpful": False, "comment": TOLD[:180]}
        assert (await applicant.call("feedback", opinion))["ok"]
        (row,) = (await officer.get("conversations"))["rows"]
        await officer.post(f"conversations/{row['id']}/join")
        await officer.post(f"conversations/{row['id']}/close", outcome="solved")
        assert (await applicant.call("rate", {"score": 2, "comment": TOLD[:180]}))["ok"]
        view = await officer.get(f"conversations/{row['id']}")
        assert view["conversation"]["rating"]["score"] == 2 and view["conversation"]["rating"]["comment"]
        assert not shown(view) and any((each.get("feedback") or {}).get("comment") for each in view["messages"])


async def test_answer_that_came_too_late_is_kept_masked_in_the_trail(gateway: Gateway, officer: Member, supervisor: Member) -> None:
    slow, script = asyncio.Event(), gateway.rasa.script

    async def late(message: dict[str, Any]) -> Any:
        await slow.wait()
        return await script(message)

    gateway.rasa.script = late
    asking = asyncio.create_task(gateway.say(f"my number is {NUMBER}"))
    while not gateway.rasa.asked:
        await asyncio.sleep(0.02)
    (row,) = (await officer.get("conversations"))["rows"]
    await officer.post(f"conversations/{row['id']}/join")
    slow.set()
    await asking
    (entry,) = (await supervisor.get("audit?action=turn:silence"))["entries"]
    assert entry["detail"]["texts"] and not shown(await everything(supervisor, row["id"]))


@pytest.mark.parametrize("words", ["jane", "jane.doe", "example", "E1", "5678", "may 19"])
async def test_masked_parts_cannot_be_found_out_by_searching(gateway: Gateway, trainee: Member, words: str) -> None:
    await gateway.say(f"I need advice: {TOLD}")
    status, answered = await trainee.call("POST", "conversations/search", {"q": words})
    assert (status == 403 and answered["error"]["code"] == "not_permitted") or answered == {"rows": [], "more": False}
    assert len((await trainee.post("conversations/search", q="need advice"))["rows"]) == 1


async def test_searching_for_an_address_needs_the_right_to_see_it(gateway: Gateway, officer: Member, trainee: Member) -> None:
    await gateway.say(f"write to {EMAIL}")
    assert (await trainee.refused("conversations/search", q="jane.doe@"))[:2] == (403, "not_permitted")
    assert len((await officer.post("conversations/search", q="jane.doe@"))["rows"]) == 1


async def test_a_number_that_a_line_cuts_off_is_left_out(gateway: Gateway, officer: Member) -> None:
    conversation_id = await queued(gateway, officer, "ann", f"{'please ' * 27}my number {NUMBER}")
    view = await officer.get(f"conversations/{conversation_id}")
    asked = view["packet"]["asked"][0]
    await gateway.say(f"{'please ' * 27}my number {NUMBER}", "bob")
    (row,) = (await officer.get("conversations?state=BOT"))["rows"]
    for text in (asked["text"], asked["answer"], row["first_line"]):
        assert len(text) > 150 and text.endswith("…") and "2026" not in text


async def test_what_a_client_calls_an_applicants_message_is_not_shown(gateway: Gateway, officer: Member) -> None:
    async with connected(gateway.url("/")) as applicant:
        await applicant.open()
        await applicant.say("hello", f"client-{NUMBER}")
        await applicant.until(lambda: applicant.bodies("bot_uttered"))
    (row,) = (await officer.get("conversations"))["rows"]
    assert not shown(await everything(officer, row["id"]))


async def test_reveal_is_for_those_who_may_see_the_conversation(gateway: Gateway, officer: Member, supervisor: Member) -> None:
    conversation_id = await taken(gateway, officer, "ann", TOLD)
    message_id = (await officer.get(f"conversations/{conversation_id}"))["messages"][0]["metadata"]["id"]
    await officer.post(f"conversations/{conversation_id}/transfer", to_station="qianhai")
    async with member(gateway, gateway.server.app[DATABASE], "far", stations=["pingshan"]) as stranger:
        assert (await stranger.refused(f"messages/{message_id}/reveal", reason="curious"))[:2] == (403, "other_station")
        for reason in ("", "  ", "ab", "x" * 201, "a\nb\nc\u202e"):
            assert (await officer.refused(f"messages/{message_id}/reveal", reason=reason))[0] == 400, reason
    assert (await supervisor.get("audit?action=number:reveal"))["entries"] == []


@pytest.mark.parametrize("born", ["fifteen eleven nineteen eighty-seven", "1987, 11/15", "十一月十五日生于一九八七年"])
async def test_date_that_was_asked_for_is_masked_in_any_spelling(gateway: Gateway, officer: Member, trainee: Member, born: str) -> None:
    async def asks(_message: dict[str, Any]) -> Any:
        return answer(reply("The date of birth, please?", expects="birth_date"))

    gateway.rasa.script = asks
    await gateway.say("where is my application?")
    await gateway.say(born)
    await gateway.say("desk:message")
    await gateway.say(born)
    await gateway.say("desk:contact_window")
    (row,) = (await officer.get("conversations"))["rows"]
    status, found = await trainee.call("POST", "conversations/search", {"q": born[:5]})
    seen = [await everything(trainee, row["id"]), await trainee.get("left_messages"), await trainee.get("conversations")]
    text = json.dumps(seen, ensure_ascii=False)
    assert "left" in text and "expects" not in text and (status == 403 or found["rows"] == [])
    assert not any(piece in text for piece in (born, "eighty", "11/15", "八七", "十五"))
    messages = (await trainee.get(f"conversations/{row['id']}"))["messages"]
    asked, answered, *_ = [each for each in messages if each["metadata"]["author"] == "applicant"]
    assert asked["text"] == "where is my application?" and answered["text"].startswith("••••")
    message_id = answered["metadata"]["id"]
    assert (await trainee.get("left_messages"))[0]["text"].startswith("••••")
    assert born in (await officer.post(f"messages/{message_id}/reveal", reason="to check it"))["text"]


async def test_day_that_an_officer_asks_for_is_shown_to_them(gateway: Gateway, officer: Member) -> None:
    """The assistant's question is over once an officer speaks."""

    async def asks(_message: dict[str, Any]) -> Any:
        return answer(reply("Which number?", expects="number"))

    gateway.rasa.script = asks
    await gateway.say("where is my application?")
    (row,) = (await officer.get("conversations"))["rows"]
    path = f"conversations/{row['id']}"
    await officer.post(f"{path}/join")
    await gateway.say("two zero two six")
    await officer.post(f"{path}/reply", text="How long have you been here?", client_id="s-1")
    await gateway.say("since two, three years")
    typed = [each["text"] for each in (await officer.get(path))["messages"] if each["metadata"]["author"] == "applicant"]
    assert typed == ["where is my application?", "••••", "since two, three years"]
