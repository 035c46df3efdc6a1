"""What staff do among themselves: drafts of trainees, notes, tags, the agreement, and who is there."""

from __future__ import annotations

import asyncio

from bot.db import Database
from tests.console import Member, fresh_id, line, member, queued, taken
from tests.gateway import Gateway


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
        assert await unsigned.refused(path, "GET") == (403, "agreement_missing", {})
        assert (await unsigned.refused("agreement", version="2020-01-01.abc"))[1] == "agreement_changed"
        await unsigned.sign_agreement()
        await unsigned.post(f"{path}/claim")


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


async def test_several_tell_the_board_who_is_there(officer: Member, trainee: Member) -> None:
    await officer.post("presence", presence="away")
    there = {each["name"]: each["presence"] for each in (await trainee.get("board"))["officers"]}
    assert there == {"Wang Li": "away", "Lin": "off"}
    assert (await officer.refused("presence", presence="asleep"))[1] == "unknown_value"


async def test_change_of_presence_is_told_to_every_board(officer: Member, trainee: Member) -> None:
    async with line(trainee) as live:
        await officer.post("presence", presence="away")
        await live.until("board_changed")
        assert {each["name"]: each["presence"] for each in (await trainee.get("board"))["officers"]}["Wang Li"] == "away"


async def test_draft_is_used_once_however_often_it_is_pressed(gateway: Gateway, officer: Member, trainee: Member) -> None:
    conversation_id = await taken(gateway, officer)
    path = f"conversations/{conversation_id}"
    await trainee.post(f"{path}/draft", text="Bring your passport.", client_id="d")
    (draft,) = (await officer.get(path))["drafts"]
    await gateway.say(None)
    use = f"{path}/drafts/{draft['id']}/use"
    same = await asyncio.gather(*(officer.post(use, client_id="once", text="Bring the passport itself.") for _ in range(3)))
    assert len({each["id"] for each in same}) == 1
    assert await gateway.texts(None) == ["Bring the passport itself."]
    assert (await officer.refused(f"{path}/drafts/{draft['id']}/dismiss"))[:2] == (409, "draft_settled")


async def test_draft_belongs_to_its_conversation(gateway: Gateway, officer: Member, trainee: Member) -> None:
    first, second = await taken(gateway, officer, "ann"), await taken(gateway, officer, "bob")
    await trainee.post(f"conversations/{first}/draft", text="For Ann.", client_id="d")
    (draft,) = (await officer.get(f"conversations/{first}"))["drafts"]
    wrong = f"conversations/{second}/drafts/{draft['id']}"
    assert (await officer.refused(f"{wrong}/use", client_id=fresh_id()))[:2] == (404, "note_unknown")
    assert (await officer.refused(f"{wrong}/dismiss"))[:2] == (404, "note_unknown")
    assert [each["id"] for each in (await officer.get(f"conversations/{first}"))["drafts"]] == [draft["id"]]


async def test_trainee_sets_aside_own_drafts_only(gateway: Gateway, officer: Member, trainee: Member, database: Database) -> None:
    conversation_id = await queued(gateway, officer)
    path = f"conversations/{conversation_id}"
    await trainee.post(f"{path}/draft", text="mine", client_id="d")
    async with member(gateway, database, "wu", "trainee") as other:
        await other.post(f"{path}/draft", text="theirs", client_id="d")
        mine, theirs = (await trainee.get(path))["drafts"]
        assert (await trainee.refused(f"{path}/drafts/{theirs['id']}/dismiss"))[:2] == (403, "not_permitted")
        await trainee.post(f"{path}/drafts/{mine['id']}/dismiss")
        assert [each["text"] for each in (await other.get(path))["drafts"]] == ["theirs"]


async def test_tag_holds_nobodys_number(gateway: Gateway, officer: Member) -> None:
    conversation_id = await taken(gateway, officer)
    path = f"conversations/{conversation_id}/tags"
    for tag in ("202612345678", "tel 13812345678", "jane.doe@example.com", "出生1990年5月12日"):
        assert (await officer.refused(path, add=["fine", tag]))[:2] == (400, "tag_personal"), tag
    assert (await officer.refused(path, add=["x" * 41]))[0] == 400 and (await officer.refused(path, add=[" "]))[0] == 400
    assert (await officer.refused(path, add="fine"))[:2] == (400, "field_type")
    assert (await officer.get(f"conversations/{conversation_id}"))["conversation"]["tags"] == []


async def test_reason_that_names_somebody_by_a_number_or_date_is_refused(gateway: Gateway, supervisor: Member) -> None:
    await gateway.say("hello")
    (row,) = (await supervisor.get("conversations"))["rows"]
    for what in ("export", "erase"):
        path = f"conversations/{row['id']}/personal_data/{what}"
        for reason in ("letter E12345678 of Jane 138 0013 8000", "mail of jane@example.org", "she who was born 3 May 1987"):
            assert (await supervisor.refused(path, reason=reason))[:2] == (400, "reason_personal"), reason
        assert (await supervisor.post(path, reason="by letter of 3 May"))["receipt"]
