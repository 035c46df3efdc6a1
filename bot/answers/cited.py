"""Where an answer comes from: the sources of what it says, in the order in which it says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.answers.formats import format_source_date
from bot.catalogue.facts import HOME_SCOPES, Source
from bot.languages import Language, Tongue, written

Shown = Mapping[str, Any]


class Texts(Protocol):
    """The frame's texts by name."""

    def __call__(self, name: str, tongue: Tongue, /, **params: Any) -> str: ...


@dataclass(frozen=True)
class Citations:
    """Sources as applicants see them: authorities with their address, everything else as "reported"."""

    text: Texts
    tongue: Tongue

    @property
    def _language(self) -> Language:
        return written(self.tongue)

    def shown(self, claims: Iterable[Sequence[Source]]) -> list[dict[str, Any]]:
        """The sources of `claims`, each claim being the sources it rests on, as the wire has them.

        A claim that rests on no authority is an entry without address, with the claim's own date.
        """
        entries: dict[tuple[str, str | None], dict[str, Any]] = {}
        for claim in claims:
            official = [source for source in claim if source.authority]
            found = [(source.title[self._language], source.date, source.address) for source in _ranked(official)]
            if claim and not official:
                found = [(self._reported, max((source.date for source in claim if source.date), default=None), None)]
            for title, day, address in found:
                entries.setdefault((title, day), {"title": title, "url": address, "date": day})
        return list(entries.values())

    def line(self, shown: Sequence[Shown], most: int | None) -> str:
        """The line that names the first `most` of `shown` (all: None), and in any case what is only reported; empty for none."""
        if not shown:
            return ""
        # What is only reported is named once, with the date of every such claim.
        days: dict[tuple[str, str | None], list[str]] = {}
        for source in shown:
            key = (self._reported, None) if source["title"] == self._reported else (source["title"], source["date"])
            days.setdefault(key, []).append(self._day(source["date"]))
        named = list(days)[:most]
        if (self._reported, None) in days and (self._reported, None) not in named:
            named[-1] = self._reported, None
        items = [
            self.text("utter_frame_source", self.tongue, title=key[0], date=("、" if self._language == "zh" else ", ").join(days[key]))
            for key in named
        ]
        separator = "；" if self._language == "zh" else "; "
        return self.text("utter_frame_sources", self.tongue, sources=separator.join(items))

    @property
    def _reported(self) -> str:
        return self.text("utter_frame_reported", self.tongue)

    def _day(self, day: str | None) -> str:
        return format_source_date(day, self._language) if day else self.text("utter_frame_undated", self.tongue)


def _ranked(sources: Iterable[Source]) -> list[Source]:
    # Shenzhen's own pages come first, then national ones; the newest of each on top.
    newest = sorted(sources, key=lambda source: source.date or "", reverse=True)
    return sorted(newest, key=lambda source: (source.scope != "SZ", source.scope not in HOME_SCOPES))
