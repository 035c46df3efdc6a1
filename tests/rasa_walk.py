"""Rasa in process with the project's domain, rules, actions and texts; only what a message is about is told instead of learnt."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import yaml
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.policies.rule_policy import RulePolicy
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa_sdk.executor import ActionExecutor

from actions import services as installed
from actions.services import Services
from bot.db import Database
from bot.nlu import predicting
from bot.nlu.action_endpoint import call_quickly
from bot.nlu.processor import StrictAgent
from bot.nlu.responses import CatalogueResponses
from bot.nlu.training import train
from bot.permits.service import Permits
from bot.settings import ROOT, Settings
from bot.vault import Vault
from tests import project

_FEW: Final = 4
_SURE: Final = 0.95


def questions_of(topic: str, language: str) -> list[str]:
    """What people ask about a topic in one language."""
    return list((project.topics().get(topic, {}).get("questions") or {}).get(language) or ())


def _small_project(folder: Path) -> Path:
    """The project with a few questions for each topic: enough to train on what is not looked at here."""
    (folder / "data" / "topics").mkdir(parents=True)
    shutil.copytree(ROOT / "data" / "flows", folder / "data" / "flows")
    for name in ("domain.yml", "config.yml"):
        shutil.copy(ROOT / name, folder / name)
    for name, content in project.topics().items():
        few = {"topic": content["topic"], "group": content["group"], "questions": {"en": content["questions"]["en"][:_FEW]}}
        (folder / "data" / "topics" / f"{name}.yml").write_text(yaml.safe_dump(few, allow_unicode=True), encoding="utf-8")
    return folder


class _InProcess:
    """The action server without a server."""

    def __init__(self) -> None:
        self.kwargs: dict[str, Any] = {"enable_selective_domain": True}
        self._executor = ActionExecutor()
        self._executor.register_package("actions")

    async def request(self, method: str = "post", **named: Any) -> Any:
        """Run the action that is asked for."""
        return await self._executor.run(named["json"])


class _Memory(InMemoryTrackerStore):
    """Trackers from all of their events, as `WorkingMemory` gives them; Rasa leaves out the answers to a form."""

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        tracker = await super().retrieve(sender_id)
        return None if tracker is None else DialogueStateTracker.from_events(sender_id, list(tracker.events), self.domain.slots)


@dataclass
class Clock:
    """Time that moves only when told to."""

    moment: datetime = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


@dataclass(frozen=True)
class Said:
    """One response of a turn."""

    response: str
    params: Mapping[str, Any]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class After:
    """How a conversation stands after a turn: what was said in it, the form that is open, the slots that are filled."""

    said: tuple[Said, ...]
    form: str | None
    slots: Mapping[str, Any]

    @property
    def responses(self) -> list[str]:
        """The names of the responses, in order."""
        return [each.response for each in self.said]


@dataclass
class Walker:
    """One conversation with Rasa, which can be put back to where it was."""

    agent: StrictAgent
    services: Services
    name: str
    language: str = "en"
    parsed: dict[str, Any] = field(default_factory=dict)

    def says(self, text: str, intent: str | None = None, **parse: Any) -> After:
        """A message that is surely about `intent`, or about nothing that is known; `parse` is further parse data."""
        sure = intent is not None
        self.parsed = {
            "intent": {"name": intent or "nlu_fallback", "confidence": _SURE if sure else 0.3},
            "decision": "answer" if sure else "decline",
            "candidates": [],
            **parse,
        }
        return self._turn(text)

    def chooses(self, payload: str) -> After:
        """An offered quick reply: the payload of a topic, or `choose:` and a form's question and value."""
        if payload.startswith("/"):
            self.parsed = {"intent": {"name": payload[1:], "confidence": 1.0}}
            return self._turn(payload)
        self.parsed = {"intent": {"name": "choose", "confidence": 1.0}}
        return self._turn("/choose", choice=payload.removeprefix("choose:"))

    def hides(self, kind: str, value: str) -> str:
        """The token under which the gateway keeps what the person typed."""
        with self.services.database.session() as session:
            return self.services.vault.put(session, self.name, kind, value)

    def place(self) -> DialogueStateTracker:
        """Where the conversation is, to go back to."""
        return self._now().copy()

    def back(self, place: DialogueStateTracker) -> None:
        """Go on from an earlier place as if nothing had been said since."""
        asyncio.run(self.agent.tracker_store.save(place.copy()))

    def waits(self, **duration: float) -> None:
        """Let time pass without a word."""
        tracker = self._now()
        for event in tracker.events:
            event.timestamp -= timedelta(**duration).total_seconds()
        self.back(tracker)

    def _now(self) -> DialogueStateTracker:
        tracker = asyncio.run(self.agent.tracker_store.retrieve(self.name))
        assert tracker is not None
        return tracker

    def _turn(self, text: str, **metadata: Any) -> After:
        async def understood(*_arguments: Any, **_named: Any) -> dict[str, Any]:
            return {"text": text, "entities": [], "intent_ranking": [], **self.parsed}

        assert self.agent.processor is not None
        self.agent.processor.parse_message = understood  # type: ignore[method-assign]
        about = {"language": self.language, **metadata}
        message = UserMessage(text, CollectingOutputChannel(), self.name, input_channel="rest", metadata=about)
        asyncio.run(self.agent.handle_message(message))
        tracker = self._now()
        slots = {name: slot.value for name, slot in tracker.slots.items() if slot.value is not None}
        return After(tuple(self._said(tracker)), tracker.active_loop_name, slots)

    @staticmethod
    def _said(tracker: DialogueStateTracker) -> Sequence[Said]:
        found: list[Said] = []
        for event in reversed(tracker.events):
            if isinstance(event, UserUttered):
                break
            if isinstance(event, BotUttered):
                replies = ((event.data or {}).get("custom") or {}).get("replies") or ()
                name = event.metadata.get("template") or event.metadata.get("utter_action")
                found.insert(0, Said(str(name), event.metadata.get("params") or {}, tuple(str(each["text"]) for each in replies)))
        return found


