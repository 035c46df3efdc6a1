"""What an applicant may type: which text is accepted, and how it is made harmless for Rasa."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from bot.errors import Invalid

LONGEST_MESSAGE: Final = 2000
# The name of a later conversation of a thread needs room for its ordinal.
LONGEST_NAME: Final = 180

# C0 and C1 controls but tab and line feed, and halves of surrogate pairs, which no encoding can carry.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n?")
_BLANK = re.compile(r"[\s\u115f\u1160\u2800\u3164\uffa0]")
_BIDI = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SLASHES = frozenset("/\u2044\u2215\u29f8\u2571\u2afd\u3033")
_INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Me"})

DESK: Final = "desk:"
NEWS: Final = "news:"
FOLLOW: Final = "news:follow"
"""The choice of somebody who wants to be told when an application changes."""
STOP: Final = "news:stop"
"""The choice of somebody who wants to be told no longer."""
PERSON: Final = "/handoff"
"""The choice of somebody who wants a person."""

EXPECTS: Final = "expects"
"""In the payload of an applicant's message: which question of the assistant was open when it came."""


class Typed(NamedTuple):
    """What an applicant typed, and which question of the assistant was open then, if one was."""

    text: str
    expects: str | None = None

    @classmethod
    def of(cls, text: str, payload: Mapping[str, Any] | None) -> Typed:
        """The text of a message with the question that its payload names."""
        return cls(text, (payload or {}).get(EXPECTS))


_PAYLOAD = re.compile(
    r"/[a-z][a-z0-9_]{0,60}|(?:desk|news):[a-z][a-z_]{0,40}|choose:[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*=[^\x00-\x1f\x7f-\x9f]{1,200}"
)
# What Rasa understands as an order to itself, and the intent that carries a choice.
_COMMANDS = frozenset({"/restart", "/session_start", "/back", "/stop", "/choose", "/external_reminder"})


def clean(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """`text` as it is stored: NFC, line ends as line feeds, no blanks around it.

    Raises:
        Invalid: it is empty, longer than `longest` characters, or holds characters that are no text.
    """
    text = _LINE_END.sub("\n", text)
    if _FORBIDDEN.search(text):
        raise Invalid("message_characters")
    text = text.strip()
    if len(text) > longest:
        raise Invalid("message_too_long", limit=longest)
    text = unicodedata.normalize("NFC", text)
    if len(text) > longest:
        raise Invalid("message_too_long", limit=longest)
    if not any(unicodedata.category(character) not in _INVISIBLE and not _BLANK.match(character) for character in text):
        raise Invalid("message_empty")
    return text


def clean_name(value: str, field: str, longest: int = LONGEST_NAME) -> str:
    """`value` as a name given by a caller (its `sender`, its id of a message).

    Raises:
        Invalid: it is empty, too long, or holds control characters.
    """
    if not value.strip() or len(value) > longest or _FORBIDDEN.search(value) or "\n" in value or "\t" in value:
        raise Invalid("name_unusable", field=field, limit=longest)
    return value


def harmless(text: str) -> str:
    """`text` for Rasa, which would obey a leading slash: without it, and without marks that turn the reading direction."""
    text = _BIDI.sub("", text)
    start = 0
    while start < len(text) and _leads_to_command(text[start]):
        start += 1
    # A message of slashes alone must stay a message: Rasa answers an empty one with silence.
    return text[start:] or "?"


def _leads_to_command(character: str) -> bool:
    return (
        character in _SLASHES
        or unicodedata.normalize("NFKC", character).startswith("/")
        or unicodedata.category(character) in _INVISIBLE
        or _BLANK.match(character) is not None
    )


def is_desk(payload: str | None, waiting: bool = False) -> bool:
    """Whether a choice is the desk's to answer: waiting, leaving a message, going back to the assistant.

    Whoever is `waiting` already and asks for a person again asks the desk too, and not the assistant, which is silent then.
    """
    return payload is not None and (payload.startswith(DESK) or (waiting and payload == PERSON))


def is_news(payload: str | None) -> bool:
    """Whether a choice begins or ends the telling of changes, which needs neither assistant nor desk."""
    return payload is not None and payload.startswith(NEWS)


def opens_topic(payload: str) -> bool:
    """Whether a choice asks about a topic, which a sentence may do as well."""
    return payload.startswith("/")


def is_payload(text: str) -> bool:
    """Whether `text` has the form of a quick reply's payload and is none of Rasa's own commands."""
    return _PAYLOAD.fullmatch(text) is not None and text not in _COMMANDS
