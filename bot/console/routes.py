"""What a route of the console is: where it is, who may use it, and what it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from bot.languages import Language, written
from bot.request_language import language_of
from bot.staff.officers import Officer
from bot.staff.sessions import SignedIn

API: Final = "/console/api"
# Whom a route is for, when it is not a permission of bot/staff/roles.py.
ANYONE: Final = "anyone"
SIGNED_IN: Final = "signed_in"


@dataclass(frozen=True)
class Call:
    """A request that has passed the guard.

    Attributes:
        body: the JSON object it brought; empty for GET.
        network: a name for the network it comes from.
        origin: of our own pages, as this client sees it.
        token: of the session; empty when nobody is signed in.
    """

    request: web.Request
    body: Mapping[str, Any]
    network: str
    origin: str
    secure: bool
    token: str
    signed: SignedIn | None

    @property
    def by(self) -> Officer:
        """Who calls; only on routes that need somebody signed in."""
        assert self.signed is not None
        return self.signed.officer

    @property
    def language(self) -> Language:
        """The language in which the caller reads."""
        return written(language_of(self.request))

    def part(self, name: str) -> str:
        """A variable part of the address."""
        return self.request.match_info[name]

    def asked(self, name: str) -> str | None:
        """A parameter of the query; None when it is absent or empty."""
        return self.request.query.get(name) or None


Handle = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True)
class Route:
    """One line of the table.

    Attributes:
        access: `ANYONE`, `SIGNED_IN`, or the permission that is needed.
        handle: gives JSON data, or a whole response.
        by_itself: whether the page asks without a person doing anything, which keeps no session alive.
    """

    method: str
    path: str
    access: str
    handle: Handle
    by_itself: bool = False

    @property
    def changes(self) -> bool:
        """Whether it changes anything, and so needs our own origin and, when somebody is signed in, the token of their session."""
        return self.method != "GET"
