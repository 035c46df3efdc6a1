"""Our own log: where something went wrong and with which request, and never what a person wrote."""

from __future__ import annotations

import contextvars
import json
import logging
import re
import secrets
import sys
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final

REQUEST_HEADER: Final = "X-Request-ID"
FORMATS: Final = ("plain", "json")
_FRAMES: Final = 4
_PACKAGE: Final = Path(__file__).parent.parent
_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_request: contextvars.ContextVar[str] = contextvars.ContextVar("request", default="")


def begin_request(given: str = "") -> str:
    """Name the request that this task works on from now on: as it was `given`, if that can be a name, or anew."""
    name = given if _ID.fullmatch(given) else secrets.token_hex(8)
    _request.set(name)
    return name


def request_id() -> str:
    """The name of the request that is worked on here; empty when it is none. Tasks begun for it have the same."""
    return _request.get()


def place(error: BaseException) -> str:
    """The type of `error` and the innermost place of ours it came through; its message may hold personal data."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE) and "site-packages" not in frame.filename]
    where = "".join(f" at {Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in (ours or frames)[-1:])
    return f"{type(error).__name__}{where}"


def places(error: BaseException) -> str:
    """The types of an exception and its causes, each with the innermost places in the code; never its message."""
    parts = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = traceback.extract_tb(current.__traceback__)[-_FRAMES:]
        where = " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
        parts.append(f"{type(current).__name__} at {where}" if where else type(current).__name__)
        current = current.__cause__ or current.__context__
    return " from ".join(parts)


class PlacesOnly(logging.Filter):
    """Reduces every logged exception, a library's too, to its type and place."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True: the record is changed, not held back."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            record.msg, record.args = "failed: %s", (place(error),)
            record.exc_info = record.exc_text = None
        return True


class Lines(logging.Formatter):
    """One line for a record, for people or as JSON with `time`, `level`, `logger`, `message` and `request`."""

    def __init__(self, form: str = "plain") -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s [%(request)s] %(message)s")
        self.form = form

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        if self.form == "plain":
            record.request = request_id() or "-"
            return super().format(record).replace("\n", " ")
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request": request_id() or None,
        }
        return json.dumps(told, ensure_ascii=False)


def withhold_messages() -> None:
    """From now on no exception that nobody catches writes its message: not in the main thread, another, or where Python ignores it.

    The same for what is logged before any log is set up, and for records that cannot be formatted.
    """
    log = logging.getLogger("bot")

    def tell(what: str, error: BaseException | None) -> None:
        if not isinstance(error, (KeyboardInterrupt, SystemExit)):
            log.critical("%s: %s", what, "no exception" if error is None else places(error))

    def ends(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        tell("the process ends", error)

    def thread_ends(uncaught: threading.ExceptHookArgs) -> None:
        tell("a thread ends", uncaught.exc_value)

    def is_ignored(unraisable: Any) -> None:
        # The object that it names may hold what a person wrote.
        tell("ignored", unraisable.exc_value)

    sys.excepthook, threading.excepthook, sys.unraisablehook = ends, thread_ends, is_ignored
    logging.raiseExceptions = False
    if logging.lastResort is not None and not logging.lastResort.filters:
        logging.lastResort.addFilter(PlacesOnly())


def set_up(level: str, form: str = "plain") -> None:
    """Log to standard error from `level` on, also how the process ends; libraries that would log addresses or bodies speak from
    warnings on."""
    logging.basicConfig(level=level, force=True)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(Lines(form))
        handler.addFilter(PlacesOnly())
    for name in ("aiohttp.access", "asyncio", "sqlalchemy.engine"):
        logging.getLogger(name).setLevel(logging.WARNING)
    withhold_messages()
