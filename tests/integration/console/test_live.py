"""The console's live line: who gets on it, what is told on it, and how it ends."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import socketio
from sqlalchemy import update

from bot.app import CONSOLE, RECORD
from bot.console.live import Live
from bot.conversations.events import Typing
from bot.conversations.models import Conversation
from bot.conversations.threads import Address
from bot.db import Database, now
from bot.settings import Settings
from bot.staff import presence
from bot.staff.colleagues import colleagues
from bot.staff.models import StaffSession
from tests.applicants import connected, visiting
from tests.console import Member, browser, fresh_id, line, member, rasa
from tests.gateway import PARTS, Gateway, desk, running

NUMBER = "202612345678"


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        database_url=str(sqlite_database.engine.url),
        demo=False,
        rate_limits=False,
        allowed_origins=frozenset({"https://www.example.cn"}),
    )


@pytest_asyncio.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    async with running(settings, rasa, replace(PARTS, desk=desk(presence))) as opened:
        yield opened


@pytest_asyncio.fixture
async def officer(gateway: Gateway, sqlite_database: Database) -> AsyncIterator[Member]:
    async with member(gateway, sqlite_database, "wang", name="Wang Li") as person:
        yield person


@pytest_asyncio.fixture
async def trainee(gateway: Gateway, sqlite_database: Database) -> AsyncIterator[Member]:
    async with member(gateway, sqlite_database, "lin", "trainee") as person:
        yield person


async def conversation(gateway: Gateway, officer: Member, *said: str) -> str:
    for text in (*said, "person", "desk:wait"):
        await gateway.say(text)
    return str((await officer.get("board"))["queue"][0]["id"])


async def turned_away(person: Member, **headers: str) -> str:
    with pytest.raises(socketio.exceptions.ConnectionError):
        async with line(person, headers):
            pass
    return "turned away"


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_only_a_signed_in_page_of_our_own_gets_on_the_line(gateway: Gateway, officer: Member, transport: str) -> None:
    async with line(officer, transports=[transport]) as live:
        assert (await live.ask("here"))["ok"]
    async with line(officer, {"Origin": ""}, [transport]) as live:
        assert (await live.ask("here"))["ok"]
    assert await turned_away(officer, Cookie="")
    assert await turned_away(officer, Cookie="staff=made-up")
    assert await turned_away(officer, Origin="https://evil.example")
    # A page that may hold the widget is no page of the console.
    assert await turned_away(officer, Origin="https://www.example.cn")


async def test_nobody_takes_a_place_by_what_they_send(gateway: Gateway, officer: Member) -> None:
    client = socketio.AsyncClient(reconnection=False, request_timeout=60)
    refused: list[Any] = []
    client.on("connect_error", refused.append, namespace="/staff")
    with pytest.raises(socketio.exceptions.ConnectionError):
        presented = {"token": officer.cookie, "cookie": f"staff={officer.cookie}"}
        await client.connect(gateway.url("/"), namespaces=["/staff"], auth=presented, wait_timeout=60)
    await client.shutdown()
    assert refused and refused[0]["data"]["code"] == "signed_out"


async def test_watcher_gets_everything_after_a_number_and_then_what_comes(gateway: Gateway, officer: Member) -> None:
    conversation_id = await conversation(gateway, officer, f"my number is {NUMBER}")
    async with line(officer) as live:
        whole = await live.ask("watch", conversation_id=conversation_id, after=0)
        seqs = [each["metadata"]["seq"] for each in whole["messages"]]
        assert whole["ok"] and seqs == list(range(1, seqs[-1] + 1)) and NUMBER not in str(whole)
        later = await live.ask("watch", conversation_id=conversation_id, after=seqs[-2])
        assert [each["metadata"]["seq"] for each in later["messages"]] == [seqs[-1]]
        await officer.post(f"conversations/{conversation_id}/claim")
        state = await live.until("state", state="WITH_STAFF")
        assert state["conversation_id"] == conversation_id and state["owner"]["name"] == "Wang Li"
        await gateway.say("another is 202687654321")
        await officer.say(conversation_id, f"so {NUMBER} and 2026 8765 4321")
        messages = await live.messages_until("staff")
        assert [each["text"] for each in messages[-2:]] == ["another is ••••4321", "so ••••5678 and ••••4321"]
        assert [each["metadata"]["seq"] for each in messages] == list(range(seqs[-1] + 1, seqs[-1] + 1 + len(messages)))


async def test_conversation_that_its_applicant_erases_goes_from_every_console(gateway: Gateway, officer: Member) -> None:
    async with visiting(gateway.url("/")) as applicant, line(officer) as live:
        await applicant.say("person")
        conversation_id = str((await applicant.say("desk:wait"))["conversation"])
        await applicant.until(lambda: applicant.bodies("conversation")[-1]["state"] == "QUEUED")
        await live.ask("watch", conversation_id=conversation_id, after=0)
        assert len((await applicant.call("my_data", {}))["says"]["sure"]) == 2
        assert (await applicant.call("erase_my_data", {}))["ok"]
        assert await live.until("erased") == {"conversation_id": conversation_id}
        status, _ = await officer.call("GET", f"conversations/{conversation_id}")
        assert status == 404 and (await officer.get("board"))["queue"] == []


async def test_nobody_hears_a_conversation_that_they_do_not_watch(gateway: Gateway, officer: Member, trainee: Member) -> None:
    conversation_id = await conversation(gateway, officer)
    async with line(officer) as watching, line(trainee) as elsewhere:
        await watching.ask("watch", conversation_id=conversation_id, after=0)
        await officer.post(f"conversations/{conversation_id}/claim")
        await officer.say(conversation_id, "for your eyes only")
        await watching.until("message")
        await elsewhere.until("board_changed")
        assert {name for name, _ in elsewhere.heard} == {"board_changed"}
        await watching.ask("unwatch", conversation_id=conversation_id)
        watching.heard.clear()
        await officer.say(conversation_id, "not any more")
        await watching.until("board_changed")
        assert "message" not in {name for name, _ in watching.heard}


async def test_conversation_of_another_station_cannot_be_watched(gateway: Gateway, officer: Member, sqlite_database: Database) -> None:
    conversation_id = await conversation(gateway, officer)
    await officer.post(f"conversations/{conversation_id}/claim")
    await officer.post(f"conversations/{conversation_id}/transfer", to_station="qianhai")
    async with member(gateway, sqlite_database, "far", stations=["pingshan"]) as stranger, line(stranger) as live:
        refused = await live.ask("watch", conversation_id=conversation_id, after=0)
        assert not refused["ok"] and refused["error"]["code"] == "other_station" and "messages" not in refused
        assert (await live.ask("watch", conversation_id="none"))["error"]["code"] == "conversation_unknown"
        assert (await live.ask("watch", conversation_id=["x"]))["error"]["code"] == "conversation_unknown"
    async with member(gateway, sqlite_database, "near", stations=["qianhai"]) as neighbour, line(neighbour) as live:
        assert (await live.ask("watch", conversation_id=conversation_id, after=0))["ok"]


async def test_conversation_that_goes_to_another_station_is_followed_no_longer(
    gateway: Gateway, officer: Member, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation_id = await conversation(gateway, officer)
    async with member(gateway, sqlite_database, "far", stations=["pingshan"]) as other, line(other) as elsewhere, line(officer) as live:
        for each in (elsewhere, live):
            assert (await each.ask("watch", conversation_id=conversation_id, after=0))["ok"]
        await officer.post(f"conversations/{conversation_id}/claim")
        await elsewhere.until("state", state="WITH_STAFF")
        may_see = Live._may_see

        def slowly(*asked: Any) -> bool:
            time.sleep(0.3)
            return may_see(*asked)

        # A busy database: what is said meanwhile must wait until it is known who may hear it.
        monkeypatch.setattr(Live, "_may_see", slowly)
        await officer.post(f"conversations/{conversation_id}/transfer", to_station="qianhai")
        await gateway.say("for Qianhai only")
        await live.messages_until("applicant")
        # The answer to one's own next question comes after what was told before.
        assert (await elsewhere.ask("watch", conversation_id=conversation_id, after=0))["error"]["code"] == "other_station"
        await elsewhere.until("unwatched")
        assert "for Qianhai only" not in str(elsewhere.heard)


async def test_move_that_was_not_told_ends_following_once_the_record_is_looked_at(
    gateway: Gateway, officer: Member, sqlite_database: Database
) -> None:
    conversation_id = await conversation(gateway, officer)
    async with member(gateway, sqlite_database, "far", stations=["pingshan"]) as other, line(other) as elsewhere, line(officer) as live:
        for each in (elsewhere, live):
            assert (await each.ask("watch", conversation_id=conversation_id, after=0))["ok"]
        with sqlite_database.session() as session:
            moved = {"station": "qianhai", "state": "WITH_STAFF", "owner_id": officer.id}
            session.execute(update(Conversation).where(Conversation.id == conversation_id).values(moved))
        await gateway.server.app[CONSOLE].live.look_at_record()
        await live.until("conversation_changed")
        await elsewhere.until("unwatched")
        gateway.server.app[RECORD].tell(Typing(conversation_id, Address("rest", "", "ann"), "applicant", None, True))
        await live.until("typing")
        assert (await elsewhere.ask("here"))["ok"]
        assert "typing" not in {name for name, _ in elsewhere.heard}


async def test_conversation_whose_followers_cannot_be_looked_up_keeps_nobody_else_waiting(
    gateway: Gateway, officer: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.console.live._REVIEW_AGAIN_S", 0.05)
    conversation_id = await conversation(gateway, officer)
    async with line(officer) as live:
        assert (await live.ask("watch", conversation_id=conversation_id, after=0))["ok"]
        with monkeypatch.context() as away:
            away.setattr(Live, "_may_see", lambda *_: 1 / 0)
            await officer.post(f"conversations/{conversation_id}/claim")
            # It is told nobody, and whoever may goes on following.
            assert await live.until("unwatched") == {"conversation_id": conversation_id}
        await live.until("board_changed")
        assert (await live.ask("watch", conversation_id=conversation_id, after=0))["ok"]
        await officer.say(conversation_id, "here again")
        assert (await live.messages_until("staff"))[-1]["text"] == "here again"


async def test_following_outlives_a_failed_attempt_to_follow_anew(
    gateway: Gateway, officer: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation_id = await conversation(gateway, officer)
    async with line(officer) as live:
        assert (await live.ask("watch", conversation_id=conversation_id, after=0))["ok"]
        with monkeypatch.context() as away:
            away.setattr("bot.conversations.overview.seen", lambda *_: 1 / 0)
            assert (await live.ask("watch", conversation_id=conversation_id, after=0))["error"]["code"] == "internal"
        await officer.post(f"conversations/{conversation_id}/claim")
        await officer.say(conversation_id, "still here")
        assert (await live.messages_until("staff"))[-1]["text"] == "still here"


async def test_administrator_hears_nothing_of_conversations(gateway: Gateway, officer: Member, sqlite_database: Database) -> None:
    conversation_id = await conversation(gateway, officer)
    chief = member(gateway, sqlite_database, "chief", "administrator")
    async with chief as administrator, line(administrator) as live, line(officer) as other:
        refused = await live.ask("watch", conversation_id=conversation_id, after=0)
        assert refused["error"]["code"] == "not_permitted"
        await officer.post(f"conversations/{conversation_id}/claim")
        await other.until("board_changed")
        assert live.heard == []


async def test_notes_and_drafts_are_told_to_those_who_watch(gateway: Gateway, officer: Member, trainee: Member) -> None:
    conversation_id = await conversation(gateway, officer)
    async with line(officer) as live:
        await live.ask("watch", conversation_id=conversation_id, after=0)
        await trainee.post(f"conversations/{conversation_id}/draft", text="I would say so", client_id=fresh_id())
        assert await live.until("conversation_changed") == {"conversation_id": conversation_id}


async def test_applicant_sees_the_officer_who_has_the_conversation_typing(gateway: Gateway, officer: Member, trainee: Member) -> None:
    async with connected(gateway.url("/")) as applicant:
        await applicant.open()
        for text in ("person", "desk:wait"):
            await applicant.say(text, fresh_id())
        await applicant.until(lambda: any(body["state"] == "QUEUED" for body in applicant.bodies("conversation")))
        conversation_id = (await officer.get("board"))["queue"][0]["id"]
        async with line(officer) as live, line(trainee) as watching:
            for each in (live, watching):
                await each.ask("watch", conversation_id=conversation_id, after=0)
            told: list[Typing] = []
            gateway.server.app[RECORD].listen(lambda event: told.append(event) if isinstance(event, Typing) else None)
            assert (await live.ask("typing", conversation_id=conversation_id, on=True))["ok"] and told == []
            await officer.post(f"conversations/{conversation_id}/claim")
            await live.until("state", state="WITH_STAFF")
            assert (await watching.ask("typing", conversation_id=conversation_id, on=True))["error"]["code"] == "not_permitted"
            await live.ask("typing", conversation_id=conversation_id, on=True)
            assert [(each.author, each.name, each.on) for each in told] == [("staff", "Wang Li", True)]
            await applicant.until(lambda: any(body.get("author") == "staff" for body in applicant.bodies("typing")))
            await applicant.client.emit("typing", {"on": True})
            assert await live.until("typing", on=True) == {"conversation_id": conversation_id, "on": True}


async def test_heartbeat_keeps_an_officer_there(officer: Member, sqlite_database: Database) -> None:
    await sqlite_database.run(presence.gone, officer.id)
    async with line(officer) as live:
        assert (await live.ask("here"))["ok"]
        (there,) = await sqlite_database.run(colleagues, 60)
        assert there.id == officer.id


@pytest.mark.parametrize("way", ["sign_out", "password"])
async def test_line_is_cut_when_its_session_ends(gateway: Gateway, officer: Member, way: str) -> None:
    async with browser(gateway, officer.id, "wang") as other:
        await other.sign_in()
        async with line(officer) as mine, line(other) as theirs:
            if way == "sign_out":
                await other.post("sign_out")
            else:
                await officer.post("password", old="correct horse battery staple", new="twelve quiet harbours")
            await theirs.until("signed_out")
            await theirs.ended.wait()
            assert (await mine.ask("here"))["ok"]


async def test_session_that_ended_elsewhere_is_noticed_with_the_next_question(officer: Member, sqlite_database: Database) -> None:
    async with line(officer) as live:
        # Another gateway ended it, and this one was not told.
        await sqlite_database.run(lambda session: session.execute(update(StaffSession).values(revoked_at=now())))
        refused = await live.ask("here")
        assert not refused["ok"] and refused["error"]["code"] == "signed_out"
        await live.ended.wait()


async def test_session_that_ended_elsewhere_is_noticed_in_time(officer: Member, sqlite_database: Database, gateway: Gateway) -> None:
    async with line(officer) as live:
        await sqlite_database.run(lambda session: session.execute(update(StaffSession).values(revoked_at=now())))
        await gateway.server.app[CONSOLE].live.look()
        await live.until("signed_out")
        await live.ended.wait()
