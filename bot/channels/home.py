"""The page at `/`: what this is, in both languages, and how to reach it."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Final

from aiohttp import web

from bot.errors import NotFound
from bot.i18n import Texts
from bot.languages import LANGUAGES

STATIC: Final[Path] = Path(__file__).resolve().parent.parent / "static"
# The templates of pages lie beside these, and are not for readers.
_SERVED: Final = frozenset({".css", ".js", ".svg", ".png", ".woff2"})
_KEYS = ("title", "lead", "answers", "materials", "station", "status", "person", "now", "hotline")


class HomePage:
    """The page and what it loads. Authentication: none."""

    def __init__(self, texts: Texts, hotline: str, demo: bool) -> None:
        self._page = _render(texts, hotline, demo)

    def routes(self) -> list[web.RouteDef]:
        """The routes of this door."""
        return [web.get("/", self.show), web.get("/static/{path:.+}", self.file)]

    async def show(self, request: web.Request) -> web.Response:
        """The page."""
        return web.Response(text=self._page, content_type="text/html")

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A style sheet, script or picture.

        Raises:
            NotFound: there is none by this name.
        """
        try:
            path = (STATIC / request.match_info["path"]).resolve()
        except (OSError, ValueError):
            raise NotFound("not_found") from None
        if path.suffix not in _SERVED or not path.is_relative_to(STATIC) or not path.is_file():
            raise NotFound("not_found")
        return web.FileResponse(path, headers={"Cache-Control": "no-cache"})


class _Words:
    """The words of one language, as attributes for the template."""

    def __init__(self, words: dict[str, str]) -> None:
        self.__dict__.update(words)


def _render(texts: Texts, hotline: str, demo: bool) -> str:
    link = f'<a href="tel:{html.escape(hotline)}">{html.escape(hotline)}</a>'
    words = {
        language: _Words(
            {key: html.escape(texts.get(language, f"home.{key}", hotline="\0")).replace("\0", link) for key in _KEYS}
        )
        for language in LANGUAGES
    }
    notice = robots = ""
    if demo:
        lines = "".join(f'<p lang="{language}">{html.escape(texts.get(language, "home.demo"))}</p>' for language in LANGUAGES)
        notice = f'<div class="notice" role="note">{lines}</div>'
        robots = '<meta name="robots" content="noindex, nofollow">'
    template = (STATIC / "home" / "home.html").read_text(encoding="utf-8")
    return template.format(notice=notice, robots=robots, **words)
