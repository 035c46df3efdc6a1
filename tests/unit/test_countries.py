"""How papers from a country are authenticated, and which countries a sentence names."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.papers_fixture import TODAY, papers


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("US", "apostille"),
        ("GB", "apostille"),
        ("FR", "apostille"),
        ("RU", "apostille"),
        ("ZA", "apostille"),
        ("PK", "apostille"),
        ("CA", "apostille"),
        ("BD", "apostille"),
        ("PH", "apostille"),
        ("IN", "india"),
        ("EG", "legalisation"),
        ("NG", "legalisation"),
        ("MY", "legalisation"),
        ("AE", "legalisation"),
        ("TH", "legalisation"),
        ("VN", "unclear"),
        ("DZ", "unclear"),
        ("GI", "unclear"),
        ("XK", "not_recognised"),
        ("HK", "hong_kong"),
        ("MO", "macao"),
        ("TW", "taiwan"),
        ("CN", "mainland"),
        ("HT", "no_mission"),
    ],
)
def test_country_has_its_way(code: str, kind: str) -> None:
    assert papers().countries.route(code, TODAY).kind == kind


@pytest.mark.parametrize(
    ("code", "since"),
    [("FR", date(2023, 11, 7)), ("US", date(2023, 11, 7)), ("CA", date(2024, 1, 11)), ("RW", date(2024, 6, 5)), ("BD", date(2025, 3, 30))],
)
def test_apostille_works_here_from_the_later_of_both_dates(code: str, since: date) -> None:
    assert papers().countries.route(code, TODAY).since == since


def test_before_its_first_day_an_apostille_does_not_work() -> None:
    assert papers().countries.route("CA", date(2024, 1, 10)).kind == "legalisation"
    assert papers().countries.route("CA", date(2024, 1, 11)).kind == "apostille"


def test_thailand_changes_on_28_february_2027() -> None:
    before, after = papers().countries.route("TH", date(2027, 2, 27)), papers().countries.route("TH", date(2027, 2, 28))
    assert (before.kind, before.until) == ("legalisation", date(2027, 2, 27))
    assert (after.kind, after.since) == ("apostille", date(2027, 2, 28))
    assert after.certainty != "high"


def test_doubtful_members_are_not_certain() -> None:
    for code in ("BD", "BZ", "PY", "VN", "GI"):
        assert papers().countries.route(code, TODAY).certainty != "high"


def test_text_names_country_and_day_in_both_languages() -> None:
    text = papers().countries.route("CA", TODAY).text
    assert "Canada" in text["en"] and "11 Jan 2024" in text["en"]
    assert "加拿大" in text["zh"] and "2024年1月11日" in text["zh"]


def test_every_country_has_a_way_and_both_names() -> None:
    for code, country in papers().countries.items():
        assert papers().countries.route(code, TODAY).sources
        assert country.name["en"] and country.name["zh"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("France", ["FR"]),
        ("法国", ["FR"]),
        ("法国人", ["FR"]),
        ("I'm a Brit", ["GB"]),
        ("American", ["US"]),
        ("filipino", ["PH"]),
        ("UK", ["GB"]),
        ("US", ["US"]),
        ("help us please", []),
        ("俄罗斯", ["RU"]),
        ("南非", ["ZA"]),
        ("Türkiye", ["TR"]),
        ("turkish", ["TR"]),
        ("Dubai", ["AE"]),
        ("迪拜", ["AE"]),
        ("South Korea", ["KR"]),
        ("North Korea", ["KP"]),
        ("Niger", ["NE"]),
        ("Nigeria", ["NG"]),
        ("Papua New Guinea", ["PG"]),
        ("Guinea-Bissau", ["GW"]),
        ("香港", ["HK"]),
        ("Hong Kong", ["HK"]),
        ("Côte d'Ivoire", ["CI"]),
        ("i am norwegian", ["NO"]),
        ("挪威", ["NO"]),
        ("印度尼西亚", ["ID"]),
        ("印尼", ["ID"]),
        ("印度", ["IN"]),
        ("德國", ["DE"]),
        ("from Pakistan and Uzbekistan", ["PK", "UZ"]),
        ("the Netherlands", ["NL"]),
        ("荷兰", ["NL"]),
        ("brazillian", ["BR"]),
    ],
)
def test_countries_are_found_in_both_languages(text: str, codes: list[str]) -> None:
    assert [mention.code for mention in papers().countries.find(text)] == codes