def _predict_twice() -> None:
    """Let every prediction and copy be made quickly and as Rasa would make it, and fail where they differ."""
    predicting.predict_quickly()

    def copied(self: DialogueStateTracker) -> DialogueStateTracker:
        copy, replayed = predicting._copied(self), self.travel_back_in_time(float("inf"))
        assert list(copy.events) == list(replayed.events) and copy.current_slot_values() == replayed.current_slot_values()
        for name in ("latest_message", "latest_action", "active_loop", "sender_id", "_paused", "_max_event_history"):
            assert getattr(copy, name) == getattr(replayed, name), name
        assert {name: slot.has_been_set for name, slot in copy.slots.items()} == {
            name: slot.has_been_set for name, slot in replayed.slots.items()
        }
        return copy

    DialogueStateTracker.copy = copied  # type: ignore[method-assign]
    quickly = RulePolicy._find_action_from_rules

    def find(self: RulePolicy, *arguments: Any, **named: Any) -> predicting.Found:
        action, rule, returns = quickly(self, *arguments, **named)
        RulePolicy._get_possible_keys, RulePolicy._prediction_states = predicting._possible_keys, predicting._all_states
        try:
            of_rasa = predicting._find_action(self, *arguments, **named)
        finally:
            RulePolicy._get_possible_keys, RulePolicy._prediction_states = predicting._fitting_quickly, predicting._recent_states
        assert (action, returns) == (of_rasa[0], of_rasa[2])
        return action, rule, returns

    RulePolicy._find_action_from_rules = find


def walker(folder: Path, database: Database) -> Walker:
    """A conversation with a Rasa that is trained under `folder`; installs the services that actions use."""
    clock = Clock()
    answers = project.answers()
    services = Services(
        catalogue=answers.catalogue,
        answers=answers,
        database=database,
        permits=Permits(b"a secret of these tests", clock, attempts=3),
        vault=Vault(folder / "vault.key", clock),
        clock=clock,
    )
    installed.install(services)
    call_quickly()
    _predict_twice()
    model = train(Settings(data_dir=folder / "var"), lambda _line: None, _small_project(folder / "project"))
    memory = _Memory(Domain.empty())
    agent = StrictAgent(generator=CatalogueResponses(), action_endpoint=_InProcess(), tracker_store=memory)  # type: ignore[arg-type]
    agent.load_model(model)
    return Walker(agent, services, "walk")
