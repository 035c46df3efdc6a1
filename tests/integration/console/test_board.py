"""The board, the search and what can be chosen: found, filtered, and with no more statements for many than for few."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

from aiohttp.test_utils import make_mocked_request
from sqlalchemy import event, insert
from sqlalchemy.orm import Session

from bot.app import CONSOLE, DATABASE, STAFF
from bot.console.routes import API, Call
from bot.conversations.models import Conversation, ConversationTag, Handoff, Message
from bot.conversations.threads import new_id
from bot.db import Database, now
from tests.console import Member, line, queued, taken
from tests.gateway import Gateway

_counting: ContextVar[list[str] | None] = ContextVar("counting", default=None)


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


async def test_live_line_tells_of_the_queue(gateway: Gateway, officer: Member) -> None:
    async with line(officer) as live:
        await gateway.say("person")
        await gateway.say("desk:wait")
        await live.until("board_changed")


async def test_board_shows_what_colleagues_have_to_whoever_may_read_it(gateway: Gateway, officer: Member, trainee: Member) -> None:
    conversation_id = await taken(gateway, officer, "ann", "how long does it take?")
    await queued(gateway, officer, "bob", "where is the station?")
    (row,) = (await trainee.get("board"))["others"]
    assert row["id"] == conversation_id and row["owner"]["id"] == officer.id and row["waiting_since"] is None
    board = await officer.get("board")
    assert board["others"] == [] and [each["id"] for each in board["mine"]] == [conversation_id]


async def test_search_meets_every_filter(gateway: Gateway, officer: Member) -> None:
    english, chinese = await queued(gateway, officer, "ann", "how long does it take?"), await taken(gateway, officer, "bob", "需要多长时间")
    await officer.post(f"conversations/{chinese}/tags", add=["teacher"])

    async def found(**wanted: Any) -> set[str]:
        return {row["id"] for row in (await officer.post("conversations/search", **wanted))["rows"]}

    assert await found() == await found(q=" ") == {english, chinese}
    assert await found(language="zh") == await found(owner="me") == await found(tag="teacher") == await found(q="多长") == {chinese}
    assert await found(state="QUEUED") == await found(q="HOW LONG") == {english}
    assert await found(state="QUEUED", language="zh") == await found(q="100%_") == await found(topic="none") == set()
    assert (await officer.refused("conversations/search", owner="somebody"))[:2] == (400, "field_type")
    assert (await officer.refused("conversations/search", q=["how"]))[:2] == (400, "field_type")


async def test_search_goes_on_page_by_page_when_little_of_it_is_shown(gateway: Gateway, officer: Member, database: Database) -> None:
    """Hundreds of conversations hold the letters where they are masked, and a few where everybody sees them."""
    await database.run(_many, 130, lambda number: "write to teacher@example.com" if number % 20 else "I am a teacher")
    found = await officer.post("conversations/search", q="teacher")
    assert len(found["rows"]) == 7 and not found["more"]
    assert {row["first_line"] for row in found["rows"]} == {"I am a teacher"}


def _many(session: Session, count: int, text: Callable[[int], str], messages: int = 1) -> list[str]:
    """Conversations that wait in the queue, each with this many messages of its applicant."""
    moment, ids = now() - timedelta(hours=1), [new_id() for _ in range(count)]
    address = {"channel": "rest", "caller": "many", "state": "QUEUED", "last_seq": messages, "last_language": "en"}
    session.execute(insert(Conversation), [{**address, "id": each, "thread_id": each, "ordinal": 1, "sender": each} for each in ids])
    request = {"message_id": "", "reason": "asked", "requested_at": moment, "queued_at": moment}
    session.execute(insert(Handoff), [{**request, "conversation_id": each} for each in ids])
    session.execute(insert(ConversationTag), [{"conversation_id": each, "tag": "many", "staff_id": 1} for each in ids])
    said = {"author": "applicant", "language": "en", "payload": {}}
    session.execute(
        insert(Message),
        [
            {**said, "id": new_id(), "conversation_id": each, "seq": seq, "text": text(number)}
            for number, each in enumerate(ids)
            for seq in range(1, messages + 1)
        ],
    )
    return ids


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that are sent on behalf of this task, and of no other."""

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        mine = _counting.get()
        if mine is not None:
            mine.append(statement)

    event.listen(database.engine, "before_cursor_execute", count)
    sent: list[str] = []
    token = _counting.set(sent)
    try:
        yield sent
    finally:
        _counting.reset(token)
        event.remove(database.engine, "before_cursor_execute", count)


async def ask(gateway: Gateway, person: Member, path: str, **parts: str) -> tuple[Any, int]:
    """What a route answers to somebody signed in, and how many statements it took."""
    route = next(each for each in gateway.server.app[CONSOLE].table if (each.method, each.path) == ("GET", f"{API}/{path}"))
    database = gateway.server.app[DATABASE]
    signed = await database.run(gateway.server.app[STAFF].signed_in, person.cookie, False)
    call = Call(make_mocked_request("GET", "/", match_info=parts), {}, "", "", False, person.cookie, signed)
    await route.handle(call)
    with counted(database) as sent:
        found = await route.handle(call)
    return found, len(sent)


async def test_board_of_five_hundred_takes_the_statements_of_a_board_of_three(
    gateway: Gateway, officer: Member, database: Database
) -> None:
    await database.run(_many, 3, lambda number: f"question {number}")
    few, for_few = await ask(gateway, officer, "board")
    await database.run(_many, 497, lambda number: f"question {number}")
    many, for_many = await ask(gateway, officer, "board")
    assert (len(few["queue"]), len(many["queue"])) == (3, 500)
    assert 0 < for_many == for_few
    assert {row["first_line"] for row in many["queue"]} >= {"question 0", "question 496"} and many["queue"][0]["tags"] == ["many"]


async def test_conversation_of_two_thousand_messages_takes_the_statements_of_one_of_two(
    gateway: Gateway, officer: Member, database: Database
) -> None:
    (short,) = await database.run(_many, 1, lambda _: "one of two", 2)
    (long,) = await database.run(_many, 1, lambda _: "one of many", 2000)
    few, for_few = await ask(gateway, officer, "conversations/{conversation_id}", conversation_id=short)
    many, for_many = await ask(gateway, officer, "conversations/{conversation_id}", conversation_id=long)
    assert (len(few["messages"]), len(many["messages"])) == (2, 2000)
    assert 0 < for_many == for_few


async def test_list_and_search_of_many_take_the_statements_of_a_page(gateway: Gateway, officer: Member, database: Database) -> None:
    await database.run(_many, 2, lambda number: "hello")
    _, for_few = await ask(gateway, officer, "conversations")
    await database.run(_many, 300, lambda number: "hello")
    found, for_many = await ask(gateway, officer, "conversations")
    assert len(found["rows"]) == 50 and found["more"] and 0 < for_many == for_few
