"""Rules that turn a date into deadlines, and the dates people write."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.calendar import WorkingCalendar
from bot.catalogue.deadlines import Deadlines
from bot.catalogue.facts import load_sources
from bot.catalogue.grounds import DATA
from bot.errors import DataError, NotFound

TODAY = date(2026, 11, 24)
EXPECTED = {
    "extension_window",
    "residence_extension",
    "change_report",
    "passport_change",
    "cancellation_by_employer",
    "decision_due",
    "pre_review",
    "short_term_decision",
    "residence_permit",
    "accommodation",
    "notification_letter",
    "no_criminal_record",
    "medical",
    "photo",
    "short_term_stay",
    "social_insurance",
}


@pytest.fixture(scope="module")
def deadlines() -> Deadlines:
    return Deadlines.load(WorkingCalendar.load(), known_sources=load_sources(DATA / "sources.yml"))


def test_every_rule_is_there_and_asks_for_its_date_in_both_languages(deadlines: Deadlines) -> None:
    assert {rule.id for rule in deadlines.rules()} == EXPECTED
    for rule in deadlines.rules():
        assert rule.question["en"].endswith("?")
        assert rule.question["zh"].endswith("？")
        assert rule.review_by > TODAY


@pytest.mark.parametrize(
    ("expiry", "first", "last", "state"),
    [
        (date(2027, 2, 10), date(2026, 11, 12), date(2027, 1, 11), "open"),
        (date(2027, 3, 1), date(2026, 12, 1), date(2027, 1, 30), "too_early"),
        (date(2026, 12, 24), date(2026, 9, 25), date(2026, 11, 24), "open"),
        (date(2026, 12, 23), date(2026, 9, 24), date(2026, 11, 23), "late"),
        (date(2026, 11, 24), date(2026, 8, 26), date(2026, 10, 25), "late"),
        (date(2026, 11, 23), date(2026, 8, 25), date(2026, 10, 24), "passed"),
    ],
)
def test_the_extension_window_is_ninety_to_thirty_days_before(
    deadlines: Deadlines, expiry: date, first: date, last: date, state: str
) -> None:
    answer = deadlines.compute("extension_window", expiry, TODAY)
    assert (answer.first_day, answer.last_day, answer.state, answer.exact) == (first, last, state, True)
    assert answer.days_left == (last - TODAY).days


def test_beijings_window_stays_a_remark_of_beijing(deadlines: Deadlines) -> None:
    remarks = {remark.scope: remark for remark in deadlines.rule("extension_window").remarks}
    assert "120" in remarks["BJ"].text["en"]
    assert remarks["BJ"].sources == ("BJ-REF",)


def test_a_decision_is_due_after_seven_working_days_and_the_law_allows_more(deadlines: Deadlines) -> None:
    answer = deadlines.compute("decision_due", date(2026, 11, 20), TODAY)
    days = {marked.mark.id: marked.day for marked in answer.days}
    assert answer.due == date(2026, 12, 1)
    assert days == {"promised": date(2026, 12, 1), "statutory": date(2026, 12, 18), "extended": date(2027, 1, 4)}
    assert answer.exact
    assert [marked.exact for marked in answer.days] == [True, True, False]
    assert answer.state == "open"
    assert deadlines.compute("decision_due", date(2026, 11, 2), TODAY).state == "late"


def test_a_due_day_in_an_unknown_year_is_not_exact(deadlines: Deadlines) -> None:
    answer = deadlines.compute("decision_due", date(2026, 12, 28), TODAY)
    assert not answer.exact
    assert "calendar_not_known" in answer.reasons
    assert answer.state == "too_early"


def test_the_day_of_submission_is_not_counted_in_the_pre_review(deadlines: Deadlines) -> None:
    assert deadlines.compute("pre_review", date(2026, 11, 23), TODAY).due == date(2026, 11, 30)


def test_the_employer_cancels_in_ten_days_and_the_other_reading_is_named(deadlines: Deadlines) -> None:
    answer = deadlines.compute("cancellation_by_employer", date(2026, 11, 20), TODAY)
    days = {marked.mark.id: marked.day for marked in answer.days}
    assert answer.last_day == date(2026, 11, 30)
    assert days["cancel_working_days"] == date(2026, 12, 4)
    assert deadlines.compute("cancellation_by_employer", date(2026, 11, 1), TODAY).state == "late"


@pytest.mark.parametrize(
    ("rule", "base", "last"),
    [
        ("change_report", date(2026, 11, 20), date(2026, 11, 30)),
        ("passport_change", date(2026, 11, 20), date(2026, 11, 30)),
        ("residence_permit", date(2026, 11, 1), date(2026, 12, 1)),
        ("social_insurance", date(2026, 11, 1), date(2026, 12, 1)),
        ("accommodation", date(2026, 11, 24), date(2026, 11, 25)),
        ("notification_letter", date(2026, 8, 31), date(2027, 2, 28)),
        ("no_criminal_record", date(2026, 9, 10), date(2027, 3, 10)),
        ("medical", date(2026, 9, 10), date(2027, 3, 10)),
        ("photo", date(2026, 9, 10), date(2027, 3, 10)),
        ("short_term_stay", date(2026, 11, 1), date(2027, 1, 29)),
        ("residence_extension", date(2027, 3, 1), date(2027, 1, 30)),
    ],
)
def test_each_rule_gives_its_last_day(deadlines: Deadlines, rule: str, base: date, last: date) -> None:
    answer = deadlines.compute(rule, base, TODAY)
    assert answer.last_day == last
    assert answer.exact
    assert answer.state == "open"


def test_a_validity_that_is_over_is_passed_and_a_missed_duty_is_late(deadlines: Deadlines) -> None:
    assert deadlines.compute("medical", date(2026, 5, 23), TODAY).state == "passed"
    assert deadlines.compute("residence_permit", date(2026, 10, 1), TODAY).state == "late"


def test_a_last_day_that_is_not_worked_is_told(deadlines: Deadlines) -> None:
    assert "last_day_not_worked" in deadlines.compute("change_report", date(2026, 11, 18), TODAY).reasons
    assert "last_day_may_not_be_worked" in deadlines.compute("extension_window", date(2027, 3, 1), TODAY).reasons


def test_a_date_ahead_is_told_where_the_rule_counts_forward(deadlines: Deadlines) -> None:
    answer = deadlines.compute("residence_permit", date(2026, 12, 1), TODAY)
    assert answer.state == "too_early"
    assert "base_in_future" in answer.reasons


def test_the_contradiction_about_the_notification_letter_is_kept(deadlines: Deadlines) -> None:
    rule = deadlines.rule("notification_letter")
    assert rule.certainty == "medium"
    assert {"STU20", "HICOM-N"} <= {tag for remark in rule.remarks for tag in remark.sources}


def test_an_unknown_rule_is_not_found(deadlines: Deadlines) -> None:
    with pytest.raises(NotFound):
        deadlines.compute("nothing", TODAY, TODAY)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("my contract ends in December, when must I extend", "extension_window"),
        ("I was promoted in March, by when do we renew the work permit", "extension_window"),
        ("my job ends in May and HR wants to renew", "extension_window"),
        ("my permit expires in May but I quit, until when must they cancel it", "cancellation_by_employer"),
        ("when do I extend my work permit if my residence permit expires in May", "extension_window"),
        ("my residence permit runs out soon, when must I renew it", "residence_extension"),
        ("new passport came, by when must I report the change", "passport_change"),
        ("I moved, by when must I report the change", "accommodation"),
        ("I got a new job title, when must we report the change", "change_report"),
        ("I entered China in May, until when must I register my address", "accommodation"),
        ("our extension was accepted, when is the decision", "decision_due"),
        ("my permit stops in May, which day is the last", "extension_window"),
        ("first and last day, expiry in May", "extension_window"),
        ("my permit, so says the card, ends in May", "extension_window"),
        ("my residence permit, so says the sticker, ends in May", "residence_extension"),
        ("I landed in May, until when", "residence_permit"),
        ("I landed in May, by when do I register my address", "accommodation"),
        ("the police record is from May, until when can I use it", "no_criminal_record"),
        ("passport issued in May, latest day to tell", "passport_change"),
        ("许可写的是五月到期，窗口期从哪天开始", "extension_window"),
        ("五月升的职，最迟哪一天", "change_report"),
        ("I decided to resign", "cancellation_by_employer"),
        ("the permit was approved, until when must they register social insurance", "social_insurance"),
        ("合同年底到期，最晚哪天续签", "extension_window"),
        ("合同终止后最晚哪天延期", "extension_window"),
        ("许可到期前离职，几天内注销", "cancellation_by_employer"),
        ("居留许可三月到期，什么时候续签", "residence_extension"),
        ("居留证到期了，工作许可什么时候续签", "extension_window"),
        ("换了护照，几天内要申报", "passport_change"),
        ("入境之后住宿登记最晚哪天", "accommodation"),
        ("延期申请受理了，什么时候批下来", "decision_due"),
        ("批下来以后多久内办社保", "social_insurance"),
        ("我决定离职，最晚哪天", "cancellation_by_employer"),
        ("升职了，最晚哪天申请变更", "change_report"),
    ],
)
def test_what_is_wanted_outweighs_the_event_that_is_mentioned(deadlines: Deadlines, text: str, rule: str) -> None:
    found = deadlines.find(text)
    assert found is not None and found.id == rule


@pytest.mark.parametrize("text", ["my contract ends in May", "合同五月到期"])
def test_an_event_of_several_rules_means_the_one_spoken_of_before(deadlines: Deadlines, text: str) -> None:
    assert deadlines.find(text) is None
    for rule in ("extension_window", "cancellation_by_employer"):
        found = deadlines.find(text, rule)
        assert found is not None and found.id == rule
    assert deadlines.find(text, "medical") is None


def test_every_phrase_that_is_wanted_names_one_rule(deadlines: Deadlines) -> None:
    for rule in deadlines.rules():
        for phrases in rule.aliases.values():
            assert {found.id for phrase in phrases if (found := deadlines.wanted(phrase.replace("…", " "))) is not None} == {rule.id}


@given(rule=st.sampled_from(sorted(EXPECTED)), base=st.dates(date(2020, 1, 1), date(2030, 1, 1)), ahead=st.integers(-400, 400))
def test_days_are_in_order_and_the_state_agrees_with_them(rule: str, base: date, ahead: int) -> None:
    today = base + timedelta(days=ahead)
    answer = _deadlines().compute(rule, base, today)
    assert [marked.day for marked in answer.days] == sorted(marked.day for marked in answer.days)
    target = answer.last_day or answer.due
    assert target is not None
    if answer.first_day:
        assert answer.first_day < target
    assert (answer.state == "open") <= (today <= target)
    assert (answer.state in ("late", "passed")) == (today > target)
    assert answer.days_left == (target - today).days


@given(rule=st.sampled_from(sorted(EXPECTED)), base=st.dates(date(2024, 1, 1), date(2028, 1, 1)))
def test_time_moves_a_state_only_forward(rule: str, base: date) -> None:
    order = ["too_early", "open", "late", "passed"]
    states = [_deadlines().compute(rule, base, base + timedelta(days=day)).state for day in range(-130, 230, 5)]
    assert [order.index(state) for state in states] == sorted(order.index(state) for state in states)


_CACHE: list[Deadlines] = []


def _deadlines() -> Deadlines:
    if not _CACHE:
        _CACHE.append(Deadlines.load(WorkingCalendar.load()))
    return _CACHE[0]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("when must I extend, my permit expires on 2027-03-01", "extension_window"),
        ("earliest day to renew?", "extension_window"),
        ("许可快到期了，什么时候可以延期", "extension_window"),
        ("續簽要提前多久", "extension_window"),
        ("my residence permit expires 1 march", "residence_extension"),
        ("居留许可到期要提前多久", "residence_extension"),
        ("I resigned, by when must they cancel", "cancellation_by_employer"),
        ("离职后公司几天内要注销", "cancellation_by_employer"),
        ("accepted on 20 Nov, when is the decision due", "decision_due"),
        ("受理后多久出结果", "decision_due"),
        ("submitted yesterday, pre-review until when", "pre_review"),
        ("预审要等到哪天", "pre_review"),
        ("entered China on 1 Nov, deadline for the residence permit", "residence_permit"),
        ("入境后多少天内办居留", "residence_permit"),
        ("I moved in today, how long for police registration", "accommodation"),
        ("住宿登记期限", "accommodation"),
        ("notification letter issued 1 Sept, until when is it good", "notification_letter"),
        ("通知书有效期到哪天", "notification_letter"),
        ("police certificate from 10 September still ok", "no_criminal_record"),
        ("无犯罪证明还在有效期吗", "no_criminal_record"),
        ("medical exam was in July", "medical"),
        ("体检报告什么时候过期", "medical"),
        ("照片是8月拍的还能用吗", "photo"),
        ("new passport, by when do I report", "passport_change"),
        ("换了护照几天内要报", "passport_change"),
        ("I was promoted, how many days to report", "change_report"),
        ("职务变更几天内办", "change_report"),
        ("social insurance registration deadline", "social_insurance"),
        ("入职后多久要参保", "social_insurance"),
        ("short-term work from 1 Nov, last day?", "short_term_stay"),
        ("what is the fee", None),
        ("你好", None),
    ],
)
def test_the_rule_is_found_in_a_sentence(deadlines: Deadlines, text: str, rule: str | None) -> None:
    found = deadlines.find(text)
    assert (found.id if found else None) == rule


_MARK = {"id": "a", "role": "last", "unit": "days", "text": {"en": "a", "zh": "b"}}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"base": "birthday"}, "base"),
        ({"afterwards": "never"}, "afterwards"),
        ({"certainty": "sure"}, "certainty"),
        ({"scope": "moon"}, "scope"),
        ({"review_by": "soon"}, "review_by"),
        ({"sources": ["NOBODY"]}, "sources"),
        ({"sources": []}, "sources"),
        ({"text": {"en": "only"}}, "text.zh"),
        ({"aliases": {"en": ["a"]}}, "aliases.zh"),
        ({"marks": []}, "marks"),
        ({"marks": [{"id": "a", "role": "last", "after": 1, "unit": "moons", "text": {"en": "a", "zh": "b"}}]}, "marks[0]"),
        ({"marks": [{"id": "a", "role": "last", "before": 1, "unit": "working_days", "text": {"en": "a", "zh": "b"}}]}, "marks[0]"),
        ({"marks": [{"id": "a", "role": "end", "after": 0, "unit": "days", "text": {"en": "a", "zh": "b"}}]}, "marks"),
        ({"marks": [{**_MARK, "after": 10}]}, "marks[0].after"),
        ({"marks": [{**_MARK, "after": "time.promised.weeks"}]}, "marks[0].after"),
        ({"marks": [{**_MARK, "after": "card.collect_card.days"}]}, "marks[0].after"),
        ({"marks": [{**_MARK, "after": "card.end.date"}]}, "marks[0].after"),
        ({"text": {"en": "{time.promised.days}", "zh": "七"}}, "text"),
        ({"text": {"en": "{time.promised.weeks}", "zh": "{time.promised.weeks}"}}, "text.en"),
    ],
)
def test_a_broken_rule_is_named(tmp_path: Path, change: dict[str, Any], field: str) -> None:
    raw = yaml.load((DATA / "deadlines.yml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    raw["rules"]["medical"].update(change)
    path = tmp_path / "deadlines.yml"
    path.write_text(yaml.dump(raw, Dumper=yaml.CSafeDumper, allow_unicode=True), encoding="utf-8")
    with pytest.raises(DataError) as error:
        Deadlines.load(WorkingCalendar.load(), path, load_sources(DATA / "sources.yml"))
    assert (error.value.file, error.value.entry, error.value.field) == ("deadlines.yml", "medical", field)
