"""The description of every HTTP route in OpenAPI 3.1, for programs that call the gateway and for those that test it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from aiohttp import web

from bot.data_file import read_yaml
from bot.errors import DataError

PATH: Final = "/api/v1/openapi.json"
FILE: Final = Path(__file__).with_name("openapi.yml")


@cache
def description() -> Mapping[str, Any]:
    """The description as JSON data.

    Raises:
        DataError: its file cannot be read.
    """
    try:
        found: Mapping[str, Any] = read_yaml(FILE)
    except (OSError, yaml.YAMLError) as error:
        raise DataError(FILE.name, "file", "content", type(error).__name__) from error
    return found


class DescriptionDoor:
    """The door at `PATH`. Authentication: none; it says nothing that is not public."""

    def __init__(self) -> None:
        self._body = json.dumps(description(), ensure_ascii=False).encode()

    def routes(self) -> list[web.RouteDef]:
        """The routes of this door."""
        return [web.get(PATH, self.show)]

    async def show(self, request: web.Request) -> web.Response:
        """The description."""
        return web.Response(body=self._body, content_type="application/json", charset="utf-8")
