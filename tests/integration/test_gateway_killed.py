"""A gateway that is killed in the middle of a conversation: both sides go on where they were, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.conversations.models import Message
from bot.db import Database
from tests import console
from tests.applicants import connected, visiting
from tests.bare_clients import bare_client
from tests.clerk import listens
from tests.console import PASSWORD, Member, browser
from tests.gateway import FakeRasa, never
from tests.processes import environment, kill, process
from tests.servers import AUDIT_KEY, free_port
from tests.staff import make_officer


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, AUDIT_KEY)
    yield opened
    opened.close()


@pytest_asyncio.fixture
async def rasa() -> AsyncIterator[FakeRasa]:
    opened = FakeRasa(listens)
    await opened.server.start_server()
    yield opened
    await opened.server.close()


class Address:
    """Where a gateway is, whichever process it is."""

    def __init__(self) -> None:
        self.port = free_port()

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"


@dataclass
class View:
    """What one side has been shown, by number."""

    shown: dict[int, str] = field(default_factory=dict)

    def add(self, messages: list[dict[str, Any]]) -> None:
        """What came with a catching-up or live; a number never stands for two messages."""
        for message in messages:
            assert self.shown.setdefault(message["metadata"]["seq"], message["text"]) == message["text"]

    @property
    def last(self) -> int:
        """The number from which it catches up: everything up to it is there."""
        return next(number for number in range(len(self.shown) + 1) if number + 1 not in self.shown)


def record(database: Database) -> list[tuple[int, str, str]]:
    with database.session() as session:
        query = select(Message).order_by(Message.created_at, Message.seq)
        return [(row.seq, row.author, row.text) for row in session.execute(query).scalars()]


async def stores(database: Database, text: str) -> None:
    while text not in [said for _, _, said in record(database)]:
        await asyncio.sleep(0.02)


async def with_officer(officer: Member, address: Address) -> tuple[str, str]:
    """A conversation that an officer has taken from the queue, and the session of its applicant."""
    async with visiting(address.url("/")) as ann:
        conversation: str = (await ann.say("hello"))["conversation"]
        await ann.hears("echo: hello")
        await ann.say("person")
        await ann.until(lambda: any("quick_replies" in body for body in ann.bodies("bot_uttered")))
        await ann.say("desk:wait")
        await ann.until(lambda: ann.bodies("conversation")[-1]["state"] == "QUEUED")
        await officer.post(f"conversations/{conversation}/claim")
        await ann.until(lambda: ann.bodies("conversation")[-1]["state"] == "WITH_STAFF")
        assert ann.token is not None
        return conversation, ann.token


async def test_applicant_and_officer_go_on_where_they_were(database: Database, database_url: str, tmp_path: Path, rasa: FakeRasa) -> None:
    address = Address()
    settings = environment(database_url, tmp_path, address.port, rasa.port)
    account = (await database.run(lambda session: make_officer(session, password=PASSWORD))).id
    mine, theirs = View(), View()
    # What nobody has acknowledged yet is sent again, as the widget and the console do.
    unsaid, unreplied = "", ""
    async with browser(address, account, "chen.li") as officer:
        async with process(settings) as gateway:
            await officer.sign_in()
            conversation, token = await with_officer(officer, address)
            await kill(gateway)
        for moment in ("on the way", "in the record", "acknowledged", "at rest"):
            async with process(settings) as gateway, connected(address.url("/")) as ann, console.line(officer) as line:
                snapshot = await ann.open(token, conversation=conversation, after=mine.last)
                assert snapshot["state"] == "WITH_STAFF" and snapshot["owner"]["name"] == "Chen Li" and not snapshot["fresh"]
                mine.add(snapshot["messages"])
                watched = await line.ask("watch", conversation_id=conversation, after=theirs.last)
                assert watched["ok"], watched
                theirs.add(watched["messages"])
                if unsaid:
                    assert (await ann.say(unsaid, unsaid))["ok"]
                    await officer.say(conversation, unreplied, unreplied)
                unsaid, unreplied = f"applicant, {moment}", f"officer, {moment}"
                sending = [
                    asyncio.create_task(ann.say(unsaid, unsaid)),
                    asyncio.create_task(officer.say(conversation, unreplied, unreplied)),
                ]
                if moment == "on the way":
                    await asyncio.sleep(0)
                elif moment == "in the record":
                    await stores(database, unsaid)
                    await stores(database, unreplied)
                else:
                    await asyncio.gather(*sending)
                if moment == "at rest":
                    await ann.hears(unreplied)
                    await line.messages_until("applicant")
                await kill(gateway)
                for task in sending:
                    task.cancel()
                await asyncio.gather(*sending, return_exceptions=True)
                mine.add(ann.bodies("user_uttered") + ann.bodies("bot_uttered"))
                theirs.add([body["message"] for name, body in line.heard if name == "message"])
        async with process(settings), connected(address.url("/")) as ann, console.line(officer) as line:
            mine.add((await ann.open(token, conversation=conversation, after=mine.last))["messages"])
            theirs.add((await line.ask("watch", conversation_id=conversation, after=theirs.last))["messages"])
            said = record(database)
    assert [seq for seq, _, _ in said] == list(range(1, len(said) + 1))
    texts = [text for _, _, text in said]
    for moment in ("on the way", "in the record", "acknowledged", "at rest"):
        assert texts.count(f"applicant, {moment}") == texts.count(f"officer, {moment}") == 1, (moment, texts)
    assert [mine.shown[seq] for seq, _, _ in said] == texts == [theirs.shown[seq] for seq, _, _ in said]
    assert not any("applicant," in asked for asked in rasa.texts)


async def test_answer_that_was_owed_comes_by_itself_to_who_connects_again(
    database: Database, database_url: str, tmp_path: Path, rasa: FakeRasa
) -> None:
    reached = asyncio.Event()

    async def hang(message: dict[str, Any]) -> Any:
        reached.set()
        return await never(message)

    rasa.script = hang
    address = Address()
    settings = environment(database_url, tmp_path, address.port, rasa.port)
    async with process(settings) as gateway, visiting(address.url("/")) as ann:
        assert (await ann.say("hello", "mine"))["owed"]
        await reached.wait()
        await kill(gateway)
    rasa.script = listens
    async with process(settings), connected(address.url("/")) as ann_again:
        snapshot = await ann_again.open(ann.token)
        assert snapshot["messages"][0]["text"] == "hello"
        if snapshot["answer_owed"]:
            await ann_again.hears("echo: hello")
        assert (await ann_again.say("hello", "mine"))["seq"] == 1
    assert record(database) == [(1, "applicant", "hello"), (2, "bot", "echo: hello")]


@pytest.mark.parametrize("ended", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "told to stop"])
async def test_client_that_knows_only_rasas_protocol_goes_on_by_itself(
    database: Database, database_url: str, tmp_path: Path, rasa: FakeRasa, node: str, ended: signal.Signals
) -> None:
    address = Address()
    settings = environment(database_url, tmp_path, address.port, rasa.port)
    account = (await database.run(lambda session: make_officer(session, password=PASSWORD))).id
    async with (
        browser(address, account, "chen.li") as officer,
        process(settings) as gateway,
        bare_client(node, tmp_path, "4", address.url("/"), ["polling", "websocket"]) as client,
    ):
        await officer.sign_in()
        await client.says("hello")
        conversation = (await client.hears("echo: hello"))["metadata"]["conversation"]["id"]
        await officer.post(f"conversations/{conversation}/join")
        await officer.say(conversation, "Good morning.")
        await client.hears("Good morning.")
        await kill(gateway, ended)
        await client.until(lambda: client.bodies("disconnect"))
        await client.says("typed while nobody listened")
        async with process(settings):
            await stores(database, "typed while nobody listened")
            await officer.say(conversation, "I am here again.")
            await client.hears("I am here again.")
    said = record(database)
    assert [seq for seq, _, _ in said] == list(range(1, len(said) + 1))
    assert len(set(client.bodies("session_confirm"))) == 1
    # It may be sent again what it had not shown yet, but it misses nothing, and the order holds.
    assert list(dict.fromkeys(client.texts())) == [text for _, author, text in said if author != "applicant"]
