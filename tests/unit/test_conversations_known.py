"""What somebody says of themselves to an officer counts for their list; what may be about anything else does not."""

from __future__ import annotations

import pytest

from bot.catalogue.profile import Profile
from bot.conversations.known import newest, overheard, profile_in
from tests.project import answers

QUESTION = {"card": None, "profile": {"application_type": "extension", "category": None, "circumstances": {}}}
CARD = {"card": {"type": "checklist", "application_type": "extension", "category": "A", "items": []}}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("I am from Germany", {"nationality": "DE"}),
        ("我是菲律宾人", {"nationality": "PH"}),
        ("my degree is from Ireland", {"degree_country": "IE"}),
        ("I want to extend my permit, category B", {"application_type": "extension", "category": "B"}),
        ("我想延期，B类", {"application_type": "extension", "category": "B"}),
        ("I am Filipino, what do I need for an extension?", {"nationality": "PH", "application_type": "extension"}),
        ("我是菲律宾人，延期要什么材料？", {"nationality": "PH", "application_type": "extension"}),
        ("I am already in China", {"place": "in_china"}),
        # A question about one thing says nothing of the person.
        ("Is category A faster?", {}),
        ("What about changing employer?", {}),
        ("延期怎么办？", {}),
        # A bare name may answer whatever the officer asked.
        ("Italy", {}),
        ("意大利", {}),
        ("My wife is French", {}),
        ("thank you, see you on Monday", {}),
        ("谢谢，周一见", {}),
    ],
)
def test_what_counts_of_what_is_said_to_an_officer(text: str, told: dict[str, str]) -> None:
    assert overheard(answers().catalogue.papers.reader, text, Profile()).context() == told


def test_a_name_does_not_gainsay_a_nationality_that_is_known() -> None:
    known = Profile(circumstances={"nationality": "PH"})
    assert overheard(answers().catalogue.papers.reader, "French, category B", known).context() == {"category": "B"}


def test_the_newest_message_that_knows_anything_counts() -> None:
    nothing = {"card": None, "profile": {"application_type": None, "category": None, "circumstances": {}}}
    assert newest([{}, nothing, QUESTION, CARD]) == QUESTION and newest([{}, nothing]) is None
    # A list from before lists said for whom they are.
    assert profile_in(CARD) == Profile("extension", "A") and profile_in({"card": {"type": "station"}}) == Profile()
