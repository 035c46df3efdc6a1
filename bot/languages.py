"""The languages answers are written in, and which of them a message is in."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal

Language = Literal["en", "zh"]

LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
DEFAULT: Final[Language] = "en"

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
_TOKEN = re.compile(r"<[A-Z]+:\d+>")
_CODE = re.compile(r"[A-Za-z-]*\d[A-Za-z\d-]*")
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]{2,}(?:['’-][A-Za-z]+)*")
_OTHER_SCRIPT = re.compile(r"[\u0370-\u1fff\u3040-\u30ff\uac00-\ud7af]")


def as_language(value: object) -> Language | None:
    """`value` as one of `LANGUAGES` (`zh-CN`, `ZH`, `en_GB` are understood), or None."""
    if not isinstance(value, str):
        return None
    short = value.strip().lower().replace("_", "-").split("-")[0]
    return next((language for language in LANGUAGES if language == short), None)


def detect(text: str, otherwise: Language = DEFAULT) -> Language:
    """The language to answer `text` in.

    Chinese when the Chinese characters weigh at least as much as the Latin words (a Chinese sentence with a few English
    words stays Chinese, an English sentence that names 工签 stays English). A number, a code, a single letter or one word
    says nothing: it gives `otherwise`, the language of the conversation so far.
    """
    plain = _CODE.sub(" ", _TOKEN.sub(" ", unicodedata.normalize("NFKC", text)))
    han, words = len(_HAN.findall(plain)), len(_WORD.findall(plain))
    if han and not _KANA_OR_HANGUL.search(plain):
        return "zh" if han >= 1.5 * words else "en"
    if words > 1 or _OTHER_SCRIPT.search(plain):
        return "en"
    return otherwise
