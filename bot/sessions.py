"""Sessions of applicants on sockets: names that the server makes, in tokens that nobody else can make."""

from __future__ import annotations

import hmac
import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.sealing import signature

LIFE_S: Final = 30 * 24 * 3600
# A token that is older than this is replaced by a younger one of the same session, where the client can take one.
_RENEW_AFTER_S: Final = 24 * 3600
_LONGEST: Final = 400
_TOKEN = re.compile(r"s1\.([A-Za-z0-9_-]{16,250})\.([0-9a-f]{1,12})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class SessionToken:
    """A session that its token has shown.

    Attributes:
        sid: its name, 128 random bits; never shown to anybody but inside the token.
        token: what the client keeps.
        old: whether the client had better take a younger token.
    """

    sid: str
    token: str
    old: bool = False


class Sessions:
    """Makes and reads tokens. A token is all that is needed to read and write its conversation.

    Args:
        former: keys from before a rotation, each with the moment until which tokens were made with it.
    """

    def __init__(self, key: bytes, clock: Callable[[], float] = time.time, former: Sequence[tuple[bytes, float]] = ()) -> None:
        self._key = key
        self._former = former
        self._clock = clock

    def begin(self) -> SessionToken:
        """A session that nobody had before."""
        return self.issue(secrets.token_urlsafe(16))

    def issue(self, sid: str) -> SessionToken:
        """A young token for a session."""
        moment = f"{int(self._clock()):x}"
        return SessionToken(sid, f"s1.{sid}.{moment}.{signature(self._key, f'{sid}.{moment}')}")

    def read(self, token: object) -> SessionToken | None:
        """The session that `token` shows; None when it is forged, too old, or no token at all."""
        found = _TOKEN.fullmatch(token) if isinstance(token, str) and len(token) <= _LONGEST else None
        if found is None:
            return None
        sid, moment, shown = found.groups()
        made, signed = int(moment, 16), f"{sid}.{moment}"
        former = any(made <= until and hmac.compare_digest(signature(key, signed), shown) for key, until in self._former)
        if not former and not hmac.compare_digest(signature(self._key, signed), shown):
            return None
        age = self._clock() - made
        return None if age > LIFE_S else SessionToken(sid, found.string, old=former or age > _RENEW_AFTER_S)
