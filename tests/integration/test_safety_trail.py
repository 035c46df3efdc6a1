"""Every act of a person or of the house that concerns somebody stands in the audit trail, and nobody can write or change it there."""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyotp
import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.app import CONSOLE
from bot.audit import AuditEntry
from bot.conversations.states import Move
from bot.db import Database
from bot.i18n import Texts
from bot.languages import LANGUAGES
from bot.settings import ROOT, Settings
from bot.staff import presence
from bot.staff.roles import PERMISSIONS
from tests.applicants import visiting
from tests.console import PASSWORD, Member, browser, fresh_id, member, rasa
from tests.gateway import PARTS, Gateway, desk, running

# What people do, each of them done below through a real gateway, with who did it.
BY_STAFF = {
    "account:accept_invitation",
    "account:change",
    "account:change_password",
    "account:create",
    "account:disable",
    "account:enable",
    "account:end_session",
    "account:invite",
    "account:password_wrong",
    "account:presence",
    "account:sign_agreement",
    "account:sign_in",
    "account:sign_out",
    "account:totp_off",
    "account:totp_on",
    "assistant:off",
    "assistant:on",
    "audit:erase",
    "audit:export",
    "audit:read",
    "conversation:claim",
    "conversation:close",
    "conversation:dismiss_draft",
    "conversation:draft",
    "conversation:hand_back",
    "conversation:join",
    "conversation:note",
    "conversation:read",
    "conversation:reply",
    "conversation:search",
    "conversation:tag",
    "conversation:transfer",
    "conversation:untag",
    "conversation:use_draft",
    "left_message:answer",
    "left_message:take",
    "number:reveal",
    "number:search",
    "personal_data:erase",
    "personal_data:export",
    "personal_data:reason",
}
BY_APPLICANTS = {"conversation:request", "conversation:leave_queue", "conversation:close", "return_code:make", "return_code:use"}
# What test_own_data.py has done.
REFUSED = {"personal_data:refuse"}
# Who tried is not known.
BY_NOBODY = {"account:sign_in_refused", "account:totp_wrong"}
# What the house does by itself, or its operator; test_keys.py, test_audit_chain.py, test_desk_keeper.py, test_conversations_counter.py and
# test_privacy.py have it done.
BY_ITSELF = {"audit:drop", "conversation:reclaim", "conversation:widen", "keys:rotate", "retention:run", "turn:silence"}

# Written with the kind of note filled in.
NOTES = {"conversation:note", "conversation:draft"}

NUMBER = "202612345678"


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=str(sqlite_database.engine.url), demo=False, rate_limits=False)


@pytest_asyncio.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    async with running(settings, rasa, replace(PARTS, desk=desk(presence))) as opened:
        yield opened


@pytest_asyncio.fixture
async def officer(gateway: Gateway, sqlite_database: Database) -> AsyncIterator[Member]:
    async with member(gateway, sqlite_database, "wang", name="Wang Li") as person:
        yield person


def entries(database: Database) -> list[Any]:
    """The whole trail, the oldest first."""
    with database.session() as session:
        found = list(session.execute(select(AuditEntry).order_by(AuditEntry.id)).scalars())
        session.expunge_all()
    return found


def named_in_code() -> Iterator[str]:
    """Every action that code writes by name; the moves are written by `Move`."""
    for path in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                resource, _, verb = node.value.partition(":")
                if (
                    resource
                    in {
                        "account",
                        "assistant",
                        "audit",
                        "conversation",
                        "keys",
                        "left_message",
                        "number",
                        "personal_data",
                        "retention",
                        "return_code",
                        "turn",
                    }
                    and verb.isidentifier()
                ):
                    yield node.value


async def waiting(gateway: Gateway, officer: Member, sender: str) -> str:
    for text in (f"my number is {NUMBER}", "person", "desk:wait"):
        await gateway.say(text, sender)
    return str((await officer.get("board"))["queue"][-1]["id"])


