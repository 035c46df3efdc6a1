"""Whatever somebody who is signed in sends to whichever line of the console's table: an answer or a refusal, and never a failure."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from bot.app import CONSOLE
from bot.console.routes import Route
from bot.db import Database
from bot.settings import Settings
from tests.console import Member, member, rasa, taken
from tests.failures import failures, listen
from tests.gateway import running
from tests.loops import Loop, loop

FIELDS = (
    "text",
    "client_id",
    "reason",
    "tag",
    "to_staff",
    "to_station",
    "note",
    "outcome",
    "kind",
    "draft_id",
    "message_id",
    "presence",
    "language",
    "version",
    "name",
    "login",
    "role",
    "stations",
    "active",
    "code",
    "password",
    "token",
    "old",
    "new",
    "totp",
)
PARAMETERS = (
    "after",
    "before",
    "page",
    "cursor",
    "text",
    "state",
    "from",
    "to",
    "who",
    "action",
    "language",
    "limit",
    "station",
    "tag",
    "open",
)

odd = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.sampled_from(["", "en", "2026-02-30", "0", "-1"])
values = st.recursive(
    odd, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=6
)
bodies = st.dictionaries(st.sampled_from(FIELDS), values, max_size=6)
# No figures in the texts: those who ask would disable each other's accounts.
parts = st.sampled_from(["0", "-1", "99999999999999999999", "null", "x" * 90, "\u202e", "\x00", "..", "%", "c-1"]) | st.text(
    st.characters(blacklist_categories=("Cs", "Nd")), min_size=1, max_size=12
)
queries = st.dictionaries(st.sampled_from(PARAMETERS), odd.map(str), max_size=4)


class Office:
    """Somebody signed in for each role, and a conversation that the officer has."""

    def __init__(self, loop: Loop, people: list[Member], conversation: str, table: list[Route]) -> None:
        self._loop, self.people, self.conversation, self.table = loop, people, conversation, table

    def ask(self, person: Member, route: Route, path: str, body: Any) -> tuple[int, bytes]:
        """Status and body of a call with this person's session."""

        async def call() -> tuple[int, bytes]:
            headers = {"Origin": person.origin, "X-CSRF-Token": person.csrf, "Content-Type": "application/json"}
            data = json.dumps(body).encode() if route.changes else None
            address = person.gateway.url("/").rstrip("/") + path
            async with person.client.request(route.method, address, data=data, headers=headers, allow_redirects=False) as response:
                return response.status, await response.read()

        return self._loop.do(call)


@pytest.fixture
def office(sqlite_database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Office]:
    listen(caplog, logging.INFO)
    with loop() as opened:

        async def start() -> Office:
            settings = Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False, rate_limits=False)
            enter = opened.stack.enter_async_context
            gateway = await enter(running(settings, rasa))
            roles = ("officer", "trainee", "supervisor", "administrator")
            people = [await enter(member(gateway, sqlite_database, f"{role}.one", role)) for role in roles]
            conversation = await taken(gateway, people[0])
            # It would end the session that the others need.
            table = [route for route in gateway.server.app[CONSOLE].table if not route.path.endswith("/sign_out")]
            return Office(opened, people, conversation, table)

        office = opened.do(start)
        yield office
        assert [opened.do(lambda person=person: person.call("GET", "me"))[0] for person in office.people] == [200] * len(office.people)
        assert failures(caplog.get_records("call")) == []


def test_every_line_of_the_table_answers_or_refuses_whatever_it_is_sent(office: Office) -> None:
    def knock(route: Route) -> None:
        @rules(max_examples=12, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
        @given(st.sampled_from(office.people), parts, st.booleans(), queries, bodies | values)
        def holds(person: Member, part: str, known: bool, query: dict[str, str], body: Any) -> None:
            filled = office.conversation if known else part
            path = re.sub(r"\{[^}]+\}", lambda _: quote(filled, safe=""), route.path)
            asked = "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in query.items())
            status, answered = office.ask(person, route, f"{path}?{asked}", body)
            assert status < 500, (route.method, route.path, part, query, body, answered)
            if status >= 400:
                error = json.loads(answered)["error"]
                assert error["code"] != "internal" and error["message"], (route.path, answered)

        holds()

    assert len(office.table) > 40
    for route in office.table:
        knock(route)
