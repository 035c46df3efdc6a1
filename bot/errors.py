"""What can go wrong, as classes with a machine code; the text for people is looked up by code in `bot/i18n`.

BotError
├── NotFound            the thing named does not exist, or is not the caller's
├── Invalid             the caller's input cannot be used as it is
├── NotAllowed          the caller may not do this
├── Conflict            somebody else was first, or the state does not allow it
├── TooMany             a limit on attempts or rate is reached
├── AssistantUnavailable  Rasa answered nothing, late, or broken
├── DatabaseUnavailable   nothing can be read or stored at the moment
├── DataError           a data file of the project is wrong (names file, entry and field)
└── StartError          the system cannot start; the message says what to do
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


class BotError(Exception):
    """Root of the errors that doors translate; `code` is snake_case, `params` fill the text for people."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{self.code}({shown})" if shown else self.code


class NotFound(BotError):
    """The thing named does not exist or does not belong to the caller."""


class Invalid(BotError):
    """The input cannot be used; `params` say which field and why."""


class NotAllowed(BotError):
    """The caller lacks the permission or the proof."""


class Conflict(BotError):
    """The present state does not allow the move."""


class TooMany(BotError):
    """A limit is reached; `params["retry_after_s"]` says when to try again."""


class AssistantUnavailable(BotError):
    """Rasa refused the connection, timed out, answered nothing, or answered nonsense."""


class DatabaseUnavailable(BotError):
    """The database is away, full, damaged, or takes no writes; what was to be stored is probably not."""


class DataError(BotError):
    """A file of the project's own data is wrong."""

    def __init__(self, file: str | Path, entry: str, field: str, problem: str) -> None:
        super().__init__("data_error", file=str(file), entry=entry, field=field, problem=problem)
        self.file, self.entry, self.field, self.problem = str(file), entry, field, problem

    def __str__(self) -> str:
        return f"{self.file}: {self.entry}: {self.field}: {self.problem}"


class StartError(BotError):
    """The system cannot start; `params["detail"]` is one line for the operator."""

    def __str__(self) -> str:
        return str(self.params.get("detail", self.code))
