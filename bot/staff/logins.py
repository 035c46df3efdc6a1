"""Logins: one form of each, in which they are kept and compared."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")


def as_login(text: str) -> str:
    """`text` in the one form, whether or not it can be a login; its length costs nothing."""
    return unicodedata.normalize("NFKC", text[:256]).strip().casefold()


def is_login(text: str) -> bool:
    """Whether a text in the one form can be a login."""
    return _LOGIN.fullmatch(text) is not None
