"""The lists against a table written by hand from the fact base, and against every circumstance that changes them."""

from __future__ import annotations

import pytest

from tests.unit.papers_fixture import checklist, needs, papers

Y, IF, C, N = "yes", "if", "commitment", None

MATRIX = {
    # type, category: M01 … in the words of the fact base: ● yes, ○ if, ✎ commitment
    ("new_abroad", "A"): "M01=Y M02=C M03=C M04=C M05=C M06=Y M07=Y M09=Y M10=I M12=Y M13=I",
    ("new_abroad", "B"): "M01=Y M02=Y M03=Y M04=Y M05=Y M06=Y M07=Y M09=Y M10=I M12=I",
    ("new_abroad", "C"): "M01=Y M02=I M03=I M04=Y M05=Y M06=Y M07=Y M09=Y M10=I M12=I",
    ("new_in_china", "A"): "M01=Y M02=C M03=C M04=C M05=Y M06=Y M07=Y M08=Y M09=Y M10=I M12=Y M13=I",
    ("new_in_china", "B"): "M01=Y M02=Y M03=Y M04=Y M05=Y M06=Y M07=Y M08=Y M09=Y M10=I M12=I",
    ("new_in_china", "C"): "M01=Y M02=Y M03=Y M04=Y M05=Y M06=Y M07=Y M08=Y M09=Y M10=I M12=I",
    ("new_abroad", None): "M01=Y M02=I M03=I M04=Y M05=Y M06=Y M07=Y M09=Y M10=I M12=I M13=I",
    ("short_term", None): "M01=Y M07=Y M09=I M14=Y M15=I",
    ("extension", None): "M10=I M12=I M16=Y M17=Y M18=Y M19=I M21=I M22=I",
    ("change_information", None): "M06=I M07=I M12=I M21=Y M22=Y",
    ("change_employer", None): "M01=Y M02=I M03=I M06=Y M07=Y M08=Y M09=I M10=I M11=Y M12=I",
    ("cancellation", None): "M19=I M23=Y M24=Y",
}
LETTERS = {"Y": Y, "I": IF, "C": C}


@pytest.mark.parametrize(("key", "row"), MATRIX.items(), ids=str)
def test_list_without_circumstances_is_the_matrix(key: tuple[str, str | None], row: str) -> None:
    expected = {cell.split("=")[0]: LETTERS[cell.split("=")[1]] for cell in row.split()}
    assert needs(checklist(*key)) == expected


@pytest.mark.parametrize("application_type", ["short_term", "extension", "change_information", "change_employer", "cancellation"])
@pytest.mark.parametrize("category", ["A", "B", "C"])
def test_category_does_not_change_these_lists(application_type: str, category: str) -> None:
    assert needs(checklist(application_type, category)) == needs(checklist(application_type))


