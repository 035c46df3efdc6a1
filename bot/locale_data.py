"""What the Unicode CLDR knows of a language, as Babel has it, for those who want a few names of many languages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from babel import Locale, localedata


@contextmanager
def locale_data(identifier: str) -> Iterator[Locale]:
    """The locale, to be read within the block.

    Babel would keep all that it knows of each language, a megabyte for one; afterwards it has forgotten that and reads it again
    for whoever asks.
    """
    try:
        yield Locale.parse(identifier)
    finally:
        localedata._cache.clear()
