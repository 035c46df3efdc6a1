"""`python -m bot doctor` finds what is wrong with a configuration, changes nothing, and says it in both languages."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from dotenv import dotenv_values
from sqlalchemy import update

from bot import audit, doctor, jobs, migrations
from bot.__main__ import main
from bot.audit_chain import opened
from bot.conversations import switch
from bot.db import Database, now
from bot.doctor import examine
from bot.errors import StartError
from bot.i18n import Texts
from bot.languages import LANGUAGES
from bot.permits import demo
from bot.settings import ROOT, Settings, load
from bot.staff.first import invite_administrator, staff_at
from tests.gateway import FakeRasa
from tests.postbox import Postbox
from tests.servers import Redis, free_port
from tests.staff import PASSWORD

MAIL = {"BOT_SMTP_URL": "smtp://127.0.0.1:1", "BOT_MAIL_FROM": "assistant@a.test", "BOT_PUBLIC_URL": "https://b.test"}
OTHER = "fedcba9876543210"
GOOD = {"BOT_DEMO": "off", "BOT_TRUSTED_PROXIES": "127.0.0.1", "BOT_REST_TOKENS": "portal:0123456789abcdef"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of an assistant that is set up well, with an administrator."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    database = opened(Settings(data_dir=folder))
    migrations.upgrade(database.engine)
    with database.session() as session:
        staff = staff_at(folder)
        staff.accept_invitation(session, invite_administrator(session, staff), PASSWORD)
    database.close()
    return folder


def found(folder: Path, **settings: str) -> dict[str, str]:
    """Codes of the findings with their levels."""
    port = {"BOT_HTTP_PORT": str(free_port())}
    return {each.code: each.level for each in examine({**GOOD, **port, "BOT_DATA_DIR": str(folder), **settings}, env_file=None)}


def test_a_good_configuration_has_nothing_but_the_kind_of_database(folder: Path) -> None:
    assert found(folder) == {"sqlite": "look"}


@pytest.mark.parametrize(
    ("settings", "code", "level"),
    [
        ({"BOT_HTTP_PORT": "eighty"}, "setting", "wrong"),
        ({"BOT_HTTP_PROT": "80"}, "unknown", "wrong"),
        ({"BOT_LOG_LEVEL": "loud"}, "log_level", "wrong"),
        ({"BOT_RATE_LIMITS": "off"}, "rate_limits_off", "wrong"),
        ({"BOT_RATE_LIMITS": "off", "BOT_DEMO": "on"}, "rate_limits_off", "look"),
        ({"BOT_TRUSTED_PROXIES": "0.0.0.0/0"}, "trusts_everybody", "wrong"),
        ({"BOT_TRUSTED_PROXIES": "::/0"}, "trusts_everybody", "wrong"),
        ({"BOT_ALLOWED_ORIGINS": "http://www.example.com"}, "plain_origin", "look"),
        ({"BOT_DEMO": "on"}, "demo_on", "look"),
        ({"BOT_TRUSTED_PROXIES": ""}, "no_proxy", "look"),
        ({"BOT_TRUSTED_PROXIES": "", "BOT_HTTP_HOST": "0.0.0.0"}, "no_proxy", "wrong"),
        ({"BOT_REST_TOKENS": ""}, "rest_open", "look"),
        ({"BOT_DESK_HOURS": "always"}, "desk_always", "look"),
        ({"BOT_RASA_PORT": "5005", "BOT_ACTIONS_PORT": "5005"}, "port_twice", "wrong"),
        ({"BOT_DATABASE_URL": "mysql://somebody:secret@localhost/permits"}, "database_unknown", "wrong"),
        ({"BOT_DATABASE_URL": "postgresql+psycopg2://somebody:secret@127.0.0.1:port/permits"}, "database_unknown", "wrong"),
        ({"BOT_DATABASE_URL": "postgresql+asyncpg://somebody:secret@127.0.0.1/permits"}, "database_unknown", "wrong"),
        ({"BOT_DATABASE_URL": "postgresql+psycopg2://somebody:secret@127.0.0.1:1/permits"}, "database_unreachable", "wrong"),
        ({"BOT_DATABASE_URL": "sqlite:////nowhere/permits.db"}, "database_unreachable", "wrong"),
        ({"BOT_DATABASE_URL": "sqlite:///:memory:"}, "database_in_memory", "wrong"),
        ({"BOT_DATABASE_URL": "sqlite://"}, "database_in_memory", "wrong"),
        ({"BOT_REDIS_URL": "redis://:secret@127.0.0.1:notaport/0"}, "setting", "wrong"),
        ({"BOT_REDIS_URL": "redis://127.0.0.1:1/0"}, "redis_alone", "look"),
        ({"BOT_HTTP_HOST": "no-such-host.invalid"}, "host_unusable", "wrong"),
        ({"BOT_HTTP_HOST": "192.0.2.1"}, "host_unusable", "wrong"),
        ({"BOT_HTTP_HOST": "0.0.0.0"}, "hosts_open", "look"),
        ({"BOT_PUBLIC_HOSTS": "assistant.example.gov.cn"}, "example_host", "wrong"),
        ({"BOT_RASA_URLS": "http://127.0.0.1:1"}, "part_unreachable", "look"),
        ({"BOT_ACTIONS_URLS": "http://127.0.0.1:1"}, "part_unreachable", "look"),
        ({"BOT_RECORD_TOKENS": "bureau:0123456789abcdef"}, "token_shared", "look"),
        ({"BOT_REST_TOKENS": "portal:0123456789abcdef,kiosk:0123456789abcdef"}, "token_shared", "look"),
        ({**MAIL, "BOT_PUBLIC_HOSTS": "a.test"}, "public_url_foreign", "wrong"),
        ({**MAIL, "BOT_PUBLIC_URL": "http://b.test"}, "public_url_plain", "wrong"),
        ({"BOT_PUBLIC_URL": "http://b.test:8080"}, "public_url_plain", "look"),
        ({"BOT_METRICS_TOKENS": "prometheus:0123456789abcdef"}, "metrics_token_shared", "wrong"),
        ({"BOT_METRICS_TOKENS": f"prometheus:{OTHER}", "BOT_RECORD_TOKENS": f"bureau:{OTHER}"}, "metrics_token_shared", "wrong"),
        ({"BOT_LOOKUP_ATTEMPTS": "21"}, "lookups_of_number", "look"),
        ({"BOT_NETWORK_LOOKUP_ATTEMPTS": "241"}, "lookups_of_network", "look"),
        ({"BOT_KEEP_CONVERSATIONS_DAYS": "3650"}, "kept_long", "look"),
        ({"BOT_KEEP_MEMORY_DAYS": "180"}, "kept_long", "look"),
        ({"BOT_LOG_LEVEL": "debug"}, "log_debug", "look"),
        ({"BOT_TRUSTED_PROXIES": "127.0.0.1,10.0.0.0/8"}, "proxies_wide", "look"),
        ({"BOT_TRUSTED_PROXIES": "172.16.0.0/12"}, "proxies_wide", "look"),
        ({"BOT_TRUSTED_PROXIES": "192.168.0.0/16"}, "proxies_wide", "look"),
        ({"BOT_TRUSTED_PROXIES": "fd00::/8"}, "proxies_wide", "look"),
        ({"BOT_REDIS_URL": "rediss://redis.invalid:6379/0"}, "redis_open", "look"),
        ({"BOT_REDIS_URL": "redis://:secret@redis.invalid:6379/0"}, "redis_plain", "look"),
        ({"BOT_DATABASE_URL": "postgresql+psycopg2://a:b@postgres.invalid/permits"}, "database_plain", "look"),
        ({"BOT_DATABASE_URL": "postgresql+psycopg2://a:b@postgres.invalid/permits?sslmode=prefer"}, "database_plain", "look"),
        ({"BOT_DATABASE_URL": "postgresql+psycopg2://a:b@/permits?host=localhost:5432&host=postgres.invalid"}, "database_plain", "look"),
    ],
)
def test_what_is_wrong_in_the_settings_is_found(folder: Path, settings: dict[str, str], code: str, level: str) -> None:
    assert found(folder, **settings)[code] == level


def test_good_settings_are_not_complained_of(folder: Path) -> None:
    settings = {"BOT_ALLOWED_ORIGINS": "https://www.example.com,http://localhost:3000", "BOT_RASA_PORT": "0", "BOT_ACTIONS_PORT": "0"}
    assert found(folder, **settings) == {"sqlite": "look"}
    settings = {"BOT_HTTP_HOST": "::1", "BOT_PUBLIC_HOSTS": "a.test", "BOT_RECORD_TOKENS": "bureau:fedcba9876543210"}
    assert found(folder, **settings) == {"sqlite": "look"}


@pytest.mark.parametrize(
    "settings",
    [
        {**MAIL, "BOT_PUBLIC_URL": "http://localhost:8080", "BOT_METRICS_TOKENS": f"prometheus:{OTHER}"},
        {"BOT_LOOKUP_ATTEMPTS": "20", "BOT_NETWORK_LOOKUP_ATTEMPTS": "240", "BOT_KEEP_CONVERSATIONS_DAYS": "360"},
        {"BOT_TRUSTED_PROXIES": "127.0.0.0/8,10.1.2.0/24,::1,fd00:1:2:3::/64"},
        {"BOT_REDIS_URL": "redis://[::1]:1/0"},
        {"BOT_REDIS_URL": "unix:///nowhere/redis.sock"},
        {"BOT_REDIS_URL": "rediss://redis.invalid/0?password=secret"},
        {"BOT_DATABASE_URL": "postgresql+psycopg2://a:b@localhost:1/permits"},
        {"BOT_DATABASE_URL": "postgresql+psycopg2:///permits?host=/nowhere"},
        {"BOT_DATABASE_URL": "postgresql+psycopg2://a:b@postgres.invalid/permits?sslmode=require"},
        {"BOT_DATABASE_URL": "postgresql+psycopg2://a:b@postgres.invalid/permits", "PGSSLMODE": "verify-full"},
    ],
)
def test_settings_that_are_near_to_wrong_ones_are_not_taken_for_them(folder: Path, settings: dict[str, str]) -> None:
    unasked = {"sqlite", "mail_unreachable", "redis_alone", "redis_unreachable", "database_unreachable"}
    assert set(found(folder, **settings)) - unasked == set()


def test_what_too_many_look_ups_make_possible_is_told_in_figures(folder: Path) -> None:
    settings = {**GOOD, "BOT_DATA_DIR": str(folder), "BOT_LOOKUP_ATTEMPTS": "100", "BOT_NETWORK_LOOKUP_ATTEMPTS": "10000"}
    told = {each.code: each.params for each in examine(settings, env_file=None)}
    assert (told["lookups_of_number"]["day"], told["lookups_of_number"]["days"]) == (400, 37)
    assert (told["lookups_of_network"]["day"], told["lookups_of_network"]["month"]) == (40_000, 80)


def test_settings_that_cannot_be_used_hide_nothing_else_and_are_taken_for_nothing_else(folder: Path) -> None:
    unusable = {
        "BOT_DEMO": "offf",
        "BOT_HTTP_PORT": "eighty",
        "BOT_RASA_URLS": "127.0.0.1:5005",
        "BOT_REDIS_URL": "localhost",
        "BOT_LOOKUP_ATTEMPTS": "0",
        "BOT_REST_TOKENS": "portal",
        "BOT_RECORD_TOKENS": "demo:0123456789abcdef",
        "BOT_METRICS": "yes",
        "BOT_ALLOWED_ORIGINS": "www.example.com",
        "BOT_PUBLIC_HOSTS": "a.test:80",
        "BOT_TRUSTED_PROXIES": "nginx",
        "BOT_SMTP_URL": "mail.a.test",
        "BOT_PUBLIC_URL": "b.test",
        "BOT_LOG_FORMAT": "xml",
    }
    settings = {**GOOD, **unusable, "BOT_DATA_DIR": str(folder), "BOT_HTTP_HOST": "0.0.0.0", "BOT_DESK_HOURS": "always"}
    (folder / "vault.key").chmod(0o644)
    every = examine(settings, env_file=None)
    assert len([each for each in every if each.code == "setting"]) == len(unusable)
    assert {each.code: each.level for each in every} == {
        "setting": "wrong",
        "desk_always": "look",
        "sqlite": "look",
        "key_not_private": "wrong",
    }


@pytest.mark.parametrize(
    ("line", "mode", "expected"),
    [
        ("BOT_DEMO=on", 0o644, {}),
        ("BOT_REST_TOKENS=", 0o644, {}),
        ("BOT_REST_TOKENS=portal:0123456789abcdef", 0o600, {}),
        ("BOT_REST_TOKENS=portal:0123456789abcdef", 0o640, {"file_for_group": "look"}),
        ("BOT_REST_TOKENS=portal:0123456789abcdef", 0o644, {"file_not_private": "wrong"}),
        ("BOT_DEMO=on", 0o664, {"file_for_group": "look"}),
        ("BOT_DEMO=on", 0o666, {"file_not_private": "wrong"}),
    ],
)
def test_files_of_settings_that_others_can_read_or_change_are_found(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, mode: int, expected: dict[str, str]
) -> None:
    environment = {**GOOD, "BOT_DATA_DIR": str(folder), "BOT_HTTP_PORT": str(free_port())}
    file = tmp_path / "machine" / "common.env"
    file.parent.mkdir()
    file.write_text(f"{line}\n", encoding="utf-8")
    file.chmod(mode)
    well = {"sqlite": "look"}
    assert {each.code: each.level for each in examine(environment, file)} == {**well, **expected}
    monkeypatch.setattr(doctor, "_OF_THE_MACHINE", file.parent)
    assert {each.code: each.level for each in examine(environment, env_file=None)} == {**well, **expected}


@pytest.mark.parametrize(("mode", "expected"), [(0o600, {}), (0o644, {"file_not_private": "wrong"})])
def test_file_of_settings_in_another_encoding_is_taken_for_one_with_secrets(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, expected: dict[str, str]
) -> None:
    monkeypatch.setattr(doctor, "_OF_THE_MACHINE", tmp_path / "machine")
    file = tmp_path / "machine" / "common.env"
    file.parent.mkdir()
    file.write_bytes("# 演示数据\nBOT_DEMO=on\n".encode("gbk"))
    file.chmod(mode)
    environment = {**GOOD, "BOT_DATA_DIR": str(folder), "BOT_HTTP_PORT": str(free_port())}
    assert {each.code: each.level for each in examine(environment, env_file=None)} == {"sqlite": "look", **expected}


@pytest.mark.parametrize("written", ["# 演示数据\nBOT_DEMO=on\n".encode("gbk"), "BOT_DEMO=on\n".encode("utf-16")])
def test_settings_in_another_encoding_are_told_and_the_rest_is_examined(folder: Path, tmp_path: Path, written: bytes) -> None:
    file = tmp_path / ".env"
    file.write_bytes(written)
    file.chmod(0o600)
    environment = {**GOOD, "BOT_DATA_DIR": str(folder), "BOT_HTTP_PORT": "many"}
    with pytest.raises(StartError, match="save it with the encoding UTF-8"):
        load(environment, file)
    told = [(each.code, str(each.params.get("detail", ""))) for each in examine(environment, file)]
    assert [code for code, _ in told] == ["settings_unread", "setting", "sqlite"] and str(file) in told[0][1]


def test_settings_that_cannot_be_read_are_told() -> None:
    with pytest.raises(StartError, match="must be a file that the user who runs the assistant may read"):
        load({}, Path("/proc/self/mem"))


def test_a_mark_at_the_beginning_of_the_settings_is_no_part_of_a_name(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes("BOT_HTTP_PORT=8123\n".encode("utf-8-sig"))
    assert load({}, file).http_port == 8123


def test_a_database_elsewhere_that_others_can_read_is_found(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    file = (folder / "permits.db").rename(elsewhere / "permits.db")
    settings = {"BOT_DATABASE_URL": f"sqlite:///{file}"}
    file.chmod(0o644)
    elsewhere.chmod(0o711)
    assert found(folder, **settings) == {"sqlite": "look", "database_not_private": "wrong"}
    file.chmod(0o600)
    assert found(folder, **settings) == {"sqlite": "look"}
    file.chmod(0o644)
    elsewhere.chmod(0o700)
    assert found(folder, **settings) == {"sqlite": "look"}


def test_the_shipped_settings_are_well_once_the_name_is_ones_own(folder: Path) -> None:
    shipped = {name: value or "" for name, value in dotenv_values(ROOT / "deploy" / "settings" / "common.env").items()}
    own = {**shipped, "BOT_PUBLIC_HOSTS": "assistant.a.test", "BOT_DATA_DIR": str(folder)}
    assert found(folder, **own) == {"sqlite": "look", "rest_open": "look"}
    compose = yaml.safe_load((ROOT / "deploy" / "compose.database.yml").read_text(encoding="utf-8"))
    (service,) = compose["services"]
    url = f"postgresql+psycopg2://assistant:secret@{service}/assistant"
    assert "database_plain" not in found(folder, **{**own, "BOT_DATABASE_URL": url})


def test_the_shipped_settings_unchanged_are_told_to_be_the_example(folder: Path) -> None:
    shipped = dotenv_values(ROOT / "deploy" / "settings" / "common.env")
    assert found(folder, BOT_PUBLIC_HOSTS=shipped["BOT_PUBLIC_HOSTS"] or "")["example_host"] == "wrong"


async def test_rasa_and_action_servers_that_answer_are_not_complained_of(folder: Path) -> None:
    rasa = FakeRasa()
    await rasa.server.start_server()
    address = f"http://127.0.0.1:{rasa.port}"
    settings = {"BOT_RASA_URLS": address, "BOT_ACTIONS_URLS": address}
    assert await asyncio.to_thread(found, folder, **settings) == {"sqlite": "look"}
    rasa.model = None
    assert (await asyncio.to_thread(found, folder, **settings))["part_unreachable"] == "look"
    await rasa.server.close()


def test_works_that_were_never_done_are_told_once_a_gateway_has_run(folder: Path) -> None:
    with contextlib.closing(opened(Settings(data_dir=folder))) as database, database.session() as session:
        jobs.done(session, "retention")
    assert found(folder) == {"sqlite": "look", "never_audit": "look", "never_backup": "look"}


def test_what_a_restore_left_is_told(folder: Path) -> None:
    for name in ("permits.db", "permits.db-wal", "permits.db-shm"):
        (folder / f"{name}.before-20261101T000000Z").touch(mode=0o600)
    every = examine({**GOOD, "BOT_DATA_DIR": str(folder)}, env_file=None)
    left = [each.params["file"].name for each in every if each.code == "database_before"]
    assert len(left) == 3


def test_a_port_that_is_taken_is_named(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert found(folder, BOT_HTTP_PORT=str(taken.getsockname()[1]))["port_busy"] == "look"


def test_a_folder_is_not_made_by_looking(tmp_path: Path) -> None:
    assert found(tmp_path / "new") == {"sqlite": "look", "database_absent": "look"}
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert found(tmp_path / "file")["folder_unusable"] == "wrong"


def test_what_others_could_read_is_found(folder: Path) -> None:
    folder.chmod(0o755)
    (folder / "vault.key").chmod(0o644)
    assert {"folder_not_private": "wrong", "key_not_private": "wrong"}.items() <= found(folder).items()


def test_a_full_disk_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_LEAST_FREE_MB", 2**40)
    assert found(folder)["disk_full"] == "wrong"


def test_a_missing_broken_or_foreign_key_is_found(folder: Path, tmp_path: Path) -> None:
    key = folder / "vault.key"
    key.rename(tmp_path / "kept")
    assert found(folder)["key_missing"] == "wrong" and not key.exists()
    key.write_text("no key", encoding="utf-8")
    key.chmod(0o600)
    assert found(folder)["key_unusable"] == "wrong"
    key.unlink()
    opened(Settings(data_dir=folder)).close()
    assert found(folder)["key_of_another"] == "wrong"
    (tmp_path / "kept").replace(key)
    assert found(folder) == {"sqlite": "look"}


def test_databases_of_other_revisions_are_told_apart(folder: Path) -> None:
    database = opened(Settings(data_dir=folder))
    migrations.downgrade(database.engine, "0003")
    assert found(folder)["database_older"] == "look"
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert found(folder)["database_newer"] == "wrong"
    database.close()


def test_a_damaged_database_is_found_and_refused_with_the_way_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("permits.db-wal", "permits.db-shm"):
        (folder / name).unlink(missing_ok=True)
    (folder / "permits.db").write_bytes(b"no database" * 1000)
    assert found(folder)["database_damaged"] == "wrong"
    monkeypatch.setenv("BOT_DATA_DIR", str(folder))
    monkeypatch.setenv("BOT_DATABASE_URL", "")
    for command in (["migrate"], ["audit", "verify"]):
        assert main(command) == 1
        assert "docs/operations.md" in capsys.readouterr().err


def test_invented_data_and_a_console_without_administrator_are_found(tmp_path: Path) -> None:
    database = opened(Settings(data_dir=tmp_path))
    migrations.upgrade(database.engine)
    with database.session() as session:
        demo.fill(session, audit.now().date())
    database.close()
    tmp_path.chmod(0o700)
    assert found(tmp_path) == {"sqlite": "look", "demo_data_left": "wrong", "no_administrator": "look"}
    assert "demo_data_left" not in found(tmp_path, BOT_DEMO="on")


def test_postgresql_is_examined_too(folder: Path, database: Database, database_url: str) -> None:
    expected = {"no_administrator": "look", "key_of_another": "wrong"}
    assert found(folder, BOT_DATABASE_URL=database_url) == expected | ({"sqlite": "look"} if database_url.startswith("sqlite") else {})


def test_the_command_says_it_and_keeps_secrets(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    settings = {**GOOD, "BOT_HTTP_PORT": str(free_port()), "BOT_DATA_DIR": str(folder), "BOT_LOG_LEVEL": "INFO"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert main(["doctor"]) == 0
    assert "0 wrong" in capsys.readouterr().out
    monkeypatch.setenv("BOT_LOG_LEVEL", "loud")
    monkeypatch.setenv("BOT_DATABASE_URL", "postgresql+psycopg2://somebody:secret@127.0.0.1:1/permits")
    assert main(["doctor", "--language", "zh"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("【错误】") and any("LOUD" in line for line in said)
    assert "secret" not in "".join(said)


def test_every_finding_has_its_text_and_every_text_a_finding() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot").glob("doctor*.py"))
    texts = Texts.load()
    for language in LANGUAGES:
        told = set(texts.part(language, "operator.doctor")) - {"wrong", "look", "well", "sum"}
        assert {code for code in told if f'"{code}"' not in source} == set()
    named = set(re.findall(r'Finding\("(?:wrong|look)"[^,\n]*, "(\w+)"', source))
    assert named - told == set()


def test_works_that_are_late_or_went_wrong_and_a_bot_that_is_off_are_told(folder: Path) -> None:
    with contextlib.closing(opened(Settings(data_dir=folder))) as database, database.session() as session:
        for name in jobs.NAMES:
            jobs.done(session, name)
        session.commit()
        assert found(folder) == {"sqlite": "look"}
        switch.turn(session, False, audit.SYSTEM, "Chen Li", "wrong answers")
        session.execute(update(jobs.Job).values(at=now() - timedelta(days=2)))
        jobs.done(session, "audit", well=False)
        session.commit()
    told = {"sqlite": "look", "switched_off": "look", "late_backup": "look", "late_retention": "look", "trail_broken": "wrong"}
    assert found(folder) == told
    (folder / "vault.key.before-20261101T000000.0Z").touch(mode=0o600)
    assert found(folder) == {**told, "key_before": "look"}


def test_redis_and_mail_server_are_asked_and_no_mail_is_sent(
    folder: Path, redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = {"BOT_MAIL_FROM": "assistant@example.org", "BOT_PUBLIC_URL": "https://assistant.example.org"}
    nobody, alone = free_port(), {"sqlite": "look", "redis_alone": "look"}
    told = found(folder, **mail, BOT_REDIS_URL=f"redis://127.0.0.1:{nobody}/0", BOT_SMTP_URL=f"smtp://localhost:{nobody}")
    assert told == {**alone, "redis_unreachable": "look", "mail_unreachable": "wrong"}
    with Postbox(tmp_path) as postbox:
        at = {**mail, "BOT_REDIS_URL": redis.url, "BOT_SMTP_URL": f"smtp://localhost:{postbox.server('https://a.example').port}"}
        assert found(folder, **at) == {**alone, "mail_unencrypted": "wrong"}
        monkeypatch.setenv("SSL_CERT_FILE", str(postbox.authority))
        assert found(folder, **at) == alone
        assert postbox.taken == []
