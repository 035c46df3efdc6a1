"""The page of the console and the texts of its interface; both are public, for signing in needs them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from aiohttp import web

from bot.console.routes import ANYONE, Call, Route
from bot.errors import NotFound
from bot.i18n import Texts
from bot.languages import LANGUAGES

STATIC: Final[Path] = Path(__file__).resolve().parent.parent / "static"
PAGE: Final[Path] = STATIC / "console" / "console.html"
_PART: Final = "console"

# Nothing comes from elsewhere, nothing stands in the page itself, and no text can become a script.
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self' {socket}",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)


class Page:
    """The page at `/console/`."""

    def __init__(self, texts: Texts) -> None:
        self._texts = {language: texts.part(language, _PART) for language in LANGUAGES}

    def routes(self) -> list[Route]:
        """The lines of the table."""
        return [
            Route("GET", "/console", ANYONE, self.lead),
            Route("GET", "/console/", ANYONE, self.show),
            Route("GET", "/console/texts/{language}.json", ANYONE, self.texts),
        ]

    async def lead(self, call: Call) -> web.Response:
        """To the page, whose addresses are relative to the slash."""
        return web.Response(status=308, headers={"Location": "/console/"})

    async def show(self, call: Call) -> web.Response:
        """The page.

        Raises:
            NotFound: this installation has no page.
        """
        try:
            page = PAGE.read_bytes()
        except OSError:
            raise NotFound("not_found") from None
        # Not every browser counts a socket of the same host as its own origin.
        policy = _POLICY.format(socket=f"ws{call.origin.removeprefix('http')}")
        return web.Response(body=page, content_type="text/html", charset="utf-8", headers={"Content-Security-Policy": policy})

    async def texts(self, call: Call) -> dict[str, str]:
        """What the interface says.

        Raises:
            NotFound: not in this language.
        """
        language = next((language for language in LANGUAGES if language == call.part("language")), None)
        if language is None:
            raise NotFound("not_found")
        return self._texts[language]
