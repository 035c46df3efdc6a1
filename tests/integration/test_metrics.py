"""What operators read: the figures of a running gateway, and the dashboard and alarms that are made of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from async_timeout import timeout
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text, update

from bot import checks, http, migrations
from bot.app import DATABASE, PRIVACY
from bot.audit_chain import command as verify_trail
from bot.audit_chain import opened
from bot.conversations.desk import Rules
from bot.conversations.models import Conversation, Handoff, LeftMessage
from bot.conversations.switch import command as switch
from bot.data_file import read_yaml
from bot.db import now
from bot.settings import ROOT, Settings
from bot.staff import presence
from deploy.backup import main as back_up
from tests.applicants import visiting
from tests.console import member, queued, rasa
from tests.gateway import PARTS, FakeRasa, Gateway, desk, running
from tests.servers import free_port

FOLDER = ROOT / "deploy" / "metrics"
# Of PromQL: functions, keywords, the figure that Prometheus makes itself, and the labels that it gives to every target.
FUNCTIONS = {"absent", "avg", "count", "histogram_quantile", "increase", "max", "min", "rate", "sum", "time", "vector"}
LANGUAGE = FUNCTIONS | {"and", "by", "on", "or", "up"}
OF_TARGETS = {"instance", "job", "le", "machine"}
PERSONAL = "E12345678"


@pytest.fixture
def settings(empty_database_url: str, tmp_path: Path) -> Settings:
    """Of a database whose trail begins under the key of this folder."""
    settings = Settings(data_dir=tmp_path, database_url=empty_database_url, demo=False, rate_limits=False)
    with contextlib.closing(opened(settings)) as database:
        migrations.upgrade(database.engine)
    return settings


@pytest.fixture
async def gateway(settings: Settings, patient_checks: None) -> AsyncIterator[Gateway]:
    async with running(settings, rasa, replace(PARTS, desk=desk(presence, Rules("always"), now))) as opened:
        yield opened


async def scrape(gateway: Gateway) -> dict[str, Metric]:
    """What is published, by the name of its family."""
    async with gateway.client.get(gateway.url("/metrics")) as response:
        assert response.status == 200
        return {family.name: family for family in text_string_to_metric_families(await response.text())}


def value(published: dict[str, Metric], family: str, sample: str = "", **labels: str) -> float:
    """The value of one sample."""
    (found,) = [each.value for each in published[family].samples if each.name == (sample or family) and each.labels == labels]
    return float(found)


def samples(published: dict[str, Metric], *families: str) -> dict[str, dict[tuple[str, ...], float]]:
    """The values of whole families, by the values of their labels in the order of the labels' names."""
    return {
        family: {tuple(told for _, told in sorted(each.labels.items())): each.value for each in published[family].samples}
        for family in families
    }


async def is_ready(gateway: Gateway) -> bool:
    """Whether it says that it serves."""
    async with gateway.client.get(gateway.url("/readyz")) as response:
        return response.status == 200


def expressions() -> Iterator[tuple[str, str]]:
    """Every expression of the alarms and the dashboard, with where it stands."""
    for group in read_yaml(FOLDER / "alarms.yml")["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    for panel in json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


async def test_dashboard_and_alarms_name_only_what_a_running_gateway_publishes(gateway: Gateway) -> None:
    await gateway.say("hello")
    published = await scrape(gateway)
    suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}
    families = {f"{name}{suffix}": family for name, family in published.items() for suffix in suffixes.get(family.type, [""])}
    labels = {name for family in published.values() for sample in family.samples for name in sample.labels} | OF_TARGETS
    # These have no sample before something happens.
    labels |= {"reason"}
    seen = list(expressions())
    assert len(seen) > 40
    for where, expression in seen:
        bare = re.sub(r'"[^"]*"', "", expression)
        words = set(re.findall(r"(?<![\w.])[a-z_]{2,}\b(?!\s*(?:=|!=|=~|!~)\s*\")", re.sub(r"\[\w+\]|\d\w*", "", bare)))
        named = set(re.findall(r"\b(\w+)(?==~?\"|!=\")", expression))
        grouped = {name.strip() for names in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression) for name in names.split(",")}
        unknown = words - named - grouped - LANGUAGE - set(families)
        assert not unknown, (where, unknown)
        assert words & set(families) or "up" in words, (where, "names no figure")
        assert named | grouped <= labels, (where, named | grouped)
        assert expression.count("(") == expression.count(")"), where
    # What a selector compares with is a value that there is.
    paths = [path for path in (ROOT / "bot").rglob("*.py") if path.name != "metrics.py"]
    source = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    for where, expression in seen:
        for label, values in re.findall(r'(\w+)=~?"([^"]+)"', expression):
            if label not in OF_TARGETS:
                assert all(f'"{each}"' in source or each.endswith("Error") for each in values.split("|")), (where, values)


