"""Until when a message that was left is answered: working days of the catalogue's calendar, to the end of the hall's day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from bot.answers import Answers
from bot.answers.formats import format_moment
from bot.catalogue import Catalogue
from bot.catalogue.calendar import SHANGHAI, local
from bot.catalogue.stations import SAFE_CHOICE
from bot.languages import Tongue

_END_OF_DAY = time(18)


@dataclass(frozen=True)
class Due:
    """The moment, and whether every day that was counted is known to be worked or not."""

    at: datetime
    exact: bool


def due(catalogue: Catalogue, moment: datetime, days: int) -> Due:
    """The end of the `days`-th working day after `moment`."""
    hall = catalogue.stations.get(SAFE_CHOICE)
    closes = hall.hours.spans[-1][1] if hall is not None and hall.hours is not None else _END_OF_DAY
    last = catalogue.calendar.add_working_days(local(moment).date(), days)
    return Due(datetime.combine(last.date, closes, SHANGHAI), last.exact)


def due_text(answers: Answers, until: Due, days: int, language: Tongue) -> str:
    """The moment in words, with the working days it was counted in."""
    day = format_moment(until.at, language)
    if not until.exact:
        return answers.text("utter_desk_due_unsure", language, day=day, days=days)
    return answers.text("utter_desk_due_day" if days == 1 else "utter_desk_due", language, day=day, days=days)
