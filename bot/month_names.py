"""The names of months in every tongue of ours."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from bot.locale_data import locale_data

# Beside the tongues the months of the Levant and of the Maghreb, which have names of their own.
_LOCALES: Final = ("ar", "ar_LB", "ar_DZ", "de", "de_AT", "es", "fr", "it", "nl", "pl", "pt", "ru", "th", "tr")
_ALIF: Final = str.maketrans("أإآ", "ااا")
_ENGLISH: Final = (
    "january jan", "february feb febr", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
    "september sep sept", "october oct", "november nov", "december dec",
)  # fmt: skip
# Shorter ones are words of other languages ("set", "out", "ago").
_SHORTEST: Final = 4


@lru_cache(maxsize=1)
def month_names() -> Mapping[str, int]:
    """The number of a month by its name in lower case, with and without accents, and by the short forms that mean nothing else.

    The names of other tongues than English are those of the Unicode CLDR, as Babel has them.
    """
    found: dict[str, int] = {}
    for identifier in _LOCALES:
        with locale_data(identifier) as locale:
            for use in ("format", "stand-alone"):
                for width in ("wide", "abbreviated"):
                    for number, name in locale.months[use][width].items():
                        for form in _forms(name):
                            if width == "wide" or len(form) >= _SHORTEST or not form.isascii():
                                found.setdefault(form, number)
    found.update({name: number for number, names in enumerate(_ENGLISH, start=1) for name in names.split()})
    return MappingProxyType(found)


def _forms(name: str) -> set[str]:
    written = unicodedata.normalize("NFKC", name).lower().strip(".").replace("\u0307", "")
    bare = "".join(char for char in unicodedata.normalize("NFD", written) if not "\u0300" <= char <= "\u036f")
    forms = (written, unicodedata.normalize("NFC", bare).replace("ı", "i").replace("ł", "l"), written.translate(_ALIF))
    return {form for form in forms if len(form) >= 3}
