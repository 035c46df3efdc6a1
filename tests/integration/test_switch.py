"""The bot is switched off: every gateway says so at once, people go on, and nothing is answered late."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot import migrations
from bot.__main__ import main
from bot.audit import AuditEntry
from bot.audit_chain import opened
from bot.conversations.switch import command
from bot.db import Database
from bot.errors import StartError
from bot.languages import TONGUES
from bot.settings import Settings
from bot.staff import presence
from bot.vault import KEY_FILE, read_or_create_key
from tests.applicants import connected
from tests.console import fresh_id, line, member, queued, rasa
from tests.gateway import PARTS, Gateway, answer, desk, reply, running
from tests.servers import Postgres, free_port

HOTLINE = "0755-88121678"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    read_or_create_key(tmp_path / KEY_FILE)
    return Settings(data_dir=tmp_path, database_url=database_url, demo=False, rate_limits=False)


@pytest.fixture
async def gateways(settings: Settings) -> AsyncIterator[tuple[Gateway, Gateway]]:
    """Two on one database, where nobody of the staff is ready until somebody signs in."""
    parts = replace(PARTS, desk=desk(presence))
    async with AsyncExitStack() as stack:
        yield tuple([await stack.enter_async_context(running(settings, rasa, parts)) for _ in range(2)])


@pytest.fixture
def gateway(gateways: tuple[Gateway, Gateway]) -> Gateway:
    return gateways[0]


@pytest.fixture
def chief_database(settings: Settings, gateways: object) -> Any:
    database = opened(settings)
    yield database
    database.close()


def turn(settings: Settings, on: bool) -> None:
    """As an operator does at a terminal."""
    assert command(settings, "on" if on else "off", "Chen Li", "wrong answers about fees", "en") == 0


async def until(look: Callable[[], Awaitable[Any]], wanted: Any) -> None:
    """Return once `look` sees what is wanted."""

    async def wait() -> None:
        while await look() != wanted:
            await asyncio.sleep(0.05)

    await asyncio.wait_for(wait(), 30)


def offers(message: dict[str, Any]) -> list[str]:
    return [offer["payload"] for offer in message.get("quick_replies", ())]


def is_told_off(messages: list[dict[str, Any]]) -> bool:
    (told,) = messages
    honest = told["metadata"]["notice"] == "assistant_off" and told["metadata"]["author"] == "system"
    return honest and HOTLINE in told["text"] and "desk:message" in offers(told) and "desk:stay" not in offers(told)


async def test_every_gateway_says_so_at_once_and_answers_nothing_of_it_later(gateways: tuple[Gateway, Gateway], settings: Settings) -> None:
    one, other = gateways
    assert await one.texts("hello") == ["echo: hello"]
    turn(settings, on=False)
    for gateway in gateways:
        assert is_told_off(await gateway.say("which papers"))
    texts = {tongue: (await other.say("which papers", tongue, language=tongue))[0]["text"] for tongue in TONGUES}
    assert len(set(texts.values())) == len(TONGUES)
    turn(settings, on=True)
    assert await other.texts("and now") == ["echo: and now"]
    assert await one.texts(None) == [] and await one.texts(None, "en") == []
    assert one.rasa.texts == ["hello"] and other.rasa.texts == ["and now"]


async def test_an_answer_that_was_being_made_is_not_said_any_more(settings: Settings, gateway: Gateway) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def thinks(_message: dict[str, Any]) -> Any:
        asked.set()
        await go_on.wait()
        return answer(reply("a wrong answer"))

    gateway.rasa.script = thinks
    saying = asyncio.create_task(gateway.say("what does it cost"))
    await asyncio.wait_for(asked.wait(), 30)
    turn(settings, on=False)
    go_on.set()
    assert is_told_off(await saying)


async def test_people_go_on(gateway: Gateway, settings: Settings, chief_database: Database) -> None:
    turn(settings, on=False)
    async with member(gateway, chief_database, "wang") as officer:
        first = await queued(gateway, officer, "ann")
        await officer.post(f"conversations/{first}/claim")
        await officer.say(first, "Twenty working days.")
        assert "Twenty working days." in await gateway.texts(None, "ann")
        await officer.post(f"conversations/{first}/hand_back")
        told = await gateway.say(None, "ann")
        assert [message["metadata"]["desk"] for message in told] == ["handed_back", "off"] and HOTLINE in told[-1]["text"]
        said = [await gateway.say(text, "bob") for text in ("hello", "desk:message", "please call me", "desk:contact_window")]
        assert [message["metadata"]["desk"] for message in said[-1]] == ["kept_window", "off"]
        (left,) = (await officer.get("board"))["left_messages"]
        await officer.post(f"left_messages/{left['id']}/answer", text="We called.", client_id=fresh_id())
        assert any("We called." in text for text in await gateway.texts(None, "bob"))
    assert gateway.rasa.texts == []


async def test_who_and_why_must_be_said_and_are_kept(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    for name, reason in ((None, "why"), ("who", None), ("who", " "), ("x" * 81, "why")):
        with pytest.raises(StartError):
            command(settings, "off", name, reason, "en")
    for on in (False, False, True):
        turn(settings, on)
    assert command(settings, "status", None, None, "zh") == 0
    assert [word in capsys.readouterr().out for word in ("Chen Li", "wrong answers about fees")] == [True, False]
    database = opened(settings)
    with database.session() as session:
        acts = list(session.execute(select(AuditEntry.action, AuditEntry.actor, AuditEntry.detail).order_by(AuditEntry.id)))
    database.close()
    said = {"name": "Chen Li", "reason": "wrong answers about fees"}
    # Switched off twice is switched off once.
    assert acts == [("assistant:off", "system", said), ("assistant:on", "system", said)]


@pytest.mark.parametrize(
    "words",
    [
        ["assistant", "off", "--by", "Chen Li", "--reason", "wrong answers"],
        ["assistant", "status"],
        ["administrator"],
        ["audit", "verify"],
        ["keys", "rotate"],
        ["import", "records.csv"],
        ["demo", "--remove"],
    ],
)
def test_commands_for_an_assistant_in_use_begin_no_new_one(
    words: list[str],
    postgres: Postgres,
    migrated_postgres: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    here = tmp_path / "data"
    monkeypatch.setenv("BOT_HTTP_PORT", str(free_port()))
    monkeypatch.setenv("BOT_DATA_DIR", str(here))
    empty, used = postgres.create("nobodys"), postgres.create("somebodys", migrated_postgres)
    for url, absent in ((f"sqlite:///{here}/none.db", "none.db"), (empty, "nobodys"), (used, "vault.key")):
        monkeypatch.setenv("BOT_DATABASE_URL", url)
        assert main(words) == 1
        said = capsys.readouterr()
        assert (said.out, said.err.count("\n")) == ("", 1) and absent in said.err and "docs/operations.md" in said.err
    assert not here.exists()
    postgres.drop("nobodys")
    postgres.drop("somebodys")


@pytest.mark.parametrize("words", [["assistant", "status"], ["audit", "verify"], ["demo", "--remove"]])
def test_asking_with_a_newer_release_changes_no_schema(
    words: list[str], settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BOT_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("BOT_DATABASE_URL", settings.resolved_database_url)
    with contextlib.closing(opened(settings)) as database:
        migrations.downgrade(database.engine, "0010")
        assert main(words) == 1
        said = capsys.readouterr()
        assert (said.out, said.err.count("\n")) == ("", 1) and "0010" in said.err and "python -m bot migrate" in said.err
        assert migrations.current(database.engine) == "0010"
        assert main(["migrate"]) == 0
        main(words)
        assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("patient_checks")
async def test_supervisors_switch_it_in_the_console_and_everybody_hears_of_it(
    gateways: tuple[Gateway, Gateway], chief_database: Database
) -> None:
    one, other = gateways
    async with (
        member(one, chief_database, "chief", "supervisor") as chief,
        member(other, chief_database, "wang") as officer,
        line(officer) as heard,
        connected(other.url("/")) as visitor,
    ):
        assert (await visitor.open())["assistant_on"] is True
        assert (await officer.refused("assistant", on=False, reason="because"))[:2] == (403, "not_permitted")
        assert (await chief.refused("assistant", on=False, reason="no"))[1] == "reason_missing"
        assert (await chief.refused("assistant", on="no", reason="because"))[1] == "field_type"
        now = await chief.post("assistant", on=False, reason="wrong answers")
        assert (now["on"], now["name"], now["reason"]) == (False, "Chief", "wrong answers")
        await heard.until("assistant_changed", on=False)
        assert await officer.get("assistant") == now
        await visitor.until(lambda: {"on": False} in visitor.bodies("assistant"))

        async def told() -> Any:
            async with other.client.get(other.url("/readyz")) as ready, other.client.get(other.url("/")) as home:
                return ready.status, (await ready.json())["assistant"], "switched off at the moment" in await home.text()

        assert await told() == (200, "off", True)
        assert (await chief.post("assistant", on=True, reason="corrected"))["on"] is True
        await until(told, (200, "on", False))
