"""Rasa's message processor without its leniency: a turn in which an action fails, fails, and no message is answered twice."""

from __future__ import annotations

import logging
import tarfile
import time
from pathlib import Path
from typing import Any, Final

from rasa.core.actions.action import Action, ActionExecutionRejection
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, OutputChannel, UserMessage
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import InMemoryTrackerStore, TrackerStore
from rasa.engine.loader import load_predict_graph_runner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.storage import ModelMetadata
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionReverted,
    Event,
    Restarted,
    SessionStarted,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.common import TempDirectoryPath, get_temp_dir_name

from bot.nlu import meanwhile
from bot.nlu.event_log import WentOnElsewhere
from bot.nlu.predicting import PlainRunner

_log = logging.getLogger(__name__)

_TAKES_BACK: Final = (ActionReverted, Restarted, SessionStarted, UserUtteranceReverted)


class TurnFailed(Exception):
    """The turn cannot be completed; nothing of it is kept."""


class _Answered(Exception):
    """The message has been answered before, by these events."""

    def __init__(self, tracker: DialogueStateTracker, events: list[Event]) -> None:
        super().__init__()
        self.tracker, self.events = tracker, events


def _answer(tracker: DialogueStateTracker, message_id: object) -> list[Event] | None:
    """What followed on the message of this name; None if it has not been heard."""
    after: list[Event] = []
    for event in reversed(tracker.events):
        if not isinstance(event, UserUttered):
            after.append(event)
        elif message_id is not None and (event.metadata or {}).get("message_id") == message_id:
            return after[::-1]
        else:
            after = []
    return None


class _Watched(Action):
    def __init__(self, action: Action) -> None:
        self._action = action
        self.failure: Exception | None = None

    def name(self) -> str:
        return self._action.name()

    async def run(
        self, output_channel: OutputChannel, nlg: NaturalLanguageGenerator, tracker: DialogueStateTracker, domain: Domain
    ) -> list[Event]:
        try:
            return await self._action.run(output_channel, nlg, tracker, domain)
        except ActionExecutionRejection:
            raise
        except Exception as error:
            self.failure = error
            return []

    def event_for_successful_execution(self, prediction: PolicyPrediction) -> ActionExecuted:
        return self._action.event_for_successful_execution(prediction)


def _circuit_break(*_arguments: Any) -> None:
    raise TurnFailed("too many actions in one turn")


class _Storage(LocalModelStorage):
    """Unpacks a model in one go, where Rasa reads all of it before to see whether a file would land outside."""

    @staticmethod
    def _extract_archive_to_directory(model_archive_path: str | Path, temporary_directory: Path) -> None:
        inside = temporary_directory.resolve()
        with tarfile.open(model_archive_path, "r:gz") as archive:
            for member in archive:
                if not (member.isreg() or member.isdir()) or not (inside / member.name).resolve().is_relative_to(inside):
                    raise tarfile.ExtractError(f"{member.name} does not belong into a model")
                archive.extract(member, inside, set_attrs=False)


class StrictProcessor(MessageProcessor):
    """Raises TurnFailed where the stock processor logs a failed action and goes on as if it had succeeded.

    Going on makes a form "finished" whose validation could not be asked, and submits it.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, on_circuit_break=_circuit_break, **named)  # type: ignore[arg-type]

    @staticmethod
    def _load_model(model_path: str | Path) -> tuple[str, ModelMetadata, GraphRunner]:
        with TempDirectoryPath(get_temp_dir_name()) as folder:
            metadata, runner = load_predict_graph_runner(Path(folder), Path(model_path), _Storage, PlainRunner)
        return Path(model_path).name, metadata, runner

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        prediction: PolicyPrediction,
    ) -> bool:
        watched = _Watched(action)
        again = await super()._run_action(watched, tracker, output_channel, nlg, prediction)
        if watched.failure is not None:
            raise TurnFailed(action.name()) from watched.failure
        return again

    def _check_for_unseen_features(self, parse_data: dict[str, Any]) -> None:
        # The classifier names topics of the domain only, and Rasa would build an empty domain for each message to find out.
        pass

    async def handle_message(self, message: UserMessage) -> list[dict[str, Any]] | None:
        """Answer a message; one that has been answered is answered again from memory, and changes nothing.

        Whoever asked may have died before the answer was kept, or the answer may have been lost on its way. Or another process
        was asked the same meanwhile, and was first.
        """
        try:
            try:
                return await super().handle_message(message)
            except WentOnElsewhere:
                if isinstance(message.output_channel, CollectingOutputChannel):
                    message.output_channel.messages.clear()
                return await super().handle_message(message)
        except _Answered as answered:
            await self._send_bot_messages(answered.events, answered.tracker, message.output_channel)
            return None

    async def _update_tracker_session(
        self, tracker: DialogueStateTracker, output_channel: OutputChannel, metadata: dict[str, Any] | None = None
    ) -> None:
        if not self._goes_on(tracker):
            await super()._update_tracker_session(tracker, output_channel, metadata)

    def _goes_on(self, tracker: DialogueStateTracker) -> bool:
        """Whether the session goes on because something was said in it lately, and nothing taken back since.

        Rasa itself does not count what was answered to a form, and would end the session in the middle of a long one.
        """
        for event in reversed(tracker.events):
            if isinstance(event, UserUttered):
                minutes = self.domain.session_config.session_expiration_time
                return bool(minutes <= 0 or time.time() - event.timestamp <= minutes * 60)
            if isinstance(event, _TAKES_BACK):
                return False
        return False

    async def _handle_message_with_tracker(self, message: UserMessage, tracker: DialogueStateTracker) -> None:
        answer = _answer(tracker, (message.metadata or {}).get("message_id"))
        if answer is not None:
            raise _Answered(tracker, answer)
        said = (message.metadata or {}).get(meanwhile.KEY)
        if said:
            meanwhile.learn(tracker, self.domain, said)
        await super()._handle_message_with_tracker(message, tracker)


class StrictAgent(Agent):
    """An agent with the strict processor, over the tracker store as it is, without Rasa's fallback in memory."""

    def load_model(self, model_path: str | Path, fingerprint: str | None = None) -> None:
        """Load the model; unlike the stock server, a model that cannot be loaded is an error."""
        self.processor = StrictProcessor(
            model_path=model_path,
            tracker_store=self.tracker_store,
            lock_store=self.lock_store,
            action_endpoint=self.action_endpoint,
            generator=self.nlg,
        )
        self.domain = self.processor.domain
        self._set_fingerprint(fingerprint)
        self.tracker_store.domain = self.domain

    @staticmethod
    def _create_tracker_store(store: TrackerStore | None, domain: Domain) -> TrackerStore:
        if store is None:
            return InMemoryTrackerStore(domain)
        store.domain = domain
        return store
