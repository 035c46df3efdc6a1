"""What one person is told and is shown: by the rule of our own pages, which hold a message back until those before it are there."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Told:
    """What a server said at once, as it came.

    Attributes:
        line: the line on which it came, counted from 1.
        at: when, by `time.monotonic`.
        messages: conversation, number and id of each, in the order in which they came.
        asked: the conversation and the number after which messages had been asked for; None when they were told live.
    """

    line: int
    at: float
    messages: tuple[tuple[str, int, str], ...]
    asked: tuple[str | None, int] | None


class View:
    """The messages of a thread by conversation and number.

    Attributes:
        told: everything that servers said, in the order in which it came.
        shown: the ids of what could be shown.
    """

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.shown: set[str] = set()
        self._line = 0
        self._numbered: dict[str, dict[int, Mapping[str, Any]]] = {}
        self._reached: dict[str, int] = {}

    def begin_line(self) -> None:
        """A new line begins, which may tell what the one before told."""
        self._line += 1

    def add(
        self, messages: Iterable[Mapping[str, Any]], asked: tuple[str | None, int] | None = None
    ) -> tuple[list[Mapping[str, Any]], bool]:
        """The messages that can be shown now, in order, and whether something before others is missing; `asked` as in `Told`."""
        came: list[tuple[str, int, str]] = []
        for message in messages:
            metadata = message["metadata"]
            conversation, seq = metadata["conversation"]["id"], metadata["seq"]
            came.append((conversation, seq, metadata["id"]))
            if conversation not in self._numbered:
                self._numbered[conversation] = {}
                self._reached[conversation] = 0 if asked is None else seq - 1
            self._numbered[conversation].setdefault(seq, message)
        self.told.append(Told(self._line, time.monotonic(), tuple(came), asked))
        fresh: list[Mapping[str, Any]] = []
        missing = False
        for conversation, numbered in self._numbered.items():
            while (message_or_none := numbered.get(self._reached[conversation] + 1)) is not None:
                self._reached[conversation] += 1
                fresh.append(message_or_none)
                self.shown.add(message_or_none["metadata"]["id"])
            missing = missing or max(numbered, default=0) > self._reached[conversation]
        return fresh, missing

    @property
    def position(self) -> tuple[str | None, int]:
        """What the server is told when the line is back: the conversation and the last number there is without a gap."""
        for conversation, numbered in self._numbered.items():
            if max(numbered, default=0) > self._reached[conversation]:
                return conversation, self._reached[conversation]
        if not self._numbered:
            return None, 0
        last = list(self._numbered)[-1]
        return last, self._reached[last]

    def last(self, conversation: str) -> int:
        """The last number of a conversation that there is without a gap."""
        return self._reached.get(conversation, 0)

    def texts(self, conversation: str, author: str) -> list[str]:
        """What somebody has said in a conversation, in order."""
        numbered = sorted(self._numbered.get(conversation, {}).items())
        return [str(message["text"]) for _, message in numbered if message["metadata"]["author"] == author]


def mark(position: tuple[str | None, int]) -> dict[str, Any]:
    """A position as it goes over the wire."""
    conversation, after = position
    return {"after": after} if conversation is None else {"conversation": conversation, "after": after}
