"""Permit and application numbers: one spelling to store and look up, one masked spelling to show.

The formats of real numbers are published nowhere, so nothing here judges a number by its form.
"""

from __future__ import annotations

import unicodedata
from typing import Final

MAX_LENGTH: Final[int] = 64
_SHOWN: Final[int] = 4


def _plain(character: str) -> str:
    try:
        return str(unicodedata.decimal(character))
    except ValueError:
        return character if character.isalnum() else ""


def _fold(text: str) -> str:
    upper = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())
    return "".join(_plain(character) for character in upper)


def normalise(text: str) -> str:
    """`text` as it is stored and compared: NFKC, upper case, letters and digits only.

    Spaces, hyphens, full-width and foreign digits and case make no difference. The result may be empty, and applying
    the function again changes nothing.
    """
    if text.isascii():
        # Nearly every number: the same result in a fraction of the time.
        return "".join(filter(str.isalnum, text.upper()))
    folded = _fold(text)
    # Upper case and compatibility forms can each produce work for the other, so fold until nothing moves.
    while (again := _fold(folded)) != folded:
        folded = again
    return folded


def masked(number: str) -> str:
    """`number` with all but its last characters hidden: four at most, and never more than a third of it."""
    plain = normalise(number)
    shown = min(_SHOWN, len(plain) // 3)
    return "…" + plain[len(plain) - shown :]
