"""Files packed for browsers, once in a process: as gzip that every browser reads, and as small as it can be."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import zopfli.gzip

# More rounds take longer and save hardly anything.
_ROUNDS: Final = 5


@lru_cache(maxsize=256)
def packed(body: bytes) -> bytes:
    """`body` as gzip; the same each time."""
    return bytes(zopfli.gzip.compress(body, numiterations=_ROUNDS))
