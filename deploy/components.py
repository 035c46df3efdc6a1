"""System components that tests start or look through, and how they are brought."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Component:
    """A system component.

    Attributes:
        binaries: paths or names, one of which is there when it is installed.
        packages: Debian's, which bring it.
    """

    name: str
    binaries: tuple[str, ...]
    packages: tuple[str, ...]

    @property
    def present(self) -> bool:
        """Whether one of its binaries is installed."""
        return any(shutil.which(pattern) or glob.glob(pattern) for pattern in self.binaries)


POSTGRESQL: Final = Component("postgresql", ("/usr/lib/postgresql/*/bin/postgres", "postgres"), ("postgresql",))
REDIS: Final = Component("redis", ("redis-server",), ("redis-server",))
IPROUTE: Final = Component("iproute2", ("ip",), ("iproute2",))
FAKETIME: Final = Component("faketime", ("faketime",), ("faketime",))


def say(text: str) -> None:
    """One line for the person at the terminal."""
    print(f"· {text}", flush=True)


def bring(components: Iterable[Component]) -> Sequence[Component]:
    """Install what is missing through apt-get where that is allowed (`TEST_INSTALL=no` forbids it).

    Returns:
        What is still missing.
    """
    missing = [component for component in components if not component.present]
    if missing and (command := _apt()) is not None:
        _install(command, [package for component in missing for package in component.packages])
    return [component for component in missing if not component.present]


def how(components: Iterable[Component]) -> str:
    """The command that brings them."""
    packages = " ".join(package for component in components for package in component.packages)
    return f"apt-get update && apt-get install -y {packages}"


def _apt() -> list[str] | None:
    if os.environ.get("TEST_INSTALL") == "no" or not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return ["apt-get"]
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n", "apt-get"]
    return None


def _install(command: Sequence[str], packages: Sequence[str]) -> None:
    say(f"installing {' '.join(packages)} through apt-get; TEST_INSTALL=no forbids it")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # The package would start a server of its own; the tests start theirs, in a folder of their own.
    flags = ["-y", "-qq", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0"]
    for step in (["update", "-qq"], ["install", *flags, *packages]):
        subprocess.run([*command, *step], env=environment, stdout=subprocess.DEVNULL, check=False)
