"""Packages that a library imports for what nobody here uses, and can do without."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def left_out(*packages: str) -> Iterator[None]:
    """Within the block those of `packages` that are not imported yet cannot be, as where they are not installed."""
    modules: dict[str, Any] = sys.modules
    hidden = [package for package in packages if package not in modules]
    modules.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for package in hidden:
            del modules[package]
