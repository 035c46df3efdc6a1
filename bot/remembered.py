"""Results remembered by what people typed, until something is erased."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_FORGETTING: Final[list[Callable[[], None]]] = []


def remembered(most: int) -> Callable[[F], F]:
    """As `lru_cache`, for a function of what people typed: `forget` empties it."""

    def keep(function: F) -> F:
        kept = lru_cache(maxsize=most)(function)
        _FORGETTING.append(kept.cache_clear)
        return kept  # type: ignore[return-value]

    return keep


def forget() -> None:
    """Keep nothing in memory of what people typed."""
    for clear in _FORGETTING:
        clear()
