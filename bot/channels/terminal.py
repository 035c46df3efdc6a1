"""Asking from a terminal, through the same door as every program."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.channels.rest import PATH
from bot.conversations.ledger import new_id
from bot.i18n import Texts
from bot.languages import DEFAULT, LANGUAGES, Tongue, as_tongue
from bot.settings import Settings
from bot.spoken import tongue_of

# The gateway answers within its own limits; this one is only for a gateway that hangs.
_ANSWER_WITHIN_S = 180


class _Failed(Exception):
    """There is no answer; the text is the one line to show."""


@dataclass
class _Terminal:
    client: aiohttp.ClientSession
    address: str
    texts: Texts
    language: Tongue | None
    token: str | None
    sender: str = field(default_factory=lambda: f"terminal-{new_id()}")
    spoken: Tongue = field(default=DEFAULT)
    offers: list[dict[str, str]] = field(default_factory=list)

    async def say(self, text: str) -> list[dict[str, Any]]:
        """The messages that answer `text`."""
        number = text.strip()
        if number.isascii() and number.isdigit() and 1 <= int(number) <= len(self.offers):
            text = self.offers[int(number) - 1]["payload"]
        else:
            self.spoken = self.language or tongue_of(text, self.spoken)
        body: dict[str, Any] = {"sender": self.sender, "message": text}
        if self.language is not None:
            body["metadata"] = {"language": self.language}
        headers: dict[str, str] = {"Accept-Language": self.spoken}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            async with self.client.post(self.address + PATH, json=body, headers=headers) as response:
                answer = await response.json(content_type=None)
        except (TimeoutError, aiohttp.ClientConnectionError):
            raise _Failed(self.texts.get(self.spoken, "terminal.not_running", address=self.address)) from None
        except (aiohttp.ClientError, ValueError):
            raise self._broken() from None
        if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
            message = str(answer["error"].get("message", ""))
            raise _Failed(self.texts.get(self.spoken, "terminal.refused", message=message))
        if response.status != 200 or not isinstance(answer, list):
            raise self._broken()
        return answer

    def _broken(self) -> _Failed:
        return _Failed(self.texts.get(self.spoken, "terminal.broken", address=self.address))

    def show(self, messages: Sequence[dict[str, Any]]) -> None:
        """Print messages; the choices of the newest that has any become the numbers that can be typed."""
        self.offers = []
        if not messages:
            print(self.texts.get(self.spoken, "terminal.silent"))
        for message in messages:
            print(f"\n{message['text']}")
            described = message.get("metadata", {})
            self.spoken = as_tongue(described.get("language")) or self.spoken
            if not described.get("source_line"):
                self._show_sources(described.get("sources") or ())
            self.offers = message.get("quick_replies") or self.offers
        for number, offer in enumerate(self.offers, 1):
            print(f"  {number}. {offer['title']}")

    def _show_sources(self, sources: Sequence[dict[str, Any]]) -> None:
        if sources:
            print(f"{self.texts.get(self.spoken, 'terminal.sources')}:")
        for source in sources:
            where = source.get("url") or self.texts.get(self.spoken, "terminal.reported")
            print("  - " + ", ".join(filter(None, (source.get("title"), source.get("date"), where))))


def _open(settings: Settings, language: Tongue | None) -> _Terminal:
    # A gateway that has names of its own is asked by no other, from this machine neither.
    named = {"Host": min(settings.public_hosts)} if settings.public_hosts else {}
    return _Terminal(
        client=aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ANSWER_WITHIN_S), headers=named),
        address=settings.local_url,
        texts=Texts.load(),
        language=language,
        token=next(iter(settings.rest_tokens), None),
        spoken=language or DEFAULT,
    )


def ask(settings: Settings, text: str, language: Tongue | None = None) -> int:
    """Ask one question and print the answer; 1, with one line on standard error, when there is none."""

    async def once() -> None:
        terminal = _open(settings, language)
        async with terminal.client:
            terminal.show(await terminal.say(text))

    return _guarded(once())


def chat(settings: Settings, language: Tongue | None = None) -> int:
    """Talk until the end of input; 1, with one line on standard error, when the system does not answer."""

    async def talk() -> None:
        terminal = _open(settings, language)
        async with terminal.client:
            for spoken in LANGUAGES if language is None else (language,):
                print(terminal.texts.get(spoken, "terminal.welcome"))
            while True:
                try:
                    # Nothing else runs in this loop, so it may wait for the keyboard.
                    text = input("\n" + terminal.texts.get(terminal.spoken, "terminal.prompt"))
                except EOFError:
                    print()
                    return
                if text.strip():
                    terminal.show(await terminal.say(text))

    return _guarded(talk())


def _guarded(work: Any) -> int:
    try:
        asyncio.run(work)
    except _Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0
