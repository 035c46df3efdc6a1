"""Which phrases a text may have."""

from __future__ import annotations

from bot.fragments import Fragments


def test_a_phrase_is_likely_where_one_of_its_fragments_stands() -> None:
    fragments = Fragments([{"kill", "hurt"}, {"urt"}, {"死"}])
    assert fragments.likely("they hurt me") == {0, 1}
    assert fragments.likely("想死") == {2}
    assert fragments.likely("hur") == set()


def test_a_phrase_that_needs_nothing_is_always_likely_and_one_without_a_fragment_never() -> None:
    fragments = Fragments([{""}, set(), {"a"}])
    assert fragments.likely("") == {0}
    assert fragments.likely("a") == {0, 2}
