"""Deadlines: rules that turn one date into days, with what they rest on and how exact the result is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from dateutil.relativedelta import relativedelta

from bot.catalogue.calendar import DATA, WorkingCalendar
from bot.catalogue.facts import CERTAINTIES, SCOPES, Text, read_text, read_yaml
from bot.catalogue.place_names import fold, fold_chinese
from bot.errors import DataError, NotFound
from bot.languages import LANGUAGES, Language

Role = Literal["first", "last", "due", "end", "alternative"]
State = Literal["too_early", "open", "late", "passed"]
Unit = Literal["days", "working_days", "months"]

_ROLES: Final = ("first", "last", "due", "end", "alternative")
_UNITS: Final = ("days", "working_days", "months")


@dataclass(frozen=True)
class Mark:
    """A day that a rule names: `count` units from the base date, before it when negative."""

    id: str
    role: Role
    count: int
    unit: Unit
    text: Text


@dataclass(frozen=True)
class Remark:
    """Another reading, another city's rule, or a report, that belongs beside the rule."""

    scope: str
    text: Text
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """One rule; `base` is the date it asks for and `question` how to ask it."""

    id: str
    name: Text
    text: Text
    base: str
    question: Text
    marks: tuple[Mark, ...]
    afterwards: Literal["late", "passed"]
    scope: str
    certainty: str
    sources: tuple[str, ...]
    remarks: tuple[Remark, ...]
    review_by: date
    aliases: Mapping[Language, tuple[str, ...]]


@dataclass(frozen=True)
class MarkedDay:
    """A mark with its day.

    Attributes:
        exact: False when days were counted that no published calendar covers.
        working_day: whether the day itself is worked; None when not known.
    """

    mark: Mark
    day: date
    exact: bool
    working_day: bool | None


@dataclass(frozen=True)
class DeadlineAnswer:
    """What a rule says for one base date.

    Attributes:
        first_day, last_day, due: the days of those roles, None where the rule has none.
        days: every mark with its day, in order of time.
        exact: whether `first_day`, `last_day` and `due` are exact.
        reasons: codes to tell: `calendar_not_known`, `last_day_not_worked`, `last_day_may_not_be_worked`, `base_in_future`,
            `counted_in_hours`.
        state: of `today`.
        days_left: calendar days from today to the last day or due day, negative when it is over.
    """

    rule: Rule
    base_date: date
    first_day: date | None
    last_day: date | None
    due: date | None
    days: tuple[MarkedDay, ...]
    exact: bool
    reasons: tuple[str, ...]
    state: State
    days_left: int | None

    @property
    def texts(self) -> tuple[Text, ...]:
        """The rule's text and its remarks."""
        return (self.rule.text, *(remark.text for remark in self.rule.remarks))

    @property
    def sources(self) -> tuple[str, ...]:
        """Tags of what the rule rests on."""
        return self.rule.sources


class Deadlines:
    """The rules, found by id or in a sentence, and computed for a date."""

    def __init__(self, rules: Mapping[str, Rule], calendar: WorkingCalendar) -> None:
        self._rules, self._calendar = MappingProxyType(dict(rules)), calendar
        self._phrases = sorted(
            ((fold_chinese(alias) if language == "zh" else fold(alias), language, rule)
             for rule in rules.values() for language, aliases in rule.aliases.items() for alias in aliases),
            key=lambda item: -len(item[0]) * (3 if item[1] == "zh" else 1),
        )

    @classmethod
    def load(
        cls, calendar: WorkingCalendar, path: Path = DATA / "deadlines.yml", known_sources: Collection[str] | None = None
    ) -> Deadlines:
        """The rules of `path`; with `known_sources` every cited tag must be among them.

        Raises:
            DataError: naming file, entry and field.
        """
        raw = read_yaml(path)
        questions = {key: read_text(path.name, f"base_dates.{key}", "question", value.get("question"))
                     for key, value in (raw.get("base_dates") or {}).items()}
        reader = _Reader(path.name, questions, known_sources)
        return cls({rule_id: reader.rule(rule_id, entry) for rule_id, entry in raw["rules"].items()}, calendar)

    def rules(self) -> tuple[Rule, ...]:
        """Every rule, in the order of the data."""
        return tuple(self._rules.values())

    def rule(self, rule_id: str) -> Rule:
        """The rule, or NotFound."""
        try:
            return self._rules[rule_id]
        except KeyError:
            raise NotFound("deadline_rule_not_found", rule=rule_id) from None

    def find(self, text: str) -> Rule | None:
        """The rule that `text` speaks of, by its longest phrase in it, or None."""
        latin, chinese = f" {fold(text)} ", fold_chinese(text)
        for phrase, language, rule in self._phrases:
            if (phrase in chinese) if language == "zh" else (f" {phrase} " in latin):
                return rule
        return None

    def compute(self, rule_id: str, base_date: date, today: date) -> DeadlineAnswer:
        """The days of a rule for `base_date`, and where `today` stands.

        Raises:
            NotFound: there is no such rule.
        """
        rule = self.rule(rule_id)
        days = tuple(sorted((self._marked(mark, base_date) for mark in rule.marks), key=lambda marked: marked.day))
        by_role: dict[Role, MarkedDay] = {marked.mark.role: marked for marked in days}
        first, last, due, end = by_role.get("first"), by_role.get("last"), by_role.get("due"), by_role.get("end")
        leading = [marked for marked in (first, last, due) if marked]
        reasons = self._reasons(rule, base_date, today, leading, last)
        target = last or due
        return DeadlineAnswer(
            rule=rule, base_date=base_date, first_day=first.day if first else None, last_day=last.day if last else None,
            due=due.day if due else None, days=days, exact=all(marked.exact for marked in leading), reasons=reasons,
            state=_state(rule, base_date, today, first, target, end),
            days_left=(target.day - today).days if target else None,
        )

    def _marked(self, mark: Mark, base: date) -> MarkedDay:
        exact = True
        if mark.unit == "working_days":
            due = self._calendar.add_working_days(base, mark.count)
            day, exact = due.date, due.exact
        elif mark.unit == "months":
            day = base + relativedelta(months=mark.count)
        else:
            day = base + timedelta(days=mark.count)
        return MarkedDay(mark, day, exact, self._calendar.is_working_day(day))

    @staticmethod
    def _reasons(
        rule: Rule, base: date, today: date, leading: list[MarkedDay], last: MarkedDay | None
    ) -> tuple[str, ...]:
        reasons = []
        if not all(marked.exact for marked in leading):
            reasons.append("calendar_not_known")
        if last is not None and rule.afterwards == "late":
            if last.working_day is False:
                reasons.append("last_day_not_worked")
            elif last.working_day is None and last.day.weekday() >= 5:
                reasons.append("last_day_may_not_be_worked")
        if base > today and not any(mark.count < 0 for mark in rule.marks):
            reasons.append("base_in_future")
        if rule.id == "accommodation":
            reasons.append("counted_in_hours")
        return tuple(reasons)


