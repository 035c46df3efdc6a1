"""Bodies of requests as JSON: checked for size, depth and characters before anything is made of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from aiohttp import web
from async_timeout import timeout

from bot.errors import Invalid

LARGEST_BODY: Final = 64 * 1024
_DEEPEST = 20
_READ_WITHIN_S = 10.0
# A string is skipped as a whole, so that brackets inside of it do not count.
_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def _refuse(_name: str) -> NoReturn:
    raise ValueError("no number")


def parse_object(body: bytes) -> Mapping[str, Any]:
    """`body` as a JSON object.

    Raises:
        Invalid: it is not UTF-8, not JSON, nested too deeply, or not an object.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("body_not_json") from None
    depth = 0
    for found in _BRACKET.finditer(text):
        if found[0] in "[{":
            depth += 1
            if depth > _DEEPEST:
                raise Invalid("body_too_deep", limit=_DEEPEST)
        elif found[0] in "]}":
            depth -= 1
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Invalid("body_not_json") from None
    if not isinstance(value, dict):
        raise Invalid("body_not_object")
    return value


async def read_object(request: web.Request) -> Mapping[str, Any]:
    """The body of `request` as a JSON object.

    Raises:
        Invalid: see `parse_object` and `read_body`.
    """
    return parse_object(await read_body(request))


async def read_body(request: web.Request) -> bytes:
    """The body of `request`.

    Raises:
        Invalid: it is compressed, or does not arrive within ten seconds.
    """
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise Invalid("body_encoded")
    try:
        async with timeout(_READ_WITHIN_S):
            return await request.read()
    except TimeoutError:
        raise Invalid("body_too_slow") from None


def optional_string(body: Mapping[str, Any], field: str, named: str | None = None) -> str | None:
    """The string in `field`, or None when it is absent or null.

    Raises:
        Invalid: it is something else.
    """
    value = body.get(field)
    if value is not None and not isinstance(value, str):
        raise Invalid("field_type", field=named or field, expected="string")
    return value


def optional_object(body: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    """The object in `field`, empty when it is absent or null.

    Raises:
        Invalid: it is something else.
    """
    value = body.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Invalid("field_type", field=field, expected="object")
    return value