async def work_on_accounts(gateway: Gateway, database: Database) -> None:
    async with member(gateway, database, "chief", "administrator") as chief:
        made = await chief.post("accounts", login="zhao", display_name="Zhao", role="trainee", stations=[], language="zh")
        one = f"accounts/{made['account']['id']}"
        async with browser(gateway, login="zhao") as zhao:
            me = await zhao.post("invitation/accept", token=made["link"].partition("#invite=")[2], password=PASSWORD)
            zhao.csrf = me["csrf"]
            begun = await zhao.post("totp/begin", password=PASSWORD)
            await zhao.post("totp/confirm", code=pyotp.TOTP(begun["secret"]).now())
            async with browser(gateway, login="zhao") as stranger:
                await stranger.refused("sign_in", login="zhao", password="not the right one")
                await stranger.refused("sign_in", login="zhao", password=PASSWORD, totp="000000")
            await zhao.refused("totp/off", password="not the right one")
            await zhao.post("totp/off", password=PASSWORD)
            await zhao.post("password", old=PASSWORD, new="twelve quiet harbours")
            async with browser(gateway, login="zhao") as second:
                await second.sign_in("twelve quiet harbours")
                (other,) = [each for each in await zhao.get("sessions") if not each["current"]]
                assert (await zhao.call("DELETE", f"sessions/{other['id']}"))[0] == 200
            await zhao.post("sign_out")
        assert (await chief.call("PATCH", one, {"role": "officer", "stations": ["qianhai"]}))[0] == 200
        await chief.post(f"{one}/active", active=False)
        await chief.post(f"{one}/active", active=True)
        await chief.post(f"{one}/invitation")
        for on in (False, True):
            await chief.post("assistant", on=on, reason="wrong answers")


async def work_on_conversations(gateway: Gateway, officer: Member, database: Database) -> None:
    first = f"conversations/{await waiting(gateway, officer, 'ann')}"
    await officer.post(f"{first}/claim")
    view = await officer.get(first)
    await officer.post(f"{first}/reply", text="Twenty working days.", client_id=fresh_id())
    await officer.post(f"{first}/note", text="a note", client_id=fresh_id())
    await officer.post(f"{first}/tags", add=["visa"])
    await officer.post(f"{first}/tags", remove=["visa"])
    await officer.post(f"messages/{view['messages'][0]['metadata']['id']}/reveal", reason="to look it up")
    await officer.post("conversations/search", q="passport")
    await officer.post("conversations/search", q=NUMBER)
    await officer.post(f"{first}/transfer", to_station="qianhai")
    await officer.post(f"{first}/claim")
    async with member(gateway, database, "lin", "trainee") as trainee:
        await trainee.post(f"{first}/draft", text="a draft", client_id=fresh_id())
        (draft,) = (await trainee.get(first))["drafts"]
        await trainee.post(f"{first}/drafts/{draft['id']}/dismiss")
        await trainee.post(f"{first}/draft", text="another draft", client_id=fresh_id())
        (draft,) = (await trainee.get(first))["drafts"]
        await officer.post(f"{first}/drafts/{draft['id']}/use", client_id=fresh_id())
    await officer.post(f"{first}/hand_back")
    await officer.post(f"{first}/join")
    await officer.post(f"{first}/close", outcome="solved")
    for said in ("person", "desk:message", "please call me", "13812345678"):
        await gateway.say(said, "bob")
    (item,) = (await officer.get("board"))["left_messages"]
    await officer.post(f"left_messages/{item['id']}/take")
    await officer.post(f"left_messages/{item['id']}/reveal", reason="to call back")
    await officer.post(f"left_messages/{item['id']}/answer", text="It is decided.", client_id=fresh_id())


async def applicants_part(gateway: Gateway) -> None:
    async with visiting(gateway.url("/")) as cai, visiting(gateway.url("/")) as other_device:
        for text in ("person", "desk:wait"):
            await cai.say(text, fresh_id())
        await cai.until(lambda: any(body["state"] == "QUEUED" for body in cai.bodies("conversation")))
        await cai.say("desk:leave", fresh_id())
        await cai.until(lambda: cai.bodies("conversation")[-1]["state"] == "BOT")
        code = (await cai.call("return_code"))["code"]
        assert (await other_device.call("resume", {"code": code}))["ok"]
        assert (await cai.call("end"))["ok"]


async def test_every_act_stands_in_the_trail_with_who_did_it(gateway: Gateway, officer: Member, sqlite_database: Database) -> None:
    await work_on_accounts(gateway, sqlite_database)
    await work_on_conversations(gateway, officer, sqlite_database)
    await applicants_part(gateway)
    async with member(gateway, sqlite_database, "boss", "supervisor") as supervisor:
        await supervisor.get("audit")
        assert (await supervisor.call("GET", "audit.csv"))[0] == 200
        await gateway.say("hello", "eve")
        newest = (await supervisor.get("conversations"))["rows"][0]["id"]
        data = f"conversations/{newest}/personal_data"
        given = await supervisor.post(f"{data}/export", reason="asked by letter")
        erased = await supervisor.post(f"{data}/erase", reason="asked by letter")
        assert given["receipt"] != erased["receipt"] and erased["rows"]["conversations"] >= 1
        assert (await supervisor.call("GET", f"conversations/{newest}"))[0] == 404
    found = entries(sqlite_database)
    done: dict[str, set[str]] = {"staff": set(), "applicant": set(), "system": set()}
    for entry in found:
        done[entry.actor.partition(":")[0]].add(entry.action)
    assert done["staff"] == BY_STAFF
    assert done["applicant"] == BY_APPLICANTS
    # The accounts of this test are made by the machine's operator.
    assert done["system"] - {"account:create", "account:invite"} == BY_NOBODY
    assert all(entry.subject.partition(":")[2] for entry in found)
    details = [entry.detail for entry in found]
    keys = {key for detail in details for key in (*detail, *detail.get("changed", {}))}
    ends = {detail["ended"] for detail in details if "ended" in detail}
    assert {"ended", "wanted"} <= keys and ends == {"left"}
    for language in LANGUAGES:
        words = set(Texts.load().part(language, "console"))
        assert {f"detail.{key}" for key in keys} | {f"ended.{end}" for end in ends} <= words


