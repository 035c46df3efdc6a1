"""The languages answers are written in, and the tongues that applicants may speak."""

from __future__ import annotations

import re
from typing import Final, Literal, get_args

Language = Literal["en", "zh"]
"""What facts, answers and the staff's pages are written in."""

Tongue = Literal["en", "zh", "zh-TW", "ar", "de", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr"]
"""What applicants are understood in: the languages of the encoder. The window and everything around a fact speaks it too."""

LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
TONGUES: Final[tuple[Tongue, ...]] = get_args(Tongue)
DEFAULT: Final[Language] = "en"
TRADITIONAL: Final[Tongue] = "zh-TW"


def as_language(value: object) -> Language | None:
    """`value` as one of `LANGUAGES` (`zh-CN`, `ZH`, `en_GB` are understood), or None."""
    if not isinstance(value, str):
        return None
    short = value.strip().lower().replace("_", "-").split("-")[0]
    return next((language for language in LANGUAGES if language == short), None)


_TRADITIONAL_TAG = re.compile(r"zh-(?:tw|hk|mo|hant)\b")


def as_tongue(value: object) -> Tongue | None:
    """`value` as one of `TONGUES` (`de-AT`, `PT_br`, `zh-Hant`, `zh-HK` are understood), or None."""
    if not isinstance(value, str):
        return None
    tag = value.strip().lower().replace("_", "-")
    if _TRADITIONAL_TAG.match(tag):
        return TRADITIONAL
    return next((tongue for tongue in TONGUES if tongue == tag.split("-")[0]), None)


def written(tongue: Tongue) -> Language:
    """The language in which facts are told to somebody who speaks this tongue."""
    return "zh" if tongue in ("zh", TRADITIONAL) else "en"
