"""The languages answers are written in, and which of them a message is in."""

from __future__ import annotations

import re
from typing import Final, Literal

Language = Literal["en", "zh"]

LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
DEFAULT: Final[Language] = "en"

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
_LETTER = re.compile(r"[^\W\d_]")
_TOKEN = re.compile(r"<[A-Z]+:\d+>")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+(?:['’-][A-Za-z]+)*")


def as_language(value: object) -> Language | None:
    """`value` as one of `LANGUAGES` (`zh-CN`, `ZH`, `en_GB` are understood), or None."""
    if not isinstance(value, str):
        return None
    short = value.strip().lower().replace("_", "-").split("-")[0]
    return next((language for language in LANGUAGES if language == short), None)


def detect(text: str, otherwise: Language = DEFAULT) -> Language:
    """The language to answer `text` in.

    Chinese when the Chinese characters weigh at least as much as the Latin words (a Chinese sentence with a few English
    words stays Chinese, an English sentence that names 工签 stays English). Text without letters, such as a number,
    gives `otherwise`: the language of the conversation so far.
    """
    plain = _TOKEN.sub(" ", text)
    if not _LETTER.search(plain):
        return otherwise
    han = len(_HAN.findall(plain))
    if not han:
        return "en"
    if _KANA_OR_HANGUL.search(plain):
        return "en"
    words = len(_LATIN_WORD.findall(plain))
    return "zh" if han >= 1.5 * words else "en"
