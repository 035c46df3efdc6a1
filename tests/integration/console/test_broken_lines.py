"""Officers on lines that break, and at gateways that are started again: nothing lost, nothing said twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest

from bot.conversations.desk import Rules
from bot.db import Database
from bot.settings import Settings
from bot.staff import presence
from tests.console import Member, line, member, queued, rasa, taken
from tests.gateway import PARTS, Gateway, desk, running
from tests.lines import Line, line_to


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database


class Behind(Gateway):
    """The gateway as it is reached by a line that can break."""

    def __init__(self, gateway: Gateway, way: Line) -> None:
        super().__init__(gateway.client, gateway.server, gateway.rasa)
        self._way = way

    def url(self, path: str) -> str:
        """The address of a path, by the line."""
        return f"{self._way.url}{path}"


@asynccontextmanager
async def breakable(gateway: Gateway, person: Member) -> AsyncIterator[Line]:
    """A line of its own between this person and the gateway."""
    assert gateway.server.port is not None
    async with line_to(gateway.server.port) as way:
        person.gateway = Behind(gateway, way)
        yield way
        person.gateway = gateway


async def test_reply_whose_receipt_is_lost_is_said_once(gateway: Gateway, officer: Member) -> None:
    conversation_id = await taken(gateway, officer)
    await gateway.say(None)
    async with breakable(gateway, officer) as way:
        way.hold()
        sending = asyncio.create_task(officer.say(conversation_id, "said once", "reply-1"))
        await way.held.wait()
        way.cut()
        with pytest.raises(aiohttp.ClientError):
            await sending
        receipt = await officer.say(conversation_id, "said once", "reply-1")
    assert not receipt["fresh"] and await gateway.texts(None) == ["said once"]


async def test_claim_whose_receipt_is_lost_is_still_a_claim(gateway: Gateway, officer: Member, colleague: Member) -> None:
    conversation_id = await queued(gateway, officer)
    path = f"conversations/{conversation_id}"
    async with breakable(gateway, officer) as way:
        way.hold()
        claiming = asyncio.create_task(officer.post(f"{path}/claim"))
        await way.held.wait()
        way.cut()
        with pytest.raises(aiohttp.ClientError):
            await claiming
        assert await colleague.refused(f"{path}/claim") == (409, "already_claimed", {"name": "Wang Li"})
        await officer.post(f"{path}/claim")
    said = [each["metadata"].get("desk") for each in (await officer.get(path))["messages"]]
    assert said.count("claimed") == 1


async def test_line_that_broke_catches_up_with_everything_and_nothing_twice(gateway: Gateway, officer: Member) -> None:
    conversation_id = await taken(gateway, officer)
    async with breakable(gateway, officer) as way:
        async with line(officer) as live:
            known = (await live.ask("watch", conversation_id=conversation_id, after=0))["messages"]
            way.cut(stay=True)
            await live.ended.wait()
        for number in range(3):
            await gateway.say(f"while you were away {number}")
        way.mend()
        async with line(officer) as live:
            missed = (await live.ask("watch", conversation_id=conversation_id, after=known[-1]["metadata"]["seq"]))["messages"]
            await gateway.say("and now")
            news = await live.messages_until("applicant")
    assert [each["text"] for each in (*missed, *news)] == [*(f"while you were away {number}" for number in range(3)), "and now"]
    seqs = [each["metadata"]["seq"] for each in (*known, *missed, *news)]
    assert seqs == list(range(1, len(seqs) + 1))


async def test_what_is_told_can_be_read_at_that_moment(gateway: Gateway, officer: Member, colleague: Member) -> None:
    conversation_id = await taken(gateway, officer)
    async with line(colleague) as live:
        seq = (await live.ask("watch", conversation_id=conversation_id, after=0))["messages"][-1]["metadata"]["seq"]
        for number in range(5):
            live.heard.clear()
            sending = asyncio.create_task(officer.say(conversation_id, f"reply {number}"))
            (told,) = await live.messages_until("staff")
            view = await colleague.get(f"conversations/{conversation_id}?after={seq + number}")
            assert [each["metadata"]["id"] for each in view["messages"]] == [told["metadata"]["id"]]
            await sending


async def test_board_that_is_told_of_a_change_shows_it(gateway: Gateway, officer: Member) -> None:
    async with line(officer) as live:
        await gateway.say("person")
        queue: list[object] = []
        await gateway.say("desk:wait")
        while not queue:
            await live.until("board_changed")
            live.heard.clear()
            queue = (await officer.get("board"))["queue"]
        assert len(queue) == 1


async def test_gateway_that_is_started_again_goes_on_where_it_was(settings: Settings, database: Database) -> None:
    parts = replace(PARTS, desk=desk(presence, Rules(reclaim_after_s=3600)))
    async with running(settings, rasa, parts) as first, member(first, database, "wang", name="Wang Li") as officer:
        conversation_id = await taken(first, officer, "ann", "how long does it take?")
        async with line(officer) as live:
            known = (await live.ask("watch", conversation_id=conversation_id, after=0))["messages"]
            said = await officer.say(conversation_id, "before the end", "reply-1")
            await first.server.close()
            await live.ended.wait()
        async with running(settings, rasa, parts) as second:
            officer.gateway = second
            # The session, the conversation and its owner are what they were.
            assert (await officer.get("me"))["officer"]["login"] == "wang"
            assert [row["id"] for row in (await officer.get("board"))["mine"]] == [conversation_id]
            again = await officer.say(conversation_id, "before the end", "reply-1")
            assert not again["fresh"] and again["id"] == said["id"]
            await second.say("are you still there?")
            async with line(officer) as live:
                missed = (await live.ask("watch", conversation_id=conversation_id, after=known[-1]["metadata"]["seq"]))["messages"]
                await officer.say(conversation_id, "still here")
                news = await live.messages_until("staff")
            assert [each["text"] for each in (*missed, *news)] == ["before the end", "are you still there?", "still here"]
            seqs = [each["metadata"]["seq"] for each in (*known, *missed, *news)]
            assert seqs == list(range(1, len(seqs) + 1))
