"""Cities of the world in English and Chinese, by the names that the locale data gives to the time zones."""

from __future__ import annotations

from typing import Final

from babel.core import get_global

from bot import locale_data
from bot.catalogue.phrases import plain
from bot.languages import LANGUAGES

# Zones of a few houses, of no country, or of places that share their name with a better known city elsewhere.
_PASSED_OVER: Final = ("Antarctica/", "Etc/", "America/Indiana/", "America/Kentucky/", "America/North_Dakota/")
# Names that are more often other words or people: "oral English", "family reunion", 这里加班, and kabul, Turkish for accepted.
_OTHER_WORDS: Final = frozenset({
    "antigua", "bahia", "canary", "casey", "center", "christmas", "creston", "darwin", "davis", "dawson", "dili", "easter", "jersey",
    "kabul", "kirov", "mahe", "midway", "nome", "norfolk", "oral", "regina", "resolute", "reunion", "salta", "stanley", "sitka",
    "troll", "wake", "wallis", "unknown", "卡宴", "昭和", "道森", "达尔文", "里加", "朱诺", "诺姆", "威克", "斯坦利", "乌拉尔",
    "中途岛",
})  # fmt: skip


def city_names() -> dict[str, str]:
    """The code of the country or territory by the name of each such city, as `plain` makes it."""
    localised = [locale_data.city_names(language) for language in LANGUAGES]
    found: dict[str, str] = {}
    for zone, code in sorted(get_global("zone_territories").items()):
        if zone.startswith(_PASSED_OVER):
            continue
        names = [zone.rsplit("/", 1)[-1].replace("_", " "), *(zones.get(zone) or "" for zones in localised)]
        for name in filter(None, map(plain, names)):
            if name not in _OTHER_WORDS:
                found.setdefault(name, code)
    return found
