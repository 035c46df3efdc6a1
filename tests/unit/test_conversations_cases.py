"""Which applications a stored message shows, whatever became of its payload."""

from __future__ import annotations

from typing import Any

import pytest

from bot.conversations.cases import APPLICATION, CASES, Case, cases_in, laid_aside


def payload(*numbers: str, **more: Any) -> dict[str, Any]:
    return {"card": {"type": "status", "applications": [{"number": number} for number in numbers]}, **more}


def test_ids_stand_beside_the_card_and_stay_there() -> None:
    fresh = payload("SZ-1", "SZ-2")
    for number, each in enumerate(fresh["card"]["applications"], 7):
        each[APPLICATION] = number
    stored = laid_aside(fresh)
    assert stored == payload("SZ-1", "SZ-2", **{CASES: [7, 8]}) == laid_aside(stored)
    assert cases_in(stored) == [Case("SZ-1", 7), Case("SZ-2", 8)]


@pytest.mark.parametrize("ids", [[7], [7, 8, 9], [], None, 7])
def test_ids_that_do_not_fit_the_card_are_nobodys(ids: Any) -> None:
    unfit = payload("SZ-1", "SZ-2", **{CASES: ids})
    assert cases_in(unfit) == [Case("SZ-1", None), Case("SZ-2", None)]
    assert laid_aside(unfit)[CASES] == [None, None]


@pytest.mark.parametrize("rest", [{}, {"card": {"type": "status", "applications": []}}, {"card": {"type": "station"}}])
def test_without_applications_there_are_no_ids(rest: dict[str, Any]) -> None:
    assert laid_aside({CASES: [7], "topic": "status", **rest}) == {"topic": "status", **rest}
    assert cases_in({CASES: [7], **rest}) == []