async def test_what_an_alarm_counts_is_published_before_it_ever_happened(gateway: Gateway) -> None:
    published = await scrape(gateway)
    there = {
        (sample.name, label, value) for family in published.values() for sample in family.samples for label, value in sample.labels.items()
    }
    named = set()
    for where, expression in expressions():
        for figure, selector in re.findall(r"(\w+)\{([^}]*)\}", expression):
            for label, values in re.findall(r'(\w+)=~?"([^"]+)"', selector):
                named |= {(where, figure, label, each) for each in values.split("|") if label not in OF_TARGETS}
    # Redis is a part only where one is used.
    missing = {(where, *sample) for where, *sample in named if tuple(sample) not in there and sample[2] != "redis"}
    assert missing == set() and len(named) > 15
    assert sum(sample.value for sample in published["bot_refused"].samples if sample.name.endswith("_total")) == 0


async def test_one_process_of_several_that_is_away_is_told_and_nobody_is_kept_away(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checks._ANSWER_WITHIN_S < http._CHECK_WITHIN_S, "one that hangs must not have the others told to be down"
    monkeypatch.setattr(http, "_CHECK_WITHIN_S", 60.0)
    beside = FakeRasa()
    await beside.server.start_server()
    hangs = await asyncio.start_server(lambda _reader, writer: asyncio.sleep(60), "127.0.0.1", 0)
    lost = f"http://127.0.0.1:{hangs.sockets[0].getsockname()[1]}"
    there = f"http://127.0.0.1:{beside.port}"
    async with running(replace(settings, rasa_urls=(there, lost), actions_urls=(lost, there)), rasa) as gateway:
        # One that answers too late on a slow machine is asked again.
        async with timeout(60):
            while not await is_ready(gateway):
                pass
        for model in ("model.tar.gz", "newer.tar.gz"):
            beside.model = model
            expected = {
                "bot_shard_up": {("1", "rasa"): 1, ("2", "rasa"): 0, ("1", "actions"): 0, ("2", "actions"): 1},
                "bot_part_up": {(part,): 1 for part in PART},
                "bot_model_info": {(model, "1"): 1},
            }
            until = time.monotonic() + 60
            while samples(published := await scrape(gateway), *expected) != expected and time.monotonic() < until:
                pass
            assert samples(published, *expected) == expected
        assert lost.rpartition(":")[2] not in {str(each) for one in published.values() for at in one.samples for each in at.labels.values()}
    hangs.close()
    await beside.server.close()


def test_every_alarm_says_in_the_manual_what_it_means_and_what_to_do() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    part = page.partition("\n### Alarms\n")[2].partition("\n#")[0]
    told = {
        name: (means.strip(), act.strip())
        for name, means, act in re.findall(r"^\| ([A-Z]\w+) \| ([^|]+) \| ([^|]+) \|$", part, re.MULTILINE)
    }
    rules = [rule for group in read_yaml(FOLDER / "alarms.yml")["groups"] for rule in group["rules"]]
    assert {rule["alert"] for rule in rules} == set(told) and all(len(cell) > 20 for cells in told.values() for cell in cells)
    assert all(rule["labels"]["severity"] in ("critical", "warning", "info") and rule["annotations"]["summary"] for rule in rules)


def test_every_alarm_has_figures_at_which_it_fires_and_figures_at_which_it_does_not() -> None:
    # Whether it then does, promtool says: docs/operations.md.
    cases = read_yaml(FOLDER / "alarms.test.yml")
    assert [(FOLDER / name).is_file() for name in cases["rule_files"]] == [True]
    looked = [each for test in cases["tests"] for each in test["alert_rule_test"]]
    rules = {rule["alert"]: rule for group in read_yaml(FOLDER / "alarms.yml")["groups"] for rule in group["rules"]}
    for fires in (True, False):
        assert {each["alertname"] for each in looked if bool(each["exp_alerts"]) is fires} == set(rules)
    for each in looked:
        assert all(alert["exp_labels"]["severity"] == rules[each["alertname"]]["labels"]["severity"] for alert in each["exp_alerts"])
    figures = {name for _, expression in expressions() for name in re.findall(r"\b(?:(?:bot|process)_\w+|up)\b", expression)}
    assert {re.split(r"\{", series["series"])[0] for test in cases["tests"] for series in test["input_series"]} <= figures


async def test_the_work_that_waits_is_told_and_nothing_of_anybody(gateway: Gateway, settings: Settings) -> None:
    database = gateway.server.app[DATABASE]
    empty = await scrape(gateway)
    for name in ("bot_queue_length", "bot_queue_longest_wait_seconds", "bot_owed_answers", "bot_left_messages_open", "bot_officers_ready"):
        assert value(empty, name) == 0, name
    await gateway.say(f"my permit is {PERSONAL}", "zoe")
    for said in ("desk:message", "call me", "desk:contact_window"):
        await gateway.say(said, "zoe")
    async with member(gateway, database, "wang") as officer, visiting(gateway.url("/")):
        waiting = await queued(gateway, officer, "ann")
        long_ago = now() - timedelta(days=365)
        await database.run(lambda session: session.execute(update(Handoff).values(queued_at=long_ago)))
        await database.run(lambda session: session.execute(update(LeftMessage).values(due_at=long_ago)))
        switch(settings, "off", "Chen Li", "wrong answers", "en")
        while value(published := await scrape(gateway), "bot_assistant_on") != 0:
            await asyncio.sleep(0.05)
    assert [value(published, name) for name in ("bot_queue_length", "bot_officers_ready", "bot_left_messages_overdue")] == [1, 1, 1]
    assert value(published, "bot_queue_longest_wait_seconds") > 360 * 24 * 3600
    assert value(published, "bot_open_sockets", side="applicants") == 1
    assert {sample.labels["part"]: sample.value for sample in published["bot_part_up"].samples} == dict.fromkeys(PART, 1)
    assert value(published, "bot_model_info", model="model.tar.gz", number="1") == 1
    assert [value(published, "bot_shard_up", part=part, number="1") for part in ("rasa", "actions")] == [1, 1]
    assert value(published, "bot_event_loop_lag_seconds", "bot_event_loop_lag_seconds_count") > 0
    assert 0 <= value(published, "bot_database_connections") <= value(published, "bot_database_connections_most")
    ids = set(await database.run(lambda session: session.query(Conversation.id).all()))
    told = {str(each) for family in published.values() for sample in family.samples for each in sample.labels.values()}
    assert not told & ({PERSONAL, "zoe", "ann", waiting, "wang", "Wang"} | {each for (each,) in ids})
    assert max(len({tuple(sample.labels.values()) for sample in family.samples}) for family in published.values()) < 200


PART = ("database", "rasa", "actions")


async def test_the_regular_works_tell_when_they_were_done_and_how(
    gateway: Gateway, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any
) -> None:
    database = gateway.server.app[DATABASE]

    async def works(family: str) -> dict[str, float]:
        return {sample.labels["work"]: sample.value for sample in (await scrape(gateway))[family].samples}

    await gateway.server.app[PRIVACY].round()
    before = await works("bot_work_last_timestamp_seconds")
    assert before["audit"] == before["backup"] == 0 and before["retention"] > 1.7e9
    switch(settings, "off", "Chen Li", "wrong answers", "en")
    assert verify_trail(settings, "en") == 0
    for name, given in (("DATA_DIR", tmp_path), ("DATABASE_URL", settings.database_url), ("HTTP_PORT", free_port())):
        monkeypatch.setenv(f"BOT_{name}", str(given))
    assert back_up(["to", str(tmp_path / "backups")]) == 0, capsys.readouterr().err
    after = await works("bot_work_last_timestamp_seconds")
    assert all(at > 1.7e9 for at in after.values()) and await works("bot_work_well") == dict.fromkeys(after, 1)
    await database.run(lambda session: session.execute(text("UPDATE audit_entries SET actor = 'staff:7'")))
    assert verify_trail(settings, "en") == 1
    assert (await works("bot_work_well"))["audit"] == 0


async def test_errors_of_the_database_are_counted_and_hide_no_other_figure(gateway: Gateway) -> None:
    database = gateway.server.app[DATABASE]
    with pytest.raises(Exception, match="no_such_table"):
        await database.run(lambda session: session.execute(text("SELECT * FROM no_such_table")))
    published = await scrape(gateway)
    assert sum(sample.value for sample in published["bot_database_errors"].samples if sample.name.endswith("_total")) == 1
    await database.run(lambda session: session.execute(text("DROP TABLE jobs")))
    published = await scrape(gateway)
    assert value(published, "bot_part_up", part="rasa") == 1 and "bot_queue_length" in published
