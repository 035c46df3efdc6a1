"""Compare requirements.lock with the public lists of known vulnerabilities: `python deploy/vulnerabilities.py`, inside the environment.

pip-audit, whose requirements are newer than Rasa allows, runs in an environment of its own below `.tools`. What it finds must stand in
`accepted-vulnerabilities.yml`. Exit status 0 when nothing else is found, 1 when something is or that file is wrong, 2 when no list
could be asked.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
ACCEPTED = ROOT / "deploy" / "accepted-vulnerabilities.yml"
TOOL_LOCK = ROOT / "deploy" / "vulnerabilities.lock"
TOOL = ROOT / ".tools" / "pip-audit"
STAMP = TOOL / "lock.sha256"
UV = ROOT / ".tools" / "bin" / "uv"
FIELDS = frozenset({"package", "version", "ids", "what", "out_of_reach", "held_back_by", "source", "known_from", "review_by"})
NOT_ASKED = 2
_WITHIN_S = 600


@dataclass(frozen=True)
class Found:
    """A known vulnerability of a package that is locked; `ids` are its names in all lists."""

    package: str
    version: str
    ids: frozenset[str]
    fixed_in: tuple[str, ...]

    def __str__(self) -> str:
        fixed = f"; fixed in {', '.join(self.fixed_in)}" if self.fixed_in else "; no release mends it"
        return f"{self.package} {self.version}: {', '.join(sorted(self.ids))}{fixed}"


@dataclass(frozen=True)
class Report:
    """What a list says: the vulnerabilities, and the packages it was asked about and does not know."""

    found: tuple[Found, ...]
    asked: int
    unknown: tuple[str, ...]


def say(text: str) -> None:
    print(f"· {text}", flush=True)


def locked(text: str) -> dict[str, str]:
    """The version of each package in the text of a lock."""
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def accepted() -> list[Mapping[str, Any]]:
    """The entries of the file of accepted vulnerabilities."""
    entries: list[Mapping[str, Any]] = yaml.safe_load(ACCEPTED.read_text(encoding="utf-8")) or []
    return entries


def faults(entries: Sequence[Mapping[str, Any]], versions: Mapping[str, str], today: date) -> list[str]:
    """What is wrong with the accepted vulnerabilities."""
    wrong = []
    for entry in entries:
        name = entry.get("package")
        if set(entry) != FIELDS or not all(entry.values()):
            wrong.append(f"{name}: needs {', '.join(sorted(FIELDS))}, each filled in")
        elif versions.get(str(name)) != str(entry["version"]):
            wrong.append(f"{name} {entry['version']} is not locked any more: take the entry out, or look at it again")
        elif entry["review_by"] < today:
            wrong.append(f"{name}: was to be looked at again by {entry['review_by']}")
    return wrong


def new(found: Sequence[Found], entries: Sequence[Mapping[str, Any]]) -> list[Found]:
    """The vulnerabilities that nobody has accepted."""
    known = {(entry["package"], name) for entry in entries for name in entry["ids"]}
    return [each for each in found if not any((each.package, name) in known for name in each.ids)]


def tool() -> Path | None:
    """pip-audit in its environment; None when it could not be installed."""
    program = TOOL / "bin" / "pip-audit"
    digest = hashlib.sha256(TOOL_LOCK.read_bytes() + sys.version.encode()).hexdigest()
    if program.exists() and STAMP.exists() and STAMP.read_text() == digest:
        return program
    say("making the environment of pip-audit (.tools/pip-audit)")
    make = [UV, "venv", "--quiet", "--clear", "--python", sys.executable, TOOL]
    fill = [UV, "--system-certs", "pip", "sync", "--quiet", "--python", TOOL / "bin" / "python", "--require-hashes", TOOL_LOCK]
    if any(subprocess.run(command, cwd=ROOT).returncode for command in (make, fill)):
        return None
    STAMP.write_text(digest)
    return program


def ask(program: Path, service: str, lock: Path, *options: str) -> Report | None:
    """What the list of a service (`pypi`, `osv`) says of a lock; None when it gives no answer."""
    command = [program, "--vulnerability-service", service, "--format", "json", "--progress-spinner", "off", "--aliases", "on"]
    command += ["--require-hashes", "--disable-pip", "--cache-dir", TOOL / "cache", "--requirement", lock, *options]
    try:
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_WITHIN_S)
        packages = json.loads(answer.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return None
    asked = [package for package in packages if "skip_reason" not in package]
    found = [
        Found(package["name"], package["version"], frozenset({each["id"], *each["aliases"]}), tuple(each["fix_versions"]))
        for package in asked
        for each in package["vulns"]
    ]
    return Report(tuple(found), len(asked), tuple(package["name"] for package in packages if "skip_reason" in package))


def main() -> int:
    entries, versions = accepted(), locked(LOCK.read_text(encoding="utf-8"))
    wrong = faults(entries, versions, date.today())
    for fault in wrong:
        say(f"accepted-vulnerabilities.yml: {fault}")
    program = tool()
    reports = (ask(program, service, LOCK) for service in ("pypi", "osv")) if program is not None else ()
    # A mirror of the index may know the packages and none of their vulnerabilities; it then knows no package here.
    report = next((each for each in reports if each is not None and each.asked), None)
    if report is None:
        say("NOT ASKED: no list of known vulnerabilities can be reached from here; run `make vulnerabilities` where one can")
        return 1 if wrong else NOT_ASKED
    if report.unknown:
        say(f"not in the list, and so not compared: {', '.join(report.unknown)}")
    unaccepted = new(report.found, entries)
    for each in unaccepted:
        say(f"KNOWN VULNERABILITY: {each}")
    say(f"{report.asked} packages compared, {len(report.found)} known vulnerabilities, {len(unaccepted)} of them not accepted")
    return 1 if wrong or unaccepted else 0


if __name__ == "__main__":
    sys.exit(main())
