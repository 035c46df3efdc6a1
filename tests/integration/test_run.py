"""`make run` before anything is started: what is missing, busy or broken is said in one line."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.db import Database
from bot.ports import require_free
from bot.settings import ROOT
from bot.supervisor import hold_data_dir
from tests.servers import free_port


def run_bot(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    given = {**inherited, "BOT_DATA_DIR": str(tmp_path / "var"), "BOT_HTTP_PORT": str(free_port()), **environment}
    return subprocess.run([sys.executable, "-m", "bot", *arguments], cwd=ROOT, env=given, capture_output=True, text=True, timeout=120)


def one_error(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 1
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: "), result.stderr
    return lines[0]


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_a_busy_port_is_named_with_the_setting_that_changes_it(tmp_path: Path, busy_port: int) -> None:
    error = one_error(run_bot(tmp_path, "run", BOT_HTTP_PORT=str(busy_port)))
    assert str(busy_port) in error and "BOT_HTTP_PORT" in error


def test_a_port_of_the_other_kind_of_address_is_looked_at_too(tmp_path: Path) -> None:
    require_free("::1", free_port(), "BOT_HTTP_PORT")
    with socket.socket(socket.AF_INET6) as taken:
        taken.bind(("::1", 0))
        taken.listen()
        error = one_error(run_bot(tmp_path, "run", BOT_HTTP_HOST="::1", BOT_HTTP_PORT=str(taken.getsockname()[1])))
    assert "::1" in error and "in use" in error


@pytest.mark.parametrize("part", ["RASA", "ACTIONS"])
def test_processes_that_nobody_would_ask_are_not_started(tmp_path: Path, part: str) -> None:
    others = {f"BOT_{part}_URLS": "http://127.0.0.1:5999"}
    assert f"BOT_{part}_URLS" in one_error(run_bot(tmp_path, "run", **others))
    assert not (tmp_path / "var").exists()


def test_an_address_of_redis_that_cannot_be_read_is_named_without_its_password(tmp_path: Path) -> None:
    error = one_error(run_bot(tmp_path, "serve", BOT_REDIS_URL="redis://:secret@127.0.0.1:notaport/0"))
    assert "BOT_REDIS_URL" in error and "secret" not in error


def test_a_second_copy_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    from bot.settings import load

    with hold_data_dir(load({"BOT_DATA_DIR": str(tmp_path / "var")}, env_file=None)):
        assert "BOT_DATA_DIR" in one_error(run_bot(tmp_path, "run"))


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    assert "BOT_HTTP_PORT" in one_error(run_bot(tmp_path, "run", BOT_HTTP_PORT="eighty"))
    assert "BOT_DEMO" in one_error(run_bot(tmp_path, "migrate", BOT_DEMO="perhaps"))


def test_a_database_that_is_newer_than_the_code_is_refused(tmp_path: Path) -> None:
    assert run_bot(tmp_path, "migrate").returncode == 0
    database = Database(f"sqlite:///{tmp_path / 'var' / 'permits.db'}")
    with database.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    assert "newer" in one_error(run_bot(tmp_path, "run"))


def test_a_database_that_cannot_be_reached_is_told_in_one_line(tmp_path: Path) -> None:
    address = f"postgresql+psycopg2://nobody:secret@127.0.0.1:{free_port()}/permits"
    error = one_error(run_bot(tmp_path, "migrate", BOT_DATABASE_URL=address))
    assert "BOT_DATABASE_URL" in error and "secret" not in error


def test_two_copies_with_other_folders_and_ports_do_not_meet(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert run_bot(tmp_path, "migrate", BOT_DATA_DIR=str(tmp_path / name)).returncode == 0
    assert (tmp_path / "one" / "permits.db").exists() and (tmp_path / "two" / "permits.db").exists()


def test_demo_data_is_not_mixed_with_real_data(tmp_path: Path) -> None:
    assert "BOT_DEMO" in one_error(run_bot(tmp_path, "demo", BOT_DEMO="off"))


def test_invented_applications_are_not_served_as_real_ones(tmp_path: Path) -> None:
    assert run_bot(tmp_path, "demo").returncode == 0
    assert "demo --remove" in one_error(run_bot(tmp_path, "run", BOT_DEMO="off"))
    removed = run_bot(tmp_path, "demo", "--remove", BOT_DEMO="off")
    assert removed.returncode == 0 and int(removed.stdout.split()[0]) >= 300


def test_what_is_written_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    assert run_bot(tmp_path, "demo").returncode == 0
    written = [tmp_path / "var", *(tmp_path / "var").rglob("*")]
    assert [str(path) for path in written if path.stat().st_mode & 0o077] == []


def test_addresses_and_folders_that_cannot_be_used_are_told_in_one_line(tmp_path: Path) -> None:
    assert "BOT_DATABASE_URL" in one_error(run_bot(tmp_path, "migrate", BOT_DATABASE_URL="mysql://somewhere/permits"))
    assert "BOT_DATABASE_URL" in one_error(run_bot(tmp_path, "migrate", BOT_DATABASE_URL="postgresql+nothing://x/y"))
    assert "BOT_DATA_DIR" in one_error(run_bot(tmp_path, "run", BOT_DATA_DIR="/proc/nowhere"))


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder with nothing but what `deploy/environment.py` reads."""
    for name in ("deploy/environment.py", "requirements.lock", ".python-version"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def make_environment(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / "deploy" / "environment.py")]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120)


def test_a_python_without_venv_is_told_which_package_to_install(copied: Path) -> None:
    broken = copied / "broken" / "venv"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('ensurepip is not available')")
    result = make_environment(copied, PYTHONPATH=str(broken.parent))
    assert "apt-get install python3-venv" in one_error(result)


def test_a_missing_interpreter_is_told_in_one_line(copied: Path) -> None:
    (copied / ".tools" / "bin").mkdir(parents=True)
    fake_uv = copied / ".tools" / "bin" / "uv"
    fake_uv.write_text("#!/bin/sh\nexit 2\n")
    fake_uv.chmod(0o755)
    wanted = next(line for line in (copied / "deploy" / "environment.py").read_text().splitlines() if line.startswith("UV = "))
    (copied / ".tools" / "version").write_text(wanted.split('"')[1])
    (copied / ".python-version").write_text("3.0\n")
    assert "Python 3.0 was not found" in one_error(make_environment(copied))


def test_training_that_began_ends_with_what_went_wrong_beside_it(tmp_path: Path) -> None:
    from bot.launch import Training
    from bot.settings import load

    training = Training(load({"BOT_DATA_DIR": str(tmp_path / "var")}, env_file=None))
    with pytest.raises(ValueError, match="a fact"), training:
        raise ValueError("a fact")
    assert training._process.returncode == -signal.SIGTERM
