"""What every request to the console passes: limits, origin, session, permission, the token against forged requests."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from bot import request_origin as origin
from bot.console.routes import ANYONE, SIGNED_IN, Call, Route
from bot.db import Database
from bot.errors import NotAllowed, TooMany
from bot.limits import Limits
from bot.network import Proxies
from bot.request_body import read_object
from bot.staff.service import Staff
from bot.staff.sessions import SignedIn

# Over an encrypted line the browser itself sees to it that no other host can set this cookie.
COOKIE: Final = "staff"
SECURE_COOKIE: Final = f"__Host-{COOKIE}"
CSRF_HEADER: Final = "X-CSRF-Token"
_LONGEST_TOKEN: Final = 200

# Far above what a person does, also with several windows; an office behind one address counts as one network.
_CHANGES_OF_A_SESSION: Final = 120
_CHANGES_OF_AN_ACCOUNT: Final = 240
_KNOCKS_OF_A_NETWORK: Final = 60
_CALLS_OF_A_NETWORK: Final = 2000


class Guard:
    """Lets through what a route's line in the table allows."""

    def __init__(
        self, database: Database, staff: Staff, proxies: Proxies, network: Callable[[web.BaseRequest], str], limits: Limits
    ) -> None:
        self._database = database
        self._staff = staff
        self._proxies = proxies
        self._network = network
        self._sessions = limits.limiter("staff", _CHANGES_OF_A_SESSION, _CHANGES_OF_AN_ACCOUNT)
        self._networks = limits.limiter("staff networks", _KNOCKS_OF_A_NETWORK, _CALLS_OF_A_NETWORK)

    def wrapped(self, route: Route) -> web.RouteDef:
        """The route for the server, guarded."""

        async def handle(request: web.Request) -> web.StreamResponse:
            answer = await route.handle(await self._pass(request, route))
            return answer if isinstance(answer, web.StreamResponse) else web.json_response({} if answer is None else answer)

        return web.route(route.method, route.path, handle, **({"allow_head": False} if route.method == "GET" else {}))

    async def _pass(self, request: web.Request, route: Route) -> Call:
        network = self._network(request)
        await limited(self._networks.call(network))
        if route.changes and not origin.is_own(request, self._proxies, needed=True):
            raise NotAllowed("origin_refused")
        secure = origin.secure(request, self._proxies)
        token = token_of(request, secure)
        if route.changes and route.access == ANYONE:
            await limited(self._networks.message(network, "door"))
        signed = None if route.access == ANYONE else await self.session(token, touch=not route.by_itself)
        if signed is not None:
            account = f"account:{signed.officer.id}"
            await limited(self._sessions.call(account))
            if route.changes:
                given = request.headers.get(CSRF_HEADER, "").encode("utf-8", "surrogateescape")
                if not hmac.compare_digest(signed.csrf.encode(), given):
                    raise NotAllowed("csrf_wrong")
                await limited(self._sessions.message(account, signed.session_id))
            if route.access != SIGNED_IN:
                signed.officer.require(route.access)
        body = await read_object(request) if route.changes and request.can_read_body else {}
        return Call(
            request=request,
            body=body,
            network=network,
            origin=origin.own(request, self._proxies),
            secure=secure,
            token=token,
            signed=signed,
        )

    async def session(self, token: str, touch: bool = False) -> SignedIn:
        """Who is signed in with `token`.

        Args:
            touch: whether this keeps the session from idling out.

        Raises:
            NotAllowed: nobody is, or not any more.
        """
        signed = await self._database.run(self._staff.signed_in, token, touch) if token else None
        if signed is None:
            raise NotAllowed("signed_out")
        return signed

    async def of_page(self, request: web.BaseRequest) -> str:
        """The token with which a page of our own connects; empty when it has none.

        Raises:
            NotAllowed: it is a page of somebody else's.
            TooMany: too many connections from this network.
        """
        await limited(self._networks.call(self._network(request)))
        if not origin.is_own(request, self._proxies, needed=False):
            raise NotAllowed("origin_refused")
        return token_of(request, origin.secure(request, self._proxies))


async def limited(counting: Awaitable[None]) -> None:
    """Wait until a call is counted.

    Raises:
        TooMany: in words that fit any request.
    """
    try:
        await counting
    except TooMany as error:
        raise TooMany("too_many_requests", **error.params) from None


def token_of(request: web.BaseRequest, secure: bool) -> str:
    """The token of the session that the request shows; empty when there is none."""
    token = request.cookies.get(_named(secure), "")
    return token if len(token) <= _LONGEST_TOKEN else ""


def keep(response: web.Response, token: str, secure: bool) -> None:
    """Give the browser its session: not for scripts, not for other sites, and not over an open line where there is a closed one."""
    response.set_cookie(_named(secure), token, path="/", httponly=True, samesite="Strict", secure=secure)


def drop(response: web.Response, secure: bool) -> None:
    """Take the session from the browser."""
    response.set_cookie(_named(secure), "", path="/", httponly=True, samesite="Strict", secure=secure, max_age=0)


def _named(secure: bool) -> str:
    return SECURE_COOKIE if secure else COOKIE
