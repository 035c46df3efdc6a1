"""Redaction runs in every turn, on whatever somebody types."""

from __future__ import annotations

import time

import pytest

from bot.redaction import Expects, redact


@pytest.mark.parametrize(
    "hostile",
    [
        "1 ",
        "19",
        "1;",
        "1\u200b",
        "一",
        "十月",
        "1 of the ",
        "dot",
        "@a",
        "a@",
        "a at ",
        "a@a.",
        "点a艾特",
        "oh ",
        "しく",
        "สอง",
        "1 set ",
        "1.iii.",
        "a_",
        "a.a at a.",
        "mail is a at a.",
        "born 1/2 ",
        "1/2, né le ",
        "year 1 month 1 ",
        "1 x ",
        "one",
    ],
)
@pytest.mark.parametrize("expects", [None, "number", "birth_date"])
def test_hostile_text_takes_no_more_than_its_length(hostile: str, expects: Expects) -> None:
    def taken(length: int) -> float:
        text = f"a@{hostile * length}"[:length]
        begun = time.process_time()
        redact(text, expects, lambda kind, _piece: f"<{kind}:1>")
        return time.process_time() - begun

    taken(100)
    quarter, whole = (min(taken(length) for _ in range(3)) for length in (500, 2000))
    # What looks at each pair of characters takes sixteen times as long.
    assert whole < 10 * quarter + 0.05
