"""Reading what will be asked while the gateway still stores it: the gateway tells the text ahead, in a datagram that may be lost.

What was read is used once, by the message that asks it. Of the text only a hash is kept. Where something will be asked is told before the
text is known, so that the conversation's memory is read while the gateway redacts.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.logs import place
from bot.nlu.arrays import Floats, Halves
from bot.shards import WHAT, WHERE

_log = logging.getLogger(__name__)

_MOST: Final = 32


@dataclass(frozen=True)
class Read:
    """What encoder and networks made of a message and its parts: a row of each for every text."""

    vectors: Halves
    scores: Floats


class ReadAhead:
    """What has been read and not been asked yet; of more than `most` the oldest are forgotten."""

    def __init__(self, most: int = _MOST) -> None:
        # Several may ask the same.
        self._kept: deque[tuple[bytes, Read]] = deque(maxlen=most)

    def keep(self, texts: Sequence[str], read: Read) -> None:
        """Have this ready for a message that consists of these normalised texts."""
        self._kept.append((_name(texts), read))

    def take(self, texts: Sequence[str]) -> Read | None:
        """What was made of these texts ahead, which is then forgotten; None when nothing was."""
        if not self._kept:
            return None
        name = _name(texts)
        for number, (kept, read) in enumerate(self._kept):
            if kept == name:
                del self._kept[number]
                return read
        return None


def _name(texts: Sequence[str]) -> bytes:
    return hashlib.blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


READ: Final = ReadAhead()
"""Of this process: the gateway's datagrams come in where no component of the pipeline is known."""


class Listening(asyncio.DatagramProtocol):
    """Hands each text that comes to `read`, and each conversation to `remember`; what fails is left to the message that asks.

    `bot.shards` says what a datagram begins with.
    """

    def __init__(self, read: Callable[[str], None], remember: Callable[[str], None]) -> None:
        self._act = {WHAT: read, WHERE: remember}

    def datagram_received(self, data: bytes, _sender: object) -> None:
        """Called by the event loop."""
        try:
            said = data.decode()
            self._act[said[:1]](said[1:])
        except Exception as error:
            _log.warning("nothing was read ahead: %s", place(error))
