"""The change from one colour to the other: the new one is ready first, and what fails changes nothing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bot.settings import ROOT

DEPLOY = ROOT / "deploy"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder with programs that write down how they are called, and with blue live."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("systemctl", "docker", "nginx", "python3", "sleep"):
        program = programs / name
        program.write_text(
            f'#!/bin/sh\necho "{name} $*" >> "{tmp_path}/calls"\ngrep -qsF "{name} $*" "{tmp_path}/failing" && exit 1\nexit 0\n',
            encoding="utf-8",
        )
        program.chmod(0o755)
    (tmp_path / "live.conf").symlink_to("blue.conf")
    return tmp_path


def switch(machine: Path, *arguments: str, failing: str = "") -> tuple[int, list[str], str]:
    (machine / "failing").write_text(failing, encoding="utf-8")
    path = f"{machine / 'bin'}:{os.environ['PATH']}"
    given = {"PATH": path, "ASSISTANT_LIVE": str(machine / "live.conf")}
    done = subprocess.run([str(DEPLOY / "switch.sh"), *arguments], env=given, capture_output=True, text=True, timeout=30)
    calls = machine / "calls"
    return done.returncode, calls.read_text().splitlines() if calls.exists() else [], os.readlink(machine / "live.conf")


READY = "python3 -m deploy.probe 8082 /readyz --within 120"


def test_the_new_colour_is_ready_before_it_serves_and_the_old_one_ends_after(machine: Path) -> None:
    status, calls, live = switch(machine, "systemd", "green")
    assert (status, live) == (0, "green.conf")
    start, stop = "systemctl restart assistant@green.target", "systemctl stop assistant@blue.target"
    assert calls[:4] == [start, READY, "nginx -t -q", "nginx -s reload"] and calls[6:8] == ["sleep 5", stop]
    for work, then in (("backup", calls[8:11]), ("audit", calls[11:])):
        blue, green = (f"assistant-{work}@{colour}.timer" for colour in ("blue", "green"))
        assert then == [f"systemctl is-enabled --quiet {blue}", f"systemctl enable --now {green}", f"systemctl disable --now {blue}"]


@pytest.mark.parametrize(("to", "other"), [("green", "blue"), ("blue", "green")])
def test_the_colour_that_serves_starts_with_the_machine_also_after_a_way_back(machine: Path, to: str, other: str) -> None:
    (machine / "live.conf").unlink()
    (machine / "live.conf").symlink_to(f"{other}.conf")
    status, calls, live = switch(machine, "systemd", to)
    assert (status, live) == (0, f"{to}.conf")
    at = calls.index(f"systemctl enable assistant@{to}.target")
    assert calls[at + 1] == f"systemctl disable assistant@{other}.target"
    # A machine that fails from here on comes back with what serves.
    assert calls.index("nginx -s reload") < at < calls.index(f"systemctl stop assistant@{other}.target")


def test_a_target_that_cannot_be_enabled_is_told_and_holds_nothing_up(machine: Path) -> None:
    status, calls, live = switch(machine, "systemd", "green", failing="systemctl enable assistant@green.target")
    assert (status, live) == (0, "green.conf")
    assert "systemctl disable assistant@blue.target" not in calls and "systemctl stop assistant@blue.target" in calls


def test_containers_ask_nothing_of_systemd(machine: Path) -> None:
    status, calls, _ = switch(machine, "compose", "green")
    assert status == 0 and not any(call.startswith("systemctl") for call in calls)


def test_timers_that_were_not_enabled_stay_so(machine: Path) -> None:
    asked = [f"systemctl is-enabled --quiet assistant-{work}@blue.timer" for work in ("backup", "audit")]
    _, calls, _ = switch(machine, "systemd", "green", failing="\n".join(asked))
    assert calls[-2:] == asked


def test_a_proxy_before_several_machines_is_never_pointed_at_one(machine: Path) -> None:
    (machine / "live.conf").unlink()
    (machine / "live.conf").symlink_to("several.conf")
    assert switch(machine, "systemd", "green") == (1, [], "several.conf")


@pytest.mark.parametrize("failing", [READY, "systemctl restart assistant@green.target"])
def test_a_colour_that_does_not_become_ready_changes_nothing(machine: Path, failing: str) -> None:
    status, calls, live = switch(machine, "systemd", "green", failing=failing)
    assert (status, live, calls[-1]) == (1, "blue.conf", "systemctl stop assistant@green.target")
    assert not any(call.startswith("nginx") or "stop assistant@blue" in call for call in calls)


def test_a_proxy_that_refuses_its_configuration_stays_with_the_old_colour(machine: Path) -> None:
    status, calls, live = switch(machine, "compose", "green", failing="nginx -t -q")
    assert (status, live) == (1, "blue.conf")
    assert calls[-1] == f"docker compose -f {DEPLOY}/compose.yml -p green down"


def test_the_colour_that_serves_is_never_started_anew_nor_stopped(machine: Path) -> None:
    (machine / "live.conf").unlink()
    (machine / "live.conf").symlink_to(machine / "blue.conf")
    assert switch(machine, "compose", "blue")[:2] == (1, [])


def test_a_change_that_was_broken_off_can_be_made_again(machine: Path) -> None:
    (machine / "live.conf.new").symlink_to("green.conf")
    assert switch(machine, "systemd", "green")[::2] == (0, "green.conf")


def test_the_switch_wants_to_know_how_and_where_to(machine: Path) -> None:
    for arguments in ((), ("systemd",), ("systemd", "red"), ("cron", "blue")):
        assert switch(machine, *arguments)[0] == 2
    assert not (machine / "calls").exists()
