"""Accounts in the console: signing in, invitations, second factors, sessions, and the audit trail of it all."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pyotp
import pytest
import pytest_asyncio

from bot import audit
from bot.app import CONSOLE
from bot.db import Database
from bot.network import Proxies
from bot.settings import Settings
from tests.console import PASSWORD, Member, browser, line, member, rasa
from tests.gateway import Gateway, running
from tests.limiters import stand_still


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False)


@pytest_asyncio.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    async with running(settings, rasa) as opened:
        yield opened


@pytest_asyncio.fixture
async def administrator(gateway: Gateway, sqlite_database: Database) -> AsyncIterator[Member]:
    async with member(gateway, sqlite_database, "chief", "administrator") as person:
        yield person


@pytest_asyncio.fixture
async def officer(gateway: Gateway, sqlite_database: Database) -> AsyncIterator[Member]:
    async with member(gateway, sqlite_database, "wang", name="Wang Li", stations=["civic_center"]) as person:
        yield person


async def test_me_is_who_signed_in(officer: Member) -> None:
    me = await officer.get("me")
    assert me["officer"]["login"] == "wang" and me["officer"]["role"] == "officer" and me["officer"]["presence"] == "ready"
    assert me["officer"]["stations"][0]["key"] == "civic_center" and me["officer"]["stations"][0]["name"] != "civic_center"
    assert "conversation:claim" in me["officer"]["permissions"] and me["csrf"] and me["agreement_version"] and not me["demo"]


async def test_wrong_password_and_unknown_login_are_refused_alike(gateway: Gateway, officer: Member) -> None:
    async with browser(gateway) as person:
        wrong = await person.refused("sign_in", login="wang", password="not the right one")
        unknown = await person.refused("sign_in", login="nobody", password="not the right one")
        assert wrong == unknown == (403, "sign_in_refused", {}) and person.cookie == ""
        assert (await person.refused("sign_in", login="wang"))[1] == "field_type"
        assert (await person.refused("sign_in", login="wang", password=["x"]))[1] == "field_type"
        assert (await person.refused("sign_in", login="wang", password="x" * 5000))[1] == "name_unusable"


async def test_guessing_is_limited(gateway: Gateway, officer: Member) -> None:
    async with browser(gateway) as person:
        codes = [(await person.refused("sign_in", login="wang", password=f"guess number {number}"))[1] for number in range(6)]
        assert codes == ["sign_in_refused"] * 5 + ["too_many_attempts"]
        status, body = await person.call("POST", "sign_in", {"login": "wang", "password": PASSWORD})
        assert status == 429 and body["error"]["params"]["retry_after_s"] > 0


async def test_invitation_sets_a_password_once(gateway: Gateway, administrator: Member) -> None:
    made = await administrator.post("accounts", login="zhao", display_name="Zhao <b>", role="trainee", stations=["qianhai"], language="zh")
    assert made["account"]["name"] == "Zhao <b>" and not made["account"]["has_password"]
    base, _, token = made["link"].partition("#invite=")
    assert base == gateway.url("/console/") and token
    async with browser(gateway) as invited:
        assert await invited.post("invitation/look", token=token) == {"login": "zhao", "name": "Zhao <b>"}
        assert (await invited.refused("invitation/accept", token=token, password="short"))[1] == "password_short"
        me = await invited.post("invitation/accept", token=token, password=PASSWORD)
        assert me["officer"]["role"] == "trainee" and (await invited.get("me"))["csrf"] == me["csrf"]
        # Whoever chose a password on an English page goes on in English, whatever the account was made with.
        assert me["officer"]["language"] == "en"
    async with browser(gateway) as late:
        assert (await late.refused("invitation/look", token=token))[:2] == (404, "invitation_unusable")
        assert (await late.refused("invitation/accept", token=token, password=PASSWORD))[:2] == (404, "invitation_unusable")


async def test_accounts_are_listed_changed_and_never_deleted(administrator: Member, officer: Member) -> None:
    assert {each["login"] for each in await administrator.get("accounts")} == {"chief", "wang"}
    status, changed = await administrator.call("PATCH", f"accounts/{officer.id}", {"display_name": "Wang L.", "stations": ["qianhai"]})
    assert status == 200 and changed["name"] == "Wang L." and changed["stations"] == ["qianhai"]
    assert (await administrator.refused(f"accounts/{officer.id}", "PATCH", role="emperor"))[1] == "unknown_value"
    assert (await administrator.refused(f"accounts/{officer.id}", "PATCH", stations=["nowhere"]))[1] == "unknown_value"
    assert (await administrator.refused(f"accounts/{officer.id}", "DELETE"))[0] == 405
    made = {"login": "wang", "display_name": "Another", "role": "officer", "language": "en"}
    assert (await administrator.refused("accounts", **made))[:2] == (409, "login_taken")
    assert (await administrator.refused(f"accounts/{administrator.id}/active", active=False))[1] == "last_administrator"
    assert (await administrator.refused("accounts/99/invitation"))[0] == 404


async def test_disabled_account_is_out_at_once_and_its_line_is_cut(administrator: Member, officer: Member) -> None:
    async with line(officer) as live:
        disabled = await administrator.post(f"accounts/{officer.id}/active", active=False)
        assert disabled["active"] is False
        await live.until("signed_out")
        await live.ended.wait()
    assert (await officer.refused("me", "GET"))[:2] == (401, "signed_out")
    assert (await officer.refused("sign_in", login="wang", password=PASSWORD))[1] == "sign_in_refused"


async def test_another_role_ends_the_sessions_of_the_old_one(administrator: Member, officer: Member) -> None:
    await administrator.call("PATCH", f"accounts/{officer.id}", {"role": "trainee"})
    assert (await officer.refused("me", "GET"))[:2] == (401, "signed_out")
    assert (await officer.sign_in())["officer"]["role"] == "trainee"


async def test_sessions_are_listed_and_ended(gateway: Gateway, officer: Member) -> None:
    async with browser(gateway, officer.id, "wang") as other:
        await other.sign_in()
        async with line(other) as live:
            (foreign,) = [each for each in await officer.get("sessions") if not each["current"]]
            status, _ = await officer.call("DELETE", f"sessions/{foreign['id']}")
            assert status == 200
            await live.until("signed_out")
            await live.ended.wait()
        assert (await other.refused("me", "GET"))[0] == 401
    assert [each["current"] for each in await officer.get("sessions")] == [True]
    assert (await officer.refused(f"sessions/{foreign['id']}", "DELETE"))[:2] == (404, "session_unknown")


async def test_administrator_ends_a_session_of_somebody_else(administrator: Member, officer: Member) -> None:
    (session,) = await administrator.get(f"accounts/{officer.id}/sessions")
    assert (await administrator.refused(f"accounts/{administrator.id}/sessions/{session['id']}", "DELETE"))[0] == 404
    assert (await administrator.call("DELETE", f"accounts/{officer.id}/sessions/{session['id']}"))[0] == 200
    assert (await officer.refused("me", "GET"))[0] == 401


async def test_nobody_ends_a_session_that_is_not_theirs(gateway: Gateway, administrator: Member, officer: Member) -> None:
    (session,) = await administrator.get("sessions")
    assert (await officer.refused(f"sessions/{session['id']}", "DELETE"))[:2] == (404, "session_unknown")


async def test_password_is_changed_by_whoever_knows_it(gateway: Gateway, officer: Member) -> None:
    async with browser(gateway, officer.id, "wang") as other:
        await other.sign_in()
        assert (await officer.refused("password", old="wrong one here", new="twelve quiet harbours"))[1] == "password_wrong"
        await officer.post("password", old=PASSWORD, new="twelve quiet harbours")
        assert (await other.refused("me", "GET"))[0] == 401
    await officer.get("me")
    await officer.sign_in("twelve quiet harbours")


async def test_second_factor_is_asked_for_once_it_is_on(gateway: Gateway, officer: Member) -> None:
    assert (await officer.refused("totp/begin", password="wrong one here"))[1] == "password_wrong"
    begun = await officer.post("totp/begin", password=PASSWORD)
    assert begun["uri"].startswith("otpauth://totp/") and begun["svg"].startswith("<svg")
    assert (await officer.refused("totp/confirm", code="000000"))[1] == "totp_wrong"
    await officer.post("totp/confirm", code=pyotp.TOTP(begun["secret"]).now())
    assert (await officer.get("me"))["officer"]["totp"] is True
    async with browser(gateway) as person:
        assert (await person.refused("sign_in", login="wang", password=PASSWORD))[:2] == (403, "totp_needed")
        wrong = await person.refused("sign_in", login="wang", password=PASSWORD, totp="000000")
        assert wrong[1] == "totp_wrong" and person.cookie == ""
    await officer.post("totp/off", password=PASSWORD)
    assert (await officer.sign_in())["officer"]["totp"] is False


async def test_language_is_kept_with_the_account(officer: Member) -> None:
    await officer.post("language", language="zh")
    assert (await officer.sign_in())["officer"]["language"] == "zh"
    assert (await officer.refused("language", language="fr"))[1] == "unknown_value"


async def test_agreement_is_read_in_the_language_asked_for(officer: Member) -> None:
    english, chinese = await officer.get("agreement?language=en"), await officer.get("agreement?language=zh")
    assert english["version"] == chinese["version"] and english["text"] != chinese["text"]
    assert (await officer.refused("agreement?language=fr", "GET"))[1] == "unknown_value"


async def test_trail_tells_who_did_what(gateway: Gateway, administrator: Member, officer: Member, sqlite_database: Database) -> None:
    async with member(gateway, sqlite_database, "boss", "supervisor") as supervisor:
        found = await supervisor.get(f"audit?actor={officer.id}")
        assert {entry["actor"] for entry in found["entries"]} == {f"staff:{officer.id}"} and not found["more"]
        assert {entry["who"]["name"] for entry in found["entries"]} == {"Wang Li"}
        for words in ("wang", "Wang Li", f"staff:{officer.id}"):
            assert len((await supervisor.get(f"audit?actor={words}"))["entries"]) == len(found["entries"])
        assert (await supervisor.get("audit?actor=nobody"))["entries"] == []
        assert "account:sign_in" in {entry["action"] for entry in found["entries"]}
        assert (await supervisor.get("audit?from=2000-01-01&to=2000-01-02"))["entries"] == []
        assert (await supervisor.refused("audit?from=yesterday", "GET"))[1] == "field_type"
        assert (await supervisor.refused("audit?before=x", "GET"))[1] == "field_type"
        first = (await supervisor.get("audit"))["entries"]
        older = await supervisor.get(f"audit?before={first[2]['id']}")
        assert older["entries"][0]["id"] < first[2]["id"]
    assert (await officer.refused("audit", "GET"))[1] == "not_permitted"


async def test_table_of_the_trail_holds_no_formulas(gateway: Gateway, sqlite_database: Database) -> None:
    evil = '=HYPERLINK("http://evil.example","x")'
    await sqlite_database.run(lambda session: audit.record(session, "system", evil[:60], "@SUM(A1)", note="+1+1"))
    async with member(gateway, sqlite_database, "boss", "supervisor", name="-2+3, Boss") as supervisor:
        async with supervisor.client.get(gateway.url("/console/api/audit.csv")) as response:
            assert response.status == 200 and response.content_type == "text/csv"
            assert response.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
            text = (await response.read()).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
        assert len(rows) > 3 and any("Boss" in row[3] for row in rows)
        assert not [cell for row in rows for cell in row if cell[:1] in set("=+-@\t\r\n＝＋－＠")]


async def test_sessions_are_limited_in_what_they_change(gateway: Gateway, officer: Member) -> None:
    stand_still(gateway.server.app[CONSOLE]._guard._sessions)
    status, answered = 200, None
    for _ in range(150):
        status, answered = await officer.call("POST", "presence", {"presence": "away"})
        if status != 200:
            break
    assert status == 429 and answered["error"]["code"] == "too_many_requests" and answered["error"]["params"]["retry_after_s"] >= 1


async def test_network_is_limited_in_how_often_it_knocks(gateway: Gateway) -> None:
    stand_still(gateway.server.app[CONSOLE]._guard._networks)
    async with browser(gateway) as stranger:
        codes = [(await stranger.refused("invitation/look", token=f"guess-{number}"))[1] for number in range(61)]
        assert codes[0] == "invitation_unusable" and codes[-1] == "too_many_requests"


async def test_console_behind_a_trusted_proxy_knows_its_own_origin(settings: Settings, sqlite_database: Database) -> None:
    behind = replace(settings, trusted_proxies=Proxies.parse("127.0.0.1"))
    async with running(behind, rasa) as gateway, member(gateway, sqlite_database, "wang"), browser(gateway, login="wang") as person:
        proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "permits.example.cn", "X-Forwarded-For": "203.0.113.7"}
        body = {"login": "wang", "password": PASSWORD}
        status, _ = await person.call("POST", "sign_in", body, {**proxied, "Origin": "https://permits.example.cn"})
        assert status == 200
        status, refused = await person.call("POST", "sign_in", body, {**proxied, "Origin": person.origin})
        assert (status, refused["error"]["code"]) == (403, "origin_refused")
