"""What a person's circumstances do beside the matrix: outcomes, warnings, routes, texts."""

from __future__ import annotations

from datetime import date

import pytest

from bot.catalogue.checklist import Checklist, Item
from bot.catalogue.profile import Profile
from bot.errors import Invalid
from tests.unit.papers_fixture import TODAY, checklist, grounds, needs, papers


def item(found: Checklist, material: str) -> Item:
    return next(each for each in found.items if each.id == material)


def notes(found: Checklist) -> set[str]:
    return {note.id for note in found.notes}


@pytest.mark.parametrize(
    ("circumstances", "reason"),
    [
        ({"resident_status": "hmt"}, "hmt_resident"),
        ({"nationality": "HK"}, "hmt_resident"),
        ({"nationality": "MO"}, "hmt_resident"),
        ({"nationality": "TW"}, "hmt_resident"),
        ({"resident_status": "permanent"}, "permanent_resident"),
        ({"resident_status": "diplomat"}, "diplomat"),
        ({"nationality": "CN"}, "chinese_citizen"),
    ],
)
@pytest.mark.parametrize("application_type", [None, "new_abroad", "extension"])
def test_some_people_need_no_permit(application_type: str | None, circumstances: dict[str, str], reason: str) -> None:
    found = checklist(application_type, **circumstances)
    assert found.outcome is not None
    assert (found.outcome.code, found.outcome.id, found.items) == ("no_permit_needed", reason, ())
    assert papers().checklists.next_question(Profile(application_type, None, circumstances), TODAY) is None


def test_short_task_that_is_no_short_term_work_needs_no_permit() -> None:
    found = checklist("short_term", short_task="exempt")
    assert found.outcome is not None
    assert found.outcome.code == "no_permit_needed"


@pytest.mark.parametrize("circumstances", [{"cancel_case": "expired"}, {"permit_lapsed": "yes"}])
def test_permit_that_ran_out_needs_no_cancellation(circumstances: dict[str, str]) -> None:
    found = checklist("cancellation", **circumstances)
    assert found.outcome is not None
    assert found.outcome.code == "nothing_to_file"


@pytest.mark.parametrize(
    ("application_type", "circumstances", "leads_to"),
    [
        ("change_employer", {"occupation_changes": "yes"}, "new_in_china"),
        ("extension", {"occupation_changes": "yes"}, "new_in_china"),
        ("change_information", {"occupation_changes": "yes"}, "new_in_china"),
        ("extension", {"permit_lapsed": "yes"}, "new_abroad"),
        ("extension", {"permit_lapsed": "yes", "place": "in_china"}, "new_in_china"),
    ],
)
def test_another_list_holds_and_the_reason_is_given(application_type: str, circumstances: dict[str, str], leads_to: str) -> None:
    found = checklist(application_type, "B", **circumstances)
    assert found.outcome is not None
    assert (found.outcome.kind, found.application_type) == ("redirect", leads_to)
    assert needs(found) == needs(checklist(leads_to, "B"))


@pytest.mark.parametrize(
    ("application_type", "category", "circumstances", "expected"),
    [
        ("extension", "B", {"age_60": "yes"}, {"extension_age"}),
        ("extension", "C", {"age_60": "yes"}, {"extension_age"}),
        ("extension", "A", {"age_60": "yes"}, set()),
        ("extension", None, {"age_60": "yes"}, {"extension_age_unknown_category"}),
        ("extension", "B", {"age_60": "no"}, set()),
        ("new_abroad", "B", {"age_60": "yes"}, {"new_age"}),
        ("short_term", None, {"age_60": "yes"}, {"short_age"}),
        ("new_in_china", "B", {"visa_kind": "visa_free_mutual"}, {"mutual_visa_free"}),
        ("new_in_china", "B", {"visa_kind": "visa_free_unilateral"}, {"unilateral_visa_free"}),
        ("new_in_china", "B", {"visa_kind": "visa_free"}, {"visa_free_unclear"}),
        ("new_in_china", "B", {"visa_kind": "tourist"}, {"tourist_visa"}),
        ("new_in_china", "B", {"visa_kind": "business"}, {"business_visa"}),
        ("new_abroad", "B", {"visa_kind": "visa_free_mutual"}, set()),
        ("new_abroad", "B", {"basis": "language_teacher", "teaches_mother_tongue": "no"}, {"mother_tongue"}),
        ("new_abroad", "B", {"basis": "salary"}, {"salary_threshold"}),
        ("cancellation", None, {"cancel_case": "employer_gone"}, {"employer_missing_cancel"}),
    ],
)
def test_warnings_stand_beside_the_list(
    application_type: str, category: str | None, circumstances: dict[str, str], expected: set[str]
) -> None:
    assert notes(checklist(application_type, category, **circumstances)) == expected | {"shenzhen_list"}


@pytest.mark.parametrize("application_type", papers().application_types.wire)
def test_every_list_ends_by_saying_once_that_the_full_one_was_not_seen(application_type: str) -> None:
    found = checklist(application_type, "B").notes
    assert [note.id for note in found].count("shenzhen_list") == 1
    assert found[-1].id == "shenzhen_list"
    phone = grounds().facts["phones.work_permit"].values["number"]
    assert all(phone in text for text in found[-1].text.values())


