"""The check for known vulnerabilities: what pip-audit itself reads from a list of our own, and what of it counts."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bot.settings import ROOT
from deploy import vulnerabilities

TODAY = date(2026, 11, 28)
VERSIONS = {"sanic": "21.12.2", "dask": "2022.10.2"}
LISTED = {
    "package": "dask",
    "version": "2022.10.2",
    "ids": ["CVE-2024-10096"],
    "what": "x",
    "out_of_reach": "x",
    "held_back_by": "x",
    "source": "x",
    "known_from": "record",
    "review_by": TODAY,
}
# As https://google.github.io/osv.dev/post-v1-query/ describes it.
KNOWN: dict[str, dict[str, Any]] = {
    "sanic": {"id": "PYSEC-0000-1", "aliases": ["CVE-0000-1"]},
    "dask": {"id": "GHSA-0000-0000-0000", "aliases": ["CVE-2024-10096"]},
}


class _List(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]["name"]
        found = [{**KNOWN[asked], "summary": "invented", "affected": []}] if asked in KNOWN else []
        body = json.dumps({"vulns": found} if found else {}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing is logged."""


@pytest.fixture
def published() -> Iterator[str]:
    """The address of a list of vulnerabilities."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _List) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """A lock of three packages."""
    path = tmp_path / "requirements.lock"
    packages = ("sanic==21.12.2", "dask==2022.10.2", "pyyaml==6.0.3")
    path.write_text("".join(f"{package} --hash=sha256:{'0' * 64}\n" for package in packages))
    return path


def test_what_pip_audit_finds_is_new_unless_it_is_accepted(published: str, lock: Path) -> None:
    program = vulnerabilities.tool()
    assert program is not None, "pip-audit could not be installed; the package index must be reachable"
    report = vulnerabilities.ask(program, "osv", lock, "--osv-url", published)
    assert report is not None and report.asked == 3 and report.unknown == ()
    assert {(each.package, each.ids) for each in report.found} == {
        ("sanic", frozenset({"PYSEC-0000-1", "CVE-0000-1"})),
        ("dask", frozenset({"GHSA-0000-0000-0000", "CVE-2024-10096"})),
    }
    assert [str(each) for each in vulnerabilities.new(report.found, [LISTED])] == [
        "sanic 21.12.2: CVE-0000-1, PYSEC-0000-1; no release mends it",
    ]
    assert vulnerabilities.ask(program, "osv", lock, "--osv-url", published.replace("127.0.0.1", "127.0.0.1:1/")) is None


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, None),
        ({"review_by": TODAY - timedelta(days=1)}, "was to be looked at again"),
        ({"version": "2022.10.1"}, "is not locked any more"),
        ({"package": "flask"}, "is not locked any more"),
        ({"out_of_reach": ""}, "each filled in"),
        ({"more": "x"}, "each filled in"),
    ],
)
def test_an_acceptance_holds_for_one_version_until_its_day(change: dict[str, Any], fault: str | None) -> None:
    faults = vulnerabilities.faults([{**LISTED, **change}], VERSIONS, TODAY)
    assert faults == [] if fault is None else len(faults) == 1 and fault in faults[0]


def test_what_is_accepted_is_locked_said_in_the_threat_model_and_has_a_source() -> None:
    entries = vulnerabilities.accepted()
    versions = vulnerabilities.locked((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    model = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    assert vulnerabilities.faults(entries, versions, min(entry["review_by"] for entry in entries)) == []
    assert all(entry["source"].startswith("https://") and entry["known_from"] in ("run", "record") for entry in entries)
    assert [entry["package"] for entry in entries if f"| {entry['package']} {entry['version']} |" not in model] == []
