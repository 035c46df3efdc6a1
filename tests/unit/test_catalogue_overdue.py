"""What must be looked at again, over every kind of entry."""

from __future__ import annotations

from datetime import date

from tests import project


def test_facts_stations_materials_and_deadlines_all_come_up_for_review() -> None:
    files = {review.file for review in project.catalogue().overdue(date(2030, 1, 1))}
    assert {"facts/phones.yml", "stations.yml", "materials.yml", "deadlines.yml", "requirements.yml"} <= files


def test_what_is_due_later_does_not_come_up_yet_and_the_oldest_is_first() -> None:
    catalogue = project.catalogue()
    soon = catalogue.overdue(date(2027, 1, 15))
    assert soon and len(soon) < len(catalogue.overdue(date(2030, 1, 1)))
    assert [review.review_by for review in soon] == sorted(review.review_by for review in soon)
    assert any(review.entry.startswith("visa.visa_free") for review in soon)


def test_what_has_ended_rests() -> None:
    catalogue = project.catalogue()
    assert not any(review.until is not None and review.until <= date(2030, 1, 1) for review in catalogue.overdue(date(2030, 1, 1)))
