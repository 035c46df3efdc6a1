"""Conditions of the data files: `{category: B, basis: [salary, points]}`, true, false, or not yet known for a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.errors import DataError

UNKNOWN: Final = "unknown"

Context = Mapping[str, str]
"""What is known: circumstances, with `application_type` and `category` among them."""


@dataclass(frozen=True)
class When:
    """All of the named circumstances have one of the allowed values.

    A value that was asked and is not known ("unknown") counts as open, unless the condition names it.
    """

    parts: tuple[tuple[str, frozenset[str]], ...] = ()

    def holds(self, context: Context) -> bool | None:
        """True, False, or None while an open circumstance decides it."""
        known: bool | None = True
        for key, allowed in self.parts:
            value = context.get(key)
            if value in allowed:
                continue
            if value is None or value == UNKNOWN:
                known = None
            else:
                return False
        return known

    def open_key(self, context: Context) -> str | None:
        """The first circumstance that is still needed to decide, None when decided."""
        if self.holds(context) is not None:
            return None
        return next(key for key, allowed in self.parts if context.get(key) in (None, UNKNOWN) and context.get(key) not in allowed)

    def keys(self) -> frozenset[str]:
        """The circumstances it looks at."""
        return frozenset(key for key, _ in self.parts)


def read_when(file: str, entry: str, field: str, raw: Any, domains: Mapping[str, Collection[str]]) -> When:
    """The condition in `raw` (None: always true).

    Args:
        domains: allowed values by circumstance.

    Raises:
        DataError: for a circumstance or value that does not exist.
    """
    if raw is None:
        return When()
    if not isinstance(raw, Mapping):
        raise DataError(file, entry, field, "must be a mapping of circumstances to values")
    parts = []
    for key, value in raw.items():
        values = value if isinstance(value, list) else [value]
        if key not in domains:
            raise DataError(file, entry, field, f"names the unknown circumstance {key!r}")
        for each in values:
            if isinstance(each, bool):
                raise DataError(file, entry, f"{field}.{key}", 'must be quoted: "yes" or "no"')
            if each != UNKNOWN and each not in domains[key]:
                raise DataError(file, entry, f"{field}.{key}", f"{each!r} is not a value of {key}")
        parts.append((str(key), frozenset(map(str, values))))
    return When(tuple(parts))
