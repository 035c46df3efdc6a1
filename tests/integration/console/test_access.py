"""Who may use which route of the console: the table, the server's routes, and every way past them that is refused."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from yarl import URL

from bot.app import CONSOLE
from bot.console.guard import COOKIE, SECURE_COOKIE
from bot.console.live import NAMESPACE
from bot.console.routes import ANYONE, SIGNED_IN, Route
from bot.db import Database
from bot.network import Proxies
from bot.settings import Settings
from bot.staff.roles import PERMISSIONS, ROLES
from tests.console import PASSWORD, Member, browser, member, rasa
from tests.gateway import Gateway, running


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        database_url=str(sqlite_database.engine.url),
        demo=False,
        rate_limits=False,
        trusted_proxies=Proxies.parse("127.0.0.1"),
    )


@pytest_asyncio.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    async with running(settings, rasa) as opened:
        yield opened


@pytest_asyncio.fixture
async def trainee(gateway: Gateway, sqlite_database: Database) -> AsyncIterator[Member]:
    async with member(gateway, sqlite_database, "lin", "trainee") as person:
        yield person


def table(gateway: Gateway) -> list[Route]:
    return list(gateway.server.app[CONSOLE].table)


def path_of(route: Route) -> str:
    return re.sub(r"\{[a-z_]+\}", "1", route.path).replace("texts/1.json", "texts/en.json")


async def ask(person: Member, route: Route, **headers: str) -> tuple[int, str]:
    sent = {name: value for name, value in headers.items() if value}
    async with person.client.request(
        route.method, person.gateway.url(path_of(route)), headers=sent, json={} if route.changes else None, allow_redirects=False
    ) as response:
        body = await response.json() if response.content_type == "application/json" else {}
        return response.status, body.get("error", {}).get("code", "") if isinstance(body, dict) else ""


async def test_table_is_what_the_server_serves(gateway: Gateway) -> None:
    served = {
        (route.method, route.resource.canonical)
        for route in gateway.server.app.router.routes()
        if route.resource is not None and route.resource.canonical.startswith("/console")
    }
    assert served == {(route.method, route.path) for route in table(gateway)}


async def test_every_line_names_a_known_access_and_everything_else_needs_somebody_signed_in(gateway: Gateway) -> None:
    assert {route.access for route in table(gateway)} <= PERMISSIONS | {ANYONE, SIGNED_IN}
    public = {(route.method, route.path) for route in table(gateway) if route.access == ANYONE}
    assert public == {
        ("GET", "/console"),
        ("GET", "/console/"),
        ("GET", "/console/texts/{language}.json"),
        ("POST", "/console/api/sign_in"),
        ("POST", "/console/api/invitation/look"),
        ("POST", "/console/api/invitation/accept"),
    }
    assert NAMESPACE == "/staff"


async def test_without_a_session_nothing_but_the_door_opens(gateway: Gateway) -> None:
    async with browser(gateway) as nobody:
        for route in table(gateway):
            if route.access != ANYONE:
                assert await ask(nobody, route, Origin=nobody.origin) == (401, "signed_out"), route
                assert await ask(nobody, route, Origin=nobody.origin, Cookie=f"{COOKIE}=made-up") == (401, "signed_out"), route


async def test_changes_need_our_own_origin(gateway: Gateway, trainee: Member) -> None:
    port = trainee.origin.rpartition(":")[2]
    elsewhere = (f"http://localhost:{port}", f"https://127.0.0.1:{port}", f"{trainee.origin}.evil.example")
    foreign = ("https://evil.example", "null", "", *elsewhere)
    for route in table(gateway):
        for origin in foreign:
            if route.changes:
                found = await ask(trainee, route, **{"Origin": origin, "X-CSRF-Token": trainee.csrf})
                assert found == (403, "origin_refused"), (route, origin)


async def test_changes_need_the_token_of_this_session(gateway: Gateway, trainee: Member) -> None:
    async with browser(gateway, login="lin") as other:
        await other.sign_in()
        for route in table(gateway):
            for token in ("", "wrong", other.csrf, "ünicode"):
                if route.changes and route.access != ANYONE:
                    found = await ask(trainee, route, **{"Origin": trainee.origin, "X-CSRF-Token": token})
                    assert found == (403, "csrf_wrong"), route


async def test_a_trainee_gets_no_further_than_a_trainees_role(gateway: Gateway, trainee: Member) -> None:
    for route in table(gateway):
        if route.access not in (ANYONE, SIGNED_IN) and route.access not in ROLES["trainee"]:
            found = await ask(trainee, route, **{"Origin": trainee.origin, "X-CSRF-Token": trainee.csrf})
            assert found == (403, "not_permitted"), route


async def test_administrators_have_no_part_in_conversations(gateway: Gateway, sqlite_database: Database) -> None:
    async with member(gateway, sqlite_database, "root2", "administrator") as administrator:
        for route in table(gateway):
            if route.access.startswith(("conversation:", "left_message:", "number:")):
                found = await ask(administrator, route, **{"Origin": administrator.origin, "X-CSRF-Token": administrator.csrf})
                assert found == (403, "not_permitted"), route


async def test_signing_in_makes_a_new_session_and_never_takes_over_one(gateway: Gateway, trainee: Member) -> None:
    async with browser(gateway, login="lin") as victim:
        planted = "planted-by-somebody-else"
        victim.client.cookie_jar.update_cookies({COOKIE: planted}, URL(victim.origin))
        await victim.sign_in()
        assert victim.cookie not in ("", planted)
        async with browser(gateway) as attacker:
            attacker.client.cookie_jar.update_cookies({COOKIE: planted}, URL(attacker.origin))
            assert (await attacker.refused("me", "GET"))[:2] == (401, "signed_out")
        first = victim.cookie
        await victim.sign_in()
        assert victim.cookie != first


async def test_the_cookie_is_kept_from_scripts_and_other_sites(gateway: Gateway, trainee: Member) -> None:
    body = {"login": "lin", "password": PASSWORD}
    for proto, secure in (("http", False), ("https", True)):
        origin = trainee.origin.replace("http:", f"{proto}:")
        headers = {"Origin": origin, "X-Forwarded-Proto": proto}
        async with (
            browser(gateway) as person,
            person.client.post(gateway.url("/console/api/sign_in"), json=body, headers=headers) as response,
        ):
            assert response.status == 200, await response.text()
            (cookie,) = response.headers.getall("Set-Cookie")
            assert cookie.startswith(f"{SECURE_COOKIE}=" if secure else f"{COOKIE}=")
            parts = {part.strip().lower() for part in cookie.split(";")[1:]}
            assert {"httponly", "samesite=strict", "path=/"} <= parts and ("secure" in parts) is secure
            assert "domain" not in cookie.lower() and "max-age" not in cookie.lower()


async def test_signing_out_ends_the_session_and_takes_the_cookie(trainee: Member) -> None:
    token = trainee.cookie
    await trainee.post("sign_out")
    assert trainee.cookie == ""
    assert (await trainee.call("GET", "me", headers={"Cookie": f"{COOKIE}={token}"}))[0] == 401


async def test_the_page_allows_nothing_from_elsewhere_and_nothing_inside_it(gateway: Gateway) -> None:
    async with gateway.client.get(gateway.url("/console/")) as response:
        assert response.status == 200
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and f"ws://127.0.0.1:{gateway.server.port}" in policy
        assert response.headers["X-Frame-Options"] == "DENY" and response.headers["Cache-Control"] == "no-store"
        page = await response.text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", page)


async def test_texts_of_the_interface_are_public_and_in_both_languages(gateway: Gateway) -> None:
    found = {}
    for language in ("en", "zh"):
        async with gateway.client.get(gateway.url(f"/console/texts/{language}.json")) as response:
            found[language] = await response.json()
    assert set(found["en"]) == set(found["zh"])
    async with gateway.client.get(gateway.url("/console/texts/fr.json")) as response:
        assert response.status == 404


async def test_errors_have_the_one_shape_in_the_language_asked_for(gateway: Gateway, trainee: Member) -> None:
    trainee.language = "zh"
    status, body = await trainee.call("POST", "conversations/none/claim", {})
    assert status == 403 and set(body) == {"error"} and set(body["error"]) == {"code", "message", "params"}
    assert re.search("[\u4e00-\u9fff]", body["error"]["message"])
    async with trainee.client.post(
        gateway.url("/console/api/presence"), data="{", headers={"Origin": trainee.origin, "X-CSRF-Token": trainee.csrf}
    ) as response:
        assert response.status == 400 and (await response.json())["error"]["code"] == "body_not_json"


async def test_unknown_conversations_messages_and_items_are_not_found(gateway: Gateway, sqlite_database: Database) -> None:
    async with member(gateway, sqlite_database, "wang") as officer:
        assert (await officer.refused("conversations/none", "GET"))[0] == 404
        assert (await officer.refused("conversations/none/claim"))[0] == 404
        assert (await officer.refused("messages/none/reveal", reason="because"))[0] == 404
        assert (await officer.refused("left_messages/99/take"))[0] == 404
        assert (await officer.refused("conversations/none/drafts/99/dismiss"))[0] == 404
        assert (await officer.refused("conversations/none/nothing"))[0] == 404
