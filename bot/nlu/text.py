"""One form of a message for encoder and n-grams, whatever keyboard, script or redaction it went through."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final

LONGEST: Final = 150
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
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")


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


def _tidied(text: str, lines: bool = False) -> str:
    same = unicodedata.normalize("NFKC", _TOKEN.sub(lambda token: f" {_TOKEN_WORDS.get(token[1], token[1].lower())} ", text))
    same = _INVISIBLE.sub("", same)
    return "\n".join(_SPACES.sub(" ", line).strip() for line in same.splitlines()) if lines else _SPACES.sub(" ", same).strip()


def _simplified(text: str) -> str:
    return (_simplifier().convert(text) if _HAN.search(text) else text).lower()


def plain(text: str, lines: bool = False) -> str:
    """`text` in NFKC, lower case, simplified Chinese, single spaces, and with redaction tokens as plain words.

    Args:
        text: as it was typed.
        lines: keep the ends of lines.
    """
    return _simplified(_tidied(text, lines))


def normalise(text: str) -> str:
    """As `plain`, but a text longer than the encoder can read in time loses its middle."""
    return _simplified(_shortened(_tidied(text)))
