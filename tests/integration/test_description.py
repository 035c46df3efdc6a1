"""The published description: it names every route that is served and no other, and says what is true."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest_asyncio
from jsonschema import Draft202012Validator

from bot.app import CONSOLE
from bot.channels.description import PATH, description
from bot.console.routes import ANYONE
from bot.db import Database
from bot.permits.models import APPLICATION_TYPES, STAGES
from bot.permits.records import FIELDS, MOST_STAGES
from bot.settings import Settings
from tests.gateway import Gateway, running
from tests.records import fields

TOKEN = "authority-token-0001"


@pytest_asyncio.fixture
async def gateway(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Gateway]:
    settings = Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False)
    async with running(replace(settings, record_tokens={TOKEN: "authority"})) as opened:
        yield opened


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def valid(name: str, value: Any) -> bool:
    schema = {"$ref": f"#/components/schemas/{name}", "components": description()["components"]}
    return Draft202012Validator(schema).is_valid(value)


async def test_every_route_is_described_and_nothing_else(gateway: Gateway) -> None:
    async with gateway.client.get(gateway.url(PATH)) as response:
        assert response.status == 200 and response.content_type == "application/json"
        published = await response.json()
    described = {f"{method.upper()} {path}" for path, methods in published["paths"].items() for method in methods}
    served = {
        f"{route.method} {route.resource.canonical}"
        for route in gateway.server.app.router.routes()
        # A HEAD is a GET whose body stays here.
        if route.resource is not None and route.method != "HEAD"
    }
    assert described == served


async def test_who_may_use_the_console_is_described_as_it_is(gateway: Gateway) -> None:
    described = {(method, path): operation for method, path, operation in operations()}
    for route in gateway.server.app[CONSOLE].table:
        operation = described[route.method, route.path]
        access = ANYONE if operation["security"] == [] else operation.get("x-permission", "signed_in")
        assert access == route.access, route.path
        if route.access != ANYONE:
            assert ("page" in operation["security"][0]) == route.changes, route.path


def test_every_operation_says_what_it_is_takes_and_gives() -> None:
    schemes = set(description()["components"]["securitySchemes"])
    for method, path, operation in operations():
        assert operation["summary"] and operation["responses"], (method, path)
        assert {name for needed in operation["security"] for name in needed} <= schemes, path
        declared = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path)), path


def test_every_reference_leads_somewhere() -> None:
    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
            for each in value.values():
                yield from references(each)
        elif isinstance(value, list):
            for each in value:
                yield from references(each)

    for reference in set(references(description())):
        found: Any = description()
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
    for schema in description()["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_fields_of_a_record_are_described_as_they_are_read() -> None:
    schemas = description()["components"]["schemas"]
    described = schemas["Application"]["properties"]
    assert {*described, "number"} == set(FIELDS)
    assert tuple(schemas["Stage"]["enum"]) == STAGES and tuple(described["application_type"]["enum"]) == APPLICATION_TYPES
    assert described["history"]["maxItems"] == MOST_STAGES
    assert valid("Application", fields()) and not valid("Application", fields(surname="x"))


async def test_answers_are_as_described(gateway: Gateway) -> None:
    url, headers = gateway.url("/api/v1/applications/TEST-1"), {"Authorization": f"Bearer {TOKEN}"}
    for body, status, schema in ((fields(), 201, "Delivered"), (fields(), 200, "Delivered"), (fields(stage="x"), 400, "Error")):
        async with gateway.client.put(url, json=body, headers=headers) as response:
            assert response.status == status and valid(schema, await response.json())
    for path, schema in (("/healthz", "Health"), ("/readyz", "Health"), ("/nowhere", "Error")):
        async with gateway.client.get(gateway.url(path)) as response:
            assert valid(schema, await response.json()), path
    status, messages = await gateway.post({"sender": "ann", "message": "hello"})
    assert status == 200 and messages and all(valid("Message", message) for message in messages)
