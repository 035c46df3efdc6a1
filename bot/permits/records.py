"""A record of an application as its authority delivers it, checked field by field before anything is made of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot import db
from bot.days import DAY, read_day
from bot.errors import Invalid
from bot.permits.models import APPLICATION_TYPES, CATEGORIES, STAGES
from bot.permits.numbers import MAX_LENGTH, normalise

ZONE: Final = ZoneInfo("Asia/Shanghai")
FIELDS: Final[tuple[str, ...]] = (
    "number",
    "family_name",
    "given_name",
    "nationality",
    "date_of_birth",
    "permit_number",
    "employer",
    "employer_zh",
    "application_type",
    "category",
    "station",
    "stage",
    "stage_since",
    "submitted_at",
    "accepted_at",
    "decided_at",
    "valid_until",
    "history",
)
MOST_STAGES: Final = 100
_OLDEST: Final = date(1900, 1, 1)
_NEWEST: Final = date(2199, 12, 31)
# Clocks of two houses differ, but nobody knows the stage of the day after tomorrow.
_AHEAD: Final = timedelta(days=1)
# As many digits as the standard library reads; RFC 3339 allows any number.
_FRACTION: Final = re.compile(r"(?<=:\d\d)\.(\d+)")
# The standard library reads other forms of ISO 8601 too, which one version knows and another does not.
_MOMENT: Final = re.compile(DAY.pattern + r"(?:[Tt ]\d{2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:[+-]\d{2}:\d{2}|[Zz])?)?", re.ASCII)
# Controls, surrogates, private letters and marks that nobody sees or that turn others around.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True)
class Record:
    """One application with its holder and employer, checked.

    Attributes:
        number, permit_number: as written; `key` and `permit_key` as they are compared, None without a permit number.
        history: every stage with its moment, oldest first, when all of it was delivered; otherwise empty.
    """

    number: str
    key: str
    family_name: str
    given_name: str
    nationality: str
    date_of_birth: date
    permit_number: str | None
    permit_key: str | None
    employer: str | None
    employer_zh: str
    application_type: str
    category: str | None
    station: str | None
    stage: str
    stage_since: datetime
    submitted_at: datetime | None
    accepted_at: datetime | None
    decided_at: datetime | None
    valid_until: date | None
    history: tuple[tuple[str, datetime], ...] = ()


class Reader:
    """Reads records.

    Args:
        stations: keys of the stations where a result can be collected.
        clock: gives the present moment.
    """

    def __init__(self, stations: Collection[str], clock: Callable[[], datetime] = db.now) -> None:
        self._stations = frozenset(stations)
        self._clock = clock

    def read(self, given: Mapping[str, Any]) -> Record:
        """The record that the fields in `given` describe.

        Days are `YYYY-MM-DD`, moments RFC 3339; a moment without an offset, or a day alone, is the time of Shenzhen. Values may
        also be dates and datetimes. An absent field, null and an empty text are the same.

        Raises:
            Invalid: `params["field"]` names the field; no error repeats what it holds.
        """
        for name in given:
            if name not in FIELDS:
                raise Invalid("record_unknown_field", field=name[:MAX_LENGTH])
        number, key = _number(given, "number")
        permit_number, permit_key = _number(given, "permit_number")
        employer = _text(given, "employer", 200)
        employer_zh = _text(given, "employer_zh", 200)
        nationality = _needed(_text(given, "nationality", 2), "nationality").upper()
        if not re.fullmatch("[A-Z]{2}", nationality):
            raise Invalid("record_country", field="nationality")
        stage, since = _choice(given, "stage", STAGES), self._moment(given, "stage_since")
        return Record(
            number=_needed(number, "number"),
            key=key or "",
            family_name=_needed(_text(given, "family_name", 100), "family_name"),
            given_name=_text(given, "given_name", 100) or "",
            nationality=nationality,
            date_of_birth=self._birth(given),
            permit_number=permit_number,
            permit_key=permit_key,
            employer=employer or employer_zh,
            employer_zh=employer_zh or "",
            application_type=_needed(_choice(given, "application_type", APPLICATION_TYPES), "application_type"),
            category=_choice(given, "category", CATEGORIES),
            station=_choice(given, "station", self._stations),
            stage=_needed(stage, "stage"),
            stage_since=_needed(since, "stage_since"),
            submitted_at=self._moment(given, "submitted_at"),
            accepted_at=self._moment(given, "accepted_at"),
            decided_at=self._moment(given, "decided_at"),
            valid_until=_day(given, "valid_until"),
            history=self._history(given.get("history"), stage, since),
        )

    def _birth(self, given: Mapping[str, Any]) -> date:
        born = _needed(_day(given, "date_of_birth"), "date_of_birth")
        if born > self._clock().astimezone(ZONE).date():
            raise Invalid("record_future", field="date_of_birth")
        return born

    def _moment(self, given: Mapping[str, Any], name: str, shown: str | None = None) -> datetime | None:
        value, field = _blank(given.get(name)), shown or name
        if value is None:
            return None
        try:
            if isinstance(value, str):
                if not _MOMENT.fullmatch(value.strip()):
                    raise ValueError
                text = _FRACTION.sub(lambda found: f".{found[1]:0<6.6}", value.strip())
                value = datetime.fromisoformat(text[:-1] + "+00:00" if text[-1:] in "Zz" else text)
            elif isinstance(value, date) and not isinstance(value, datetime):
                value = datetime.combine(value, time())
            if not isinstance(value, datetime):
                raise Invalid("field_type", field=field, expected="string")
            if not _OLDEST <= value.date() <= _NEWEST:
                raise ValueError
            moment = (value.replace(tzinfo=ZONE) if value.tzinfo is None else value).astimezone(UTC)
        except (ValueError, OverflowError):
            raise Invalid("record_moment", field=field) from None
        if moment > self._clock() + _AHEAD:
            raise Invalid("record_future", field=field)
        return moment

    def _history(self, given: Any, stage: str | None, since: datetime | None) -> tuple[tuple[str, datetime], ...]:
        if given is None:
            return ()
        if not isinstance(given, list):
            raise Invalid("field_type", field="history", expected="array")
        entries: list[tuple[str, datetime]] = []
        for index, each in enumerate(given):
            field = f"history.{index}"
            if not isinstance(each, Mapping) or index >= MOST_STAGES:
                raise Invalid("record_history", field=field, limit=MOST_STAGES)
            for name in each:
                if name not in ("stage", "at"):
                    raise Invalid("record_unknown_field", field=f"{field}.{name[:MAX_LENGTH]}")
            entered = _needed(_choice(each, "stage", STAGES, f"{field}.stage"), f"{field}.stage")
            entries.append((entered, _needed(self._moment(each, "at", f"{field}.at"), f"{field}.at")))
        if [at for _, at in entries] != sorted(at for _, at in entries) or (entries and entries[-1] != (stage, since)):
            raise Invalid("record_history", field="history", limit=MOST_STAGES)
        return tuple(entries)


def _needed(value: Any, field: str) -> Any:
    if value is None:
        raise Invalid("record_missing", field=field)
    return value


def _blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _text(given: Mapping[str, Any], field: str, longest: int, shown: str | None = None) -> str | None:
    value = _blank(given.get(field))
    if value is None:
        return None
    if not isinstance(value, str):
        raise Invalid("field_type", field=shown or field, expected="string")
    # Before anything is made of it: normalisation and its checks cost time that a long text could multiply.
    text = unicodedata.normalize("NFC", value.strip()) if len(value) <= 10 * longest else ""
    if not 0 < len(text) <= longest or (not text.isprintable() and any(unicodedata.category(letter) in _UNSEEN for letter in text)):
        raise Invalid("name_unusable", field=shown or field, limit=longest)
    return text


def _number(given: Mapping[str, Any], field: str) -> tuple[str | None, str | None]:
    text = _text(given, field, MAX_LENGTH)
    if text is None:
        return None, None
    key = normalise(text)
    if not 0 < len(key) <= MAX_LENGTH:
        raise Invalid("name_unusable", field=field, limit=MAX_LENGTH)
    return text, key


def _choice(given: Mapping[str, Any], field: str, choices: Collection[str], shown: str | None = None) -> str | None:
    value = _text(given, field, MAX_LENGTH, shown)
    if value is not None and value not in choices:
        raise Invalid("record_choice", field=shown or field, choices=", ".join(sorted(choices)))
    return value


def _day(given: Mapping[str, Any], field: str) -> date | None:
    value = _blank(given.get(field))
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = read_day(value.strip())
        except ValueError:
            value = None
    elif isinstance(value, datetime):
        value = value.date()
    elif not isinstance(value, date):
        raise Invalid("field_type", field=field, expected="string")
    if value is None or not _OLDEST <= value <= _NEWEST:
        raise Invalid("record_day", field=field)
    return value
