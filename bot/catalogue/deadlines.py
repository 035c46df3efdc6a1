"""Deadlines: rules that turn one date into days, with what they rest on and how exact the result is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from dateutil.relativedelta import relativedelta

from bot.catalogue.calendar import WorkingCalendar
from bot.catalogue.deadline_rules import Mark, Role, Rule, read_rule
from bot.catalogue.deadline_words import FILE as WORDS
from bot.catalogue.deadline_words import DeadlineWords
from bot.catalogue.entries import Entry
from bot.catalogue.facts import Facts, Text
from bot.catalogue.grounds import DATA, Grounds
from bot.catalogue.place_names import fold, fold_chinese
from bot.catalogue.reviews import Review
from bot.data_file import read_yaml
from bot.errors import DataError, NotFound
from bot.languages import DEFAULT, Language, Tongue

State = Literal["too_early", "open", "late", "passed"]

_NEXT_CALENDAR: Final = "time.calendar_next"


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
        """Tags of what the rule and its remarks rest on."""
        return tuple(dict.fromkeys((*self.rule.sources, *(tag for remark in self.rule.remarks for tag in remark.sources))))

    @property
    def facts(self) -> tuple[str, ...]:
        """Ids of the facts behind the days, with what is known of the next calendar where a day is not exact."""
        inexact = "calendar_not_known" in self.reasons
        return (*self.rule.facts, _NEXT_CALENDAR) if inexact else self.rule.facts


@dataclass(frozen=True)
class _Phrase:
    parts: tuple[str, ...]
    language: Language
    rule: Rule
    weak: bool

    @classmethod
    def of(cls, written: str, language: Language, rule: Rule, weak: bool) -> _Phrase:
        folded = fold_chinese if language == "zh" else fold
        return cls(tuple(folded(part.strip()) for part in written.split("…")), language, rule, weak)

    @property
    def length(self) -> int:
        # A Chinese character says about as much as three Latin letters.
        return sum(map(len, self.parts)) * (3 if self.language == "zh" else 1)

    def within(self, latin: str, chinese: str) -> bool:
        if self.language == "zh":
            return all(part in chinese for part in self.parts)
        return all(f" {part} " in latin for part in self.parts)


class Deadlines:
    """The rules, found by id or in a sentence, and computed for a date."""

    def __init__(
        self, rules: Mapping[str, Rule], calendar: WorkingCalendar, words: DeadlineWords, reviews: tuple[Review, ...] = ()
    ) -> None:
        self._rules, self._calendar, self._words = MappingProxyType(dict(rules)), calendar, words
        self.reviews = reviews
        self._phrases = sorted(
            (
                _Phrase.of(phrase, language, rule, weak)
                for rule in rules.values()
                for weak, listed in ((False, rule.aliases), (True, rule.hints))
                for language, phrases in listed.items()
                for phrase in phrases
            ),
            key=lambda phrase: -phrase.length,
        )

    @classmethod
    def load(
        cls,
        calendar: WorkingCalendar,
        path: Path = DATA / "deadlines.yml",
        known_sources: Collection[str] | None = None,
        facts: Facts | None = None,
    ) -> Deadlines:
        """The rules of `path`; sources and facts are those of the project unless others are given.

        Raises:
            DataError: naming file, entry and field; also when a rule has no words in other tongues.
        """
        raw, grounds = read_yaml(path), Grounds.of(known_sources, facts)
        questions = {
            key: Entry(path.name, f"base_dates.{key}", value, {"question"}, grounds).text("question")
            for key, value in (raw.get("base_dates") or {}).items()
        }
        rules = {rule_id: read_rule(path.name, rule_id, entry, questions, grounds) for rule_id, entry in raw["rules"].items()}
        words = DeadlineWords.load(path.with_name(WORDS))
        for rule_id in sorted(set(rules) ^ words.rules):
            raise DataError(WORDS, f"rules.{rule_id}", "entry", "is missing" if rule_id in rules else "is not a rule")
        return cls(rules, calendar, words, tuple(grounds.reviews))

    def rules(self) -> tuple[Rule, ...]:
        """Every rule, in the order of the data."""
        return tuple(self._rules.values())

    def rule(self, rule_id: str) -> Rule:
        """The rule, or NotFound."""
        try:
            return self._rules[rule_id]
        except KeyError:
            raise NotFound("deadline_rule_not_found", rule=rule_id) from None

    def wanted(self, text: str, tongue: Tongue = DEFAULT) -> Rule | None:
        """The rule whose alias stands in `text`, the longest first, or None; in `tongue`, or else in English or Chinese."""
        return self._first(text, tongue, weak=False, before=None)

    def find(self, text: str, before: str | None = None, tongue: Tongue = DEFAULT) -> Rule | None:
        """The rule that is `wanted`, or else the one whose hint stands in `text`, or None.

        `before` is the id of the rule spoken of last, which is meant where a hint is that of several.
        """
        return self.wanted(text, tongue) or self._first(text, tongue, weak=True, before=before)

    def _first(self, text: str, tongue: Tongue, weak: bool, before: str | None) -> Rule | None:
        same = [self._rules[rule_id] for rule_id in self._words.find(text, tongue, weak=weak)]
        if not same:
            latin, chinese = f" {fold(text)} ", fold_chinese(text)
            within = [phrase for phrase in self._phrases if phrase.weak is weak and phrase.within(latin, chinese)]
            same = [phrase.rule for phrase in within if phrase.parts == within[0].parts]
        return same[0] if len(same) == 1 else next((rule for rule in same if rule.id == before), None)

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
            rule=rule,
            base_date=base_date,
            first_day=first.day if first else None,
            last_day=last.day if last else None,
            due=due.day if due else None,
            days=days,
            exact=all(marked.exact for marked in leading),
            reasons=reasons,
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
        elif mark.unit == "hours":
            day = base + timedelta(days=ceil(mark.count / 24))
        else:
            day = base + timedelta(days=mark.count - mark.base_counts)
        return MarkedDay(mark, day, exact, self._calendar.is_working_day(day))

    @staticmethod
    def _reasons(rule: Rule, base: date, today: date, leading: list[MarkedDay], last: MarkedDay | None) -> tuple[str, ...]:
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
        if any(mark.unit == "hours" for mark in rule.marks):
            reasons.append("counted_in_hours")
        return tuple(reasons)


def _state(rule: Rule, base: date, today: date, first: MarkedDay | None, target: MarkedDay | None, end: MarkedDay | None) -> State:
    counts_forward = all(mark.count >= 0 for mark in rule.marks)
    if (first and today < first.day) or (counts_forward and today < base):
        return "too_early"
    if target is None or today <= target.day:
        return "open"
    if end is not None and not counts_forward:
        return "late" if today <= end.day else "passed"
    return rule.afterwards
