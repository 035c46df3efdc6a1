"""Everything the assistant knows about permits and places, loaded once and never changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from bot.catalogue.calendar import WorkingCalendar
from bot.catalogue.country_roles import HOME
from bot.catalogue.deadlines import Deadlines
from bot.catalogue.facts import Facts, Source, Text, load_sources
from bot.catalogue.grounds import DATA
from bot.catalogue.papers import Papers
from bot.catalogue.places import PlaceMatch, Places
from bot.catalogue.reviews import Review, overdue, reviews_of_facts
from bot.catalogue.stations import Stations
from bot.errors import DataError

__all__ = ["DATA", "Catalogue"]

_WORDS: Final = re.compile(r"[\u3400-\u9fff]{1,2}|[^\W_\u3400-\u9fff]+(?:['’-]\w+)*")
_FEW_WORDS: Final = 4


@dataclass(frozen=True)
class Catalogue:
    """The one object that answers questions about facts; immutable, microseconds per question."""

    sources: Mapping[str, Source]
    facts: Facts
    calendar: WorkingCalendar
    stations: Stations
    places: Places
    deadlines: Deadlines
    papers: Papers

    @classmethod
    def load(cls, data: Path = DATA) -> Catalogue:
        """Read and check every file under `data`.

        Raises:
            DataError: naming file, entry and field.
        """
        sources = load_sources(data / "sources.yml")
        tags = frozenset(sources)
        facts = Facts.load(data / "facts", sources)
        calendar = WorkingCalendar.load(data / "calendar.yml", tags, facts)
        papers, deadlines = Papers.load(data, tags, facts), Deadlines.load(calendar, data / "deadlines.yml", tags, facts)
        for stage in papers.stages.values():
            for rule in (stage.counts.rule, *stage.counts.by_type.values()) if stage.counts else ():
                if rule not in {each.id for each in deadlines.rules()}:
                    raise DataError("stages.yml", stage.id, "counts", f"names the unknown deadline rule {rule!r}")
        return cls(
            sources=sources,
            facts=facts,
            calendar=calendar,
            stations=Stations.load(calendar, data / "stations.yml", tags, facts),
            places=Places.load(data),
            papers=papers,
            deadlines=deadlines,
        )

    def overdue(self, today: date) -> tuple[Review, ...]:
        """Every fact and every other entry that somebody should have looked at again by `today`, the oldest first."""
        parts = (self.calendar, self.stations, self.deadlines, self.papers)
        return overdue((*reviews_of_facts(self.facts), *(each for part in parts for each in part.reviews)), today)

    def cited(self, tags: Iterable[str]) -> tuple[Source, ...]:
        """The sources behind tags, each once."""
        return tuple(self.sources[tag] for tag in dict.fromkeys(tags))

    def whereabouts(self, text: str) -> PlaceMatch:
        """Where the answer to "where are you?" says that somebody is; one abroad is outside, under the country's name."""
        match = self.places.find(text)
        if match.kind != "unknown" or len(_WORDS.findall(text)) > _FEW_WORDS:
            return match
        abroad = next((each for each in self.papers.countries.find(text) if each.kind != "person" and each.code != HOME), None)
        return match if abroad is None else PlaceMatch("outside", outside_name=self.papers.countries[abroad.code].name)

    def district_name(self, district: str) -> Text:
        """The full name of a district by its short English one."""
        for place in self.places.all():
            if place.kind == "district" and place.district == district:
                return place.name
        raise DataError("places.csv", district, "district_en", "has no district row")
