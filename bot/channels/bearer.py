"""Callers that show a token."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from aiohttp import web


def bearer(request: web.Request, tokens: Mapping[str, str]) -> str | None:
    """The name in `tokens` of the caller whose token the request shows, or None; the time it takes does not tell how near a guess is."""
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    given = shown.strip().encode("utf-8", "surrogateescape")
    found = None
    for token, name in tokens.items():
        if hmac.compare_digest(token.encode("utf-8", "surrogateescape"), given):
            found = name
    return found if scheme.lower() == "bearer" else None
