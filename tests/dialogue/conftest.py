"""The whole system, started as an operator starts it, and somebody who talks to it at the REST door."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import aiohttp
import pytest
from sqlalchemy import func, select

from bot.catalogue import Catalogue
from bot.conversations.consents import NOTICE
from bot.permits import demo
from bot.permits.models import Applicant, Application
from tests import project
from tests.system import System, started

_PATH = "/webhooks/rest/webhook"


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The system as `make run` starts it."""
    with started(tmp_path_factory.mktemp("system")) as running:
        yield running


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
        """The assistant's replies to `text`; the notices about demonstration and personal data are left out."""
        body = {"sender": self.sender, "message": text, "metadata": metadata}
        async with self.client.post(self.address + _PATH, json=body) as response:
            assert response.status == 200, await response.text()
            messages = [Reply.of(message) for message in await response.json()]
        replies = [reply for reply in messages if reply.notice not in ("demo", NOTICE)]
        assert replies, f"silence after {text!r}"
        for reply in replies:
            assert reply.author in {"bot", "system", "staff"} and reply.text.strip(), reply
        self.replies += replies
        return replies

    async def quietly(self, text: str) -> None:
        """Say `text` while a person has the conversation and the assistant is silent."""
        body = {"sender": self.sender, "message": text, "metadata": {}}
        async with self.client.post(self.address + _PATH, json=body) as response:
            assert response.status == 200, await response.text()
            said = [Reply.of(message) for message in await response.json()]
        assert all(reply.author != "bot" for reply in said), said

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
    return project.catalogue()


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
