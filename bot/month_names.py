"""The names of months in every tongue of ours."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import babel

from bot.derived import derived
from bot.locale_data import locale_data

# Beside the tongues the months of the Levant and of the Maghreb, which have names of their own.
_LOCALES: Final = ("ar", "ar_LB", "ar_DZ", "de", "de_AT", "es", "fr", "it", "nl", "pl", "pt", "ru", "th", "tr")
_ALIF: Final = str.maketrans("أإآ", "ااا")
_ENGLISH: Final = (
    "january jan", "february feb febr", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
    "september sep sept", "october oct", "november nov", "december dec",
)  # fmt: skip
# What is said or written every day, and is not in the CLDR.
_DAILY: Final = (
    "มกรา", "กุมภา fév fev", "มีนา mrz", "เมษา", "พฤษภา", "มิถุนา", "กรกฎา", "สิงหา", "กันยา setiembre сен", "ตุลา",
    "พฤศจิกา ноя", "ธันวา",
)  # fmt: skip
# Shorter ones are words of other languages ("set", "out", "ago").
_SHORTEST: Final = 4
ROMAN_MONTHS: Final[Mapping[str, int]] = MappingProxyType(
    {numeral: number for number, numeral in enumerate("i ii iii iv v vi vii viii ix x xi xii".split(), start=1)}  # noqa: SIM905
)


def month_names() -> Mapping[str, int]:
    """The number of a month by its name in lower case, with and without accents, and by the short forms that mean nothing else.

    The names of other tongues than English are those of the Unicode CLDR, as Babel has them.
    """
    return _names()[0]


def short_month_names() -> Mapping[str, int]:
    """The short forms that are words of some language besides, to be believed only between a day and a year."""
    return _names()[1]


@lru_cache(maxsize=1)
def _names() -> tuple[Mapping[str, int], Mapping[str, int]]:
    found, short = derived(__file__, babel.__version__.encode(), _read)
    return MappingProxyType(found), MappingProxyType(short)


def _read() -> list[dict[str, int]]:
    found: dict[str, int] = {}
    short: dict[str, int] = {}
    for identifier in _LOCALES:
        with locale_data(identifier) as locale:
            for use in ("format", "stand-alone"):
                for width in ("wide", "abbreviated"):
                    for number, name in locale.months[use][width].items():
                        for form in _forms(name):
                            certain = width == "wide" or len(form) >= _SHORTEST or not form.isascii()
                            (found if certain else short).setdefault(form, number)
    for number, (english, daily) in enumerate(zip(_ENGLISH, _DAILY, strict=True), start=1):
        found.update(dict.fromkeys(english.split(), number))
        for name in daily.split():
            (found if len(name) >= _SHORTEST or not name.isascii() else short).setdefault(name, number)
    return [found, {name: number for name, number in short.items() if name not in found}]


def _forms(name: str) -> set[str]:
    written = unicodedata.normalize("NFKC", name).lower().strip(".").replace("\u0307", "")
    bare = "".join(char for char in unicodedata.normalize("NFD", written) if not "\u0300" <= char <= "\u036f")
    forms = (written, unicodedata.normalize("NFC", bare).replace("ı", "i").replace("ł", "l"), written.translate(_ALIF))
    return {form for form in forms if len(form) >= 3}
