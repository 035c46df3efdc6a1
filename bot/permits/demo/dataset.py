"""The demo data as plain values: invented people and applications, the same for every run of one day."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.data_file import read_yaml
from bot.permits.models import CLOSED_STAGES

FOLDER: Final[Path] = Path(__file__).resolve().parent
SHENZHEN: Final[ZoneInfo] = ZoneInfo("Asia/Shanghai")
PREFIX: Final[str] = "DEMO-"

_BORN: Final[tuple[date, date]] = (date(1968, 1, 1), date(2001, 12, 31))
_PERMIT_STAGES: Final[frozenset[str]] = frozenset(
    {"approved", "visa_stage", "entered", "in_force", "extension_open", "expired", "cancelled", "revoked"}
)
_VALID_STAGES: Final[frozenset[str]] = frozenset({"in_force", "extension_open", "expired", "cancelled", "revoked"})
# Offices that act on weekdays only; the rest is done by people, or happens by itself.
_BY_ITSELF: Final[frozenset[str]] = frozenset({"draft", "entered", "in_force", "extension_open", "expired"})


@dataclass(frozen=True)
class DemoEmployer:
    """An invented employer and the station it is served by."""

    name: str
    name_zh: str
    station: str


@dataclass(frozen=True)
class DemoApplication:
    """An invented application; `history` is oldest first and ends with the present stage."""

    number: str
    application_type: str
    category: str
    employer: DemoEmployer
    history: tuple[tuple[str, datetime], ...]
    valid_until: date | None

    @property
    def stage(self) -> str:
        """The present stage."""
        return self.history[-1][0]

    def last(self, *stages: str) -> datetime | None:
        """When one of `stages` was last entered, or None."""
        return next((at for stage, at in reversed(self.history) if stage in stages), None)


@dataclass(frozen=True)
class DemoPerson:
    """An invented applicant with their applications."""

    given_name: str
    family_name: str
    nationality: str
    date_of_birth: date
    permit_number: str | None
    applications: tuple[DemoApplication, ...] = field(default=())


def people(today: date, seed: int = 1) -> Iterator[DemoPerson]:
    """Every demo person, one for each application type, category and stage that go together.

    Names, numbers and birth dates depend on `seed` only; what happened to the applications is counted back from `today`.
    """
    plan = _yaml("plan.yml")
    names: Mapping[str, Mapping[str, list[str]]] = _yaml("people.yml")
    employers = _employers()
    index = 0
    for application_type, rules in plan["types"].items():
        for category in plan["categories"]:
            for stage in rules["stages"]:
                index += 1
                dice = Random(f"{seed}/{application_type}/{category}/{stage}")  # noqa: S311
                yield _person(_Builder(plan, today, dice), names, employers, index, application_type, category, stage)


def _person(
    build: _Builder,
    names: Mapping[str, Mapping[str, list[str]]],
    employers: list[DemoEmployer],
    index: int,
    application_type: str,
    category: str,
    stage: str,
) -> DemoPerson:
    dice, plan = build.dice, build.plan
    nationality = sorted(names)[index % len(names)]
    given, family = dice.choice(names[nationality]["given"]), dice.choice(names[nationality]["family"])
    born = _BORN[0] + timedelta(days=dice.randrange((_BORN[1] - _BORN[0]).days))
    employer = dice.choice(employers)
    rules = plan["types"][application_type]
    # Everything that must not change from day to day is drawn before the first date.
    has_earlier = rules["holder"] and dice.randrange(plan["earlier_once_in"]) == 0
    former = dice.choice(employers) if application_type == "change_employer" else employer
    since = build.latest(application_type, stage)
    latest = build.application(f"{PREFIX}A-{200000 + index}", application_type, category, stage, employer, since)
    applications = [latest]
    if has_earlier:
        applications.insert(0, build.earlier(f"{PREFIX}A-{300000 + index}", latest, former))
    holds = rules["holder"] or stage in _PERMIT_STAGES
    return DemoPerson(given, family, nationality, born, f"{PREFIX}P-{100000 + index}" if holds else None, tuple(applications))


class _Builder:
    def __init__(self, plan: Mapping[str, Any], today: date, dice: Random) -> None:
        self.plan, self.today, self.dice = plan, today, dice

    def latest(self, application_type: str, stage: str) -> date:
        """When the present stage of an application began."""
        return self.today - timedelta(days=self._days("age", application_type, stage))

    def application(
        self, number: str, application_type: str, category: str, stage: str, employer: DemoEmployer, since: date
    ) -> DemoApplication:
        """An application that entered `stage` on the day `since`."""
        rules = self.plan["types"][application_type]
        path = list(rules.get("instead", {}).get(stage, self.plan["paths"][stage]))
        if "pre_review_passed" in path and self.dice.randrange(self.plan["returned_once_in"]) == 0:
            at = path.index("submitted") + 1
            path[at:at] = ["returned", "submitted"]
        history = [(stage, since)]
        for earlier in reversed(path):
            since -= timedelta(days=self._lasted(application_type, earlier, history[0][0]))
            history.insert(0, (earlier, since))
        moments = _moments(history, self.dice)
        return DemoApplication(number, application_type, category, employer, moments, self._valid_until(application_type, history))

    def earlier(self, number: str, later: DemoApplication, employer: DemoEmployer) -> DemoApplication:
        """The application by which the holder got the permit that `later` extends, changes or ends."""
        succeeded = later.stage in _VALID_STAGES
        stage = self.plan["types"][later.application_type]["after"]["done" if succeeded else "pending"]
        began = later.history[0][1].astimezone(SHENZHEN).date()
        if stage == "expired":
            granted = later.last("in_force")
            assert granted is not None
            since = granted.astimezone(SHENZHEN).date() + timedelta(days=self.dice.randint(1, 20))
        elif stage == "cancelled" and later.application_type == "cancellation":
            since = later.history[-1][1].astimezone(SHENZHEN).date()
        elif stage == "in_force":
            since = began - timedelta(days=self.dice.randint(20, 60))
        else:
            since = began - timedelta(days=self.dice.randint(1, 10))
        if stage == "extension_open":
            ends = since + timedelta(days=self._days("lasted", later.application_type, stage))
            if ends <= self.today:
                # The extension took too long, or failed: the old permit has run out meanwhile.
                stage, since = "expired", ends
        origin = self.dice.choice(["new_abroad", "new_in_china"])
        return self.application(number, origin, later.category, stage, employer, since)

    def _valid_until(self, application_type: str, history: list[tuple[str, date]]) -> date | None:
        started = next((day for stage, day in history if stage == "in_force"), None)
        if application_type == "cancellation" or started is None:
            return None
        days: int = self.plan["types"][application_type].get("valid_days", self.plan["valid_days"])
        return started + timedelta(days=days)

    def _lasted(self, application_type: str, stage: str, followed_by: str) -> int:
        if stage == "in_force" and followed_by in CLOSED_STAGES - {"expired"}:
            least, most = self.plan["cut_short_of"].get(application_type, self.plan["cut_short"])
            return self.dice.randint(least, most)
        return self._days("lasted", application_type, stage)

    def _days(self, table: str, application_type: str, stage: str) -> int:
        least, most = self.plan[f"{table}_of"].get(application_type, {}).get(stage, self.plan[table].get(stage, (0, 0)))
        return self.dice.randint(least, most)


def _moments(history: list[tuple[str, date]], dice: Random) -> tuple[tuple[str, datetime], ...]:
    moments: list[tuple[str, datetime]] = []
    for stage, day in history:
        if stage not in _BY_ITSELF:
            day -= timedelta(days=max(0, day.weekday() - 4))
        at = datetime.combine(day, time(9), SHENZHEN) + timedelta(minutes=dice.randrange(8 * 60))
        if stage in {"in_force", "extension_open", "expired"}:
            at = datetime.combine(day, time(0), SHENZHEN)
        # A weekend moved to its Friday may meet the stage before; the order of stages is what counts.
        if moments and at <= moments[-1][1]:
            at = moments[-1][1] + timedelta(minutes=dice.randint(10, 60))
        moments.append((stage, at))
    return tuple((stage, at.astimezone(UTC)) for stage, at in moments)


def _employers() -> list[DemoEmployer]:
    with (FOLDER / "employers.csv").open(encoding="utf-8", newline="") as file:
        return [DemoEmployer(**row) for row in csv.DictReader(file)]


def _yaml(name: str) -> Any:
    return read_yaml(FOLDER / name)
