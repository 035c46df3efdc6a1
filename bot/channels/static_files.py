"""What pages load: scripts, styles and pictures; text goes out compressed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from bot.channels.packed import packed
from bot.errors import NotFound

STATIC: Final[Path] = Path(__file__).resolve().parent.parent / "static"
# The templates of pages lie beside these, and are not for readers.
_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
_TEXT: Final = frozenset({".css", ".js", ".svg"})


@dataclass(frozen=True)
class _File:
    """A file as it was at `changed`, ready to be sent."""

    changed: int
    kind: str
    body: bytes
    packed: bytes | None
    tag: str


class StaticFiles:
    """The files of the pages. Authentication: none."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._folder = folder
        self._known: dict[Path, _File] = {}

    def routes(self) -> list[web.RouteDef]:
        """The routes of this door."""
        return [web.get("/static/{path:.+}", self.file)]

    async def file(self, request: web.Request) -> web.Response:
        """A style sheet, script or picture; 304 when the reader has it already.

        Raises:
            NotFound: there is none by this name.
        """
        path = self._path(request.match_info["path"])
        found = self._read(path)
        response = web.Response(headers={"Cache-Control": "no-cache", "Vary": "Accept-Encoding"})
        response.etag = found.tag
        if any(tag.value in (found.tag, "*") for tag in request.if_none_match or ()):
            response.set_status(304)
            return response
        response.content_type = found.kind
        if found.packed is not None:
            response.charset = "utf-8"
            if "gzip" in request.headers.get("Accept-Encoding", ""):
                response.headers["Content-Encoding"] = "gzip"
                response.body = found.packed
                return response
        response.body = found.body
        return response

    def _path(self, name: str) -> Path:
        try:
            path = (self._folder / name).resolve()
        except (OSError, ValueError):
            raise NotFound("not_found") from None
        if path.suffix not in _TYPES or not path.is_relative_to(self._folder) or not path.is_file():
            raise NotFound("not_found")
        return path

    def _read(self, path: Path) -> _File:
        changed = path.stat().st_mtime_ns
        known = self._known.get(path)
        if known is None or known.changed != changed:
            body = path.read_bytes()
            known = _File(
                changed, _TYPES[path.suffix], body, packed(body) if path.suffix in _TEXT else None, hashlib.sha256(body).hexdigest()[:24]
            )
            self._known[path] = known
        return known
