"""The rating card: how the applicant found the conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from bot.answers.part import Part
from bot.languages import Language

if TYPE_CHECKING:
    from bot.answers import Answers

SCALE: Final = 5


def rating(answers: Answers, params: Mapping[str, Any], language: Language) -> Part:
    """The question for a rating from 1 to `SCALE`."""
    return Part(card={"type": "rating", "scale": SCALE})