CHANGES = [
    # type, category, circumstance, what differs from the list without it
    ("new_abroad", "A", {"category_paper": "experience"}, {"M02": Y}),
    ("new_abroad", "A", {"category_paper": "degree"}, {"M03": Y}),
    ("new_abroad", "A", {"category_paper": "other"}, {}),
    ("new_in_china", "A", {"category_paper": "experience"}, {"M02": Y}),
    ("new_in_china", "A", {"category_paper": "degree"}, {"M03": Y}),
    ("new_abroad", "B", {"basis": "degree_experience"}, {"M12": N}),
    ("new_abroad", "B", {"basis": "points"}, {"M12": Y}),
    ("new_abroad", "B", {"basis": "salary"}, {"M12": Y, "M02": IF}),
    ("new_abroad", "B", {"basis": "graduate"}, {"M12": N, "M02": IF}),
    ("new_abroad", "B", {"basis": "qualification"}, {"M12": N}),
    ("new_abroad", "B", {"basis": "language_teacher"}, {"M12": N}),
    ("new_abroad", "B", {"basis": "language_teacher", "teaching_qualification": "yes"}, {"M12": N, "M02": N}),
    ("new_abroad", "B", {"basis": "language_teacher", "teaching_qualification": "no"}, {"M12": N}),
    ("new_in_china", "B", {"basis": "points"}, {"M12": Y}),
    ("new_in_china", "B", {"basis": "salary"}, {"M12": Y, "M02": IF}),
    ("new_in_china", "B", {"basis": "language_teacher", "teaching_qualification": "yes"}, {"M12": N, "M02": N}),
    ("new_abroad", "B", {"family": "yes"}, {"M10": Y}),
    ("new_abroad", "B", {"family": "no"}, {"M10": N}),
    ("new_in_china", "C", {"family": "yes"}, {"M10": Y}),
    ("short_term", None, {"short_task": "performance"}, {"M15": Y}),
    ("short_term", None, {"short_task": "film"}, {"M15": N}),
    ("short_term", None, {"short_task": "partner"}, {"M15": N}),
    ("extension", "B", {"pay_commitment": "yes"}, {"M19": Y}),
    ("extension", "B", {"pay_commitment": "no"}, {"M19": N}),
    ("extension", None, {"pay_commitment": "yes"}, {"M19": Y}),
    ("extension", "B", {"change": "nothing"}, {"M12": N, "M21": N, "M22": N}),
    ("extension", "B", {"change": "passport"}, {"M12": N, "M22": Y}),
    ("extension", "B", {"change": "post"}, {"M12": N, "M22": Y}),
    ("extension", "B", {"change": "category"}, {"M12": Y, "M21": N, "M22": N}),
    ("extension", "B", {"family": "no"}, {"M10": N}),
    ("change_information", None, {"change": "passport"}, {"M06": N, "M07": Y, "M12": N}),
    ("change_information", None, {"change": "name"}, {"M06": N, "M07": Y, "M12": N}),
    ("change_information", None, {"change": "post"}, {"M07": N, "M12": N}),
    ("change_information", None, {"change": "category"}, {"M07": N, "M12": Y}),
    ("change_employer", "B", {"papers_on_file": "yes"}, {"M02": N, "M03": N}),
    ("change_employer", "B", {"papers_on_file": "no"}, {"M02": Y, "M03": Y}),
    ("change_employer", "B", {"basis": "points"}, {"M12": Y}),
    ("change_employer", "B", {"basis": "degree_experience"}, {"M12": N}),
    ("cancellation", None, {"pay_commitment": "yes"}, {"M19": Y}),
    ("cancellation", None, {"pay_commitment": "no"}, {"M19": N}),
    ("cancellation", None, {"cancel_case": "employer_gone"}, {}),
]


@pytest.mark.parametrize(("application_type", "category", "circumstances", "difference"), CHANGES, ids=str)
def test_circumstance_changes_the_list_as_the_fact_base_says(
    application_type: str, category: str | None, circumstances: dict[str, str], difference: dict[str, str | None]
) -> None:
    expected: dict[str, str | None] = {**needs(checklist(application_type, category)), **difference}
    assert needs(checklist(application_type, category, **circumstances)) == {key: value for key, value in expected.items() if value}


def test_dont_know_keeps_a_row_as_if() -> None:
    assert needs(checklist("extension", "B", pay_commitment="unknown", change="unknown")) == needs(checklist("extension", "B"))


def test_abolished_materials_are_on_no_list() -> None:
    for application_type in papers().application_types.wire:
        for category in (None, "A", "B", "C"):
            assert not {"M20", "M25"} & set(needs(checklist(application_type, category)))


def test_inferred_lists_of_category_c_are_never_of_high_certainty() -> None:
    for application_type in ("new_abroad", "new_in_china"):
        assert all(item.certainty != "high" for item in checklist(application_type, "C").items)


def test_every_line_says_when_it_applies_and_where_that_stands() -> None:
    for application_type in papers().application_types.wire:
        for category in (None, "A", "B", "C"):
            for item in checklist(application_type, category).items:
                assert item.sources
                assert item.required == Y or item.condition, (application_type, category, item.id)
