"""The core that actions call, built once by the action server and replaced by tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.answers import Answers
from bot.catalogue import Catalogue
from bot.db import Database, now
from bot.permits.service import Permits
from bot.settings import ROOT, Settings
from bot.vault import KEY_FILE, Vault, derived_key, read_or_create_key


@dataclass(frozen=True)
class Services:
    """The parts an action may use; `clock` gives aware UTC time."""

    catalogue: Catalogue
    answers: Answers
    database: Database
    permits: Permits
    vault: Vault
    clock: Callable[[], datetime] = now

    def hide(self, conversation: str, value: Any) -> str:
        """Keep a result that must not enter Rasa; returns the token that stands for it."""
        with self.database.session() as session:
            return self.vault.put(session, conversation, "RESULT", value)

    def reveal(self, conversation: str, token: str) -> Any | None:
        """What a token of this conversation stands for, or None when its time is over."""
        with self.database.session() as session:
            return self.vault.get(session, conversation, token)


_current: Services | None = None


def install(services: Services) -> None:
    """Make `services` the ones that actions use."""
    global _current
    _current = services


def current() -> Services:
    """The installed services; an action server installs them before it listens."""
    if _current is None:
        raise RuntimeError("no services installed")
    return _current


def build(settings: Settings) -> Services:
    """The real services of one process."""
    catalogue = Catalogue.load()
    key_path = settings.data_dir / KEY_FILE
    return Services(
        catalogue=catalogue,
        answers=Answers.load(ROOT, catalogue),
        database=Database(settings.resolved_database_url),
        permits=Permits(
            derived_key(read_or_create_key(key_path), "permits"),
            attempts=settings.lookup_attempts,
            of_network=settings.network_lookup_attempts,
        ),
        vault=Vault(key_path),
    )
