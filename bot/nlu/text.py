"""One form of a message for encoder and n-grams, whatever keyboard, script or redaction it went through."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final

LONGEST: Final = 200
"""How much of a message is encoded, counted by `_weight`: the time of the encoder grows with it."""

_TOKEN = re.compile(r"<([A-Z]+):\d+>")
_TOKEN_WORDS: Final = {
    "NUMBER": "number",
    "DATE": "date",
    "POINT": "my location",
    "EMAIL": "e-mail address",
    "PHONE": "phone number",
    "RESULT": "result",
}
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_SPACES = re.compile(r"\s+")


@lru_cache(maxsize=1)
def _simplifier() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def _weight(character: str) -> float:
    # A Chinese character is about one token of the encoder, a token of other scripts has about four characters.
    return 1.0 if ord(character) >= 0x2E80 else 0.25


def _shortened(text: str) -> str:
    """`text` without its middle when it is too long: people put the question first or last."""
    if len(text) <= LONGEST or sum(map(_weight, text)) <= LONGEST:
        return text

    def take(characters: str) -> int:
        left = LONGEST / 2
        for count, character in enumerate(characters):
            left -= _weight(character)
            if left < 0:
                return count
        return len(characters)

    return f"{text[: take(text)]} {text[len(text) - take(text[::-1]) :]}"


def normalise(text: str) -> str:
    """`text` in NFKC, lower case, simplified Chinese, single spaces, and with redaction tokens as plain words.

    A text longer than the encoder can read in time loses its middle.
    """
    plain = _TOKEN.sub(lambda token: f" {_TOKEN_WORDS.get(token[1], token[1].lower())} ", text)
    plain = _shortened(_SPACES.sub(" ", unicodedata.normalize("NFKC", plain)).strip())
    if _HAN.search(plain):
        plain = _simplifier().convert(plain)
    return plain.lower()
