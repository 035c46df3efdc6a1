"""The language in which a request is answered when the answer is an error or a page."""

from __future__ import annotations

import re

from aiohttp import web

from bot.languages import DEFAULT, Tongue, as_tongue

_LANGUAGE = web.RequestKey("language", str)


def speak(request: web.Request, language: Tongue) -> None:
    """Have errors of this request told in `language`."""
    request[_LANGUAGE] = language


def language_of(request: web.BaseRequest) -> Tongue:
    """The language the caller asked for: in the request itself, else by its `Accept-Language`."""
    spoken = as_tongue(request.get(_LANGUAGE))
    if spoken is not None:
        return spoken
    wished: list[tuple[float, Tongue]] = []
    for entry in request.headers.get("Accept-Language", "")[:500].split(","):
        name, _, weight = entry.partition(";")
        language = as_tongue(name)
        number = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", weight)
        quality = float(number[1]) if number else 1.0
        if language is not None and quality > 0:
            wished.append((-quality, language))
    return min(wished, key=lambda wish: wish[0])[1] if wished else DEFAULT
