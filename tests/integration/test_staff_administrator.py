"""How the first administrator comes in: by a command that asks or prints a link, and by the link of a demonstration; never by default."""

from __future__ import annotations

import errno
import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
import sqlalchemy as sql
import time_machine

from bot.audit import AuditEntry
from bot.db import Database
from bot.launch import way_into_console
from bot.settings import ROOT, Settings
from bot.staff import first
from bot.staff.models import StaffAccount, StaffInvitation
from bot.staff.service import Staff
from bot.vault import KEY_FILE, read_or_create_key
from tests.console import PASSWORD, browser
from tests.gateway import running
from tests.servers import AUDIT_KEY
from tests.staff import make_officer, refused

END_OF_INPUT = "\x04"
OTHER_PASSWORD = "twelve quiet harbours"


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    read_or_create_key(tmp_path / KEY_FILE)
    return Settings(data_dir=tmp_path, demo=True)


@pytest.fixture
def staff(settings: Settings) -> Staff:
    return first.staff_at(settings.data_dir)


def environment(settings: Settings) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    return {**inherited, "BOT_DATA_DIR": str(settings.data_dir), "BOT_HTTP_PORT": "8123"}


def command(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command where nobody can be asked."""
    words = [sys.executable, "-m", "bot", "administrator", *arguments]
    return subprocess.run(words, cwd=ROOT, env=environment(settings), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


class Terminal:
    """The command at a terminal."""

    def __init__(self, settings: Settings, *arguments: str) -> None:
        self._mine, theirs = pty.openpty()
        words = [sys.executable, "-m", "bot", "administrator", *arguments]
        self._process = subprocess.Popen(
            words, cwd=ROOT, env=environment(settings), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self.shown = ""

    def read(self) -> bool:
        """Read what is shown next; False at the end."""
        assert select.select([self._mine], [], [], 60)[0], f"nothing is shown any more after {self.shown!r}"
        try:
            block = os.read(self._mine, 4096)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            block = b""
        self.shown += block.decode()
        return bool(block)

    def answers(self, question: str, answer: str) -> None:
        """Type an answer once the question is shown."""
        seen = len(self.shown)
        while question not in self.shown[seen:]:
            assert self.read(), self.shown
        os.write(self._mine, answer.encode() if answer == END_OF_INPUT else f"{answer}\n".encode())

    def ends(self) -> int:
        """Read to the end; the status."""
        while self.read():
            pass
        os.close(self._mine)
        return self._process.wait(60)


def token_in(text: str) -> str:
    (found,) = re.findall(r"/console/#invite=(\S+)", text)
    return str(found)


def accounts(database: Database) -> list[tuple[str, str, bool, bool]]:
    with database.session() as session:
        rows = session.execute(sql.select(StaffAccount).order_by(StaffAccount.id)).scalars()
        return [(row.login, row.role, row.active, row.password_hash is not None) for row in rows]


@pytest.fixture
def opened(settings: Settings) -> Iterator[Database]:
    database = Database(settings.resolved_database_url, AUDIT_KEY)
    yield database
    database.close()


def signs_in(database: Database, staff: Staff, login: str, password: str = PASSWORD, totp: str | None = None) -> str:
    """The role of whoever this opens a session for."""
    with database.session() as session:
        return str(staff.sign_in(session, login, password, totp, "net:here")[1].officer.role)


def test_where_nobody_can_be_asked_a_link_is_printed_and_no_password_made(settings: Settings, opened: Database, staff: Staff) -> None:
    made = command(settings)
    assert made.returncode == 0 and made.stderr == "" and "http://127.0.0.1:8123/console/#invite=" in made.stdout
    assert accounts(opened) == [("administrator", "administrator", True, False)]
    for guess in ("", "administrator", "admin", "password"):
        assert refused(lambda guess=guess: signs_in(opened, staff, "administrator", guess)) == "sign_in_refused"
    with opened.session() as session:
        staff.accept_invitation(session, token_in(made.stdout), PASSWORD)
    assert signs_in(opened, staff, "administrator") == "administrator"


def test_login_name_and_language_can_be_given(settings: Settings, opened: Database) -> None:
    assert command(settings, "--login", "Zhou.Min", "--name", "Zhou Min", "--language", "en").returncode == 0
    with opened.session() as session:
        row = session.execute(sql.select(StaffAccount)).scalar_one()
        assert (row.login, row.display_name, row.language, row.role) == ("zhou.min", "Zhou Min", "en", "administrator")


def test_what_cannot_be_used_is_told_in_one_line(settings: Settings, opened: Database) -> None:
    with opened.session() as session:
        make_officer(session, "wang")
    for arguments in (("--login", "a b"), ("--login", "wang"), ("--name", "\u202e")):
        result = command(settings, *arguments)
        assert result.returncode == 1 and result.stdout == "" and result.stderr.count("\n") == 1, result.stderr
        assert result.stderr.startswith("error: ")
    assert [role for _, role, _, _ in accounts(opened)] == ["officer"]


def test_at_a_terminal_it_asks_for_login_and_password_and_shows_neither_password(
    settings: Settings, opened: Database, staff: Staff
) -> None:
    terminal = Terminal(settings)
    terminal.answers("Login [administrator]:", "zhou.min")
    terminal.answers("Password", "short")
    terminal.answers("Again", "short")
    terminal.answers("Password", PASSWORD)
    terminal.answers("Again", PASSWORD + "x")
    terminal.answers("Password", PASSWORD)
    terminal.answers("Again", PASSWORD)
    assert terminal.ends() == 0
    assert "12" in terminal.shown and "not the same" in terminal.shown and "zhou.min" in terminal.shown
    assert PASSWORD not in terminal.shown and "invite=" not in terminal.shown
    assert signs_in(opened, staff, "zhou.min") == "administrator"


def test_empty_password_leaves_it_to_the_link(settings: Settings, opened: Database) -> None:
    terminal = Terminal(settings, "--login", "zhou.min")
    terminal.answers("Password", "")
    assert terminal.ends() == 0
    assert token_in(terminal.shown) and accounts(opened) == [("zhou.min", "administrator", True, False)]


def test_closed_terminal_leaves_it_to_the_link(settings: Settings, opened: Database) -> None:
    terminal = Terminal(settings)
    terminal.answers("Login", END_OF_INPUT)
    terminal.answers("Password", END_OF_INPUT)
    assert terminal.ends() == 0
    assert token_in(terminal.shown) and len(accounts(opened)) == 1


def test_administrator_who_lost_password_and_second_factor_gets_a_new_way_in(settings: Settings, opened: Database, staff: Staff) -> None:
    with opened.session() as session:
        staff.accept_invitation(session, first.invite_administrator(session, staff), PASSWORD)
    with opened.session() as session:
        account_id = session.execute(sql.select(StaffAccount.id)).scalar_one()
        begun = staff.totp_begin(session, account_id, PASSWORD)
    with opened.session() as session:
        staff.totp_confirm(session, account_id, pyotp.TOTP(begun.secret).now())
    assert refused(lambda: signs_in(opened, staff, "administrator")) == "totp_needed"
    token = token_in(command(settings).stdout)
    # Until the link is used, everything stays as it was.
    assert refused(lambda: signs_in(opened, staff, "administrator")) == "totp_needed"
    with opened.session() as session:
        staff.accept_invitation(session, token, OTHER_PASSWORD)
    assert signs_in(opened, staff, "administrator", OTHER_PASSWORD) == "administrator"
    assert refused(lambda: signs_in(opened, staff, "administrator")) == "sign_in_refused"
    with opened.session() as session:
        told = {entry.action: entry.actor for entry in session.execute(sql.select(AuditEntry)).scalars()}
    assert told["account:create"] == told["account:invite"] == "system"


def test_disabled_administrator_is_let_in_again(settings: Settings, opened: Database, staff: Staff) -> None:
    with opened.session() as session:
        staff.accept_invitation(session, first.invite_administrator(session, staff), PASSWORD)
        session.execute(StaffAccount.__table__.update().values(active=False))
    token = token_in(command(settings).stdout)
    assert accounts(opened) == [("administrator", "administrator", True, True)]
    with opened.session() as session:
        assert staff.invitation(session, token).login == "administrator"


# The link that a demonstration prints.


def test_demonstration_prints_a_link_only_while_nobody_can_manage_accounts(settings: Settings, opened: Database, staff: Staff) -> None:
    with opened.session() as session:
        make_officer(session, "wang", password=PASSWORD)
        make_officer(session, "boss", "supervisor", password=PASSWORD)
    told = way_into_console(settings)
    assert told is not None and "http://127.0.0.1:8080/console/#invite=" in told and "48" in told
    with opened.session() as session:
        staff.accept_invitation(session, token_in(told), PASSWORD)
    assert way_into_console(settings) is None
    with opened.session() as session:
        session.execute(StaffAccount.__table__.update().where(StaffAccount.role == "administrator").values(active=False))
    assert way_into_console(settings) is not None


def test_every_start_ends_the_link_of_the_one_before(settings: Settings, opened: Database, staff: Staff) -> None:
    links = [token_in(way_into_console(settings) or "") for _ in range(3)]
    assert len(set(links)) == 3 and len(accounts(opened)) == 1
    with opened.session() as session:
        for ended in links[:2]:
            assert refused(lambda ended=ended: staff.invitation(session, ended)) == "invitation_unusable"
        assert staff.invitation(session, links[2]).login == "administrator"
        assert not [row for row in session.execute(sql.select(StaffInvitation.token_hash)).scalars() if row in links]


def test_link_ends_after_two_days(settings: Settings, opened: Database, staff: Staff) -> None:
    began = datetime(2026, 11, 25, 1, tzinfo=UTC)
    with time_machine.travel(began, tick=False) as clock:
        token = token_in(way_into_console(settings) or "")
        clock.shift(timedelta(hours=48) - timedelta(seconds=1))
        with opened.session() as session:
            assert staff.invitation(session, token).login == "administrator"
        clock.shift(timedelta(seconds=1))
        with opened.session() as session:
            assert refused(lambda: staff.invitation(session, token)) == "invitation_unusable"


def test_without_demonstration_the_command_is_named_and_no_account_made(settings: Settings, opened: Database) -> None:
    told = way_into_console(Settings(data_dir=settings.data_dir, demo=False))
    assert told is not None and "python -m bot administrator" in told and "invite" not in told
    assert accounts(opened) == []


def test_link_is_for_this_machine_whatever_address_is_listened_on(settings: Settings) -> None:
    for host, shown in (("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("10.0.0.7", "10.0.0.7"), ("::1", "[::1]")):
        told = way_into_console(Settings(data_dir=settings.data_dir, http_host=host, http_port=9000))
        assert told is not None and f"http://{shown}:9000/console/#invite=" in told


async def test_link_opens_the_console_of_a_running_gateway_once(settings: Settings) -> None:
    token = token_in(way_into_console(settings) or "")
    async with running(settings) as gateway, browser(gateway) as person, browser(gateway) as late:
        assert (await person.post("invitation/look", token=token))["login"] == "administrator"
        assert (await person.refused("invitation/accept", token=token, password="administrator"))[1].startswith("password_")
        me = await person.post("invitation/accept", token=token, password=PASSWORD)
        assert me["officer"]["role"] == "administrator" and "account:manage" in me["officer"]["permissions"]
        assert (await late.refused("invitation/accept", token=token, password=PASSWORD))[:2] == (404, "invitation_unusable")
        assert (await late.refused("invitation/look", token=token))[:2] == (404, "invitation_unusable")
