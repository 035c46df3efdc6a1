"""The whole system, started as an operator starts it, and somebody who talks to it at the REST door."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import func, select

from bot.catalogue import Catalogue
from bot.db import Database
from bot.permits import demo
from bot.permits.models import Applicant, Application
from bot.settings import ROOT
from tests.servers import free_port

_PATH = "/webhooks/rest/webhook"
_READY_WITHIN_S = 240
_ENDED_WITHIN_S = 30
# What is expensive to make again: vectors of the training sentences, and the model.
_KEPT = ("cache/encodings.db", "models/*.tar.gz")


@dataclass(frozen=True)
class System:
    """A running system: where it listens and where it writes."""

    address: str
    data_dir: Path
    said: Path

    def database(self) -> Database:
        """Its database, for a look."""
        return Database(f"sqlite:///{self.data_dir / 'permits.db'}")


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The system as `make run` starts it; after Ctrl-C none of its processes is left."""
    folder = tmp_path_factory.mktemp("system")
    data_dir, said = folder / "data", folder / "said.txt"
    port = free_port()
    shelf = os.environ.get("BOT_TEST_CACHE")
    if shelf:
        _copy(Path(shelf), data_dir)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    environment |= {"BOT_DATA_DIR": str(data_dir), "BOT_HTTP_PORT": str(port), "BOT_DEMO": "on", "BOT_RATE_LIMITS": "off"}
    environment["BOT_DESK_HOURS"] = "always"
    with said.open("wb") as output:
        run = subprocess.Popen(
            ["make", "run"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    running = System(f"http://127.0.0.1:{port}", data_dir, said)
    family: dict[int, str] = {}
    try:
        _wait_until_ready(run, running)
        family = _descendants(run.pid)
        assert len(family) >= 3, "gateway, Rasa and action server are processes of their own"
        if shelf:
            _copy(data_dir, Path(shelf))
        yield running
    finally:
        family |= _descendants(run.pid)
        # A terminal sends Ctrl-C to make and to what it runs.
        os.killpg(run.pid, signal.SIGINT)
        try:
            run.wait(_ENDED_WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
    left = {pid for pid, begun in family.items() if _begun(pid) == begun}
    assert not left, f"processes are left: {left}"
    assert said.read_text().count("· stopping") == 1 and "error" not in said.read_text(), said.read_text()


def _copy(source: Path, target: Path) -> None:
    for pattern in _KEPT:
        for file in source.glob(pattern):
            place = target / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            part = place.with_name(f".{place.name}.{uuid.uuid4().hex}")
            shutil.copy(file, part)
            os.replace(part, place)


def _wait_until_ready(run: subprocess.Popen[bytes], system: System) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline:
        if run.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{system.address}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"not ready: {system.said.read_text()}")


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _begun(pid: int) -> str:
    """When a living process began; empty when there is none."""
    stat = _stat(pid)
    return stat[19] if stat and stat[0] != "Z" else ""


def _descendants(root: int) -> dict[int, str]:
    parents = {int(entry.name): _stat(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    found: dict[int, str] = {}
    newest = {root}
    while newest:
        newest = {pid for pid, stat in parents.items() if stat and int(stat[1]) in newest and pid not in found}
        found |= {pid: _begun(pid) for pid in newest}
    return found


@dataclass(frozen=True)
class Reply:
    """One message of the assistant."""

    text: str
    topic: str | None
    candidates: tuple[str, ...]
    card: dict[str, Any] | None
    offers: dict[str, str]
    language: str
    author: str
    state: str
    notice: str | None
    sources: tuple[dict[str, Any], ...]

    @classmethod
    def of(cls, message: dict[str, Any]) -> Reply:
        """From the wire."""
        about = message["metadata"]
        return cls(
            text=message["text"],
            topic=about["topic"],
            candidates=tuple(about.get("candidates", ())),
            card=about["card"],
            offers={offer["title"]: offer["payload"] for offer in message.get("quick_replies", ())},
            language=about["language"],
            author=about["author"],
            state=about["conversation"]["state"],
            notice=about.get("notice"),
            sources=tuple(about["sources"]),
        )

    @property
    def materials(self) -> set[str]:
        """The ids on a checklist."""
        assert self.card is not None and self.card["type"] == "checklist", self.text
        return {item["id"] for item in self.card["items"]}

    @property
    def stations(self) -> list[str]:
        """The keys of a station card, in their order."""
        assert self.card is not None and self.card["type"] == "station", self.text
        return [station["key"] for station in self.card["stations"]]


@dataclass
class Talk:
    """One conversation."""

    client: aiohttp.ClientSession
    address: str
    sender: str = field(default_factory=lambda: uuid.uuid4().hex)
    replies: list[Reply] = field(default_factory=list)

    async def says(self, text: str, **metadata: Any) -> list[Reply]:
        """The assistant's replies to `text`; the notice about demonstration data is left out."""
        body = {"sender": self.sender, "message": text, "metadata": metadata}
        async with self.client.post(self.address + _PATH, json=body) as response:
            assert response.status == 200, await response.text()
            messages = [Reply.of(message) for message in await response.json()]
        replies = [reply for reply in messages if reply.notice != "demo"]
        assert replies, f"silence after {text!r}"
        for reply in replies:
            assert reply.author in {"bot", "system", "staff"} and reply.text.strip(), reply
        self.replies += replies
        return replies

    async def hears(self, text: str) -> Reply:
        """The last reply to `text`: the answer, or the question that is open after it."""
        return (await self.says(text))[-1]

    async def chooses(self, wanted: str) -> Reply:
        """Take an offer by its title or payload; the last reply to it."""
        for reply in reversed(self.replies):
            for title, payload in reply.offers.items():
                if wanted in (title, payload) or payload.endswith(f"={wanted}"):
                    return await self.hears(payload)
        raise AssertionError(f"{wanted!r} was not offered: {[reply.offers for reply in self.replies]}")


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def talk(system: System, client: aiohttp.ClientSession) -> Talk:
    """A new conversation."""
    return Talk(client, system.address)


@pytest.fixture
def another_talk(system: System, client: aiohttp.ClientSession) -> Talk:
    """A second new conversation."""
    return Talk(client, system.address)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """What is known."""
    return Catalogue.load()


@dataclass(frozen=True)
class Case:
    """A demonstration application with what proves that it is one's own."""

    number: str
    born: date
    stage: str


@pytest.fixture(scope="session")
def cases(system: System) -> dict[str, Case]:
    """One application of each stage."""
    database = system.database()
    with database.session() as session:
        samples = demo.samples(session)
    database.close()
    return {each["stage"]: Case(each["number"], date.fromisoformat(each["date_of_birth"]), each["stage"]) for each in samples}


@pytest.fixture(scope="session")
def holder_of_several(system: System) -> Case:
    """Somebody whose permit number stands for more than one application."""
    database = system.database()
    with database.session() as session:
        row = session.execute(
            select(Applicant.permit_number, Applicant.date_of_birth)
            .join(Application)
            .where(Applicant.permit_number.is_not(None))
            .group_by(Applicant.id)
            .having(func.count(Application.id) > 1)
            .order_by(Applicant.permit_number)
            .limit(1)
        ).one()
    database.close()
    return Case(row.permit_number, row.date_of_birth, "")
