"""Traditional Chinese, made from the simplified texts that everything is written in, and the way back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from bot.remembered import remembered

_HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
# What a program reads is no text: codes, addresses and the like.
_CODES: Final = frozenset({"payload", "url", "type", "id", "key", "language", "topic", "expects"})


@lru_cache(maxsize=1)
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("s2hk")


@remembered(20_000)
def _converted(run: str) -> str:
    return str(_converter().convert(run))


def traditional(text: str) -> str:
    """The text in traditional characters; everything that is not Chinese stays as it is."""
    return _HAN.sub(lambda run: _converted(run[0]), text)


def in_traditional(value: Any) -> Any:
    """The same for every text within a structure; what programs read in it, such as payloads and addresses, stays."""
    if isinstance(value, str):
        return traditional(value)
    if isinstance(value, Mapping):
        return {key: each if key in _CODES else in_traditional(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [in_traditional(each) for each in value]
    return value


def is_traditional(text: str, otherwise: bool = False) -> bool:
    """Whether Chinese is written in traditional characters; `otherwise` when every character of it is the same in both."""
    old = sum(one != other for one, other in zip(text, simplified(text)))
    if not old and not otherwise:
        # So need most texts not wait for the tables that lead to traditional characters, 12 MB.
        return False
    new = sum(one != other for one, other in zip(text, traditional(text)))
    return old > new if old != new else otherwise


def simplified(text: str) -> str:
    """The text in simplified characters; length and order are kept."""
    convert, changing = _simplifier()
    return text if changing.isdisjoint(text) else str(convert(text))


@lru_cache(maxsize=1)
def _simplifier() -> tuple[Callable[[str], Any], frozenset[str]]:
    """The converter, which takes its time, and all characters that it ever changes, in words or alone."""
    from opencc import OpenCC

    converter = OpenCC("t2s")
    changes = (pair for _, _, table in converter.dict_cache.values() for pair in table.items())
    changing = frozenset(one for old, new in changes for one, other in zip(old, new.split(" ")[0], strict=True) if one != other)
    return converter.convert, changing
