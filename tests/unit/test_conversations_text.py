"""What may be typed, and what of it Rasa gets to see."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversations.text import clean, harmless, is_payload
from bot.errors import Invalid

_LEADERS = st.text(alphabet="/／⁄∕ \t\n\u200b\u2060\ufeff\u202e\u2066\u3164\u0301", max_size=8)


@given(_LEADERS, st.sampled_from(["restart", "session_start", 'greet{"a": 1}', "", "x/y"]))
def test_nothing_typed_begins_with_a_command_after_cleaning(leaders: str, command: str) -> None:
    safe = harmless(leaders + "/" + command)
    assert safe.strip() and not unicodedata.normalize("NFKC", safe).strip().startswith("/")


@given(st.text(max_size=50))
def test_harmless_text_is_harmless_again(text: str) -> None:
    once = harmless(text)
    assert harmless(once) == once


def test_slash_inside_a_sentence_stays() -> None:
    assert harmless("A/B 类 and/or") == "A/B 类 and/or"


def test_text_is_composed_and_trimmed_but_otherwise_kept() -> None:
    assert clean("  cafe\u0301 \r\n two\rthree \u202eabc ") == "café \n two\nthree \u202eabc"


@pytest.mark.parametrize("text", ["a\x00", "a\x1b[0m", "a\x7f", "a\x9f", "\ud800", "\udfff"])
def test_characters_that_are_no_text_are_refused(text: str) -> None:
    with pytest.raises(Invalid, match="message_characters"):
        clean(text)


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b\u200b", "\u3164", "\u2800"])
def test_message_without_anything_to_read_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="message_empty"):
        clean(text)


def test_message_of_an_emoji_is_a_message() -> None:
    assert clean("👍") == "👍"


def test_text_that_grows_when_composed_still_obeys_the_limit() -> None:
    with pytest.raises(Invalid, match="message_too_long"):
        clean("\U0001d160" * 2000)


@pytest.mark.parametrize("payload", ["/fee", "/status_meaning", "choose:materials.type=extension", "choose:more.fee=show"])
def test_payloads_of_quick_replies_are_known_by_their_form(payload: str) -> None:
    assert is_payload(payload)


@pytest.mark.parametrize(
    "payload", ["/restart", "/session_start", "/back", "/choose", '/fee{"a": "b"}', "/Fee", "fee", "choose:x", "/fee\n"]
)
def test_commands_and_entities_are_no_payloads(payload: str) -> None:
    assert not is_payload(payload)
