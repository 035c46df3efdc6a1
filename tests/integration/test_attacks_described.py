"""Every route that the gateway's own OpenAPI description names, asked by schemathesis for what it allows and for what it does not."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given
from hypothesis import settings as rules
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.channels.description import PATH as DESCRIPTION
from bot.db import Database
from bot.settings import Settings
from tests.console import member, rasa, taken
from tests.failures import failures, listen
from tests.gateway import running

TOKEN = "authority-token-0001"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
# Enough to come upon each parameter and field; the console's own fuzzing asks further.
EXAMPLES = 4
# They would end the sessions that the others need.
LEFT_OUT = ("/console/api/sign_out", "/console/api/password", "/console/api/sign_in")


@dataclass
class Served:
    """A gateway that runs in a thread of its own, and the headers with which each kind of caller asks it."""

    address: str
    known: dict[str, Any]
    officer: dict[str, str]
    chief: dict[str, str]
    program: dict[str, str]

    def headers(self, path: str) -> dict[str, str]:
        """Those of somebody who may call this path."""
        if not path.startswith("/console"):
            return self.program
        return self.chief if path.startswith(("/console/api/accounts", "/console/api/audit")) else self.officer


@pytest.fixture
def served(sqlite_database: Database, tmp_path: Path) -> Iterator[Served]:
    ready: Future[Served] = Future()
    still: Future[list[int]] = Future()
    loop = asyncio.new_event_loop()
    ending = asyncio.Event()

    async def serve() -> None:
        settings = Settings(
            data_dir=tmp_path,
            database_url=str(sqlite_database.engine.url),
            demo=False,
            rate_limits=False,
            record_tokens={TOKEN: "authority"},
        )
        async with AsyncExitStack() as stack:
            try:
                gateway = await stack.enter_async_context(running(settings, rasa))
                people = [
                    await stack.enter_async_context(member(gateway, sqlite_database, f"{role}.one", role))
                    for role in ("supervisor", "administrator")
                ]
                officer, chief = (
                    {"Cookie": f"staff={person.cookie}", "Origin": person.origin, "X-CSRF-Token": person.csrf} for person in people
                )
                # Somebody whose account may be disabled.
                other = await stack.enter_async_context(member(gateway, sqlite_database, "trainee.one", "trainee"))
                known = {"conversation_id": await taken(gateway, people[0]), "account_id": other.id}
                program = {"Authorization": f"Bearer {TOKEN}"}
                ready.set_result(Served(gateway.url("/").rstrip("/"), known, officer, chief, program))
            except BaseException as error:
                ready.set_exception(error)
                raise
            await ending.wait()
            still.set_result([(await person.call("GET", "me"))[0] for person in people])

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    yield ready.result(60)
    loop.call_soon_threadsafe(ending.set)
    assert still.result(60) == [200, 200]
    thread.join()
    loop.close()


def test_every_described_route_answers_as_described_whatever_it_is_asked(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    listen(caplog, logging.INFO)
    schema = schemathesis.openapi.from_url(f"{served.address}{DESCRIPTION}")
    operations = [found.ok() for found in schema.get_all_operations()]
    asked = [each for each in operations if each.path not in LEFT_OUT]
    assert len(asked) > 60

    def knock(operation: Any) -> None:
        modes = [operation.as_strategy(generation_mode=mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)]

        @rules(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
        )
        @given(st.one_of(modes))
        def holds(case: Any) -> None:
            case.path_parameters.update({name: served.known[name] for name in case.path_parameters if name in served.known})
            case.call_and_validate(headers=served.headers(operation.path), checks=CHECKS)

        holds()

    for operation in asked:
        knock(operation)
    assert failures(caplog.records) == []
