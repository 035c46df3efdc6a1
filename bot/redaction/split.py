"""A number that is sent in two messages: the end of the first is a piece of one, and the second is nothing but figures."""

from __future__ import annotations

import re
from typing import Final

from bot.redaction.fold import folded
from bot.redaction.numbers import called

_REST: Final = re.compile(r"\s*[0-9]{3,8}\s*[.!,]?\s*")
# Of what answers the question for a day longer figures are taken anyway, and a year is one.
_REST_WHEN_ASKED: Final = re.compile(r"\s*(?!(?:1[89]|20)[0-9]{2}\b)[0-9]{3,4}\s*[.!,]?\s*")
# "E1234", "E 1234", and any figures that are called a number; but not "IN 2024".
_PIECE: Final = re.compile(r"(?<![0-9A-Za-z])(?:[A-Za-z]{1,2}-?|[A-Z]{1,2}\s(?!(?:19|20)\d\d\b)|)([0-9]{2,7})[\s.,;:…-]*$")
_SEEN: Final = 60


def may_end(text: str, expects: str | None) -> bool:
    """Whether a message, the answer to the question that `expects` names, can be the end of a number that the one before began."""
    if expects == "number" or len(text) > _SEEN:
        return False
    return (_REST if expects is None else _REST_WHEN_ASKED).fullmatch(folded(text)) is not None


def begins(text: str) -> bool:
    """Whether a message ends in a piece of a number, the rest of which may follow."""
    view = folded(text[-_SEEN:])
    found = _PIECE.search(view)
    return found is not None and (found.start() < found.start(1) or called(view, found.start(1)))
