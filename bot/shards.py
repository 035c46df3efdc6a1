"""The Rasa processes of one gateway: which one a conversation belongs to, which of them are up, and one request to them."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from ipaddress import IPv4Address
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from async_timeout import timeout

from bot.errors import AssistantUnavailable
from bot.logs import REQUEST_HEADER, request_id

log = logging.getLogger(__name__)

# What a datagram begins with that names a conversation, or says what will be asked.
WHERE: Final = "c"
WHAT: Final = "t"
_LOOPBACK: Final = "127.0.0.1"
_PATH: Final = "/webhooks/rest/webhook"
_LARGEST_ANSWER: Final = 1 << 20
_LOOK_EVERY_S: Final = 1.0
_LOOK_WITHIN_S: Final = 2.0
# A process that is only slow answers by then.
_MISSED_UNTIL_GONE: Final = 3
# Shorter than Rasa keeps an idle connection, see `bot.nlu.server`.
_KEEP_ALIVE_S: Final = 30.0
# How long after the start of this process no answer may mean that Rasa is still starting.
_START_UP_S: Final = 60.0
# Another shard may be asked after these: the answer of this one will not come, and a message is answered once whoever is asked.
_NO_ANSWER: Final = frozenset({"refused", "broken", "gone"})


def _peer(address: str) -> tuple[str, int] | None:
    """Where the datagrams for a shard go, which listens for them at the port of its requests; None beyond this machine."""
    parts = urlsplit(address)
    host = _LOOPBACK if parts.hostname == "localhost" else str(parts.hostname)
    try:
        return (host, parts.port or 80) if IPv4Address(host).is_loopback else None
    except ValueError:
        return None


class Shards:
    """One or more Rasa processes over the same working memory.

    A conversation belongs to one of them by rendezvous hash, so that a shard which comes or goes moves no other's
    conversations. It moves between two turns: whoever asks holds the conversation's turn until the answer is there. Where a
    shard ends in the middle of a turn, the next one is asked the same message, which Rasa answers once by its id.

    Args:
        checks: by the address where each listens, such as `http://127.0.0.1:5005`, what raises unless it can do its work.
    """

    def __init__(self, checks: Mapping[str, Callable[[], Awaitable[None]]]) -> None:
        self._checks = checks
        self._addresses = list(checks)
        self._down: set[str] = set()
        self._asked: dict[str, set[asyncio.Task[bytes]]] = {address: set() for address in checks}
        self._started = time.monotonic()
        self._has_answered = False
        self._client: aiohttp.ClientSession | None = None
        self._looking: list[asyncio.Task[None]] = []
        self._datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._datagrams.setblocking(False)
        self._peers = {address: _peer(address) for address in checks}

    async def start(self) -> None:
        """Begin to look after the shards, where there are several."""
        if len(self._addresses) > 1:
            self._looking = [asyncio.create_task(self._look_after(address)) for address in self._addresses]

    async def close(self) -> None:
        """Stop looking and end the connections."""
        for task in self._looking:
            task.cancel()
        await asyncio.gather(*self._looking, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
        self._datagrams.close()

    def tell_ahead(self, conversation_id: str, text: str | None) -> bool:
        """Have a conversation's shard read its memory, or a text, before it is asked; False where it is not told.

        It is a datagram, for which nobody waits and which may be lost: see `bot.nlu.reading_ahead`.
        """
        address = self.of(conversation_id)[0]
        peer = self._peers[address]
        # While it answers others, reading sooner would only have these wait.
        if peer is None or self._asked[address]:
            return False
        with suppress(OSError):
            self._datagrams.sendto((f"{WHERE}{conversation_id}" if text is None else f"{WHAT}{text}").encode(), peer)
        return True

    def of(self, conversation_id: str) -> list[str]:
        """The shards in the order in which they are asked: the conversation's own, then those that stand in, and last what is down."""

        def rank(address: str) -> tuple[bool, bytes]:
            return address in self._down, hashlib.sha256(f"{conversation_id}\x1f{address}".encode()).digest()

        return sorted(self._addresses, key=rank)

    async def ask(self, conversation_id: str, message: Mapping[str, Any]) -> bytes:
        """The body of the answer of the first shard that gives one.

        Raises:
            AssistantUnavailable: kind `refused`, `broken`, `gone`, `status` or `too_large`.
        """
        while True:
            for address in self.of(conversation_id):
                try:
                    answer = await self._ask(address, message)
                except AssistantUnavailable as error:
                    if error.params["kind"] not in _NO_ANSWER:
                        raise
                    failure = error
                    if len(self._addresses) > 1:
                        self._fell(address)
                else:
                    self._has_answered = True
                    return answer
            if failure.params["kind"] == "broken" or self._has_answered or time.monotonic() - self._started > _START_UP_S:
                raise failure
            # Rasa answers a message once, so asking again is safe; it is worth it only while Rasa may be starting.
            await asyncio.sleep(0.2)

    async def _ask(self, address: str, message: Mapping[str, Any]) -> bytes:
        task = asyncio.create_task(self._post(address, message))
        self._asked[address].add(task)
        try:
            await asyncio.wait({task})
            if task.cancelled():
                raise AssistantUnavailable("assistant_unavailable", kind="gone")
            return task.result()
        finally:
            self._asked[address].discard(task)
            task.cancel()

    async def _post(self, address: str, message: Mapping[str, Any]) -> bytes:
        try:
            try:
                return await self._once(address, message)
            except aiohttp.ClientConnectorError:
                raise
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                # A kept connection may be closed just as a message goes out; Rasa answers a message once, however often it is asked.
                return await self._once(address, message)
        except aiohttp.ClientConnectorError:
            raise AssistantUnavailable("assistant_unavailable", kind="refused") from None
        except aiohttp.ClientError:
            raise AssistantUnavailable("assistant_unavailable", kind="broken") from None

    async def _once(self, address: str, message: Mapping[str, Any]) -> bytes:
        headers = {REQUEST_HEADER: request_id()}
        async with self._session().post(f"{address}{_PATH}", json=message, headers=headers, allow_redirects=False) as response:
            if response.status != 200:
                raise AssistantUnavailable("assistant_unavailable", kind="status", status=response.status)
            body = bytearray()
            async for chunk in response.content.iter_chunked(1 << 16):
                body += chunk
                if len(body) > _LARGEST_ANSWER:
                    raise AssistantUnavailable("assistant_unavailable", kind="too_large")
            return bytes(body)

    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            connector = aiohttp.TCPConnector(keepalive_timeout=_KEEP_ALIVE_S)
            self._client = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))
        return self._client

    def _fell(self, address: str) -> None:
        if address not in self._down:
            self._down.add(address)
            log.warning("%s does not answer; others stand in for it", address)

    async def _look_after(self, address: str) -> None:
        missed = 0
        while True:
            try:
                async with timeout(_LOOK_WITHIN_S):
                    await self._checks[address]()
                missed = 0
                if address in self._down:
                    self._down.discard(address)
                    log.warning("%s answers again", address)
            except Exception:
                missed += 1
            if missed >= _MISSED_UNTIL_GONE:
                self._fell(address)
                for task in list(self._asked[address]):
                    task.cancel()
            await asyncio.sleep(_LOOK_EVERY_S)
