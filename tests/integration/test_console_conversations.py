"""Officers at work in the console: the queue, a conversation, who has it, what is said in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy.orm import Session

from bot.db import Database, now
from bot.permits.models import Applicant, Application, LookupProof, StageEntry
from bot.settings import Settings
from bot.staff import presence
from tests.console import Member, fresh_id, line, member, rasa
from tests.gateway import PARTS, Gateway, desk, running


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=database_url, demo=False, assistant_timeout_s=5, turn_lease_s=5)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = Database(settings.resolved_database_url)
    yield opened
    opened.close()


@pytest_asyncio.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    async with running(settings, rasa, replace(PARTS, desk=desk(presence))) as opened:
        yield opened


@pytest_asyncio.fixture
async def officer(gateway: Gateway, database: Database) -> AsyncIterator[Member]:
    async with member(gateway, database, "wang", name="Wang Li") as person:
        yield person


@pytest_asyncio.fixture
async def colleague(gateway: Gateway, database: Database) -> AsyncIterator[Member]:
    async with member(gateway, database, "chen", name="Chen Mei") as person:
        yield person


@pytest_asyncio.fixture
async def trainee(gateway: Gateway, database: Database) -> AsyncIterator[Member]:
    async with member(gateway, database, "lin", "trainee") as person:
        yield person


async def queued(gateway: Gateway, officer: Member, sender: str = "ann", *said: str) -> str:
    """The id of a conversation that waits in the queue."""
    for text in said:
        await gateway.say(text, sender)
    await gateway.say("person", sender)
    await gateway.say("desk:wait", sender)
    before = {row["id"] for row in (await officer.get("board"))["queue"]}
    assert before
    return next(row["id"] for row in reversed((await officer.get("board"))["queue"]))


async def taken(gateway: Gateway, officer: Member, sender: str = "ann", *said: str) -> str:
    """The id of a conversation that the officer has."""
    conversation_id = await queued(gateway, officer, sender, *said)
    await officer.post(f"conversations/{conversation_id}/claim")
    return conversation_id


async def test_officer_claims_answers_and_closes(gateway: Gateway, officer: Member) -> None:
    conversation_id = await queued(gateway, officer, "ann", "how long does it take?")
    (row,) = (await officer.get("board"))["queue"]
    assert row["state"] == "QUEUED" and row["waiting_since"] and row["first_line"] and row["reason"] == "asked"
    view = await officer.get(f"conversations/{conversation_id}")
    assert view["may"]["claim"] and not view["may"]["reply"]
    assert view["packet"]["asked"][0]["text"] == "how long does it take?"
    assert [each["metadata"]["seq"] for each in view["messages"]] == list(range(1, len(view["messages"]) + 1))
    await officer.post(f"conversations/{conversation_id}/claim")
    await gateway.say(None)
    said = await officer.say(conversation_id, "Twenty working days.")
    assert said["fresh"] and set(said) == {"id", "seq", "created_at", "fresh"}
    (message,) = await gateway.say(None)
    assert message["text"] == "Twenty working days." and message["metadata"]["author"] == "staff"
    assert message["metadata"]["id"] == said["id"]
    shown = (await officer.get(f"conversations/{conversation_id}"))["messages"][-1]["metadata"]
    assert shown["staff"]["name"] == "Wang Li" and shown["client_id"]
    await officer.post(f"conversations/{conversation_id}/close", outcome="solved")
    view = await officer.get(f"conversations/{conversation_id}")
    assert view["conversation"]["state"] == "CLOSED" and view["conversation"]["outcome"] == "solved"
    assert (await officer.get("board"))["mine"] == []


async def test_of_two_officers_at_once_exactly_one_gets_it(gateway: Gateway, officer: Member, colleague: Member) -> None:
    conversation_id = await queued(gateway, officer)
    path = f"conversations/{conversation_id}/claim"
    answers = await asyncio.gather(officer.call("POST", path, {}), colleague.call("POST", path, {}))
    (lost,) = [body for status, body in answers if status != 200]
    assert sorted(status for status, _ in answers) == [200, 409]
    winner = "Wang Li" if answers[0][0] == 200 else "Chen Mei"
    assert lost["error"]["code"] == "already_claimed" and lost["error"]["params"] == {"name": winner}
    view = await officer.get(f"conversations/{conversation_id}")
    assert view["conversation"]["owner"]["name"] == winner


async def test_late_reply_is_refused_with_a_notice_and_not_said(gateway: Gateway, officer: Member, colleague: Member) -> None:
    conversation_id = await taken(gateway, officer)
    await officer.post(f"conversations/{conversation_id}/transfer", to_staff=colleague.id, note="please take this over")
    assert (await colleague.get("board"))["queue"][0]["wanted"]["name"] == "Chen Mei"
    await colleague.post(f"conversations/{conversation_id}/claim")
    reply = {"text": "too late", "client_id": fresh_id()}
    assert await officer.refused(f"conversations/{conversation_id}/reply", **reply) == (409, "conversation_lost", {"name": "Chen Mei"})
    assert "too late" not in await gateway.texts(None)
    assert (await colleague.get(f"conversations/{conversation_id}"))["notes"][0]["text"] == "please take this over"


async def test_reply_sent_twice_is_said_once(gateway: Gateway, officer: Member) -> None:
    conversation_id = await taken(gateway, officer)
    await gateway.say(None)
    first = await officer.say(conversation_id, "once", "the-same")
    again = await officer.say(conversation_id, "once", "the-same")
    assert first["fresh"] and not again["fresh"] and first["id"] == again["id"]
    assert await gateway.texts(None) == ["once"]


async def test_trainee_may_not_claim_but_drafts_what_an_officer_sends(gateway: Gateway, officer: Member, trainee: Member) -> None:
    conversation_id = await queued(gateway, officer)
    path = f"conversations/{conversation_id}"
    refused = (403, "not_permitted", {"permission": "conversation:claim"})
    assert await trainee.refused(f"{path}/claim") == refused and await trainee.refused(f"{path}/join") == refused
    assert (await trainee.refused(f"{path}/reply", text="I", client_id="a"))[1] == "not_permitted"
    assert (await trainee.get(path))["may"]["draft"]
    await trainee.post(f"{path}/draft", text="Ten working days.", client_id="draft-1")
    await trainee.post(f"{path}/draft", text="Something else.", client_id="draft-2")
    await officer.post(f"{path}/claim")
    first, second = (await officer.get(path))["drafts"]
    assert first["by"]["name"] == "Lin" and first["text"] == "Ten working days."
    await gateway.say(None)
    assert (await trainee.refused(f"{path}/drafts/{first['id']}/use", client_id="b"))[1] == "not_permitted"
    await officer.post(f"{path}/drafts/{first['id']}/use", client_id=fresh_id())
    await officer.post(f"{path}/drafts/{second['id']}/dismiss")
    (message,) = await gateway.say(None)
    assert message["text"] == "Ten working days." and (await officer.get(path))["drafts"] == []
    assert (await officer.refused(f"{path}/drafts/{first['id']}/use", client_id=fresh_id()))[1] == "draft_settled"


async def test_officer_who_has_not_signed_the_agreement_serves_nobody(gateway: Gateway, officer: Member, database: Database) -> None:
    conversation_id = await queued(gateway, officer)
    path = f"conversations/{conversation_id}"
    async with member(gateway, database, "new", signed=False) as unsigned:
        assert (await unsigned.get("me"))["officer"]["signed"] is False
        assert await unsigned.refused(f"{path}/claim") == (403, "agreement_missing", {})
        assert await unsigned.refused("presence", presence="ready") == (403, "agreement_missing", {})
        assert not (await unsigned.get(path))["may"]["claim"]
        assert (await unsigned.refused("agreement", version="2020-01-01.abc"))[1] == "agreement_changed"
        await unsigned.sign_agreement()
        await unsigned.post(f"{path}/claim")


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


async def test_handed_back_conversation_is_answered_by_the_assistant_again(gateway: Gateway, officer: Member) -> None:
    conversation_id = await taken(gateway, officer)
    await gateway.say("silence please")
    assert "silence please" not in gateway.rasa.texts
    await officer.post(f"conversations/{conversation_id}/hand_back")
    assert "echo: and now" in await gateway.texts("and now")
    assert await officer.refused(f"conversations/{conversation_id}/close", outcome="solved") == (409, "conversation_lost", {"name": None})


async def test_officer_joins_what_the_assistant_has(gateway: Gateway, officer: Member) -> None:
    await gateway.say("hello")
    (row,) = (await officer.get("conversations?state=BOT"))["rows"]
    await officer.post(f"conversations/{row['id']}/join")
    assert [each["id"] for each in (await officer.get("board"))["mine"]] == [row["id"]]
    await gateway.say("nobody but you")
    assert "nobody but you" not in gateway.rasa.texts
    assert (await officer.get("board"))["mine"][0]["unread"] >= 1


async def test_cards_are_those_of_the_assistant_in_the_language_of_the_conversation(gateway: Gateway, officer: Member) -> None:
    conversation_id = await taken(gateway, officer, "ann", "需要哪些材料呢")
    await gateway.say(None)
    path = f"conversations/{conversation_id}/card"
    params = {"application_type": "new_abroad", "category": "B", "circumstances": {"basis": "language_teacher", "nationality": "GB"}}
    await officer.post(path, kind="checklist", params=params, client_id=fresh_id())
    await officer.post(path, kind="station", params={"key": "civic_center"}, client_id=fresh_id())
    await officer.post(path, kind="rating", client_id=fresh_id())
    messages = await gateway.say(None)
    cards = [message["metadata"]["card"]["type"] for message in messages]
    assert cards == ["checklist", "station", "rating"]
    assert {message["metadata"]["language"] for message in messages} == {"zh"} and messages[0]["metadata"]["author"] == "staff"
    assert messages[0]["metadata"]["card"]["category"] == "B" and messages[1]["metadata"]["sources"]


@pytest.mark.parametrize(
    ("kind", "params", "code"),
    [
        ("checklist", {}, "field_type"),
        ("checklist", {"application_type": "nonsense"}, "unknown_value"),
        ("checklist", {"application_type": "new_abroad", "circumstances": {"nonsense": "yes"}}, "unknown_circumstance"),
        ("checklist", {"application_type": "new_abroad", "circumstances": {"nationality": ["GB"]}}, "field_type"),
        ("checklist", {"application_type": "new_abroad", "circumstances": []}, "field_type"),
        ("station", {"key": "nowhere"}, "unknown_value"),
        ("handoff", {}, "unknown_value"),
        ("status", {}, "proof_missing"),
    ],
)
async def test_card_that_cannot_be_made_is_refused(gateway: Gateway, officer: Member, kind: str, params: dict[str, Any], code: str) -> None:
    conversation_id = await taken(gateway, officer)
    status, found, _ = await officer.refused(f"conversations/{conversation_id}/card", kind=kind, params=params, client_id=fresh_id())
    assert (status, found) == (409 if code == "proof_missing" else 400, code)


def prove(session: Session, conversation_id: str, lasts: timedelta) -> None:
    """Somebody's application, and the proof that it is that of this conversation's applicant."""
    moment = now()
    application = Application(
        applicant=Applicant(given_name="Freja", family_name="Kjær", nationality="DK", date_of_birth=date(1990, 3, 4), source="demo"),
        application_type="extension",
        category="B",
        acceptance_number="DEMO-A-200003",
        station="civic_center",
        stage="submitted",
        stage_since=moment,
        submitted_at=moment,
        history=[StageEntry(stage="submitted", at=moment)],
        source="demo",
    )
    session.add(application)
    session.flush()
    values = {"applicant_id": application.applicant_id, "application_id": application.id, "until": moment + lasts}
    session.add(LookupProof(conversation_id=conversation_id, **values))


async def test_status_is_sent_while_the_proof_of_that_conversation_holds(gateway: Gateway, officer: Member, database: Database) -> None:
    conversation_id = await taken(gateway, officer)
    other = await taken(gateway, officer, "bob")
    await database.run(prove, conversation_id, timedelta(minutes=10))
    await gateway.say(None)
    assert (await officer.get(f"conversations/{conversation_id}"))["proof"]["proven"] is True
    assert (await officer.get(f"conversations/{other}"))["proof"] == {"proven": False, "until": None}
    await officer.post(f"conversations/{conversation_id}/card", kind="status", client_id=fresh_id())
    (message,) = await gateway.say(None)
    assert message["metadata"]["card"]["type"] == "status" and "DEMO-A-200003" not in str(message)
    assert (await officer.refused(f"conversations/{other}/card", kind="status", client_id=fresh_id()))[:2] == (409, "proof_missing")


async def test_status_is_not_sent_once_the_proof_is_too_old(gateway: Gateway, officer: Member, database: Database) -> None:
    conversation_id = await taken(gateway, officer)
    await database.run(prove, conversation_id, timedelta(seconds=-1))
    refused = await officer.refused(f"conversations/{conversation_id}/card", kind="status", client_id=fresh_id())
    assert refused[:2] == (409, "proof_missing")


async def test_cards_are_for_whoever_has_the_conversation(gateway: Gateway, officer: Member, colleague: Member) -> None:
    conversation_id = await taken(gateway, officer)
    path = f"conversations/{conversation_id}/card"
    assert (await colleague.refused(path, kind="status", client_id=fresh_id()))[1] == "conversation_lost"


async def test_notes_and_tags_are_for_staff_only(gateway: Gateway, officer: Member, trainee: Member) -> None:
    conversation_id = await taken(gateway, officer, "ann", "my number is 202612345678")
    path = f"conversations/{conversation_id}"
    await gateway.say(None)
    await trainee.post(f"{path}/note", text="asked about 202612345678 before", client_id="n")
    await trainee.post(f"{path}/note", text="asked about 202612345678 before", client_id="n")
    await trainee.post(f"{path}/tags", add=["urgent", "teacher"])
    await trainee.post(f"{path}/tags", remove=["urgent"])
    view = await officer.get(path)
    (note,) = view["notes"]
    assert note["masked"] and note["text"] == "asked about ••••5678 before" and view["conversation"]["tags"] == ["teacher"]
    assert (await officer.get("choices"))["tags"] == ["teacher"]
    assert [row["id"] for row in (await officer.get("conversations?tag=teacher"))["rows"]] == [conversation_id]
    assert await gateway.texts(None) == []


async def test_only_what_came_after_the_last_number_is_fetched(gateway: Gateway, officer: Member) -> None:
    conversation_id = await taken(gateway, officer, "ann", "my number is 202612345678")
    seqs = [each["metadata"]["seq"] for each in (await officer.get(f"conversations/{conversation_id}"))["messages"]]
    await officer.say(conversation_id, "for 2026-1234-5678 it is done")
    (message,) = (await officer.get(f"conversations/{conversation_id}?after={seqs[-1]}"))["messages"]
    assert message["metadata"]["seq"] == seqs[-1] + 1 and message["text"] == "for ••••5678 it is done"
    assert (await officer.refused(f"conversations/{conversation_id}?after=x", "GET"))[:2] == (400, "field_type")


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


async def test_left_message_is_taken_answered_and_its_contact_revealed(
    gateway: Gateway, officer: Member, colleague: Member, trainee: Member
) -> None:
    await gateway.say("person")
    for said in ("desk:message", "please call me about 202612345678", "13812345678"):
        await gateway.say(said)
    (item,) = (await officer.get("board"))["left_messages"]
    assert item["text"] == "please call me about ••••5678" and item["masked"] and item["due_at"]
    assert item["contact_kind"] == "phone" and item["contact"] == "••••678"
    path = f"left_messages/{item['id']}"
    assert (await trainee.refused(f"{path}/take"))[1] == "not_permitted"
    await officer.post(f"{path}/take")
    assert await colleague.refused(f"{path}/take") == (409, "already_claimed", {"name": "Wang Li"})
    assert (await officer.refused(f"{path}/reveal", reason=""))[1] in ("reason_missing", "name_unusable")
    assert await officer.post(f"{path}/reveal", reason="to call back") == {"contact": "13812345678"}
    await officer.post(f"{path}/answer", text="It is decided.", client_id=fresh_id())
    assert (await officer.get("left_messages")) == []
    (done,) = await officer.get("left_messages?open=0")
    assert done["answer"] == "It is decided." and done["answered_by"]["name"] == "Wang Li"
    assert "It is decided." in await gateway.texts(None)


async def test_conversations_are_found_page_by_page(gateway: Gateway, officer: Member) -> None:
    for number in range(52):
        await gateway.say("hello", f"sender {number}")
    first = await officer.get("conversations")
    second = await officer.get(f"conversations?before={first['rows'][-1]['id']}")
    assert (len(first["rows"]), first["more"], len(second["rows"]), second["more"]) == (50, True, 2, False)
    assert len({row["id"] for row in first["rows"] + second["rows"]}) == 52
    assert (await officer.refused("conversations?state=SLEEPING", "GET"))[1] == "unknown_value"


async def test_choices_and_replies_are_named_in_the_language_of_the_caller(officer: Member) -> None:
    english = await officer.get("choices")
    officer.language = "zh"
    chinese = await officer.get("choices")
    assert [each["key"] for each in english["stations"]] == [each["key"] for each in chinese["stations"]]
    assert english["stations"][0]["name"] != chinese["stations"][0]["name"] and english["topics"] and english["application_types"]
    assert english["outcomes"] == ["solved", "referred", "no_answer", "abusive", "other"]
    assert len(await officer.get("replies")) >= 25


async def test_several_tell_the_board_who_is_there(officer: Member, trainee: Member) -> None:
    await officer.post("presence", presence="away")
    there = {each["name"]: each["presence"] for each in (await trainee.get("board"))["officers"]}
    assert there == {"Wang Li": "away", "Lin": "off"}
    assert (await officer.refused("presence", presence="asleep"))[1] == "unknown_value"


async def test_live_line_tells_of_the_queue(gateway: Gateway, officer: Member) -> None:
    async with line(officer) as live:
        await gateway.say("person")
        await gateway.say("desk:wait")
        await live.until("board_changed")
