"""Packages that are left out cannot be imported for a while."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bot.left_out import left_out


def test_a_package_is_as_if_it_were_not_installed_and_then_is_again() -> None:
    with pytest.raises(ImportError), left_out("this"):
        import this  # noqa: F401
    assert "this" not in sys.modules


def test_what_is_imported_already_stays() -> None:
    with left_out("json"):
        import json as again
    assert again is json is sys.modules["json"]


def test_the_gateway_does_without_what_its_sockets_could_use() -> None:
    lines = ("import sys", "from bot.left_out import left_out", "with left_out('aio_pika', 'requests'): import bot.app")
    script = "\n".join((*lines, "print('pamqp' in sys.modules)"))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
