"""Rasa's generator over our texts: a response name becomes replies in the language of the message."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.answers import Understood
from bot.languages import DEFAULT, Tongue, as_tongue
from bot.logs import places

_REMEMBERED: Final = 256
FALLBACK: Final = "nlu_fallback"
NOTHING_UNDERSTOOD: Final = Understood()

_log = logging.getLogger(__name__)


class Texts(Protocol):
    """What the generator needs of `bot.answers.Answers`."""

    def replies(
        self,
        name: str,
        language: Tongue,
        params: Mapping[str, Any] | None = None,
        understood: Understood = NOTHING_UNDERSTOOD,
        text: str = "",
    ) -> list[dict[str, Any]]:
        """The replies that a response stands for."""


def language_of(tracker: DialogueStateTracker) -> Tongue:
    """The language of the message that is answered, as the gateway found it, or the one that this turn has just chosen."""
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, BotUttered):
            for reply in ((event.data or {}).get("custom") or {}).get("replies") or ():
                chosen = as_tongue(reply.get("set_language"))
                if chosen is not None:
                    return chosen
    message = tracker.latest_message
    metadata = (message.metadata if message else None) or {}
    return as_tongue(metadata.get("language")) or DEFAULT


def understood_from(tracker: DialogueStateTracker) -> Understood:
    """What the classifier made of the message that is answered."""
    parsed: Mapping[str, Any] = tracker.latest_message.parse_data if tracker.latest_message else {}  # type: ignore[assignment]
    intent: Mapping[str, Any] = parsed.get("intent") or {}
    name = intent.get("name")
    candidates: Sequence[str] = parsed.get("candidates") or ()
    return Understood(
        topic=None if name == FALLBACK else name,
        confidence=intent.get("confidence") if name else None,
        candidates=tuple(candidates),
        suspected=bool(parsed.get("suspected")),
        told=_is_told(tracker),
    )


def _is_told(tracker: DialogueStateTracker) -> bool:
    """Whether the message came while the form that is open now had asked for it."""
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, ActiveLoop) and event.name:
            return False
    return tracker.active_loop_name is not None


class CatalogueResponses(NaturalLanguageGenerator):
    """Named in `endpoints.yml`; reads the texts when it is built, so they are no part of the model."""

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        self._texts = self.load_texts()
        self._told: deque[str | None] = deque(maxlen=_REMEMBERED)

    def load_texts(self) -> Texts:
        """The texts of this project."""
        from bot.answers import Answers
        from bot.settings import ROOT

        return Answers.load(ROOT)

    async def generate(self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any) -> dict[str, Any] | None:
        """The replies of `utter_action` as Rasa's custom payload.

        `params` among the arguments fill the text's placeholders. Whatever goes wrong is raised, so that the turn fails.
        """
        try:
            said = tracker.latest_message.text if tracker.latest_message else None
            text = said if said and not said.startswith("/") else ""
            params, understood = kwargs.get("params") or {}, understood_from(tracker)
            if not self._is_first(tracker):
                understood, text = replace(understood, suspected=False), ""
            replies = self._texts.replies(utter_action, language_of(tracker), params, understood, text)
        except Exception as error:
            _log.error("response %s failed: %s", utter_action, places(error))
            raise
        return {"custom": {"replies": replies}}

    def _is_first(self, tracker: DialogueStateTracker) -> bool:
        """Whether nothing has been said to the message yet; an action may say several things before the tracker knows of any."""
        message = tracker.latest_message.message_id if tracker.latest_message else None
        if message is not None and message in self._told:
            return False
        self._told.append(message)
        return True
