"""Values as people read them; the catalogue fills its own texts in the same way, so the formats stand there."""

from __future__ import annotations

from bot.catalogue.formats import (
    SHENZHEN,
    format_date,
    format_day_in,
    format_moment,
    format_number,
    format_source_date,
    format_spans,
    format_value,
    format_weekdays,
    join,
)

__all__ = [
    "SHENZHEN",
    "format_date",
    "format_day_in",
    "format_moment",
    "format_number",
    "format_source_date",
    "format_spans",
    "format_value",
    "format_weekdays",
    "join",
]
