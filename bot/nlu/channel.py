"""Rasa's REST channel with turns that succeed or fail as a whole."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.channels.rest import RestInput
from sanic import Blueprint

from bot.logs import places

_log = logging.getLogger(__name__)


class WholeTurnRest(RestInput):
    """Named in `credentials.yml`; the path is that of Rasa's own, `/webhooks/rest/webhook`.

    A turn that fails answers an empty list, also when something had been said before it failed. No text is logged.
    """

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Rasa's routes around a handler that keeps failures from being half an answer."""

        async def whole_turn(message: UserMessage) -> None:
            started = time.monotonic()
            try:
                await on_new_message(message)
                _log.info("turn %.0fms", (time.monotonic() - started) * 1000)
            except Exception as error:
                _log.error("turn failed: %s", places(error))
                message.output_channel.messages.clear()

        return super().blueprint(whole_turn)
