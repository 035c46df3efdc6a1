"""Birth dates with the names of months, in every tongue of ours: what is taken out is what proves an application."""

from __future__ import annotations

from datetime import date

from bot.catalogue.dates import read_date
from bot.locale_data import locale_data
from bot.redaction import Expects, redact


def _redacted(text: str, expects: Expects) -> str:
    return redact(text, expects, lambda kind, _piece: f"<{kind}:1>")


def test_a_birth_date_with_any_name_of_a_month_is_taken_and_read() -> None:
    """Every name that the Unicode CLDR has, long and short, in every tongue of ours whose months have names."""
    for language in ("en", "ar", "de", "es", "fr", "it", "nl", "pl", "pt", "ru", "th", "tr"):
        with locale_data(language) as locale:
            names = {
                (name, month)
                for use in ("format", "stand-alone")
                for width in ("wide", "abbreviated")
                for month, name in locale.months[use][width].items()
            }
        assert len(names) >= 12
        for name, month in sorted(names):
            for written in (f"1 {name} 1990", f"1 {name.strip('.')} 1990", f"1-{name.lower().strip('.')}-90", f"1990 {name} 1"):
                for expects in (None, "birth_date"):
                    if expects or written.endswith(("1990", "1")):
                        assert _redacted(written, expects) == "<DATE:1>", (language, written, expects)  # type: ignore[arg-type]
                assert read_date(written, date(2026, 11, 24), "en", past=True).date == date(1990, month, 1), (language, written)
