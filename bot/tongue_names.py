"""Which tongues a message names ("in Chinese, please"), by `data/tongues.yml`."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

from bot.data_file import read_mapping
from bot.errors import DataError
from bot.languages import TONGUES, Tongue

_FILE: Final = Path(__file__).parent.parent / "data" / "tongues.yml"
_LATIN: Final = re.compile(r"[a-z\u00c0-\u024f]", re.IGNORECASE)


def tongues_named(text: str) -> list[tuple[Tongue, int]]:
    """Every name of a tongue in the text, and where it begins, in order."""
    found: list[tuple[Tongue, int]] = []
    for match in _names().finditer(text):
        tongue = next(known for known in TONGUES if match.lastgroup == _group(known))
        found.append((tongue, match.start()))
    return found


def _group(tongue: Tongue) -> str:
    return tongue.replace("-", "_")


@lru_cache(maxsize=1)
def _names() -> re.Pattern[str]:
    listed = read_mapping(_FILE).get("names") or {}
    if set(listed) != set(TONGUES):
        raise DataError(_FILE, "names", "tongues", f"must be exactly {', '.join(TONGUES)}")
    names = sorted(((str(name), tongue) for tongue in TONGUES for name in listed[tongue]), key=lambda each: -len(each[0]))
    # A group can have its name only once, so that the names of a tongue stand together; those of traditional Chinese hold the
    # name of Chinese and go first.
    order = sorted(TONGUES, key=lambda tongue: tongue != "zh-TW")
    return re.compile("|".join(f"(?P<{_group(tongue)}>{'|'.join(_pattern(n) for n, t in names if t == tongue)})" for tongue in order), re.I)


def _pattern(name: str) -> str:
    body = re.escape(name.rstrip("*")) + (r"\w*" if name.endswith("*") else "")
    return rf"\b{body}\b" if _LATIN.match(name) else body
