"""What one person is shown of conversations: the rule of our own pages, which hold a message back until those before it are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class View:
    """The messages of a thread by conversation and number.

    Attributes:
        shown: everything that was shown, as conversation, number and id, in the order in which it was.
        gaps: how often something came before what belongs before it, so that the rest had to be asked for.
        repeats: how often the live line told the same message again.
    """

    def __init__(self) -> None:
        self.shown: list[tuple[str, int, str]] = []
        self.gaps = self.repeats = 0
        self._numbered: dict[str, dict[int, Mapping[str, Any]]] = {}
        self._reached: dict[str, int] = {}
        self._live: set[str] = set()

    def begin_line(self) -> None:
        """A new line begins, which may tell what the one before told."""
        self._live.clear()

    def add(self, messages: Iterable[Mapping[str, Any]], live: bool) -> tuple[list[Mapping[str, Any]], bool]:
        """The messages that can be shown now, in order, and whether something before others is missing."""
        for message in messages:
            metadata = message["metadata"]
            conversation, seq = metadata["conversation"]["id"], metadata["seq"]
            if live:
                self.repeats += metadata["id"] in self._live
                self._live.add(metadata["id"])
            if conversation not in self._numbered:
                self._numbered[conversation] = {}
                self._reached[conversation] = 0 if live else seq - 1
            known = self._numbered[conversation].setdefault(seq, message)
            # Two messages under one number could never be shown in the same order to everybody.
            assert known["metadata"]["id"] == metadata["id"], (conversation, seq)
        fresh: list[Mapping[str, Any]] = []
        missing = False
        for conversation, numbered in self._numbered.items():
            while (message_or_none := numbered.get(self._reached[conversation] + 1)) is not None:
                self._reached[conversation] += 1
                fresh.append(message_or_none)
                self.shown.append((conversation, self._reached[conversation], message_or_none["metadata"]["id"]))
            missing = missing or max(numbered, default=0) > self._reached[conversation]
        self.gaps += live and missing
        return fresh, missing

    @property
    def position(self) -> dict[str, Any]:
        """What the server is told when the line is back: the conversation and the last number there is without a gap."""
        for conversation, numbered in self._numbered.items():
            if max(numbered, default=0) > self._reached[conversation]:
                return {"conversation": conversation, "after": self._reached[conversation]}
        if not self._numbered:
            return {"after": 0}
        last = list(self._numbered)[-1]
        return {"conversation": last, "after": self._reached[last]}

    def last(self, conversation: str) -> int:
        """The last number of a conversation that there is without a gap."""
        return self._reached.get(conversation, 0)

    def texts(self, conversation: str, author: str) -> list[str]:
        """What somebody has said in a conversation, in order."""
        numbered = sorted(self._numbered.get(conversation, {}).items())
        return [str(message["text"]) for _, message in numbered if message["metadata"]["author"] == author]
