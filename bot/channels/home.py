"""The page at `/`: what this is, in both languages, with the widget; and the stations that the widget reckons with."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Any, Final

from aiohttp import web

from bot.channels.static_files import STATIC
from bot.db import now
from bot.errors import NotFound
from bot.i18n import Texts
from bot.languages import LANGUAGES, Language

# The public stations as cards, with their positions.
ShowStations = Callable[[Language], Sequence[dict[str, Any]]]

# Strict as everywhere, except that the reader may have the distance to a station worked out on the device.
_ALLOWED: Final = "camera=(), geolocation=(self), microphone=()"


class HomePage:
    """The page, and the stations as JSON. Authentication: none; both are the same for everybody."""

    def __init__(self, texts: Texts, hotline: str, demo: bool, stations: ShowStations) -> None:
        self._page = _render(texts, hotline, demo)
        self._stations = stations

    def routes(self) -> list[web.RouteDef]:
        """The routes of this door."""
        return [web.get("/", self.show), web.get("/widget/stations/{language}.json", self.stations)]

    async def show(self, request: web.Request) -> web.Response:
        """The page."""
        return web.Response(text=self._page, content_type="text/html", headers={"Permissions-Policy": _ALLOWED})

    async def stations(self, request: web.Request) -> web.Response:
        """Every public station with its position and its state at this moment, in one language.

        Raises:
            NotFound: the stations are not told in this language.
        """
        language = next((known for known in LANGUAGES if known == request.match_info["language"]), None)
        if language is None:
            raise NotFound("not_found")
        response = web.json_response({"as_of": now().isoformat(), "stations": list(self._stations(language))})
        response.enable_compression()
        return response


def _render(texts: Texts, hotline: str, demo: bool) -> str:
    def words(language: Language) -> dict[str, str]:
        link = f'<a href="tel:{html.escape(hotline)}">{html.escape(hotline)}</a>'
        console = f'<a href="/console/">{html.escape(texts.get(language, "home.console"))}</a>'
        found = texts.part(language, "home")
        filled = {key: html.escape(texts.get(language, f"home.{key}", hotline="\0", console="\1")) for key in found}
        return {key: text.replace("\0", link).replace("\1", console) for key, text in filled.items()}

    template = (STATIC / "home" / "home.html").read_text(encoding="utf-8")
    parts = {f"{language}.{key}": text for language in LANGUAGES for key, text in words(language).items()}
    return _filled(_shown(template, "demo", demo), parts)


def _shown(template: str, name: str, shown: bool) -> str:
    """The template with its parts `<!--name-->…<!--/name-->`, or without them."""
    start, end = f"<!--{name}-->", f"<!--/{name}-->"
    while start in template:
        before, _, rest = template.partition(start)
        inside, _, after = rest.partition(end)
        template = before + (inside if shown else "") + after
    return template


def _filled(template: str, words: dict[str, str]) -> str:
    """The template with every `{{language.key}}` replaced; a key without a text is a mistake of the template."""
    pieces = template.split("{{")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        key, _, rest = piece.partition("}}")
        filled += [words[key], rest]
    return "".join(filled)
