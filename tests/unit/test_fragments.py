"""Which phrases a text may have."""

from __future__ import annotations

import re

import pytest

from bot.fragments import Fragments, needed


def test_a_phrase_is_likely_where_one_of_its_fragments_stands() -> None:
    fragments = Fragments([{"kill", "hurt"}, {"urt"}, {"死"}])
    assert fragments.likely("they hurt me") == {0, 1}
    assert fragments.likely("想死") == {2}
    assert fragments.likely("hur") == set()


def test_a_phrase_that_needs_nothing_is_always_likely_and_one_without_a_fragment_never() -> None:
    fragments = Fragments([{""}, set(), {"a"}])
    assert fragments.likely("") == {0}
    assert fragments.likely("a") == {0, 2}


@pytest.mark.parametrize(
    ("pattern", "fragments"),
    [
        ("(work )?permits?", {"permit"}),
        ("(?:my )?(visa|card)", {"visa", "card"}),
        ("[的了]", {"的", "了"}),
        ("(?<=a)bc(?!d)", {"bc"}),
        ("(?:one )+", {"one "}),
        (r"\w+ x*", {" "}),
        ("a?|permit", {"", "permit"}),
        ("(?i:permit)", {""}),
        ("(?i)permit", {""}),
        (r"[^x]+", {""}),
    ],
)
def test_a_pattern_needs_what_every_text_that_it_is_found_in_has(pattern: str, fragments: set[str]) -> None:
    assert needed(pattern, 8) == fragments


def test_fragments_are_cut_from_the_middle_and_what_is_no_pattern_is_refused() -> None:
    assert needed("company|companies", 4) == {"ompa"}
    for broken in ("(?<=a+)b", "(a", "a{2,1}"):
        with pytest.raises(re.error):
            needed(broken, 4)
