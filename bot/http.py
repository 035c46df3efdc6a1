"""What every route shares: one error shape, request ids, security headers, health, readiness and metrics."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import HttpVersion11, web
from async_timeout import timeout

from bot.checks import Check
from bot.db import as_told
from bot.errors import AssistantUnavailable, BotError, Conflict, DatabaseUnavailable, Invalid, NotAllowed, NotFound, TooMany
from bot.i18n import Texts
from bot.logs import REQUEST_HEADER, begin_request, place
from bot.metrics import Metrics
from bot.network import Proxies
from bot.request_language import language_of

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

STATUS: Final[Mapping[type[BotError], int]] = {
    NotFound: 404,
    Invalid: 400,
    NotAllowed: 403,
    Conflict: 409,
    TooMany: 429,
    AssistantUnavailable: 503,
    DatabaseUnavailable: 503,
}
_STATUS_OF_CODE: Final[Mapping[str, int]] = {
    "token_wrong": 401,
    "signed_out": 401,
    "body_too_large": 413,
    "body_encoded": 415,
    "body_too_slow": 408,
    "record_busy": 503,
}
_CODE_OF_STATUS: Final[Mapping[int, str]] = {
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
}
_HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": ("default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"),
}
# Pages of others may load what the widget is made of.
_PUBLIC: Final = ("/widget.js", "/widget/", "/static/widget/", "/static/vendor/")
_OF_THE_WIDGET: Final[Mapping[str, str]] = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
# Connections that stay open say nothing about how long an answer takes.
_LASTING: Final = frozenset({"/socket.io/"})
# Whoever looks after a gateway asks it by its address.
_PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_OF_PROXIES: Final = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Real-IP", "Via")
_CHECK_WITHIN_S = 3.0
_ID = web.RequestKey("id", str)


class Edge:
    """The middleware and signals of the gateway."""

    def __init__(
        self,
        texts: Texts,
        metrics: Metrics,
        is_ours: Callable[[web.BaseRequest], bool] = lambda _request: True,
        proxies: Proxies = Proxies(),
        hotline: str = "",
    ) -> None:
        """Nothing passes yet.

        Args:
            is_ours: whether a request asks for a host that this gateway answers as; probes of its health need not.
            proxies: those that may name a request; anybody else could have a number of a person written to the logs.
            hotline: where people can turn to while nothing can be stored.
        """
        self._texts = texts
        self._metrics = metrics
        self._is_ours = is_ours
        self._proxies = proxies
        self._hotline = hotline

    def attach(self, app: web.Application) -> None:
        """Have every request and response of `app` pass through here."""
        app.middlewares.append(self._middleware())
        app.on_response_prepare.append(self._dress)

    def _middleware(self) -> Any:
        @web.middleware
        async def edge(request: web.Request, handler: Handler) -> web.StreamResponse:
            named_by = self._proxies.trusts(request.remote or "")
            request[_ID] = begin_request(request.headers.get(REQUEST_HEADER, "") if named_by else "")
            started = time.monotonic()
            response = await self._handle(request, handler)
            seconds = time.monotonic() - started
            route = _route(request)
            if route not in _LASTING:
                self._metrics.request_seconds.labels(route).observe(seconds)
            level = logging.DEBUG if route in _LASTING else logging.INFO
            # Neither address nor query nor body: the log must not know who asked what.
            log.log(level, "%s %s %d %.0fms", request.method, route, response.status, seconds * 1000)
            return response

        return edge

    async def _handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if request.path not in _PROBES and not self._is_ours(request):
                raise web.HTTPMisdirectedRequest
            return await handler(request)
        except BotError as error:
            if _status(error) == 500:
                log.error("failed: %s %s", error.code, place(error))
            return self._refusal(request, _status(error), error.code, error.params)
        except web.HTTPException as answer:
            if answer.status < 400:
                raise
            refusal = self._refusal(request, answer.status, _CODE_OF_STATUS.get(answer.status, "request_refused"), {})
            if "Allow" in answer.headers:
                refusal.headers["Allow"] = answer.headers["Allow"]
            return refusal
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.error("failed: %s", place(error))
            told = as_told(error, self._hotline)
            return self._refusal(request, _status(told), told.code, told.params)

    def _refusal(self, request: web.BaseRequest, status: int, code: str, params: Mapping[str, Any]) -> web.Response:
        self._metrics.refused.labels(code).inc()
        message = self._texts.error(language_of(request), code, **params)
        response = web.json_response({"error": {"code": code, "message": message, "params": dict(params)}}, status=status)
        if "retry_after_s" in params:
            response.headers["Retry-After"] = str(params["retry_after_s"])
        if code == "token_wrong":
            response.headers["WWW-Authenticate"] = "Bearer"
        if status in (408, 413):
            # The rest of the body has not been read, and must not be taken for the next request.
            response.force_close()
        return response

    def refuse(self, request: web.BaseRequest, status: int) -> web.Response:
        """The answer to what is no request, or to a request that broke on its way through the server."""
        code = "internal" if status >= 500 else _CODE_OF_STATUS.get(status, "request_refused")
        response = self._refusal(request, status, code, {})
        _protect(response)
        response.force_close()
        return response

    async def _dress(self, request: web.Request, response: web.StreamResponse) -> None:
        if request.path.startswith(_PUBLIC):
            response.headers.update(_OF_THE_WIDGET)
        if _ID in request:
            response.headers[REQUEST_HEADER] = request[_ID]
        _protect(response)


def _status(error: BotError) -> int:
    return _STATUS_OF_CODE.get(error.code) or next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


def _protect(response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Server"] = "gateway"


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return "unknown" if resource is None else resource.canonical


class Health:
    """Liveness, readiness and metrics. Authentication: none, but for metrics.

    Args:
        checks: the parts without which nobody can be served.
        beside: those without which everybody still is, if not as quickly.
        may_read: whether a request may read the metrics.
    """

    def __init__(
        self,
        checks: Mapping[str, Check],
        metrics: Metrics,
        may_read: Callable[[web.Request], bool],
        is_on: Callable[[], bool],
        observe: Callable[[], Awaitable[None]],
        beside: Mapping[str, Check] = {},
    ) -> None:
        self._checks = checks
        self._beside = beside
        self._metrics = metrics
        self._may_read = may_read
        self._is_on = is_on
        self._observe = observe

    def routes(self) -> list[web.RouteDef]:
        """The routes of this door."""
        return [
            web.get("/healthz", self.alive),
            web.get("/readyz", self.ready),
            web.get("/metrics", self.figures),
        ]

    async def alive(self, request: web.Request) -> web.Response:
        """This process answers."""
        return web.json_response({"status": "ok"})

    async def ready(self, request: web.Request) -> web.Response:
        """Whether each part can do its work; 503 unless all that are needed can. Whether the bot is on is told, and is no reason."""
        found = await self._look()
        words = {True: "ok", False: "unavailable"}
        serves = all(found[name] for name in self._checks)
        body = {"status": words[serves], "parts": {name: words[up] for name, up in found.items()}}
        body["assistant"] = "on" if self._is_on() else "off"
        return web.json_response(body, status=200 if serves else 503)

    async def figures(self, request: web.Request) -> web.Response:
        """The metrics, for whoever may read them; to anybody else there are none."""
        if not self._may_read(request):
            raise NotFound("not_found")
        await asyncio.gather(self._look(), self._observe())
        return web.Response(body=self._metrics.render(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def _look(self) -> dict[str, bool]:
        every = {**self._checks, **self._beside}
        found = dict(zip(every, await asyncio.gather(*(_look(check) for check in every.values())), strict=True))
        for name, up in found.items():
            self._metrics.part_up.labels(name).set(up)
        return found


async def _look(check: Check) -> bool:
    try:
        async with timeout(_CHECK_WITHIN_S):
            await check()
    except Exception as error:
        log.info("not ready: %s", place(error))
        return False
    return True


def is_local(request: web.Request) -> bool:
    """Whether somebody on this machine asks for themselves, as far as a request can tell."""
    # A proxy on this machine is a loopback peer too, but speaks for somebody else: it says so, passes on the name that they asked for,
    # or, as nginx without further words does, asks in HTTP/1.0 by our own address.
    if any(name in request.headers for name in _OF_PROXIES) or request.version < HttpVersion11:
        return False
    return _is_loopback(request.remote or "") and _is_loopback(_host_name(request.headers.get("Host", "")))


def _host_name(host: str) -> str:
    """A host without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
