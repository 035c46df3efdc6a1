"""What the Unicode CLDR knows of a language, as Babel has it, for those who want a few names of many languages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import babel
from babel import Locale, localedata

from bot.derived import derived


@contextmanager
def locale_data(identifier: str) -> Iterator[Locale]:
    """The locale, to be read within the block.

    Babel would keep all that it knows of each language, a megabyte for one; afterwards it has forgotten that and reads it again
    for whoever asks.
    """
    try:
        yield Locale.parse(identifier)
    finally:
        localedata._cache.clear()


def territories(identifier: str) -> dict[str, str]:
    """The names of countries and other territories in a language, by their codes."""

    def read() -> dict[str, str]:
        with locale_data(identifier) as locale:
            return dict(locale.territories)

    names: dict[str, str] = derived(__file__, f"territories {babel.__version__} {identifier}".encode(), read)
    return names


def city_names(identifier: str) -> dict[str, str | None]:
    """The names of cities in a language, by the time zones that are called after them."""

    def read() -> dict[str, str | None]:
        with locale_data(identifier) as locale:
            return {zone: names.get("city") for zone, names in locale.time_zones.items()}

    names: dict[str, str | None] = derived(__file__, f"cities {babel.__version__} {identifier}".encode(), read)
    return names


def weekdays(identifier: str) -> list[str]:
    """The short names of the days in a language, from Monday on."""

    def read() -> list[str]:
        with locale_data(identifier) as locale:
            return [str(locale.days["stand-alone"]["abbreviated"][day]) for day in range(7)]

    names: list[str] = derived(__file__, f"weekdays {babel.__version__} {identifier}".encode(), read)
    return names
