"""One form of a message for encoder and n-grams, whatever keyboard, script or redaction it went through."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

from bot.data_file import read_mapping
from bot.errors import DataError
from bot.settings import ROOT
from bot.traditional import simplified

FILE: Final = Path("data") / "footers.yml"
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
_WORD = re.compile(r"\w")
_LINE: Final = "--"
# Where a text, a line or a sentence begins, or what is quoted.
_OPENING = re.compile(r"(?:\A|[.!?。！？*;；>\n])\W*(?=\w)")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")


@lru_cache(maxsize=1)
def _footers() -> tuple[dict[str, tuple[str, ...]], tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]]:
    """Phrases by their first letter, and the patterns of a notice, "sent from" and a closing, each with phrases of which it needs one."""
    raw = read_mapping(ROOT / FILE)

    def needed(kind: str) -> tuple[str, ...]:
        return tuple(phrase.lower() for phrase in raw[kind])

    def phrases(kind: str) -> str:
        listed = raw.get(kind)
        if not isinstance(listed, list) or not listed or not all(isinstance(phrase, str) and phrase.strip() for phrase in listed):
            raise DataError(ROOT / FILE, kind, "phrases", "must be a list of texts")
        if unseen := [phrase for phrase in listed if not _WORD.match(phrase)]:
            raise DataError(ROOT / FILE, kind, "phrases", f"must begin with a letter or figure: {unseen[0]!r}")
        return "|".join(re.escape(phrase) for phrase in sorted(listed, key=len, reverse=True))

    flags = re.IGNORECASE | re.MULTILINE
    sent_from = rf"(?=[^\n]*(?:{phrases('devices')}))(?:{phrases('sent_from')})[^\n.?？]*[.]?[ \t]*$"
    notice = re.compile(rf"(?:^|(?<=[.!?。！？*;；>])|(?<=[.!?]\s))\W*(?:{phrases('notices')}).*\Z", flags | re.DOTALL)
    device = re.compile(rf"(?:^|(?<=[.!?。！？]\s)|(?<=[。！？]))[ \t]*{sent_from}", flags)
    closing = re.compile(rf"^[ \t]*(?:(?:{phrases('closings')})[^\w?？]*$|--+[ \t]*$).*\Z", flags | re.DOTALL)
    kinds = (needed("notices"), notice), (needed("sent_from"), device), ((*needed("closings"), _LINE), closing)
    phrased: dict[str, tuple[str, ...]] = {}
    for phrase in {phrase for needs, _ in kinds for phrase in needs}:
        phrased[phrase[0]] = (*phrased.get(phrase[0], ()), phrase)
    return phrased, kinds


def without_footer(text: str) -> str:
    """`text` without what mail programs and companies put below it: notices, "sent from", and the signature below a closing.

    A text that would be left without a letter is returned whole, and so is what asks something below its closing.
    """
    lower = text.lower()
    phrases, (*others, closing) = _footers()
    # Almost no message has one, which is seen soonest where one could begin: looking for phrases everywhere takes ten times as long,
    # and the patterns a hundred times that.
    begins = (opening.end() for opening in _OPENING.finditer(lower))
    if _LINE not in lower and not any(lower.startswith(phrases.get(lower[at], ()), at) for at in begins):
        return text
    for needed, pattern in (*others, closing):
        if not any(phrase in lower for phrase in needed):
            continue
        shorter = pattern.sub(_kept_when_asking if pattern is closing[1] else "", text)
        if re.search(r"[^\W\d_]", shorter):
            text = shorter
    return text


def _kept_when_asking(found: re.Match[str]) -> str:
    return found[0] if re.search(r"[?？؟]", found[0]) else ""


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
    same = _TOKEN.sub(lambda token: f" {_TOKEN_WORDS.get(token[1], token[1].lower())} ", text) if "<" in text else text
    if not same.isascii():
        same = _INVISIBLE.sub("", unicodedata.normalize("NFKC", same))
    return "\n".join(" ".join(line.split()) for line in same.splitlines()) if lines else " ".join(same.split())


def _simplified(text: str) -> str:
    return (simplified(text) if not text.isascii() and _HAN.search(text) else text).lower()


def plain(text: str, lines: bool = False) -> str:
    """`text` in NFKC, lower case, simplified Chinese, single spaces, and with redaction tokens as plain words.

    Args:
        text: as it was typed.
        lines: keep the ends of lines.
    """
    return _simplified(_tidied(text, lines))


def normalise(text: str) -> str:
    """As `plain`, but without a footer, and a text longer than the encoder can read in time loses its middle."""
    return _simplified(_shortened(_tidied(without_footer(text))))
