"""`make test`: bring the system components the tests need, then run everything that must hold."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from deploy.components import IPROUTE, POSTGRESQL, REDIS, Component, bring, how, say

ROOT = Path(__file__).resolve().parent.parent
# What deploy/vulnerabilities.py answers where it could ask nobody.
NOT_ASKED = 2

_NOTO = "/usr/share/fonts/*/noto/"
COMPONENTS = (
    POSTGRESQL,
    Component("nginx", ("nginx", "/usr/sbin/nginx"), ("nginx-light",)),
    Component("haproxy", ("haproxy", "/usr/sbin/haproxy"), ("haproxy",)),
    REDIS,
    IPROUTE,
    Component("sqlite3", ("sqlite3",), ("sqlite3",)),
    Component("node", ("npm",), ("nodejs", "npm")),
    Component("chromium", (os.environ.get("BOT_TEST_CHROMIUM") or "chromium", "chromium-browser"), ("chromium",)),
    # Pages are drawn in scripts that a bare system has no letters for.
    Component("fonts-noto-cjk", (f"{_NOTO}NotoSansCJK-Regular.*",), ("fonts-noto-cjk",)),
    Component("fonts-noto-core", (f"{_NOTO}NotoSansThai-Regular.*",), ("fonts-noto-core",)),
    Component("fonts-noto-color-emoji", (f"{_NOTO}NotoColorEmoji.*",), ("fonts-noto-color-emoji",)),
)


def step(title: str, command: list[str], environment: dict[str, str]) -> bool:
    """Run one part; True when it passed."""
    say(title)
    started = time.monotonic()
    passed = subprocess.run(command, cwd=ROOT, env=environment).returncode == 0
    say(f"{title}: {'passed' if passed else 'FAILED'} after {time.monotonic() - started:.0f} s")
    return passed


# Two workers, who take what belongs together in the order of tests/conftest.py.
_SHARED = ("--numprocesses", str(min(2, os.cpu_count() or 1)), "--dist", "loadgroup", "--no-loadscope-reorder")


def main() -> int:
    missing = bring(COMPONENTS)
    # A setting of the operator's must not lead a test to the operator's data.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BOT_") or name.startswith("BOT_TEST_")}
    environment["BOT_TEST_MISSING"] = ",".join(component.name for component in missing)
    python = sys.executable
    passed = [
        step("style", [python, "-m", "ruff", "check", "."], environment),
        step("types", [python, "-m", "mypy"], environment),
        step("layers", [python, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"], environment),
        step("facts and texts", [python, "-m", "bot", "check"], environment),
        step("tests", [python, "-m", "pytest", *_SHARED], environment),
    ]
    audited = subprocess.run([python, "deploy/vulnerabilities.py"], cwd=ROOT, env=environment).returncode
    # Where no list of vulnerabilities can be reached, the code is not at fault.
    passed.append(audited in (0, NOT_ASKED))
    for component in missing:
        say(f"missing: {component.name}; install it with: {how([component])}")
    if not all(passed):
        say("failed")
        return 1
    if missing:
        say("incomplete: everything that could run passed, but not everything could run")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
