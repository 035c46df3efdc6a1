"""Logs without a word of what people wrote.

Rasa, sanic and asyncio put message texts into their records when a turn fails. So a record of another package keeps its
level, its place in the code and the types and places of its exceptions, but not its message, once people are served.
Our own records say what they say.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

from bot.logs import Lines, places, withhold_messages

OUR_LOGGERS: Final = ("bot", "actions")


class QuietFormatter(Lines):
    """One line for a record; `serving` says whether people are served, so that foreign messages must be withheld."""

    def __init__(self) -> None:
        super().__init__()
        self.serving = False

    def format(self, record: logging.LogRecord) -> str:
        """The line for `record`."""
        quiet = logging.makeLogRecord(vars(record))
        ours = record.name.partition(".")[0] in OUR_LOGGERS
        if self.serving and not ours:
            quiet.msg, quiet.args = f"{record.filename}:{record.lineno} {record.funcName}", None
        if record.exc_info and isinstance(record.exc_info[1], BaseException):
            quiet.msg, quiet.args = f"{quiet.getMessage()}: {places(record.exc_info[1])}", None
        quiet.exc_info = quiet.exc_text = quiet.stack_info = None
        return super().format(quiet)


_FORMATTER: Final = QuietFormatter()


def _only_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    # Rasa's structured records carry texts and parse data under many keys; their event is a constant.
    return {"event": str(event.get("event", "")), "exc_info": event.get("exc_info", False)}


def _as_stdlib(_logger: Any, _method: str, event: Mapping[str, Any]) -> tuple[tuple[str], dict[str, Any]]:
    return (str(event["event"]),), {"exc_info": event["exc_info"]}


_NOISE: Final = ("DeprecationWarning", "MovedIn20Warning", "pkg_resources is deprecated", "Slot auto-fill has been removed")
"""Rasa's frozen code warns of what later versions of its libraries will bring, and of a change in 3.0 to everybody."""


def _worth_reading(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    return not any(noise in message for noise in _NOISE)


def configure(level: str = "WARNING", form: str = "plain") -> None:
    """Send every record of this process to standard error, as `QuietFormatter` has it.

    Args:
        level: of our own loggers; other packages speak from WARNING on.
        form: of the lines, see `bot.logs`.
    """
    import structlog

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_FORMATTER)
    _FORMATTER.form = form
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in OUR_LOGGERS:
        logging.getLogger(name).setLevel(level)
    for name in ("sanic.root", "sanic.error", "sanic.access", "rasa", "rasa_sdk"):
        foreign = logging.getLogger(name)
        foreign.handlers.clear()
        foreign.propagate = True
        foreign.setLevel(logging.WARNING)
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").addFilter(_worth_reading)
    structlog.configure(
        processors=[_only_event, _as_stdlib],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        cache_logger_on_first_use=True,
    )
    withhold_messages()


def people_are_served(served: bool = True) -> None:
    """From now on the messages of other packages are withheld."""
    _FORMATTER.serving = served
