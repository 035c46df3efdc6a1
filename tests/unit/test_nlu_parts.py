"""Messages in parts, and what refers to what was said before."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import DataError
from bot.nlu.follow_ups import FollowUps
from bot.nlu.parts import MOST, parts_of
from bot.settings import ROOT


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("hello", []),
        ("How long does it take?", []),
        ("How much does it cost and how long does it take?", ["How much does it cost", "how long does it take?"]),
        ("My wife is here. Can she work?", ["My wife is here.", "Can she work?"]),
        ("Hi. Where is the hall?", []),
        ("Dr. Smith of ABC Co. Ltd. wants to renew in May. How?", []),
        (
            "Good. Can I book an appointment, and what are the opening hours of the hall?",
            ["Good. Can I book an appointment", "what are the opening hours of the hall?"],
        ),
        ("费用多少，要多久", ["费用多少", "要多久"]),
        ("我在深圳上班，合同到期了，想换工作，怎么办", []),
        ("办延期要什么材料？还有去哪里交？", ["办延期要什么材料？", "还有去哪里交？"]),
        ("Was kostet das? Und wie lange dauert es?", ["Was kostet das?", "Und wie lange dauert es?"]),
        ("It costs 3.5 or 4.5 yuan", []),
        ("the first line is here\nand the second one too", ["the first line is here", "and the second one too"]),
    ],
)
def test_sentences_and_joined_questions_are_parts(text: str, parts: list[str]) -> None:
    assert parts_of(text) == parts


def test_of_many_sentences_the_questions_are_read() -> None:
    story = " ".join(f"This is sentence number {number} of my story." for number in range(30))
    parts = parts_of(f"{story} Which papers do I need? {story}")
    assert len(parts) == MOST and "Which papers do I need?" in parts


def test_parts_of_a_message_without_signs_are_short() -> None:
    assert all(len(part) <= 260 for part in parts_of(("word " * 200 + ". ") * 4))


@pytest.fixture(scope="module")
def follow_ups() -> FollowUps:
    return FollowUps.load(ROOT)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Why?", "why"),
        ("为什么呢", "why"),
        ("The second one, please", "2"),
        ("第二个", "2"),
        ("and in Chinese?", "in_chinese"),
        ("用英文说一遍", "in_english"),
        ("auf Chinesisch bitte", "in_chinese"),
        ("what about my wife", None),
        ("why is my application refused", None),
        ("the second job", None),
    ],
)
def test_message_that_means_something_only_after_another_is_known(follow_ups: FollowUps, text: str, kind: str | None) -> None:
    assert follow_ups.kind_of(text) == kind


@pytest.mark.parametrize("content", ["other: [x]", "why: x", "why: [again]\nagain: [Again!]", "why: ['?']"])
def test_wrong_list_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "follow_ups.yml").write_text(content, encoding="utf-8")
    with pytest.raises(DataError):
        FollowUps.load(tmp_path)
