"""Who sends a request: the client's network, whether its connection is encrypted, and the page it comes from, also behind a proxy."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from aiohttp import web

from bot.network import Proxies, caller_of

_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}
_PORT: Final = re.compile(r":\d{1,5}$")
_HOST: Final = re.compile(r"[a-z0-9.-]{1,253}(?::\d{1,5})?|\[[0-9a-f:.]{2,45}\](?::\d{1,5})?")


def caller(request: web.BaseRequest, proxies: Proxies, key: bytes) -> str:
    """A name for the network the request comes from, made with `key`."""
    return caller_of(proxies.client(request.remote, request.headers.getall("X-Forwarded-For", [])), key)


def secure(request: web.BaseRequest, proxies: Proxies) -> bool:
    """Whether the client's own connection is encrypted."""
    return proxies.secure(request.remote, request.scheme, _last(request, "X-Forwarded-Proto"))


def host(request: web.BaseRequest, proxies: Proxies) -> str:
    """The host that the client asked for, with its port if it named one, in lower case."""
    forwarded = _last(request, "X-Forwarded-Host")
    if forwarded and proxies.trusts(request.remote or ""):
        return forwarded.lower()
    return request.headers.get("Host", "").strip().lower()


def asks_for(request: web.BaseRequest, proxies: Proxies, hosts: Collection[str]) -> bool:
    """Whether the client asked for one of `hosts`, at whatever port; for any host when there are none."""
    return not hosts or _PORT.sub("", host(request, proxies)) in hosts


def own(request: web.BaseRequest, proxies: Proxies) -> str:
    """The origin of our own pages as this client sees it; empty when the request does not tell."""
    scheme = "https" if secure(request, proxies) else "http"
    asked = host(request, proxies)
    return f"{scheme}://{asked.removesuffix(_DEFAULT_PORTS[scheme])}" if _HOST.fullmatch(asked) else ""


def is_own(request: web.BaseRequest, proxies: Proxies, needed: bool) -> bool:
    """Whether the request comes from a page of our own.

    Args:
        needed: whether the header must be there; browsers leave it out only where nothing is changed.
    """
    origins = request.headers.getall("Origin", [])
    if not origins:
        return not needed and request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")
    return origins == [own(request, proxies)]


def may_speak(request: web.BaseRequest, proxies: Proxies, allowed: Collection[str]) -> bool:
    """Whether applicants may write from the page the request comes from: our own, one of `allowed`, or no page at all.

    A program that is no browser sends no origin. It gains nothing by that: it holds no applicant's token.
    """
    origins = request.headers.getall("Origin", [])
    return not origins or (len(origins) == 1 and (origins[0] in allowed or origins[0] == own(request, proxies)))


def _last(request: web.BaseRequest, name: str) -> str | None:
    # A proxy adds its own word behind what the client sent, be it in the same header or in another of this name.
    values = request.headers.getall(name, [])
    return values[-1].split(",")[-1].strip() if values else None
