"""What the desk says: hours, holidays and days that no source settles, the wait, the due day, and the words for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.answers.person_card import wait
from bot.conversations import requests
from bot.conversations.desk import Desk, Rules
from bot.conversations.models import Conversation, Handoff
from bot.db import Database
from bot.languages import LANGUAGES
from bot.settings import load
from tests.gateway import CLOSED, FakePresence, desk
from tests.project import answers

SHENZHEN = ZoneInfo("Asia/Shanghai")


def at(day: str, clock: str = "10:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=SHENZHEN)


def standing(moment: datetime, *officers: int, rules: Rules = Rules()) -> Desk:
    return desk(FakePresence(*officers), rules, lambda: moment)


@pytest.mark.parametrize(
    ("moment", "within_hours"),
    [
        (at("2026-11-25"), True),
        (at("2026-11-25", "08:59"), False),
        (at("2026-11-25", "12:30"), False),
        (at("2026-11-25", "20:00"), False),
        (at("2026-11-28"), False),
        (at("2026-10-01"), False),
        (at("2026-10-05"), False),
        (at("2026-10-10"), None),
        (at("2031-03-05"), None),
        (at("2027-10-01"), False),
    ],
)
def test_the_desk_is_open_when_the_hall_is(sqlite_database: Database, moment: datetime, within_hours: bool | None) -> None:
    with sqlite_database.session() as session:
        situation = standing(moment, 1).situation(session)
    assert situation.within_hours is within_hours and situation.can_wait is (within_hours is not False)


def test_on_a_day_that_no_source_settles_only_officers_can_make_it_open(sqlite_database: Database) -> None:
    with sqlite_database.session() as session:
        assert standing(at("2026-10-10"), 1).situation(session).can_wait
        assert not standing(at("2026-10-10")).situation(session).can_wait
        offer, _ = standing(at("2026-10-10")).offer(session, "x", "asked", "en")
    assert offer.payload["card"]["within_hours"] is None and "not certain" in offer.text


def test_a_desk_that_is_always_open_knows_no_holiday(sqlite_database: Database) -> None:
    rules = Rules(hours=load({"BOT_DESK_HOURS": "always"}, None).desk_hours)
    with sqlite_database.session() as session:
        situation = standing(at("2026-10-01", "03:00"), 1, rules=rules).situation(session)
        offer, _ = standing(at("2026-10-01", "03:00"), 1, rules=rules).offer(session, "x", "asked", "en")
    assert situation.within_hours is True and situation.can_wait and situation.next_open is None
    assert "at any hour" in offer.text and offer.payload["card"]["can_wait"] is True


@pytest.mark.parametrize("language", LANGUAGES)
def test_outside_hours_the_offer_says_when_the_desk_opens_and_when_a_message_is_answered(sqlite_database: Database, language: str) -> None:
    with sqlite_database.session() as session:
        offer, _ = standing(at("2026-09-30", "19:00"), 1).offer(session, "x", "asked", language)  # type: ignore[arg-type]
    opens, due = {"en": ("Thu 8 Oct 2026, 09:00", "Fri 9 Oct 2026"), "zh": ("2026年10月8日（周四）09:00", "2026年10月9日")}[language]
    assert opens in offer.text and due in offer.text and "0755-88121678" in offer.text
    assert offer.payload["card"]["next_open"] == "2026-10-08T09:00:00+08:00"
    assert [each["payload"] for each in offer.payload["quick_replies"]] == ["desk:message", "desk:stay"]


@pytest.mark.parametrize(
    ("left", "days", "due", "exact"),
    [
        (at("2026-11-25"), 2, "2026-11-27", True),
        (at("2026-11-27"), 2, "2026-12-01", True),
        (at("2026-09-30"), 2, "2026-10-09", True),
        # The tenth of October is a Saturday that is worked.
        (at("2026-10-09"), 1, "2026-10-10", True),
        (at("2026-12-31"), 2, "2027-01-05", False),
    ],
)
def test_a_left_message_is_due_in_working_days(left: datetime, days: int, due: str, exact: bool) -> None:
    found = standing(left, rules=Rules(left_message_days=days)).due(left)
    assert found.at.date().isoformat() == due and found.at.tzinfo is not None and found.exact is exact


def test_a_due_day_that_the_calendar_does_not_know_is_said_to_be_unsure() -> None:
    assert "about" in standing(at("2026-12-31")).due_text(at("2026-12-31"), "en")
    assert "about" not in standing(at("2026-11-25")).due_text(at("2026-11-25"), "en")


def claims(database: Database, moment: datetime, *waited: float, days_ago: float = 1) -> None:
    with database.session() as session:
        session.add(Conversation(id="c", channel="rest", caller="x", sender="x", thread_id="c", ordinal=1))
        session.flush()
        for seconds in waited:
            claimed = moment - timedelta(days=days_ago)
            session.add(
                Handoff(
                    conversation_id="c",
                    message_id="m",
                    reason="asked",
                    queued_at=claimed - timedelta(seconds=seconds),
                    claimed_at=claimed,
                    closed_at=claimed,
                    ended="claimed",
                )
            )


def test_the_expected_wait_is_the_usual_one_times_the_place(sqlite_database: Database) -> None:
    moment = at("2026-11-25")
    claims(sqlite_database, moment, 60, 120, 3000)
    with sqlite_database.session() as session:
        assert requests.expected_wait_s(session, 1, moment) == 120
        assert requests.expected_wait_s(session, 3, moment) == 360


def test_with_few_or_old_claims_the_wait_is_not_known(sqlite_database: Database) -> None:
    moment = at("2026-11-25")
    claims(sqlite_database, moment, 60, 60, 60, days_ago=8)
    with sqlite_database.session() as session:
        assert requests.expected_wait_s(session, 1, moment) is None
        offer, _ = standing(moment, 1).offer(session, "c", "asked", "en")
    assert offer.payload["card"]["expected_wait_s"] is None and "not known" in offer.text


@pytest.mark.parametrize(("seconds", "text"), [(20, "less than a minute"), (60, "about 1 min"), (150, "about 2 min"), (None, "not known")])
def test_the_wait_in_words(seconds: int | None, text: str) -> None:
    assert text in wait(standing(CLOSED).answers, seconds, "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_of_the_desk_can_be_said_in_every_language(language: str) -> None:
    counter = standing(at("2026-11-25"))
    named = {
        "claimed": {"name": "Chen Li", "station": "civic_center"},
        "joined": {"name": "Chen Li", "station": None},
        "idle_warning": {"minutes": 5},
        "transferred": {"name": None, "station": "civic_center"},
        "not_served_closed": {"next_open": at("2026-11-26", "09:00")},
        **{f"kept_{kind}": {"due": "Friday", "contact": "x"} for kind in ("window", "email", "phone")},
    }
    pieces = {"offer_", "calm_", "why_", "wait_", "hours_", "due", "to_", "place", "queued"}
    codes = {name.removeprefix("utter_desk_") for name in answers().names if name.startswith("utter_desk_")}
    lines = {code for code in codes if not any(code.startswith(piece) for piece in pieces)}
    assert {"stay", "left", "too_late", "handed_back", "closed", "ended_by_applicant", "reclaimed_nobody", "contact_added"} <= lines
    for code in lines:
        line = counter.line(code, language, **named.get(code, {}))  # type: ignore[arg-type]
        assert line.text and line.author == "system" and line.payload["desk"] == code and "{" not in line.text


def test_a_transfer_names_the_colleague_the_station_or_nobody() -> None:
    counter = standing(at("2026-11-25"))
    assert "Chen Li" in counter.line("transferred", "en", name="Chen Li", station="civic_center").text
    hall = answers().catalogue.stations.get("civic_center")
    assert hall is not None and hall.name["en"] in counter.line("transferred", "en", name=None, station="civic_center").text
    assert "a colleague" in counter.line("transferred", "en", name=None, station=None).text


@pytest.mark.parametrize(
    ("payload", "title"),
    [
        ("/fee", "费用"),
        ("/handoff", "转人工"),
        ("desk:message", "留言"),
        ("desk:wait", "排队等候"),
        ("/restart", None),
        ("desk:other", None),
    ],
)
def test_topics_and_the_choices_of_the_desk_open_a_matter_without_having_been_offered(payload: str, title: str | None) -> None:
    found = standing(CLOSED).title(payload, "zh")
    assert (found is not None and title in found) if title is not None else found is None
