"""Materials, stages and official terms, found by what people call them."""

from __future__ import annotations

import pytest

from tests.unit.papers_fixture import papers


@pytest.mark.parametrize(
    ("text", "material"),
    [
        ("what about the police check", "M04"),
        ("无犯罪怎么开", "M04"),
        ("fbi background check", "M04"),
        ("diploma", "M03"),
        ("毕业证要认证吗", "M03"),
        ("reference letter from my old boss", "M02"),
        ("工作证明", "M02"),
        ("体检", "M05"),
        ("medical exam", "M05"),
        ("photo size", "M09"),
        ("照片要求", "M09"),
        ("short-term contract", "M14"),
        ("合同", "M06"),
        ("the new contract", "M17"),
        ("passport", "M07"),
        ("release letter", "M11"),
        ("离职证明", "M11"),
        ("tax record", "M19"),
        ("完税证明", "M19"),
        ("cv", "M27"),
        ("marriage certificate", "M10"),
        ("lost card", None),
        ("extension form", "M16"),
        ("cancellation form", "M23"),
        ("application form", "M01"),
        ("health commitment letter", "M13"),
        ("M12", "M12"),
        ("no criminal record certifcate", "M04"),
        ("old permit card", "M20"),
        ("banana", None),
        ("護照", "M07"),
    ],
)
def test_material_is_found_by_what_people_call_it(text: str, material: str | None) -> None:
    found = papers().materials.find(text)
    assert (found.id if found else None) == material


def test_status_words_of_the_portal_find_their_stage() -> None:
    for word, stage in {
        "一级预审通过": "pre_review_passed",
        "已退回": "returned",
        "in review": "under_examination",
        "审核决定通过": "approved",
        "不予许可": "not_approved",
        "pre-review passed": "pre_review_passed",
        "not accepted": "not_accepted",
    }.items():
        found = papers().stages.find(word)
        assert found is not None and found.id == stage, word


def test_official_terms_are_found_in_both_languages() -> None:
    for word, term in {
        "what is 容缺受理": "acceptance_with_gaps",
        "notice of acceptance": "notice_of_acceptance",
        "工作类居留许可": "work_residence_permit",
    }.items():
        found = papers().glossary.find(word)
        assert found is not None and found.id == term
