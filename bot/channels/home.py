"""The page at `/`: what this is, in both languages, with the widget; and the stations that the widget reckons with."""

from __future__ import annotations

import html
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from aiohttp import web

from bot.catalogue.facts import Text
from bot.catalogue.formats import format_date
from bot.channels.static_files import STATIC
from bot.db import now
from bot.errors import NotFound
from bot.i18n import Texts
from bot.languages import LANGUAGES, Language
from bot.logs import place

log = logging.getLogger(__name__)

# The public stations as cards, with their positions.
ShowStations = Callable[[Language], Sequence[dict[str, Any]]]

# Strict as everywhere, except that the reader may have the distance to a station worked out on the device.
_ALLOWED: Final = "camera=(), geolocation=(self), microphone=()"


@dataclass(frozen=True)
class Example:
    """An invented application that a visitor of the demonstration may look up: its number, and what proves that it is theirs."""

    number: str
    date_of_birth: date
    stage: Text


class HomePage:
    """The page, and the stations as JSON. Authentication: none; both are the same for everybody.

    Args:
        demo: whether data are invented, which the page then says first.
        examples: what may be looked up; empty without invented data.
        is_on: whether the bot answers, as far as this gateway has seen; if not, the page says so.
    """

    def __init__(
        self,
        texts: Texts,
        hotline: str,
        demo: bool,
        stations: ShowStations,
        examples: Callable[[], Awaitable[Sequence[Example]]],
        is_on: Callable[[], bool],
    ) -> None:
        template = _shown((STATIC / "home" / "home.html").read_text(encoding="utf-8"), "demo", demo)
        before, self._row, after = _cut(template, "example")
        words = _words(texts, hotline)
        self._before, self._after = _filled(before, words), _filled(after, words)
        self._texts = texts
        self._stations = stations
        self._examples = examples
        self._is_on = is_on

    def routes(self) -> list[web.RouteDef]:
        """The routes of this door."""
        return [web.get("/", self.show), web.get("/widget/stations/{language}.json", self.stations)]

    async def show(self, request: web.Request) -> web.Response:
        """The page; without examples while they cannot be had."""
        try:
            examples = await self._examples()
        except Exception as error:
            log.warning("no examples: %s", place(error))
            examples = ()
        rows = "".join(_filled(self._row, self._example(each)) for each in examples)
        page = _shown(self._before + rows + self._after, "examples", bool(rows))
        page = _shown(page, "off", not self._is_on())
        return web.Response(text=page, content_type="text/html", headers={"Permissions-Policy": _ALLOWED})

    def _example(self, example: Example) -> dict[str, str]:
        def said(language: Language) -> str:
            born = format_date(example.date_of_birth, language)
            return html.escape(self._texts.get(language, "home.example", date=born, stage=example.stage[language]))

        return {"number": html.escape(example.number), **{f"{language}.example": said(language) for language in LANGUAGES}}

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


def _words(texts: Texts, hotline: str) -> dict[str, str]:
    """The words of the page by `language.key`, as HTML."""
    link = f'<a href="tel:{html.escape(hotline)}">{html.escape(hotline)}</a>'

    def said(language: Language, key: str) -> str:
        console = f'<a href="/console/">{html.escape(texts.get(language, "home.console"))}</a>'
        text = html.escape(texts.get(language, f"home.{key}", hotline="\0", console="\1"))
        return text.replace("\0", link).replace("\1", console)

    return {f"{language}.{key}": said(language, key) for language in LANGUAGES for key in texts.part(language, "home")}


def _cut(template: str, name: str) -> tuple[str, str, str]:
    """What stands before, in and after the one part `<!--name-->…<!--/name-->`."""
    before, _, rest = template.partition(f"<!--{name}-->")
    inside, _, after = rest.partition(f"<!--/{name}-->")
    return before, inside, after


def _shown(template: str, name: str, shown: bool) -> str:
    """The template with its parts `<!--name-->…<!--/name-->`, or without them."""
    while f"<!--{name}-->" in template:
        before, inside, after = _cut(template, name)
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