def test_list_of_acts_is_the_whole_list() -> None:
    moves = {f"conversation:{move.value}" for move in Move}
    told = BY_STAFF | BY_APPLICANTS | REFUSED | BY_NOBODY | BY_ITSELF
    # The names of permissions and of subjects look the same.
    others = PERMISSIONS | {"audit:entries", "conversation:any", "retention:rows"}
    assert set(named_in_code()) - (others - told) | moves | NOTES == told


def test_every_act_has_its_words_in_every_language() -> None:
    texts = Texts.load()
    for language in LANGUAGES:
        words = texts.part(language, "console")
        named = {name.removeprefix("action.") for name in words if name.startswith("action.")}
        assert named == BY_STAFF | BY_APPLICANTS | REFUSED | BY_NOBODY | BY_ITSELF, language


async def test_trail_is_read_and_never_written_from_outside(gateway: Gateway) -> None:
    served = {(route.method, route.path) for route in gateway.server.app[CONSOLE].table if "audit" in route.path}
    assert served == {("GET", "/console/api/audit"), ("GET", "/console/api/audit.csv")}


async def test_trail_holds_no_words_of_applicants_no_passwords_and_no_tokens(
    gateway: Gateway, officer: Member, sqlite_database: Database
) -> None:
    await work_on_accounts(gateway, sqlite_database)
    await work_on_conversations(gateway, officer, sqlite_database)
    told = "\n".join(str((entry.actor, entry.subject, entry.detail)) for entry in entries(sqlite_database))
    for secret in (NUMBER, "my number is", "13812345678", PASSWORD, "twelve quiet harbours", "passport", officer.cookie, officer.csrf):
        assert secret not in told, secret


EVIL = ("=1+1", "+1", "-1", "@SUM(A1)", "\u202egnp.exe", "a\u200bb", "line one\u2028line two", "ـ‮=1", " =1", "＝1")


async def test_table_of_the_trail_can_be_opened_by_any_program(gateway: Gateway, officer: Member, sqlite_database: Database) -> None:
    conversation_id = await waiting(gateway, officer, "ann")
    for evil in EVIL:
        await officer.post(f"conversations/{conversation_id}/tags", add=[evil])
    async with member(gateway, sqlite_database, "boss", "supervisor", name="=Boss") as supervisor:
        _, text = await supervisor.call("GET", "audit.csv")
    assert not set(text) & set("\u202e\u200b\u2028\u2066\u200f")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert {len(row) for row in rows} == {8} and len([row for row in rows if row[4] == "conversation:tag"]) == len(EVIL)
    assert not [cell for row in rows for cell in row if cell.lstrip(" \u00a0\u3000")[:1] in set("=+-@\t\r\n＝＋－＠")]
    assert any("\\u202egnp.exe" in row[7].replace("\\\\", "\\") for row in rows) and any(row[3] == "'=Boss" for row in rows)


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "\u3164", "Wang\u202eLi", "Wang\u200b Li", "Wang\nLi\x00", "\ud800", "--", "x" * 81])
async def test_names_that_could_pass_for_others_are_refused(gateway: Gateway, sqlite_database: Database, name: str) -> None:
    async with member(gateway, sqlite_database, "chief", "administrator") as chief:
        refused = await chief.refused("accounts", login="zhao", display_name=name, role="trainee", stations=[], language="zh")
        assert refused[:2] == (400, "name_unusable")
        for login in ("chief\u200b", "сhief", "=cmd", "a b", "-x"):
            refused = await chief.refused("accounts", login=login, display_name="Zhao", role="trainee", stations=[], language="zh")
            assert refused[1] in ("login_unusable", "name_unusable"), login