def test_a_row_of_another_city_makes_the_line_that_citys() -> None:
    assert item(checklist("change_employer", "B"), "M07").scope == "BJ"
    assert item(checklist("new_abroad", "B"), "M07").scope == "NAT"


def test_a_health_commitment_for_b_and_c_is_told_to_be_beijings() -> None:
    for category in ("B", "C"):
        condition = item(checklist("new_abroad", category), "M05").condition
        assert condition is not None
        assert "Beijing" in condition["en"] and "北京" in condition["zh"]


def test_degree_and_police_paper_each_go_the_way_of_their_country() -> None:
    found = checklist("new_abroad", "B", degree_country="GB", nationality="IN")
    degree, police = item(found, "M03"), item(found, "M04")
    assert degree.authentication == papers().countries.route("GB", TODAY).text
    assert police.authentication == papers().countries.route("IN", TODAY).text
    assert {note.id for note in degree.notes} == {"also_degree_country"}


def test_police_paper_may_come_from_the_place_one_lives() -> None:
    found = checklist("new_abroad", "B", nationality="IN", no_crime_country="SG")
    assert item(found, "M04").authentication == papers().countries.route("SG", TODAY).text


def test_mainland_degree_needs_no_authentication_and_no_translation() -> None:
    degree = item(checklist("new_abroad", "B", degree_country="CN"), "M03")
    assert degree.authentication == papers().countries.route("CN", TODAY).text
    assert degree.translation is not None
    assert degree.translation["en"].startswith("Not needed")
    assert not degree.notes


def test_unknown_country_leaves_the_general_rule() -> None:
    general = papers().materials["M03"].authentication
    assert item(checklist("new_abroad", "B"), "M03").authentication == general
    assert item(checklist("new_abroad", "B", degree_country="unknown"), "M03").authentication == general


def test_thai_degree_changes_its_way_on_28_february_2027() -> None:
    before = item(checklist("new_abroad", "B", today=date(2027, 2, 27), degree_country="TH"), "M03")
    after = item(checklist("new_abroad", "B", today=date(2027, 2, 28), degree_country="TH"), "M03")
    assert before.authentication != after.authentication


@pytest.mark.parametrize("material", ["M02", "M03", "M04"])
def test_translation_follows_the_shenzhen_rule_by_language(material: str) -> None:
    english = item(checklist("new_abroad", "B", paper_language="english"), material).translation
    other = item(checklist("new_abroad", "B", paper_language="other"), material).translation
    assert english is not None and other is not None
    assert "employer" in english["en"] and "单位" in english["zh"]
    assert "agency" in other["en"] and "翻译机构" in other["zh"]


@pytest.mark.parametrize(
    ("application_type", "category", "circumstances", "material"),
    [
        ("new_abroad", "C", {"intern": "yes"}, "M06"),
        ("new_abroad", "B", {"rep_office": "yes"}, "M06"),
        ("new_abroad", "B", {"regulated": "yes"}, "M03"),
        ("new_abroad", "B", {"former_chinese": "yes"}, "M01"),
        ("new_abroad", "B", {"lived_in_china": "yes"}, "M04"),
        ("change_employer", "B", {"permit_lapsed": "yes"}, "M11"),
        ("cancellation", None, {"cancel_case": "employer_gone"}, "M23"),
    ],
)
def test_special_people_get_a_note_on_the_paper(
    application_type: str, category: str | None, circumstances: dict[str, str], material: str
) -> None:
    assert len(item(checklist(application_type, category, **circumstances), material).notes) > len(
        item(checklist(application_type, category), material).notes
    )


@pytest.mark.parametrize("case", ["employer_gone", "employee_missing", "dispute"])
def test_how_a_job_ended_changes_its_proof(case: str) -> None:
    assert item(checklist("cancellation", cancel_case=case), "M24").details != item(checklist("cancellation"), "M24").details


def test_type_follows_from_purpose_and_place() -> None:
    assert checklist(None, "B", purpose="new", place="abroad").application_type == "new_abroad"
    assert checklist(None, "B", purpose="new", place="in_china").application_type == "new_in_china"
    assert checklist(None, "B", purpose="new").items == ()


def test_profile_survives_json() -> None:
    profile = Profile("extension", "B", {"nationality": "NO", "age_60": "no"})
    assert Profile.from_dict(profile.to_dict()) == profile


def test_newer_answers_correct_older_ones() -> None:
    profile = Profile("new_abroad", "B", {"nationality": "FR"}).merged(Profile("extension", None, {"nationality": "DE"}))
    assert profile == Profile("extension", "B", {"nationality": "DE"})


@pytest.mark.parametrize(
    "profile",
    [Profile("visa"), Profile("extension", "D"), Profile("extension", "B", {"age_60": "maybe"}), Profile(None, None, {"shoe": "1"})],
)
def test_profile_that_names_what_does_not_exist_is_refused(profile: Profile) -> None:
    with pytest.raises(Invalid):
        papers().checklists.checklist(profile, TODAY)
