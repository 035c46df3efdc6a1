"""What an image and an environment are made of, and that nothing else gets into them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest

from bot.settings import ROOT
from tests.deploy_files import left_out_of_the_image

DEPLOY = ROOT / "deploy"


def test_the_image_holds_code_and_model_and_no_secret() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    for line in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE):
        assert all((ROOT / name).exists() for name in line.split()), line
    assert f"FROM python:{(ROOT / '.python-version').read_text().strip()}-" in text
    assert "models/model.tar.gz" in text and "\nUSER 10001:10001\n" in text


def in_image(*paths: str) -> list[str]:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    return [path for path in paths if not left_out_of_the_image(path, rules)]


def test_what_lies_about_in_the_folder_gets_into_no_image() -> None:
    # Keys are put aside and databases are put back in whatever folder BOT_DATA_DIR names.
    keys = "vault.key var/vault.key var2/vault.key.before-20261129 keys/old.key bot/certificate.pem tls/certificate.pem staff.p12"
    settings = ".env .env.local.env .env.production deploy/.env deploy/settings/own.env database.password"
    people = "permits.db permits.db-wal permits.db.before-20261129T083800Z data/permits.db-wal bot/rasa.db backup.dump records.csv"
    logs = "var/logs/rasa.log bot/gateway.log"
    made = (
        ".git/config .venv/bin/python .tools/bin/uv data/generated/x.yml models/model.tar.gz bot/__pycache__/app.pyc .hypothesis/examples/x"
    )
    ours = "tests/conftest.py docs/operations.md"
    assert in_image(*f"{keys} {settings} {people} {logs} {made} {ours}".split()) == []


def test_what_gets_into_the_image_is_enough_to_run(tmp_path: Path) -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for path in in_image(*filter(None, tracked)):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, tmp_path / path)
    values = {**os.environ, "BOT_DATA_DIR": str(tmp_path / "var"), "BOT_DEMO": "off"}
    for command in ("-m bot check", "-m bot doctor", "-m deploy.probe --help", "-m deploy.backup --help", "-m actions.server --help"):
        ran = subprocess.run([sys.executable, *command.split()], cwd=tmp_path, env=values, capture_output=True, text=True)
        assert "Traceback" not in ran.stderr and (ran.returncode == 0 or command == "-m bot doctor"), (command, ran.stderr)


def test_no_package_had_to_be_compiled_here() -> None:
    made_here = {
        name
        for each in distributions()
        for name, tag in [(each.metadata["Name"], each.read_text("WHEEL") or "")]
        if re.search(r"^Tag: .*-linux_", tag, re.MULTILINE)
    }
    assert made_here == set(), "neither the image nor a bare machine has a compiler"


def test_the_systems_python_comes_before_others(monkeypatch: pytest.MonkeyPatch) -> None:
    from deploy import environment

    asked: list[str] = []

    def run(command: list[str], **_named: Any) -> subprocess.CompletedProcess[bytes]:
        asked.append(command[0])
        return subprocess.CompletedProcess(command, 0, stdout=b"3.11\n")

    monkeypatch.setattr(environment.os.path, "exists", lambda _path: True)
    monkeypatch.setattr(environment.subprocess, "run", run)
    assert environment.interpreter("3.11") == "/usr/bin/python3.11" and asked == ["/usr/bin/python3.11"]