def _state(
    rule: Rule, base: date, today: date, first: MarkedDay | None, target: MarkedDay | None, end: MarkedDay | None
) -> State:
    counts_forward = all(mark.count >= 0 for mark in rule.marks)
    if (first and today < first.day) or (counts_forward and today < base):
        return "too_early"
    if target is None or today <= target.day:
        return "open"
    if end is not None and not counts_forward:
        return "late" if today <= end.day else "passed"
    return rule.afterwards


class _Reader:
    """Reads rules; every complaint names file, entry and field."""

    def __init__(self, file: str, questions: Mapping[str, Text], known_sources: Collection[str] | None) -> None:
        self.file, self.questions, self.known = file, questions, known_sources

    def rule(self, rule_id: str, raw: Any) -> Rule:
        def fail(field: str, problem: str) -> DataError:
            return DataError(self.file, rule_id, field, problem)

        if not isinstance(raw, Mapping):
            raise fail("entry", "must be a mapping")
        if raw.get("base") not in self.questions:
            raise fail("base", "must be one of base_dates")
        if raw.get("afterwards") not in ("late", "passed"):
            raise fail("afterwards", "must be late or passed")
        if raw.get("certainty") not in CERTAINTIES:
            raise fail("certainty", f"must be one of {', '.join(CERTAINTIES)}")
        if raw.get("scope") not in SCOPES:
            raise fail("scope", f"must be one of {', '.join(sorted(SCOPES))}")
        if type(raw.get("review_by")) is not date:
            raise fail("review_by", "must be a date")
        aliases = raw.get("aliases") or {}
        for language in LANGUAGES:
            if not isinstance(aliases.get(language), list) or not aliases[language]:
                raise fail(f"aliases.{language}", "must be a list of phrases")
        remarks = tuple(
            Remark(str(item.get("scope")), read_text(self.file, rule_id, f"remarks[{number}]", item.get("text")),
                   self._sources(rule_id, item.get("sources")))
            for number, item in enumerate(raw.get("remarks") or ())
        )
        return Rule(
            id=rule_id, name=read_text(self.file, rule_id, "name", raw.get("name")),
            text=read_text(self.file, rule_id, "text", raw.get("text")), base=raw["base"],
            question=self.questions[raw["base"]], marks=self._marks(rule_id, raw.get("marks")), afterwards=raw["afterwards"],
            scope=raw["scope"], certainty=raw["certainty"], sources=self._sources(rule_id, raw.get("sources")),
            remarks=remarks, review_by=raw["review_by"],
            aliases=MappingProxyType({language: tuple(aliases[language]) for language in LANGUAGES}),
        )

    def _sources(self, rule_id: str, tags: Any) -> tuple[str, ...]:
        if not isinstance(tags, list) or not tags:
            raise DataError(self.file, rule_id, "sources", "needs at least one source tag")
        for tag in tags:
            if self.known is not None and tag not in self.known:
                raise DataError(self.file, rule_id, "sources", f"names the unknown source {tag!r}")
        return tuple(tags)

    def _marks(self, rule_id: str, raw: Any) -> tuple[Mark, ...]:
        if not isinstance(raw, list) or not raw:
            raise DataError(self.file, rule_id, "marks", "needs at least one mark")
        marks = []
        for number, item in enumerate(raw):
            field = f"marks[{number}]"
            if item.get("role") not in _ROLES or item.get("unit") not in _UNITS:
                raise DataError(self.file, rule_id, field, "needs a known role and unit")
            if ("before" in item) == ("after" in item) or (item.get("unit") == "working_days" and "before" in item):
                raise DataError(self.file, rule_id, field, "needs either before or after; working days only after")
            count = item["after"] if "after" in item else -item["before"]
            marks.append(Mark(item["id"], item["role"], count, item["unit"],
                              read_text(self.file, rule_id, field, item.get("text"))))
        if not any(mark.role in ("last", "due") for mark in marks):
            raise DataError(self.file, rule_id, "marks", "needs a last or due day")
        return tuple(marks)
