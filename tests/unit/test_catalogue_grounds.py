"""What an entry takes from facts: values, sources, and never more certainty than they have; and what is due for a look."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bot.catalogue.calendar import WorkingCalendar
from bot.catalogue.deadlines import Deadlines
from bot.catalogue.entries import PROVENANCE, Entry
from bot.catalogue.facts import Fact, Facts, Source
from bot.catalogue.grounds import Grounds
from bot.catalogue.papers import Papers
from bot.catalogue.reviews import overdue, reviews_of_facts
from bot.catalogue.stations import Stations
from bot.errors import DataError
from tests.unit.papers_fixture import DATA, TODAY, grounds, papers

FIELDS = {"text", "inner"} | PROVENANCE


def _source(tag: str) -> Source:
    return Source(tag, {"en": tag, "zh": tag}, None, "2026", False, "SZ")


def _fact(fact_id: str, scope: str, certainty: str, tag: str, until: date | None = None, **values: Any) -> Fact:
    statement = {"en": f"It is {fact_id}.", "zh": f"即{fact_id}。"}
    label = {"en": fact_id, "zh": fact_id}
    return Fact(fact_id, statement, values, scope, certainty, (_source(tag),), date(2027, 1, 1), until, "work_permit", label)


def _grounds() -> Grounds:
    facts = Facts(
        [
            _fact("here.sure", "SZ", "high", "SURE", days=7),
            _fact("here.guess", "SZ", "low", "GUESS", days=3),
            _fact("there.rule", "BJ", "medium", "THERE", days=5, from_day=date(2026, 11, 24)),
            _fact("here.over", "SZ", "high", "OVER", date(2024, 12, 1), days=15),
            _fact("phones.counter", "SZ", "high", "PAGE", number="0755"),
        ]
    )
    return Grounds({"OWN", "SURE", "GUESS", "THERE", "OVER", "PAGE"}, facts, TODAY)


def _entry(english: str, known: Grounds | None = None, **more: Any) -> Entry:
    raw = {"text": {"en": english, "zh": english}, "scope": "SZ", "certainty": "high", "sources": ["OWN"], "review_by": date(2027, 5, 1)}
    return Entry("a.yml", "one", {**raw, **more}, FIELDS, known or _grounds())


def test_values_are_filled_in_each_language() -> None:
    text = _entry("{here.sure.days} from {there.rule.from_day}: {here.sure} {country}").text("text")
    assert text["en"] == "7 from 24 Nov 2026: It is here.sure. {country}"
    assert text["zh"] == "7 from 2026年11月24日: 即here.sure。 {country}"


def test_a_fact_lends_its_sources() -> None:
    assert _entry("{here.sure.days}").provenance().sources == ("OWN", "SURE")


def test_an_entry_is_never_surer_than_the_facts_it_tells() -> None:
    assert _entry("{here.sure.days}").provenance().certainty == "high"
    assert _entry("{here.guess.days}").provenance().certainty == "low"
    assert _entry("{here.sure.days}", certainty="medium").provenance().certainty == "medium"


def test_what_is_told_as_somebodys_report_lowers_nothing() -> None:
    ground = _entry("an agency says {here.guess.days}", reported=["here.guess"]).provenance()
    assert (ground.certainty, ground.sources) == ("high", ("OWN", "GUESS"))


def test_a_report_that_is_not_told_is_refused() -> None:
    with pytest.raises(DataError) as error:
        _entry("nothing", reported=["here.guess"]).provenance()
    assert error.value.field == "reported"


def test_another_citys_rule_lends_its_source_only() -> None:
    ground = _entry("Beijing says {there.rule.days}").provenance()
    assert (ground.scope, ground.certainty, ground.sources) == ("SZ", "high", ("OWN", "THERE"))


def test_a_phone_number_to_ask_vouches_for_nothing() -> None:
    assert _entry("ask {phones.counter.number}").provenance().sources == ("OWN",)


@pytest.mark.parametrize(
    ("english", "chinese", "field"),
    [
        ("{here.nothing.days}", "{here.nothing.days}", "text.en"),
        ("{here.sure.weeks}", "{here.sure.weeks}", "text.en"),
        ("{here.over.days}", "{here.over.days}", "text.en"),
        ("{was:here.sure.days}", "{was:here.sure.days}", "text.en"),
        ("{here.sure.days", "x", "text.en"),
        ("{here.sure.days}", "七", "text"),
    ],
)
def test_a_wrong_placeholder_is_named(english: str, chinese: str, field: str) -> None:
    with pytest.raises(DataError) as error:
        _entry("", text={"en": english, "zh": chinese}).text("text")
    assert (error.value.file, error.value.entry, error.value.field) == ("a.yml", "one", field)


def test_a_withdrawn_fact_may_be_told_as_over() -> None:
    assert _entry("was {was:here.over.days}").text("text")["en"] == "was 15"


@pytest.mark.parametrize("field", ["scope", "certainty", "review_by"])
def test_an_entry_that_states_facts_must_say_what_it_rests_on(field: str) -> None:
    entry = _entry("a")
    left = {key: value for key, value in entry.raw.items() if key != field}
    with pytest.raises(DataError) as error:
        Entry("a.yml", "one", left, FIELDS, _grounds()).provenance()
    assert error.value.field == field


def test_an_entry_is_noted_for_its_next_look() -> None:
    known = _grounds()
    _entry("It is so.", known).provenance()
    (noted,) = known.reviews
    assert (noted.entry, noted.review_by, noted.sources, noted.shown) == ("one", date(2027, 5, 1), ("OWN",), "It is so.")


def test_only_what_still_holds_is_overdue_and_the_oldest_comes_first() -> None:
    reviews = reviews_of_facts(_grounds().facts)
    assert overdue(reviews, date(2026, 12, 31)) == ()
    assert [each.entry for each in overdue(reviews, date(2027, 1, 1))] == ["here.guess", "here.sure", "phones.counter", "there.rule"]


def test_every_file_that_states_facts_says_when_to_look_again() -> None:
    facts, tags = grounds().facts, grounds().tags
    calendar = WorkingCalendar.load(known_sources=tags, facts=facts)
    stations = Stations.load(calendar, known_sources=tags, facts=facts)
    deadlines = Deadlines.load(calendar, known_sources=tags, facts=facts)
    loaded = Papers.load(DATA, tags, facts)
    reviews = (*reviews_of_facts(facts), *calendar.reviews, *stations.reviews, *deadlines.reviews, *loaded.reviews)
    files = {each.file.split("/")[0] for each in reviews}
    assert files == {
        "facts",
        "adjustments.yml",
        "application_types.yml",
        "calendar.yml",
        "categories.yml",
        "circumstances.yml",
        "deadlines.yml",
        "glossary.yml",
        "materials.yml",
        "outcomes.yml",
        "requirements.yml",
        "routes.yml",
        "stages.yml",
        "stations.yml",
    }
    assert len({(each.file, each.entry) for each in reviews}) == len(reviews)
    assert overdue(reviews, TODAY) == ()
    assert len(overdue(reviews, date(2030, 1, 1))) == sum(each.until is None for each in reviews)


def test_the_hall_opens_when_the_fact_says() -> None:
    stations = Stations.load(WorkingCalendar.load(), facts=grounds().facts)
    hall, stated = stations.get("civic_center"), grounds().facts["offices.main_counter"].values["hours"]
    assert hall is not None and hall.hours is not None
    for start, end in hall.hours.spans:
        assert f"{start:%H:%M}–{end:%H:%M}" in stated["en"]
        assert f"{start.hour}:{start:%M}-{end.hour}:{end:%M}" in stated["zh"]


def test_nothing_rests_on_a_fact_that_is_surer_only_here() -> None:
    assert papers().materials["M09"].certainty == "medium"
    assert papers().stages["submitted"].certainty == "medium"
    assert papers().application_types["new_abroad"].certainty == "high"
