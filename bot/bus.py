"""How the gateways of one system tell each other what happened: through Redis, locked, and with no promise that it arrives."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from cryptography.fernet import InvalidToken
from redis import asyncio as redis

from bot.logs import place
from bot.sealing import lock_with

log = logging.getLogger(__name__)

Note = Mapping[str, Any]

_CHANNEL: Final = "assistant.notes"
_MOST_WAITING: Final = 5_000
_AGAIN_AFTER_S: Final = 0.5
_ANSWER_WITHIN_S: Final = 3.0
_BEAT_EVERY_S: Final = 1.0
# A line on which we do not hear ourselves for so long is dead, whatever its socket says.
_SILENT_FOR_S: Final = 4.0
_STEADY_AFTER_S: Final = 15.0
# Another gateway that is silent for longer has ended, and is missed no more. One that only has no line to Redis goes on telling nobody:
# looking for what it does costs little, and to have ended is not so urgent to know.
_MISSED_FOR_S: Final = 15 * 60.0
_LAST_WORDS_S: Final = 1.0


class Bus:
    """Notes to the other gateways that share `key` and the Redis at `url`.

    A note comes once or, when Redis or a line to it fails, never or, where Redis took it and said so too late, twice; those of one gateway
    come in the order in which they were sent.
    Redis sees them encrypted, keeps none, and nobody without the key can send one.

    Attributes:
        up: whether notes go out and come in at present.
        steady: whether they have done so for a while, and every gateway that was heard lately is still heard: then each has told
            what it has done.
    """

    def __init__(self, url: str, key: bytes) -> None:
        self._url = url
        self._fernet = lock_with(key)
        self._origin = secrets.token_hex(8)
        self._hear: dict[str, Callable[[Note], None]] = {}
        self._waiting: deque[tuple[str, Note]] = deque(maxlen=_MOST_WAITING)
        self._news = asyncio.Event()
        self._heard_ourselves = 0.0
        self._publishing = False
        self._tasks: list[asyncio.Task[None]] = []
        self.up = False
        self._up_since = 0.0
        self._others: dict[str, float] = {}

    @property
    def steady(self) -> bool:
        """See `Bus`."""
        moment = time.monotonic()
        self._others = {origin: heard for origin, heard in self._others.items() if moment - heard < _MISSED_FOR_S}
        silent = any(moment - heard > _SILENT_FOR_S for heard in self._others.values())
        return self.up and moment - self._up_since > _STEADY_AFTER_S and not silent

    def on(self, topic: str, hear: Callable[[Note], None]) -> None:
        """Have `hear` called in the event loop with each note that another gateway sends on `topic`."""
        self._hear[topic] = hear

    def send(self, topic: str, note: Note) -> None:
        """Send a note (JSON data) soon; when too many wait for a Redis that is away, the oldest are dropped."""
        self._waiting.append((topic, note))
        self._news.set()

    async def start(self) -> None:
        """Begin to send and to hear."""
        self._tasks = [asyncio.create_task(work) for work in (self._sending(), self._hearing(), self._beating())]

    async def stop(self) -> None:
        """End; what waits is sent before, if that can be done at once."""
        until = time.monotonic() + _LAST_WORDS_S
        while self.up and (self._waiting or self._publishing) and time.monotonic() < until:
            await asyncio.sleep(0.01)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def check(self) -> None:
        """Raise unless notes go out and come in."""
        if not self.up:
            raise ConnectionError

    def _client(self) -> Any:
        return redis.from_url(self._url, socket_timeout=_ANSWER_WITHIN_S, socket_connect_timeout=_ANSWER_WITHIN_S)

    async def _sending(self) -> None:
        client = self._client()
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                notes = list(self._waiting)
                self._waiting.clear()
                await self._publish(client, self._locked(notes))
        finally:
            await client.aclose()

    async def _publish(self, client: Any, data: bytes) -> None:
        """Send while it is worth it: by then whoever hears nothing looks into the database."""
        until = time.monotonic() + _SILENT_FOR_S
        self._publishing = True
        try:
            while time.monotonic() < until:
                try:
                    await client.publish(_CHANNEL, data)
                    return
                except Exception as error:
                    log.debug("Redis takes nothing: %s", place(error))
                await asyncio.sleep(_AGAIN_AFTER_S)
        finally:
            self._publishing = False

    async def _beating(self) -> None:
        while True:
            self._news.set()
            await asyncio.sleep(_BEAT_EVERY_S)

    async def _hearing(self) -> None:
        while True:
            try:
                async with self._client() as client, client.pubsub() as line:
                    await line.subscribe(_CHANNEL)
                    self._heard_ourselves = time.monotonic()
                    while time.monotonic() - self._heard_ourselves < _SILENT_FOR_S:
                        message = await line.get_message(ignore_subscribe_messages=True, timeout=_BEAT_EVERY_S)
                        if message is not None:
                            self._take(message["data"])
            except Exception as error:
                # Not only what its client raises: uvloop has a RuntimeError for a line that ends while it is written to.
                log.debug("Redis is away: %s", place(error))
            if self.up:
                self.up = False
                log.warning("Redis does not answer; news of other gateways come from the database until it does")
            await asyncio.sleep(_AGAIN_AFTER_S)

    def _locked(self, notes: list[tuple[str, Note]]) -> bytes:
        return self._fernet.encrypt(
            json.dumps({"origin": self._origin, "sent": time.monotonic(), "notes": notes}, ensure_ascii=False).encode()
        )

    def _take(self, data: bytes) -> None:
        try:
            body = json.loads(self._fernet.decrypt(data))
        except (InvalidToken, ValueError):
            log.warning("a note without our key was left unread")
            return
        if body["origin"] == self._origin:
            # What a server had in hand when it was stopped comes late and says nothing about now.
            if time.monotonic() - body["sent"] < _SILENT_FOR_S:
                self._hear_ourselves()
            return
        self._others[body["origin"]] = time.monotonic()
        for topic, note in body["notes"]:
            hear = self._hear.get(topic)
            if hear is None:
                continue
            try:
                hear(note)
            except Exception as error:
                log.error("a note was not understood: %s", place(error))

    def _hear_ourselves(self) -> None:
        self._heard_ourselves = time.monotonic()
        if not self.up:
            self.up, self._up_since = True, time.monotonic()
            log.info("gateways hear each other through Redis")
