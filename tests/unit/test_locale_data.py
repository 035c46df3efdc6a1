"""Names from the locale data of many languages."""

from __future__ import annotations

from babel import localedata

from bot.locale_data import locale_data
from bot.month_names import _names, month_names


def test_babel_forgets_what_it_has_read() -> None:
    with locale_data("pl") as locale:
        assert locale.territories["DE"] == "Niemcy"
    assert localedata._cache == {}


def test_names_outlive_the_data_that_they_were_read_from() -> None:
    _names.cache_clear()
    assert month_names()["stycznia"] == 1 and month_names()["février"] == 2
    assert localedata._cache == {}
