"""A number that is sent in two messages: the end of the first is a piece of one, and the second is nothing but figures."""

from __future__ import annotations

import re
from typing import Final

from bot.redaction.fold import folded
from bot.redaction.numbers import called

# A year is an answer of its own.
_NO_YEAR = r"(?!(?:1[89]|20)[0-9]{2}\b)"
_REST: Final = re.compile(rf"\s*{_NO_YEAR}[0-9]{{3,8}}\s*[.!,]?\s*")
# Of what answers the question for a day longer figures are taken anyway.
_REST_WHEN_ASKED: Final = re.compile(rf"\s*{_NO_YEAR}[0-9]{{3,4}}\s*[.!,]?\s*")
# "E1234", "E 1234", and any figures that are called a number; but not "IN 2024".
_PIECE: Final = re.compile(r"(?<![0-9A-Za-z])(?:[A-Za-z]{1,2}-?|[A-Z]{1,2}\s(?!(?:19|20)\d\d\b)|)([0-9]{2,7})[\s.,;:…-]*$")
# What has such a name of its own: of some kinds short ones only, because a visa has a number, too.
_IS = r"[\s:.#]*(?:(?:is|was|number|no|nr|[是为])[\s:.#]*){0,2}$"
_PLACE: Final = re.compile(
    rf"(?:\b(?:room|rm|flat|unit|building|block|tower|floor|gate|exit|window|counter|line|form|step|section|article|zip|postcode)"
    rf"|[室楼樓栋棟座层層表条條]|房间|窗口|出口|号线){_IS}",
    re.I,
)
_KIND: Final = re.compile(rf"(?:\b(?:visa|category|class|type|level|grade|group|score)|[类類级級]|签证|簽證|类别){_IS}", re.I)
_LONGEST_KIND: Final = 2
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
    if found is None or _PLACE.search(view, 0, found.start()):
        return False
    if len(found[1]) <= _LONGEST_KIND and _KIND.search(view, 0, found.start()):
        return False
    return found.start() < found.start(1) or called(view, found.start(1))
