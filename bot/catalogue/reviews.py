"""What somebody must look at again, and when: facts and the entries of every other data file alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bot.catalogue.facts import Facts


@dataclass(frozen=True)
class Review:
    """Something that states facts, with the day by which somebody must look at it again.

    Attributes:
        until: the day it ended, when it has; what is over rests.
        shown: its English text in short, for a list.
    """

    file: str
    entry: str
    review_by: date
    sources: tuple[str, ...]
    until: date | None
    shown: str


def reviews_of_facts(facts: Facts) -> tuple[Review, ...]:
    """The reviews of facts."""
    return tuple(
        Review(
            f"facts/{fact.id.split('.')[0]}.yml",
            fact.id,
            fact.review_by,
            tuple(source.tag for source in fact.sources),
            fact.until,
            fact.statement["en"],
        )
        for fact in facts.values()
    )


def overdue(reviews: Iterable[Review], today: date) -> tuple[Review, ...]:
    """Those that are due by `today`, the oldest first; what is withdrawn rests."""
    late = [each for each in reviews if each.review_by <= today and not (each.until is not None and each.until <= today)]
    return tuple(sorted(late, key=lambda each: (each.review_by, each.file, each.entry)))
