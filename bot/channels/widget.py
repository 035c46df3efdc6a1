"""What pages of others load to show the widget: its loader, its window and its texts."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from bot.channels.joined import Joined, bare_script, bare_style, tight_script
from bot.channels.packed import packed
from bot.channels.static_files import STATIC
from bot.errors import NotFound
from bot.i18n import Texts
from bot.languages import LANGUAGES, TONGUES

_FOLDER: Final[Path] = STATIC / "widget"
_LOADER: Final[Path] = STATIC / "widget.js"
_GAP: Final = "__LAUNCHER_TEXTS__"
_SCRIPT, _STYLE, _JSON = "text/javascript", "text/css", "application/json"


@dataclass(frozen=True)
class Served:
    """One file as it is sent: its text, packed already, and a tag that changes with it."""

    kind: str
    packed: bytes
    tag: str

    @classmethod
    def of(cls, text: str, kind: str) -> Served:
        """This text, ready to be sent."""
        body = text.encode()
        return cls(kind, packed(body), hashlib.sha256(body).hexdigest()[:24])


class WidgetFiles:
    """The loader, the window and the texts. Authentication: none; every page may load them, and no cookie is set.

    Attributes:
        files: what is served, by its path.
    """

    def __init__(self, texts: Texts, hotline: str) -> None:
        launcher: dict[str, object] = {language: texts.part(language, "widget.launcher") for language in LANGUAGES}
        self._loader_texts = _json({**launcher, "hotline": hotline, "tongues": TONGUES})
        self._texts = {}
        for tongue in TONGUES:
            self._texts[f"/widget/texts/{tongue}.json"] = Served.of(_json(texts.part(tongue, "widget")), _JSON)
            self._texts[f"/widget/texts/launcher-{tongue}.json"] = Served.of(_json(texts.part(tongue, "widget.launcher")), _JSON)
        self._stamp = 0
        self.files: Mapping[str, Served] = {}
        self._read()

    def _read(self) -> None:
        """Read the files again if one of them has changed."""
        paths = [_LOADER, *_FOLDER.rglob("*")]
        stamp = hash(tuple(path.stat().st_mtime_ns for path in paths))
        if stamp == self._stamp:
            return
        window = Joined(_FOLDER / "main.js", STATIC, "../static", STATIC / "vendor")
        style = "".join((_FOLDER / name).read_text(encoding="utf-8") for name in ("widget.css", "cards/cards.css"))
        read = {
            "/widget.js": (bare_script(_LOADER.read_text(encoding="utf-8")).replace(_GAP, self._loader_texts), _SCRIPT),
            "/widget/window.js": (window.text(), _SCRIPT),
            "/widget/window.css": (bare_style(style), _STYLE),
            "/widget/mine.js": (tight_script(bare_script((_FOLDER / "mine.js").read_text(encoding="utf-8"))), _SCRIPT),
        }
        self.files = {**{path: Served.of(*file) for path, file in read.items()}, **self._texts}
        self._stamp = stamp

    def routes(self) -> list[web.RouteDef]:
        """The routes of this door."""
        return [web.get("/widget.js", self.file), web.get("/widget/{name}", self.file), web.get("/widget/texts/{language}.json", self.file)]

    async def file(self, request: web.Request) -> web.Response:
        """One of the files; 304 when the reader has it already.

        Raises:
            NotFound: there is none by this name.
        """
        self._read()
        found = self.files.get(request.path)
        if found is None:
            raise NotFound("not_found")
        response = web.Response(headers={"Cache-Control": "no-cache", "Vary": "Accept-Encoding"})
        response.etag = found.tag
        if any(tag.value in (found.tag, "*") for tag in request.if_none_match or ()):
            response.set_status(304)
            return response
        response.content_type, response.charset = found.kind, "utf-8"
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            response.headers["Content-Encoding"] = "gzip"
            response.body = found.packed
        else:
            response.body = gzip.decompress(found.packed)
        return response


def _json(texts: Mapping[str, object]) -> str:
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":"))
