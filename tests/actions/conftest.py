"""Actions over the real core: a migrated database, the catalogue and the texts as they are, a clock that stands still."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import services as installed
from actions.services import Services
from actions.turn import Turn
from bot.answers import Answers
from bot.catalogue import Catalogue
from bot.db import Database
from bot.permits.service import Permits
from bot.vault import Vault
from tests import project

_numbers = itertools.count(1)


@dataclass
class Clock:
    """Time that moves only when told to."""

    moment: datetime = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **duration: float) -> None:
        """Let time pass."""
        self.moment += timedelta(**duration)


@pytest.fixture
def clock() -> Clock:
    """Tuesday 24 November 2026, ten in the morning in Shenzhen."""
    return Clock()


@pytest.fixture(scope="session")
def answers() -> Answers:
    """The texts of the project."""
    return project.answers()


@pytest.fixture
def services(answers: Answers, sqlite_database: Database, tmp_path: Path, clock: Clock) -> Iterator[Services]:
    """The core, installed for the actions."""
    built = Services(
        catalogue=answers.catalogue,
        answers=answers,
        database=sqlite_database,
        permits=Permits(b"a secret of these tests", clock, attempts=3),
        vault=Vault(tmp_path / "vault.key", clock),
        clock=clock,
    )
    before = installed._current
    installed.install(built)
    yield built
    installed._current = before


@pytest.fixture
def catalogue(services: Services) -> Catalogue:
    """What is known."""
    return services.catalogue


@dataclass
class Outcome:
    """What an action did."""

    events: list[dict[str, Any]]
    said: list[tuple[str, dict[str, Any]]]

    @property
    def responses(self) -> list[str]:
        """The names of the responses, in order."""
        return [name for name, _ in self.said]

    @property
    def slots(self) -> dict[str, Any]:
        """The slots that were set."""
        return {event["name"]: event["value"] for event in self.events if event["event"] == "slot"}

    @property
    def next_action(self) -> str | None:
        """The action that follows by its own wish."""
        return next((event["name"] for event in self.events if event["event"] == "followup"), None)

    @property
    def ends_loop(self) -> bool:
        """Whether the open form is closed."""
        return any(event["event"] == "active_loop" and event["name"] is None for event in self.events)


@dataclass
class Conversation:
    """A tracker that remembers, so that several actions can be run after each other as Rasa would run them."""

    services: Services | None
    name: str = field(default_factory=lambda: f"conversation-{next(_numbers)}")
    slots: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    loop: str | None = None
    message: dict[str, Any] = field(default_factory=dict)

    def hears(
        self, text: str, intent: str | None = None, *, candidates: tuple[str, ...] = (), choice: str | None = None, language: str = "en"
    ) -> Conversation:
        """The applicant says something; returns the conversation, for the action that answers it."""
        unsure = intent in (None, "nlu_fallback")
        metadata = {"language": language, **({"choice": choice} if choice else {})}
        self.message = {
            "text": "/choose" if choice else text,
            "intent": {"name": "choose" if choice else intent or "nlu_fallback", "confidence": 0.3 if unsure else 0.95},
            "metadata": metadata,
            "decision": ("ask" if candidates else "decline") if unsure else "answer",
            "candidates": list(candidates),
        }
        self.events.append({"event": "user", "text": self.message["text"], "parse_data": self.message, "metadata": metadata})
        return self

    def hides(self, kind: str, value: str) -> str:
        """The token under which the gateway keeps `value`."""
        assert self.services is not None
        with self.services.database.session() as session:
            return self.services.vault.put(session, self.name, kind, value)

    def finds(self, token: str) -> Any:
        """What the gateway finds behind a token."""
        assert self.services is not None
        return self.services.reveal(self.name, token)

    def runs(self, action: type[Action]) -> Outcome:
        """Run an action and keep what it did."""
        dispatcher = CollectingDispatcher()
        events: list[Any] = [dict(event) for event in action().run(dispatcher, self._tracker(), {})]
        said = [(message["response"], message["params"]) for message in dispatcher.messages]
        self.events.append({"event": "action", "name": action().name()})
        self.events += [{"event": "bot", "metadata": {"template": name, "params": params}} for name, params in said]
        self.events += events
        outcome = Outcome(events, said)
        self.slots.update(outcome.slots)
        if outcome.ends_loop:
            self.loop = None
        if outcome.next_action and outcome.next_action.endswith("_form"):
            self.opens(outcome.next_action)
        return outcome

    def turn(self) -> Turn:
        """The last message as actions see it."""
        return Turn(self._tracker(), CollectingDispatcher())

    def opens(self, form: str) -> None:
        """A form is active and has asked for its slot."""
        self.loop = form
        self.slots["requested_slot"] = f"{form.removesuffix('_form')}_answer"

    def _tracker(self) -> Tracker:
        loop = {"name": self.loop} if self.loop else {}
        return Tracker(self.name, dict(self.slots), dict(self.message), list(self.events), False, None, loop, None)


@pytest.fixture
def conversation(services: Services) -> Conversation:
    """A new conversation."""
    return Conversation(services)
