"""Files packed for browsers, once in a process: as gzip that every browser reads, and as small as it can be."""

from __future__ import annotations

import binascii
import gzip
import zlib
from contextlib import suppress
from functools import lru_cache
from typing import Final

import zopfli.gzip

from bot.derived import derived

# More rounds take longer and save hardly anything.
_ROUNDS: Final = 5


@lru_cache(maxsize=256)
def packed(body: bytes) -> bytes:
    """`body` as gzip; the same each time."""
    # Browsers run what is served to them, so nothing is that does not come out as the file.
    with suppress(ValueError, TypeError, OSError, EOFError, zlib.error):
        kept = binascii.a2b_base64(derived(__file__, body, lambda: binascii.b2a_base64(_small(body), newline=False).decode()))
        if gzip.decompress(kept) == body:
            return kept
    return _small(body)


def _small(body: bytes) -> bytes:
    return bytes(zopfli.gzip.compress(body, numiterations=_ROUNDS))
